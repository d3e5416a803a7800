"""JSON that strange records are made of: orjson where it can, the lenient reader where it cannot.

orjson refuses lone surrogates, which real answers carry as escapes.
"""

from __future__ import annotations

import json
from typing import Any

import orjson


def loads(text: bytes) -> Any:
    """Read JSON, lone surrogates included."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return json.loads(text)


def dumps(value: Any) -> bytes:
    """Write JSON, lone surrogates as escapes."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(value, separators=(",", ":")).encode()
