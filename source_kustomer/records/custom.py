"""Custom attributes: columns that an organization has defined for itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from source_kustomer.records.values import SCHEMAS

COLUMN_PREFIX: Final = "custom_"

_TYPES: Final = {
    "string": "text",
    "text": "text",
    "number": "number",
    "boolean": "boolean",
    "date": "timestamp",
    "datetime": "timestamp",
    "date-time": "timestamp",
    "tree": "text",
    "url": "text",
    "id": "text",
    "ids": "texts",
}
"""The metadata's types, as column types. A tree's value is the dotted path of its leaf."""

_SUFFIXES: Final = {
    "Str": "text",
    "Txt": "text",
    "Num": "number",
    "Bool": "boolean",
    "At": "timestamp",
    "Tree": "text",
    "Url": "text",
    "Id": "text",
    "Ids": "texts",
}
"""What the end of a name says of the type (developer.kustomer.com, "Custom attributes")."""

_LONGEST_ENUMERATION: Final = 30


@dataclass(frozen=True)
class CustomAttribute:
    """One attribute: its name, verbatim, and what is known of it."""

    name: str
    column_type: str
    description: str

    @property
    def schema(self) -> dict[str, Any]:
        """Its JSON schema."""
        return {**_schema_of(self.column_type), "description": self.description}


@dataclass(frozen=True)
class CustomAttributes:
    """The custom attributes of one kind of object, by name."""

    by_name: Mapping[str, CustomAttribute] = field(default_factory=dict)
    as_columns: bool = False
    """Whether each has a column of its own beside the object `custom`."""

    @staticmethod
    def from_metadata(resource: Mapping[str, Any], *, as_columns: bool = False) -> CustomAttributes:
        """Read the answer of `GET /metadata/{resource}`.

        Args:
            resource: its one resource: a map of attributes by name, in `attributes.properties`.
            as_columns: whether each is to have a column of its own.
        """
        attributes = resource.get("attributes")
        properties = attributes.get("properties") if isinstance(attributes, Mapping) else None
        entries = properties.items() if isinstance(properties, Mapping) else ()
        found = (_attribute(str(name), entry) for name, entry in entries)
        return CustomAttributes({one.name: one for one in found}, as_columns)

    @staticmethod
    def from_schema(schema: Mapping[str, Any]) -> CustomAttributes:
        """Read the attributes back from a stream's JSON schema, as it stands in the catalog.

        Rows then fit the types that were discovered, whatever has been redefined since.
        """
        properties = schema.get("properties", {})
        custom = properties.get("custom", {}).get("properties", {})
        columns = {name for name in properties if name.startswith(COLUMN_PREFIX)}
        found = {
            name: CustomAttribute(name, _column_type(entry), entry.get("description", ""))
            for name, entry in custom.items()
        }
        return CustomAttributes(found, any(COLUMN_PREFIX + name in columns for name in found))

    def columns(self) -> Iterable[CustomAttribute]:
        """Yield the attributes that have a column of their own."""
        return self.by_name.values() if self.as_columns else ()


def _attribute(name: str, entry: object) -> CustomAttribute:
    facts = entry if isinstance(entry, Mapping) else {}
    column_type = _SUFFIXES.get(_suffix(name)) or _TYPES.get(str(facts.get("type")).lower(), "text")
    if facts.get("tree"):
        column_type = "text"
    if facts.get("multi") and not column_type.endswith("s"):
        column_type += "s"
    return CustomAttribute(name, column_type, _description(name, facts))


def _suffix(name: str) -> str:
    return next((s for s in sorted(_SUFFIXES, key=len, reverse=True) if name.endswith(s)), "")


def _description(name: str, facts: Mapping[str, Any]) -> str:
    parts = [f"Custom attribute: {facts.get('displayName') or name}."]
    enumeration = facts.get("enumeration")
    if isinstance(enumeration, list) and enumeration:
        shown = ", ".join(str(value) for value in enumeration[:_LONGEST_ENUMERATION])
        more = ", …" if len(enumeration) > _LONGEST_ENUMERATION else ""
        parts.append(f"One of: {shown}{more}.")
    if facts.get("target"):
        parts.append(f"Refers to {facts['target']}.")
    if facts.get("tree"):
        parts.append("A path in a tree, its parts joined by dots.")
    if facts.get("deletedAt"):
        parts.append("Deleted in Kustomer.")
    return " ".join(parts)


def _schema_of(column_type: str) -> dict[str, Any]:
    if column_type in SCHEMAS:
        return SCHEMAS[column_type]
    return {"type": ["null", "array"], "items": SCHEMAS[column_type.removesuffix("s")]}


def _column_type(schema: Mapping[str, Any]) -> str:
    kinds = schema.get("type")
    kind = next((k for k in kinds if k != "null"), "string") if isinstance(kinds, list) else kinds
    if kind == "array":
        return _column_type(schema.get("items", {})) + "s"
    if kind == "string":
        return "timestamp" if schema.get("format") == "date-time" else "text"
    return str(kind) if kind in {"number", "integer", "boolean"} else "text"
