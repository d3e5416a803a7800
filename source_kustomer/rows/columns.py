"""The types that columns can have. A model names one per column; all else follows from it."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import Field

TYPE: Final = "column_type"
"""Where a field's JSON schema keeps the name of its column type while a model is read."""

JsonObject = dict[str, Any]


def _column(name: str) -> Any:
    return Field(default=None, json_schema_extra={TYPE: name})


Text = Annotated[str | None, _column("text")]
"""Text; scalars of other types are written out."""
Integer = Annotated[int | None, _column("integer")]
Number = Annotated[float | None, _column("number")]
Boolean = Annotated[bool | None, _column("boolean")]
Timestamp = Annotated[str | None, _column("timestamp")]
"""RFC 3339 with an offset or Z."""
Reference = Annotated[JsonObject | None, _column("reference")]
"""Another record: `{type, id}`."""
References = Annotated[list[JsonObject] | None, _column("references")]
Texts = Annotated[list[str] | None, _column("texts")]
Values = Annotated[list[Any] | None, _column("values")]
"""A list of no particular type."""
Object = Annotated[JsonObject | None, _column("object")]
"""An object whose keys Kustomer defines; they become snake_case."""
Objects = Annotated[list[JsonObject] | None, _column("objects")]
MessageMeta = Annotated[JsonObject | None, _column("message_meta")]
"""What a channel knows of a message; its `to`, `cc` and `bcc` are always lists of objects."""
UserObject = Annotated[JsonObject | None, _column("user_object")]
"""An object whose keys users define; they stay as they are."""


def column(description: str) -> Any:
    """Describe a column.

    Args:
        description: what it holds, for people.
    """
    return Field(description=description)
