"""Custom attributes: columns that an organization has defined for itself."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from source_kustomer.rows.json_values import storable
from source_kustomer.rows.names import (
    COLUMN_PREFIX,
    attribute_of_column,
    column_of_attribute,
)

_TYPES: Final = {
    "number": "number",
    "integer": "number",
    "boolean": "boolean",
    "date": "timestamp",
    "datetime": "timestamp",
    "date-time": "timestamp",
    "tree": "text",
    "url": "text",
    "id": "text",
    "ids": "texts",
    "array": "values",
    "object": "user_object",
}
"""Kinds of columns by the type in the metadata. `string` is not one: dates can have it as well.

The value of a tree is the path of its leaf, with dots.
"""

_SUFFIXES: Final = {
    "Bool": "boolean",
    "Tree": "text",
    "Str": "text",
    "Txt": "text",
    "Num": "number",
    "Url": "text",
    "Ids": "texts",
    "Id": "text",
    "At": "timestamp",
}
"""Kinds of columns by the end of the name (developer.kustomer.com, "Custom attributes")."""

_PROPERTIES: Final = frozenset({"properties"})

_LISTABLE: Final = frozenset({"text", "number", "boolean", "timestamp"})
"""Kinds of items of lists. The kind of the list has an s at its end."""

_MAX_CHOICES: Final = 10
_MAX_DESCRIPTION: Final = 200
"""Characters of a description. Organizations have thousands of custom attributes, and clients limit
the size of a catalog. The stream `custom_attributes` has all choices."""


@dataclass(frozen=True)
class CustomAttribute:
    """One custom attribute."""

    name: str
    """The name in Kustomer."""
    kind: str
    """The kind of its column, or that of the items with an s for a list."""
    description: str


@dataclass(frozen=True)
class CustomAttributes:
    """The custom attributes of one kind of object, by name."""

    by_name: Mapping[str, CustomAttribute] = field(default_factory=dict)
    column_names: Mapping[str, str] = field(default_factory=dict)
    """The names of attributes that also have a column of their own, by the name of the column."""

    @staticmethod
    def from_metadata(resource: Mapping[str, Any], *, as_columns: bool = False) -> CustomAttributes:
        """Read the answer of `GET /metadata/{resource}`.

        Args:
            resource: its one resource: a map of attributes by name, in `attributes.properties`.
            as_columns: whether each has a column of its own, next to the object `custom`.
        """
        attributes = storable(resource, _PROPERTIES).get("attributes")
        properties = attributes.get("properties") if isinstance(attributes, Mapping) else None
        entries = properties.items() if isinstance(properties, Mapping) else ()
        found = (_attribute(str(name), entry) for name, entry in entries)
        return CustomAttributes.of(found, as_columns=as_columns)

    @staticmethod
    def of(attributes: Iterable[CustomAttribute], *, as_columns: bool) -> CustomAttributes:
        """Collect attributes.

        Args:
            attributes: with different names.
            as_columns: whether each has a column of its own, next to the object `custom`.
        """
        by_name = {attribute.name: attribute for attribute in attributes}
        columns = {column_of_attribute(name): name for name in by_name} if as_columns else {}
        return CustomAttributes(by_name, columns)

    @staticmethod
    def from_schema(schema: Mapping[str, Any]) -> CustomAttributes:
        """Read the attributes back from a stream's JSON schema, as it is in the catalog.

        Rows then fit the types that were discovered, even if an attribute has changed since. They
        have the columns that are selected there, with or without `custom` itself.
        """
        properties = _schemas(schema.get("properties"))
        entries = _schemas(properties.get("custom", {}).get("properties"))
        columns = {}
        for column, entry in properties.items():
            if column.startswith(COLUMN_PREFIX):
                name = _attribute_of(column, entry, entries)
                columns[column] = name
                entries.setdefault(name, entry)
        found = {
            name: CustomAttribute(name, _kind_of(entry), str(entry.get("description", "")))
            for name, entry in entries.items()
        }
        return CustomAttributes(found, columns)

    def without(self, is_left_out: Callable[[str], bool]) -> CustomAttributes:
        """Return the attributes whose names are not left out."""
        by_name = {name: one for name, one in self.by_name.items() if not is_left_out(name)}
        columns = {column: name for column, name in self.column_names.items() if name in by_name}
        return CustomAttributes(by_name, columns)

    @property
    def columns(self) -> dict[str, CustomAttribute]:
        """The attributes that have a column, by the name of the column."""
        return {column: self.by_name[name] for column, name in self.column_names.items()}


def _schemas(properties: object) -> dict[str, Mapping[str, Any]]:
    """Return the schemas of properties. A boolean is a schema too, which allows any type."""
    if not isinstance(properties, Mapping):
        return {}
    return {
        name: schema if isinstance(schema, Mapping) else {} for name, schema in properties.items()
    }


def _attribute_of(column: str, entry: Mapping[str, Any], names: Collection[str]) -> str:
    """Return the name of the attribute that a column was made for.

    The title is the attribute's name. Columns of version 0.1.0 have no title. Their name has the
    attribute's own name after the prefix.
    """
    title = entry.get("title")
    if isinstance(title, str) and column_of_attribute(title) == column:
        return title
    name = column.removeprefix(COLUMN_PREFIX)
    return name if name in names else attribute_of_column(column)


def _attribute(name: str, entry: object) -> CustomAttribute:
    facts = entry if isinstance(entry, Mapping) else {}
    suffix = next((one for one in _SUFFIXES if name.endswith(one)), "")
    kind = _TYPES.get(str(facts.get("type")).lower()) or _SUFFIXES.get(suffix, "text")
    if facts.get("tree"):
        kind = "text"
    is_list = facts.get("multi") is True or facts.get("array") is True
    if is_list and kind == "user_object":
        kind = "values"
    elif is_list and kind in _LISTABLE:
        kind += "s"
    return CustomAttribute(name, kind, _description(name, facts))


def _description(name: str, facts: Mapping[str, Any]) -> str:
    parts = [f"{facts.get('displayName') or name}."]
    enumeration = facts.get("enumeration")
    if isinstance(enumeration, list) and enumeration:
        parts.append(f"One of: {', '.join(map(_choice, enumeration[:_MAX_CHOICES]))}.")
    if facts.get("target"):
        parts.append(f"Refers to {facts['target']}.")
    if facts.get("tree"):
        parts.append("A path in a tree, its parts joined by dots.")
    if facts.get("deletedAt"):
        parts.append("Deleted in Kustomer.")
    text = " ".join(parts)
    return text if len(text) <= _MAX_DESCRIPTION else f"{text[: _MAX_DESCRIPTION - 1]}…"


def _choice(value: object) -> str:
    return str(value.get("value", value) if isinstance(value, Mapping) else value)


def _kind_of(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type")
    kind = next((k for k in kinds if k != "null"), "string") if isinstance(kinds, list) else kinds
    if kind == "array":
        items = schema.get("items")
        item = _kind_of(items) if isinstance(items, Mapping) and "type" in items else ""
        return f"{item}s" if item in _LISTABLE else "values"
    if kind == "object":
        return "user_object"
    if kind == "string":
        return "timestamp" if schema.get("format") == "date-time" else "text"
    return {"number": "number", "integer": "number", "boolean": "boolean"}.get(str(kind), "text")
