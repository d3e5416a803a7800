"""The ids of the records that a complete read of a list found, as text in the state.

Most ids of Kustomer are 24 hexadecimal digits, the time of creation first. They are stored as
bytes: the first byte of each, then the second of each, and so on, because equal parts are then
next to each other, and compress.
"""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Iterable
from typing import Final

MAX_LENGTH: Final = 64 * 1024
"""Characters of the ids of one stream in its state."""
MAX_BYTES: Final = 1 << 20
"""Bytes of the ids before compression. A text in a state could otherwise decompress to a thousand
times its length."""

_ID_BYTES: Final = 12
_COUNT_BYTES: Final = 4
_HEX_ID: Final = re.compile(r"[0-9a-f]{24}")


def encode_ids(ids: Iterable[str]) -> str | None:
    """Return ids as text; None when they exceed `MAX_BYTES`, or the text exceeds `MAX_LENGTH`.

    Args:
        ids: any ids, in any order.
    """
    distinct = sorted(set(ids))
    short = [bytes.fromhex(one) for one in distinct if _HEX_ID.fullmatch(one)]
    others = [one for one in distinct if not _HEX_ID.fullmatch(one)]
    content = (
        len(short).to_bytes(_COUNT_BYTES, "big")
        + b"".join(bytes(one[place] for one in short) for place in range(_ID_BYTES))
        + json.dumps(others).encode()
    )
    if len(content) > MAX_BYTES:
        return None
    text = base64.b64encode(zlib.compress(content, 9)).decode()
    return text if len(text) <= MAX_LENGTH else None


def decode_ids(text: object) -> frozenset[str]:
    """Return the ids in a text.

    Args:
        text: as `encode_ids` returned it.

    Raises:
        ValueError: when it is anything else.
    """
    if not isinstance(text, str):
        raise ValueError("not a text")
    if len(text) > MAX_LENGTH:
        raise ValueError(f"it is longer than {MAX_LENGTH:,} characters")
    try:
        content = _decompress(base64.b64decode(text, validate=True))
        end = _COUNT_BYTES + int.from_bytes(content[:_COUNT_BYTES], "big") * _ID_BYTES
        columns = content[_COUNT_BYTES:end]
        count = len(columns) // _ID_BYTES
        others = json.loads(content[end:])
    except (zlib.error, RecursionError) as error:
        raise ValueError(str(error)) from None
    if not isinstance(others, list) or not all(isinstance(one, str) for one in others):
        raise ValueError("not a list of ids")
    return frozenset([*(columns[place::count].hex() for place in range(count)), *others])


def _decompress(content: bytes) -> bytes:
    """Decompress ids.

    Raises:
        ValueError: when they exceed `MAX_BYTES`, or are incomplete.
    """
    member = zlib.decompressobj()
    ids = member.decompress(content, MAX_BYTES)
    if member.unconsumed_tail:
        raise ValueError(f"its ids have more than {MAX_BYTES >> 20} MB")
    if not member.eof:
        raise ValueError("it is incomplete")
    return ids
