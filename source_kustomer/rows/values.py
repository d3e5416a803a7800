"""Fitting values to the types of their columns.

Each fitter returns the value as the column holds it, or MISFIT when that would lose something:
the row then keeps the raw value in `misfit_values`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final

MISFIT: Final = object()
Fitter = Callable[[Any], Any]

RECIPIENTS: Final = ("to", "cc", "bcc")
_REFERENCE_PARTS: Final = ("type", "id")

_MAX_INTEGER: Final = 2**63 - 1
_INTEGER_TEXT: Final = re.compile(r"-?(0|[1-9]\d{0,17})", re.ASCII)
_NUMBER_TEXT: Final = re.compile(r"-?(0|[1-9]\d{0,14})(\.\d{1,9})?", re.ASCII)

_EXACT: Final = re.compile(
    r"(?!0000)\d{4}-"
    r"(?:(?:0[13578]|1[02])-(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0[469]|11)-(?:0[1-9]|[12]\d|30)"
    r"|02-(?:0[1-9]|1\d|2[0-8]))"  # 29 February takes the longer way
    r"T(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
).fullmatch
"""Tells RFC 3339 of a day that exists, without parsing it."""

_READABLE: Final = re.compile(
    r"\s*(\d{4}-\d\d-\d\d)"
    r"(?:[Tt ](\d\d:\d\d)(:\d\d)?(\.\d{1,9})? ?([Zz]|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)?)?\s*",
    re.ASCII,
).fullmatch
"""Tells the other forms of ISO 8601 that occur: without zone, seconds, time of day."""

_MOST_NAMES: Final = 20_000
"""How many spellings are remembered: keys that users define must not fill the memory."""

_NAMES: Final[dict[str, str]] = {}
_SPELLINGS: Final[dict[tuple[str, ...], tuple[str, ...]]] = {}
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


CUSTOM: Final = "custom"
"""Where users' own names begin: keys of an object of this name, and what follows it and a dot."""


def snake_case(name: str) -> str:
    """Turn a key that Kustomer defines into a column name; remembered, since few keys recur.

    A path into custom attributes, as events have it, stays as it is.
    """
    known = _NAMES.get(name)
    if known is None:
        known = name if name.startswith(f"{CUSTOM}.") else _HUMP.sub("_", name).lower()
        if len(_NAMES) < _MOST_NAMES:
            _NAMES[name] = known
    return known


def snake_keys(value: Any) -> Any:
    """Return a nested value with the keys of its objects in snake_case, at every depth.

    Where two keys of an object would become one, only one of them is turned; see `spell_apart`.
    Custom attributes inside it keep their names.
    """
    kind = type(value)
    if kind is dict:
        keys = tuple(value)
        names = _SPELLINGS.get(keys) or _spelling(keys)
        items = [
            snake_keys(item) if type(item) is dict or type(item) is list else item
            for item in value.values()
        ]
        turned = dict(zip(names, items, strict=True))
        if CUSTOM in value:
            turned[CUSTOM] = value[CUSTOM]
        return turned
    if kind is list:
        for item in value:
            if type(item) is dict or type(item) is list:
                return [snake_keys(item) for item in value]
    return value


def _spelling(keys: tuple[str, ...]) -> tuple[str, ...]:
    """Return an object's keys in snake_case; remembered, since objects of one kind recur."""
    names = tuple(snake_case(key) for key in keys)
    if len(set(names)) < len(names):
        names = spell_apart(keys, names)
    if len(_SPELLINGS) < _MOST_NAMES:
        _SPELLINGS[keys] = names
    return names


def spell_apart(keys: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Tell apart keys that share a name: the one spelled so keeps it, or else the first.

    The others keep their own spelling, which no name in snake_case can equal.
    """
    owners = {name: key for key, name in reversed(list(zip(keys, names, strict=True)))}
    owners.update({name: key for key, name in zip(keys, names, strict=True) if name == key})
    return tuple(
        name if owners[name] == key else key for key, name in zip(keys, names, strict=True)
    )


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
    if type(value) is str and _INTEGER_TEXT.fullmatch(value):
        return int(value)
    return MISFIT


def number(value: Any) -> Any:
    """Fit a number; text that writes one is read."""
    if type(value) is float or type(value) is int:
        return value
    if type(value) is str and _NUMBER_TEXT.fullmatch(value):
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
    """Fit a timestamp: RFC 3339 stays as it is, other readable forms are written so.

    What is missing is midnight, a full minute, UTC. The digits of the fraction stay.
    """
    if type(value) is not str:
        return MISFIT
    return value if _EXACT(value) else _normalized(value)


def _normalized(value: str) -> Any:
    match = _READABLE(value)
    if match is None:
        return MISFIT
    day, clock, seconds, fraction, zone = match.groups()
    if zone in {None, "z"}:
        zone = "Z"
    elif len(zone) == len("+00"):
        zone = f"{zone}:00"
    elif len(zone) == len("+0000"):
        zone = f"{zone[:3]}:{zone[3:]}"
    if fraction and not seconds:
        return MISFIT
    time = f"{day}T{clock or '00:00'}{seconds or ':00'}"
    try:
        datetime.fromisoformat(time + zone.replace("Z", "+00:00"))
    except ValueError:
        return MISFIT
    return f"{time}{fraction or ''}{zone}"


def reference(value: Any) -> Any:
    """Fit a reference: `{type, id}` of texts."""
    if type(value) is not dict:
        return MISFIT
    if len(value) == len(_REFERENCE_PARTS) and all(
        type(value.get(part)) is str for part in _REFERENCE_PARTS
    ):
        return value
    fitted = snake_keys(value)
    for part in _REFERENCE_PARTS:
        if fitted.get(part) is not None:
            fitted[part] = text(fitted[part])
            if fitted[part] is MISFIT:
                return MISFIT
    return fitted


def references(value: Any) -> Any:
    """Fit a list of references; a single one becomes a list of one."""
    return _each(reference, value)


def texts(value: Any) -> Any:
    """Fit a list of texts; a single one becomes a list of one."""
    return _each(text, value)


def _each(fit: Fitter, value: Any) -> Any:
    """Fit the items of a list, nulls apart; a single value becomes a list of one."""
    items = value if type(value) is list else [value]
    fitted = [None if item is None else fit(item) for item in items]
    return MISFIT if MISFIT in fitted else fitted


def list_of(fit: Fitter) -> Fitter:
    """Return the fitter of lists whose items fit `fit`."""
    return partial(_each, fit)


def any_values(value: Any) -> Any:
    """Fit a list of whatever; a single value becomes a list of one."""
    return snake_keys(value) if type(value) is list else [snake_keys(value)]


def an_object(value: Any) -> Any:
    """Fit an object with keys that Kustomer defines."""
    return snake_keys(value) if type(value) is dict else MISFIT


def message_meta(value: Any) -> Any:
    """Fit what a channel knows of a message: its recipients come in three forms, and leave in one.

    `to`, `cc` and `bcc` have been seen as text, as an object and as a list. Each becomes a list of
    objects: text with an at sign is an `email`, any other is a `contact`, such as a telephone
    number.
    """
    if type(value) is not dict:
        return MISFIT
    meta = snake_keys(value)
    for name in RECIPIENTS:
        found = meta.get(name)
        if found is not None:
            meta[name] = [_recipient(item) for item in (found if type(found) is list else [found])]
    return meta


def _recipient(value: Any) -> Any:
    if value is None or type(value) is dict:
        return value
    return {"email" if type(value) is str and "@" in value else "contact": value}


def objects(value: Any) -> Any:
    """Fit a list of objects; a single one becomes a list of one."""
    return _each(an_object, value)


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

_OBJECTS_SCHEMA: Final[dict[str, Any]] = {
    "type": ["null", "array"],
    "items": {"type": ["null", "object"], "additionalProperties": True},
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
    "objects": _OBJECTS_SCHEMA,
    "message_meta": {
        "type": ["null", "object"],
        "properties": dict.fromkeys(RECIPIENTS, _OBJECTS_SCHEMA),
        "additionalProperties": True,
    },
    "user_object": {"type": ["null", "object"], "additionalProperties": True},
}
