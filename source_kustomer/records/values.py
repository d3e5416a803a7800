"""Fitting values to the types of their columns.

Each fitter returns the value as the column holds it, or MISFIT when that would lose something:
the row then keeps the raw value in `misfit_values`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from source_kustomer.sync.instants import format_instant, parse_instant

MISFIT: Final = object()
Fitter = Callable[[Any], Any]

_MAX_INTEGER: Final = 2**63 - 1
_EXACT: Final = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])T([01]\d|2[0-3]):[0-5]\d:[0-5]\d"
    r"(\.\d{1,9})?(Z|[+-]([01]\d|2[0-3]):[0-5]\d)"
)
_NAMES: Final[dict[str, str]] = {}
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def snake_case(name: str) -> str:
    """Turn a key that Kustomer defines into a column name; remembered, since few keys recur."""
    known = _NAMES.get(name)
    if known is None:
        known = _HUMP.sub("_", name).lower()
        if len(_NAMES) < 100_000:  # noqa: PLR2004 - keys that users define must not fill the memory
            _NAMES[name] = known
    return known


def snake_keys(value: Any) -> Any:
    """Return a nested value with the keys of its objects in snake_case, at every depth."""
    kind = type(value)
    if kind is dict:
        renamed = {}
        for key, item in value.items():
            name = _NAMES.get(key) or snake_case(key)
            if name in renamed:
                name = key
            item_kind = type(item)
            renamed[name] = snake_keys(item) if item_kind is dict or item_kind is list else item
        return renamed
    if kind is list:
        return [snake_keys(item) for item in value]
    return value


def unmasked(value: Any) -> Any:
    """Return what a masked value shows, when a value is one.

    Sensitive attributes come as `{isMasked, maskedPresentation}` unless the key may read them.
    """
    if type(value) is dict and "isMasked" in value and "maskedPresentation" in value:
        return value["maskedPresentation"]
    return value


def text(value: Any) -> Any:
    """Fit text: scalars are written out as JSON would."""
    if type(value) is str:
        return value
    value = unmasked(value)
    if type(value) is str:
        return value
    if type(value) is bool:
        return "true" if value else "false"
    if type(value) is int or type(value) is float:
        return str(value)
    return MISFIT


def integer(value: Any) -> Any:
    """Fit a whole number within 64 bits; text that writes one is read."""
    if type(value) is int:
        return value if -_MAX_INTEGER <= value <= _MAX_INTEGER else MISFIT
    if type(value) is float and value.is_integer() and abs(value) < _MAX_INTEGER:
        return int(value)
    if type(value) is str and re.fullmatch(r"-?(0|[1-9]\d{0,17})", value):
        return int(value)
    return MISFIT


def number(value: Any) -> Any:
    """Fit a number; text that writes one is read."""
    if type(value) is float or type(value) is int:
        return value
    if type(value) is str and re.fullmatch(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?", value):
        return float(value) if "." in value else int(value)
    return MISFIT


def boolean(value: Any) -> Any:
    """Fit a boolean; the words true and false are read."""
    if type(value) is bool:
        return value
    if type(value) is str and value in {"true", "false"}:
        return value == "true"
    return MISFIT


def timestamp(value: Any) -> Any:
    """Fit a timestamp: RFC 3339 stays as it is, other readable forms are written so."""
    if type(value) is str and _EXACT.fullmatch(value) and _is_on_the_calendar(value):
        return value
    instant = parse_instant(value)
    if instant is None:
        return MISFIT
    try:
        return format_instant(instant)
    except OverflowError:
        return MISFIT


def _is_on_the_calendar(value: str) -> bool:
    day = value[8:10]
    return day <= "28" or parse_instant(value) is not None


def reference(value: Any) -> Any:
    """Fit a reference: `{type, id}` of texts."""
    if type(value) is not dict:
        return MISFIT
    for part in ("type", "id"):
        if value.get(part) is not None and type(value[part]) is not str:
            return MISFIT
    return snake_keys(value)


def references(value: Any) -> Any:
    """Fit a list of references; a single one becomes a list of one."""
    fitted = [reference(item) for item in (value if type(value) is list else [value])]
    return MISFIT if MISFIT in fitted else fitted


def texts(value: Any) -> Any:
    """Fit a list of texts; a single one becomes a list of one."""
    items = value if type(value) is list else [value]
    if all(type(item) is str for item in items):
        return items
    fitted = [text(item) for item in items]
    return MISFIT if MISFIT in fitted else fitted


def any_values(value: Any) -> Any:
    """Fit a list of whatever; a single value becomes a list of one."""
    return snake_keys(value) if type(value) is list else [snake_keys(value)]


def an_object(value: Any) -> Any:
    """Fit an object with keys that Kustomer defines."""
    return snake_keys(value) if type(value) is dict else MISFIT


def message_meta(value: Any) -> Any:
    """Fit what a channel knows of a message: its recipients come in three forms, and leave in one.

    `to`, `cc` and `bcc` have been seen as text, as an object and as a list.
    """
    if type(value) is not dict:
        return MISFIT
    meta = snake_keys(value)
    for name in ("to", "cc", "bcc"):
        found = meta.get(name)
        if found is not None:
            items = found if type(found) is list else [found]
            meta[name] = [{"email": item} if type(item) is str else item for item in items]
    return meta


def objects(value: Any) -> Any:
    """Fit a list of objects; a single one becomes a list of one."""
    items = value if type(value) is list else [value]
    return snake_keys(items) if all(type(item) is dict for item in items) else MISFIT


def user_object(value: Any) -> Any:
    """Fit an object with keys that users define."""
    return value if type(value) is dict else MISFIT


FITTERS: Final[Mapping[str, Fitter]] = {
    "text": text,
    "integer": integer,
    "number": number,
    "boolean": boolean,
    "timestamp": timestamp,
    "reference": reference,
    "references": references,
    "texts": texts,
    "values": any_values,
    "object": an_object,
    "objects": objects,
    "message_meta": message_meta,
    "user_object": user_object,
}

_REFERENCE_SCHEMA: Final[dict[str, Any]] = {
    "type": ["null", "object"],
    "properties": {"type": {"type": ["null", "string"]}, "id": {"type": ["null", "string"]}},
    "additionalProperties": True,
}

SCHEMAS: Final[Mapping[str, dict[str, Any]]] = {
    "text": {"type": ["null", "string"]},
    "integer": {"type": ["null", "integer"]},
    "number": {"type": ["null", "number"]},
    "boolean": {"type": ["null", "boolean"]},
    "timestamp": {
        "type": ["null", "string"],
        "format": "date-time",
        "airbyte_type": "timestamp_with_timezone",
    },
    "reference": _REFERENCE_SCHEMA,
    "references": {"type": ["null", "array"], "items": _REFERENCE_SCHEMA},
    "texts": {"type": ["null", "array"], "items": {"type": ["null", "string"]}},
    "values": {"type": ["null", "array"], "items": {}},
    "object": {"type": ["null", "object"], "additionalProperties": True},
    "objects": {
        "type": ["null", "array"],
        "items": {"type": ["null", "object"], "additionalProperties": True},
    },
    "message_meta": {"type": ["null", "object"], "additionalProperties": True},
    "user_object": {"type": ["null", "object"], "additionalProperties": True},
}
