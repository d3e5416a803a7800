"""Text that leaves the process: printable, and without the API key."""

from __future__ import annotations

import base64
import re
from typing import Any, Final
from urllib.parse import quote

MIN_KEY_LENGTH: Final = 6
"""Shorter keys are not masked: they could be a part of any word."""
MASK: Final = "****"


def printable(text: str) -> str:
    r"""Escape every character that a terminal or a log viewer would not simply display.

    Control characters, bidirectional overrides, separators other than the space, unassigned
    characters and lone surrogates become the escapes of a Python string, such as `\n`, `\x1b` or
    `\u202e`.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode()
        for character in text
    )


class KeyMask:
    """Replaces an API key by asterisks, in the encodings in which a text may repeat it."""

    def __init__(self, api_key: str) -> None:
        """Prepare the mask of a key.

        Args:
            api_key: the key. Blanks around it are ignored. Keys of fewer than `MIN_KEY_LENGTH`
                characters are not masked.
        """
        key = api_key.strip()
        self._pattern: re.Pattern[str] | None = None
        if len(key) >= MIN_KEY_LENGTH:
            forms = sorted(_encodings(key), key=len, reverse=True)
            self._pattern = re.compile("|".join(map(re.escape, forms)), re.IGNORECASE)

    def mask(self, text: str) -> str:
        """Return a text with asterisks in the place of the key."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)

    def mask_all(self, value: Any) -> Any:
        """Return a JSON value whose texts, keys of objects included, are masked."""
        if isinstance(value, str):
            return self.mask(value)
        if isinstance(value, list):
            return [self.mask_all(item) for item in value]
        if isinstance(value, dict):
            return {
                self.mask(name) if isinstance(name, str) else name: self.mask_all(item)
                for name, item in value.items()
            }
        return value


def _encodings(key: str) -> set[str]:
    """Return the key as it is, URL-encoded, in hexadecimal and in base64; case is ignored."""
    raw = key.encode()
    forms = {key, quote(key, safe=""), quote(key), raw.hex(), key.encode("unicode_escape").decode()}
    for before in range(3):
        # In base64 a text reads differently at each of three positions. Its first and last
        # characters depend on what surrounds it, so they are left out.
        encoded = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        start = (before * 8 + 5) // 6
        end = (before + len(raw)) * 8 // 6
        inner = encoded[start:end]
        forms |= {inner, inner.replace("+", "-").replace("/", "_"), quote(inner, safe="")}
    return {form for form in forms if len(form) >= MIN_KEY_LENGTH}
