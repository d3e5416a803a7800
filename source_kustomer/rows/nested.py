"""Conversion of lists and objects.

Keys of an object that its model does not declare stay in it. Destinations that store only declared
keys, such as Parquet files, drop them there, so they are among the unplaced values as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from source_kustomer.rows.json_values import TooDeep
from source_kustomer.rows.names import snake_case, with_digest
from source_kustomer.rows.scalars import Converter, Unplaced, reject, text

CUSTOM: Final = "custom"
"""The key of an object with names that users define. They also follow it and a dot."""

SEVERAL_LINES: Final = "Txt"
"""The end of the name of a custom attribute that is text of several lines
(developer.kustomer.com, "Custom attributes")."""

_CUSTOM_PATH: Final = f"{CUSTOM}."
_REFERENCE_KEYS: Final = 2

Entry = tuple[str, type | None, Converter]
"""A column or key, the type of values that it holds as they are, and the converter of others."""


KeyOf = Callable[[str], str | None]


def move(found: Unplaced, path: str, unplaced: Unplaced) -> None:
    """Move the unplaced values of a part to those of the whole.

    Args:
        found: values by their path below the part. It is empty afterwards.
        path: the path of the part.
        unplaced: values of the whole.
    """
    for below, value in found.items():
        name = path + below
        while name in unplaced:
            name += "_"
        unplaced[name] = value
    found.clear()


def undeclared(key: str, value: Any, unplaced: Unplaced) -> Any:
    """Convert the value of a key that is not declared: keys of its objects become snake_case."""
    if key != CUSTOM and (type(value) is dict or type(value) is list):
        return _snake_keys(value)
    return as_it_is(value, unplaced)


def as_it_is(value: Any, unplaced: Unplaced) -> Any:
    """Keep a value."""
    return reject(value, unplaced) if type(value) is TooDeep else value


def any_values(value: Any, unplaced: Unplaced) -> Any:
    """Convert to a list of values. A single value becomes a list of one."""
    if type(value) is TooDeep:
        return reject(value, unplaced)
    return _snake_keys(value if type(value) is list else [value])


def any_object(value: Any, unplaced: Unplaced) -> Any:
    """Convert to an object of which no keys are declared. They become snake_case."""
    return _snake_keys(value) if type(value) is dict else reject(value, unplaced)


def user_object(value: Any, unplaced: Unplaced) -> Any:
    """Convert to an object whose keys users define. They stay as they are."""
    return value if type(value) is dict else reject(value, unplaced)


def reference(value: Any, unplaced: Unplaced) -> Any:
    """Convert to `{type, id}`."""
    if (
        type(value) is dict
        and len(value) == _REFERENCE_KEYS
        and type(value.get("id")) is str
        and type(value.get("type")) is str
    ):
        return value
    return _reference(value, unplaced)


class ListOf:
    """Converts to lists whose items have one type. A single value becomes a list of one."""

    def __init__(self, item: Converter) -> None:
        self._item = item

    def __call__(self, value: Any, unplaced: Unplaced) -> Any:
        """Convert a value. An item that cannot be converted is null."""
        convert = self._item
        if type(value) is not list:
            item = convert(value, unplaced)
            return None if item is None else [item]
        if not value:
            return value
        found: Unplaced = {}
        items = []
        for place, item in enumerate(value):
            items.append(None if item is None else convert(item, found))
            if found:
                move(found, f".{place}", unplaced)
        return items


class ObjectOf:
    """Converts to objects with declared keys."""

    def __init__(
        self, keys: Mapping[str, Entry], key_of: KeyOf | None = None, *, has_others: bool = True
    ) -> None:
        """Keep the declared keys.

        Args:
            keys: by their name in the API.
            key_of: returns the key for a text in place of the object, if there is such a form.
            has_others: whether keys that are not declared are kept as well.
        """
        self._keys = keys
        self._key_of = key_of
        self._names = frozenset(name for name, _, _ in keys.values())
        self._rejects_others = True
        self._has_others = has_others

    def __call__(self, value: Any, unplaced: Unplaced) -> Any:
        """Convert a value. Keys that are not declared are kept, and rejected as well."""
        if type(value) is not dict:
            key = self._key_of(value) if self._key_of and type(value) is str else None
            return reject(value, unplaced) if key is None else {key: value}
        keys = self._keys
        converted: dict[str, Any] = {}
        found: Unplaced = {}
        for key, item in value.items():
            entry = keys.get(key)
            if entry is None:
                continue
            name, exact, convert = entry
            if type(item) is exact or item is None:
                converted[name] = item
            else:
                converted[name] = convert(item, found)
                if found:
                    move(found, f".{name}", unplaced)
        if len(converted) < len(value) and self._has_others:
            self._add_others(value, converted, unplaced)
        return converted

    def _add_others(
        self, value: Mapping[str, Any], converted: dict[str, Any], unplaced: Unplaced
    ) -> None:
        for key, item in value.items():
            if key not in self._keys:
                name = self._other_name(key)
                while name in self._names or name in converted:
                    name = with_digest("", name)
                found: Unplaced = {}
                converted[name] = self._convert_other(key, item, found)
                if item is not None and self._rejects_others:
                    reject(item, found)
                move(found, f".{name}", unplaced)

    def _other_name(self, key: str) -> str:
        return snake_case(key)

    def _convert_other(self, key: str, value: Any, unplaced: Unplaced) -> Any:
        return undeclared(key, value, unplaced)


def is_several_lines(name: str) -> bool:
    """Return whether a custom attribute is text of several lines (its name ends in `Txt`)."""
    return name.endswith(SEVERAL_LINES)


class CustomOf(ObjectOf):
    """Converts to the custom attributes of a record. Their names and values stay as they are.

    When no custom attribute is declared, destinations store all of them.
    """

    def __init__(self, attributes: Mapping[str, Entry], *, has_free_text: bool = True) -> None:
        """Keep the declared attributes.

        Args:
            attributes: by name.
            has_free_text: whether attributes of several lines are kept.
        """
        super().__init__(attributes)
        self._rejects_others = bool(attributes)
        self._has_free_text = has_free_text

    def __call__(self, value: Any, unplaced: Unplaced) -> Any:
        """Convert the custom attributes of a record."""
        if not self._has_free_text and type(value) is dict:
            value = {name: item for name, item in value.items() if not is_several_lines(name)}
        return super().__call__(value, unplaced)

    def _other_name(self, key: str) -> str:
        return key

    def _convert_other(self, key: str, value: Any, unplaced: Unplaced) -> Any:
        return as_it_is(value, unplaced)


def _snake_keys(value: Any) -> Any:
    """Return a value with the keys of its objects in snake_case, at every depth.

    Custom attributes inside it keep their names.
    """
    if type(value) is dict:
        names = tuple(_key(key) for key in value)
        if len(set(names)) < len(names):
            names = _distinct(tuple(value), names)
        converted = {
            name: _snake_keys(item) if type(item) is dict or type(item) is list else item
            for name, item in zip(names, value.values(), strict=True)
        }
        if CUSTOM in value:
            converted[CUSTOM] = value[CUSTOM]
        return converted
    if type(value) is list:
        for item in value:
            if type(item) is dict or type(item) is list:
                return [_snake_keys(item) for item in value]
    return value


def _key(key: str) -> str:
    return key if key.startswith(_CUSTOM_PATH) else snake_case(key)


def _distinct(keys: Sequence[str], names: Sequence[str]) -> tuple[str, ...]:
    """Return distinct names for keys of which several have the same name in snake_case.

    The key that is spelled like the name has it, otherwise the first. The others keep their own
    spelling, which no name in snake_case can equal.
    """
    owners = {name: key for key, name in reversed(list(zip(keys, names, strict=True)))}
    owners.update({name: key for key, name in zip(keys, names, strict=True) if name == key})
    return tuple(
        name if owners[name] == key else key for key, name in zip(keys, names, strict=True)
    )


_reference: Final = ObjectOf({"type": ("type", str, text), "id": ("id", str, text)})
