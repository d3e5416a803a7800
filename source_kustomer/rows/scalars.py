"""Conversion of single values to the types of their columns.

A converter returns the value as the column holds it. It rejects a value that cannot be converted
without loss: the value is unplaced, under the empty path, and the converter returns None.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from typing import Any, Final

from source_kustomer.rows.json_values import TooDeep

Unplaced = dict[str, Any]
"""Values that have no place in a declared column, as Kustomer sent them, by their path below the
value that is being converted."""

Converter = Callable[[Any, Unplaced], Any]

_MAX_INTEGER: Final = 2**63 - 1
_INTEGER_TEXT: Final = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER_TEXT: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?", re.ASCII)

_is_usual_time: Final = re.compile(
    r"[12][0-9]{3}-(?:0[1-9]|1[012])-(?:0[1-9]|1[0-9]|2[0-8])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?Z"
).fullmatch
"""Match most of Kustomer's timestamps, in half the time that `_is_rfc_3339` takes."""

_is_rfc_3339: Final = re.compile(
    r"(?!0000)\d{4}-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))"  # 29 February is left to `_normalized`
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?Z",
    re.ASCII,
).fullmatch

_is_iso_8601: Final = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})? ?([Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?\s*",
    re.ASCII,
).fullmatch
"""Match the other forms that occur: with an offset; without zone, seconds or time of day."""


def reject(value: Any, unplaced: Unplaced) -> None:
    """Keep a value that its column cannot hold among the unplaced ones."""
    unplaced[""] = value.text if type(value) is TooDeep else value


def text(value: Any, unplaced: Unplaced) -> Any:
    """Convert to text. Numbers and booleans are written as in JSON."""
    if type(value) is str:
        return value
    shown = unmasked(value)
    if type(shown) is str:
        return shown
    if type(shown) is bool:
        return "true" if shown else "false"
    if type(shown) is int or type(shown) is float:
        return str(shown)
    return reject(value, unplaced)


def integer(value: Any, unplaced: Unplaced) -> Any:
    """Convert to a whole number of at most 64 bits."""
    if type(value) is int:
        if -_MAX_INTEGER <= value <= _MAX_INTEGER:
            return value
    elif type(value) is float:
        if value.is_integer() and abs(value) < _MAX_INTEGER:
            return int(value)
    elif type(value) is str and _INTEGER_TEXT.fullmatch(value):
        return int(value)
    return reject(value, unplaced)


def number(value: Any, unplaced: Unplaced) -> Any:
    """Convert to a number."""
    if type(value) is float:
        return value
    if type(value) is int:
        if -_MAX_INTEGER <= value <= _MAX_INTEGER:
            return value
    elif type(value) is str and _NUMBER_TEXT.fullmatch(value):
        return float(value) if "." in value else int(value)
    return reject(value, unplaced)


def boolean(value: Any, unplaced: Unplaced) -> Any:
    """Convert to a boolean. The texts true and false are converted too."""
    if type(value) is bool:
        return value
    if type(value) is str and value in {"true", "false"}:
        return value == "true"
    return reject(value, unplaced)


def timestamp(value: Any, unplaced: Unplaced) -> Any:
    """Convert to RFC 3339 in UTC: loaders such as PyAirbyte drop offsets.

    Missing parts are midnight, a full minute and UTC.
    """
    if type(value) is str:
        if _is_usual_time(value) or _is_rfc_3339(value):
            return value
        normalized = _normalized(value)
        if normalized is not None:
            return normalized
    return reject(value, unplaced)


def _normalized(value: str) -> str | None:
    match = _is_iso_8601(value)
    if match is None:
        return None
    day, clock, seconds, fraction, zone = match.groups()
    if zone in {None, "z"}:
        zone = "Z"
    elif len(zone) == len("+00"):
        zone = f"{zone}:00"
    elif len(zone) == len("+0000"):
        zone = f"{zone[:3]}:{zone[3:]}"
    if fraction and not seconds:
        return None
    time = f"{day}T{clock or '00:00'}{seconds or ':00'}"
    try:
        utc = datetime.fromisoformat(time + zone.replace("Z", "+00:00")).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        return None
    return f"{utc.isoformat()[: len(time)]}{fraction or ''}Z"


def unmasked(value: Any) -> Any:
    """Return what a masked value shows, or the value itself if it is not masked.

    Sensitive attributes arrive as `{isMasked, maskedPresentation}` unless the key may read them.
    """
    if type(value) is dict and "isMasked" in value and "maskedPresentation" in value:
        return value["maskedPresentation"]
    return value


SCALARS: Final[Mapping[str, Converter]] = {
    "text": text,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "timestamp": timestamp,
}
"""The converters of single values, by column type."""

EXACT_TYPES: Final[Mapping[str, type]] = {"text": str, "boolean": bool, "number": float}
"""Types of values that a column holds as they are, without a call of its converter."""
