"""Values that are valid in Kustomer's answers, but that not every destination can store.

JSON allows U+0000 and lone surrogates in text, which PostgreSQL and UTF-8 refuse. It limits neither
the digits of a number nor the depth of nesting. Such values are rare, so one quick check per
record finds them, and only records that fail it are rewritten.
"""

from __future__ import annotations

import json
import math
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import orjson

MAX_DEPTH: Final = 100
"""Levels of nesting in an attribute. Common JSON readers of destinations allow more than this."""

REPLACEMENT: Final = "\ufffd"

_MAX_WRITTEN_DEPTH: Final = 254
"""Levels of nesting that orjson writes."""

_MIN_INTEGER: Final = -(2**63)
_MAX_INTEGER: Final = 2**63 - 1
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_Split = Mapping[str, Any]
"""Members whose own members are rewritten one by one when one of them is too deep, and theirs."""


class TooDeep:
    """A value that is nested too deeply for a column.

    It is not a dataclass, so that orjson refuses one that a converter has overlooked.
    """

    __slots__ = ("text",)

    def __init__(self, value: Any) -> None:
        self.text = write_json(value)
        """The value as JSON."""


class _TooManyLevels(Exception):
    """A value has more levels of nesting than a column holds."""


class _Probe(threading.local):
    """Lists in each other, so many that orjson refuses an attribute of more than MAX_DEPTH levels.

    The attribute is two levels below the resource, which is in the innermost list.
    """

    def __init__(self) -> None:
        self.innermost: list[Any] = [None]
        self.outermost = self.innermost
        for _ in range(_MAX_WRITTEN_DEPTH - MAX_DEPTH - 3):
            self.outermost = [self.outermost]


_PROBE: Final = _Probe()


def is_storable(resource: Mapping[str, Any]) -> bool:
    """Return whether every value of a resource can be stored as it is."""
    probe = _PROBE
    probe.innermost[0] = resource
    try:
        text = orjson.dumps(probe.outermost)
    except TypeError:  # a lone surrogate, an integer of more than 64 bits, or too deep
        return False
    finally:
        probe.innermost[0] = None
    return b"\\u0000" not in text


def storable(
    resource: Mapping[str, Any], attributes: frozenset[str] = frozenset()
) -> Mapping[str, Any]:
    """Return a resource, rewritten if not every value of it can be stored as it is.

    Args:
        resource: as decoded from JSON.
        attributes: those that are rewritten member by member when a member is too deep.
    """
    return resource if is_storable(resource) else Rewriter(attributes).rewrite(resource)


@dataclass
class Rewriter:
    """Rewrites the values of one record that destinations cannot store."""

    attributes: frozenset[str] = frozenset()
    """Attributes that are rewritten member by member when a member is too deep."""

    replaced: int = field(default=0, init=False)
    """How many characters were replaced: U+0000 and lone surrogates."""

    def rewrite(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Return a resource that can be stored, with nothing lost but the replaced characters.

        A number that does not fit 64 bits becomes text. A value that is nested too deeply becomes
        an instance of TooDeep.
        """
        attributes: _Split = {name: {} for name in self.attributes}
        split = {"attributes": attributes, "relationships": {}}
        return self._members(resource, split)

    def _members(self, members: Mapping[str, Any], split: _Split) -> dict[str, Any]:
        rewritten: dict[str, Any] = {}
        for key, value in members.items():
            replaced = self.replaced
            try:
                item = self._value(value, MAX_DEPTH)
            except _TooManyLevels:
                self.replaced = replaced
                is_split = key in split and isinstance(value, dict)
                item = self._members(value, split[key]) if is_split else TooDeep(value)
            rewritten[self._key(key, rewritten)] = item
        return rewritten

    def _value(self, value: Any, levels: int) -> Any:
        """Rewrite a value.

        Raises:
            _TooManyLevels: it has more levels than are left.
        """
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict | list):
            if not levels:
                raise _TooManyLevels
            if isinstance(value, list):
                return [self._value(item, levels - 1) for item in value]
            rewritten: dict[str, Any] = {}
            for key, item in value.items():
                rewritten[self._key(key, rewritten)] = self._value(item, levels - 1)
            return rewritten
        return value if _is_storable_number(value) else write_json(value)

    def _text(self, value: str) -> str:
        text, count = _UNSTORABLE.subn(REPLACEMENT, value)
        self.replaced += count
        return text

    def _key(self, key: str, taken: Mapping[str, Any]) -> str:
        text = self._text(key)
        while text in taken:
            text += "_"
        return text


def write_json(value: Any) -> str:
    """Return a value as JSON in ASCII characters, at any depth and with any number of digits."""
    parts: list[str] = []
    # Values that are still to be written, and punctuation between them, the next one last.
    waiting: list[tuple[bool, Any]] = [(True, value)]
    while waiting:
        is_value, item = waiting.pop()
        if not is_value:
            parts.append(item)
        elif isinstance(item, dict):
            waiting.append((False, "}"))
            for place, (key, member) in reversed(list(enumerate(item.items()))):
                waiting.append((True, member))
                waiting.append((False, f"{', ' if place else ''}{json.dumps(key)}: "))
            parts.append("{")
        elif isinstance(item, list):
            waiting.append((False, "]"))
            for place, member in reversed(list(enumerate(item))):
                waiting.append((True, member))
                waiting.append((False, ", " if place else ""))
            parts.append("[")
        elif isinstance(item, int) and not isinstance(item, bool):
            parts.append(f"{Decimal(item):f}")  # str() refuses more than 4,300 digits
        else:
            parts.append(json.dumps(item))
    return "".join(parts)


def _is_storable_number(value: Any) -> bool:
    if isinstance(value, int):
        return _MIN_INTEGER <= value <= _MAX_INTEGER
    return not isinstance(value, float) or math.isfinite(value)
