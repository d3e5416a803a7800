"""Paths of requests: safe to build from ids, and checked before they are sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import quote, unquote

from source_kustomer.errors import InvalidId

_PATH: Final = re.compile(r"/[A-Za-z0-9._~!$&'()*+,;=:@%/-]+")
"""The characters of a URL path (RFC 3986, section 3.3): neither `?` nor `#`, no backslash."""
_NOT_SEGMENTS: Final = frozenset({"", ".", ".."})
MAX_LENGTH: Final = 4_000
"""Characters of a segment. Ids of Kustomer have 24, and a segment holds 50 of them at most."""


def segment(value: object) -> str:
    """Return a value as one segment of a path, percent-encoded.

    Raises:
        InvalidId: when it is not a text or a number, is empty or longer than `MAX_LENGTH`, or means
            another path (`.`, `..`).
    """
    if not isinstance(value, str | int) or isinstance(value, bool):
        raise InvalidId(value)
    text = str(value)
    if text.strip() in _NOT_SEGMENTS or len(text) > MAX_LENGTH:
        raise InvalidId(value)
    return quote(text, safe="", errors="replace")


def segments(values: Iterable[object]) -> str:
    """Return several ids as one segment, separated by commas.

    Raises:
        InvalidId: as `segment`.
    """
    return ",".join(map(segment, values))


def is_safe(path: str) -> bool:
    """Return whether a path leads exactly where it reads, also after a server normalizes it.

    Args:
        path: with percent-encoding, without a query.
    """
    if _PATH.fullmatch(path) is None:
        return False
    return _NOT_SEGMENTS.isdisjoint(unquote(part) for part in path[1:].split("/"))
