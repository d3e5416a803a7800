"""The types that columns and keys of nested objects can have.

A row model names one type per column. The JSON schema and the conversion of values follow from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema
from pydantic.config import JsonDict
from pydantic.fields import FieldInfo


@dataclass(frozen=True)
class Kind:
    """The conversion of a column's values, by its name in the documentation."""

    name: str


class Nested(BaseModel):
    """An object in a column. Subclasses declare one field per known key, in snake_case.

    Keys that no field names are kept as well.
    """

    model_config = ConfigDict(extra="allow", defer_build=True)

    @staticmethod
    def key_of(text: str) -> str | None:
        """Return the key for a text in place of the object, or None if there is no such form."""
        return None


class Referenced(Nested):
    """The record that a relationship points to."""

    type: Text
    id: Text


T = TypeVar("T")

_TIMESTAMP_SCHEMA: Final = {
    "type": "string",
    "format": "date-time",
    "airbyte_type": "timestamp_with_timezone",
}

# Every type is nullable and null by default. Only the id of a row is not.
Text = Annotated[str | None, Field(default=None), Kind("text")]
"""Text. Numbers and booleans become text."""
Integer = Annotated[int | None, Field(default=None), Kind("integer")]
"""A whole number of at most 64 bits."""
Number = Annotated[float | None, Field(default=None), Kind("number")]
Boolean = Annotated[bool | None, Field(default=None), Kind("boolean")]
Timestamp = Annotated[
    Annotated[str, WithJsonSchema(_TIMESTAMP_SCHEMA)] | None,
    Field(default=None),
    Kind("timestamp"),
]
"""RFC 3339 with an offset or Z."""
Texts = Annotated[list[str | None] | None, Field(default=None), Kind("texts")]
Object = Annotated[T | None, Field(default=None), Kind("object")]
"""An object with the keys that a subclass of Nested declares: `Object[Sentiment]`."""
Objects = Annotated[list[T | None] | None, Field(default=None), Kind("objects")]
"""A list of such objects: `Objects[Reaction]`."""
Reference = Annotated[Referenced | None, Field(default=None), Kind("reference")]
"""The target of a relationship to one record."""
References = Annotated[list[Referenced | None] | None, Field(default=None), Kind("references")]
"""The targets of a relationship to several records."""
Values = Annotated[list[Any] | None, Field(default=None), Kind("values")]
"""A list of values of undocumented types."""
AnyObject = Annotated[dict[str, Any] | None, Field(default=None), Kind("any_object")]
"""An object whose keys Kustomer defines but does not document. They become snake_case."""
UserObject = Annotated[dict[str, Any] | None, Field(default=None), Kind("user_object")]
"""An object whose keys users define. They stay as they are."""


def kind_of(field: FieldInfo) -> str:
    """Return the kind of a field of a model."""
    return next((one.name for one in field.metadata if isinstance(one, Kind)), "text")


FREE_TEXT: Final = "free_text"
"""Marks a column or a key, in the schema that pydantic generates."""


def column(description: str, *, free_text: bool = False) -> Any:
    """Describe a column.

    Args:
        description: its content, for people.
        free_text: whether people or models write it in their own words. An option leaves such
            columns out.
    """
    extra: JsonDict | None = {FREE_TEXT: True} if free_text else None
    return Field(description=description, json_schema_extra=extra)


def free_text() -> Any:
    """Mark a key of a nested object as free text, as `column` does."""
    return Field(json_schema_extra={FREE_TEXT: True})


def is_free_text(field: FieldInfo) -> bool:
    """Return whether a column or a key is marked as free text."""
    extra = field.json_schema_extra
    return isinstance(extra, dict) and extra.get(FREE_TEXT) is True


def key(name: str) -> Any:
    """Name a key of a nested object that cannot be the name of a field.

    Args:
        name: the key, in the API and in the row.
    """
    return Field(alias=name)
