"""The model that all records share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from source_kustomer.rows.columns import (
    TYPE,
    Boolean,
    Object,
    Reference,
    Text,
    Timestamp,
    UserObject,
    column,
)


class Record(BaseModel):
    """A row. Subclasses declare one field per column; what they do not declare is kept as well.

    Columns are the attributes of a resource and the targets of its relationships, in snake_case.
    A relationship that shares its name with an attribute ends in `_data`.
    """

    model_config = ConfigDict(extra="allow")

    renames: ClassVar[Mapping[str, str]] = {}
    """Attributes whose column has another name than theirs in snake_case, by Kustomer's name."""

    id: str = column("The record's id, unique within the stream.")
    type: Text = column("Kustomer's name of the kind of record.")
    links: Object = column("Paths of the record and its relatives in Kustomer's API.")
    misfit_values: UserObject = column(
        "Values that do not fit their column's type, as Kustomer sent them, by column name. Null "
        "when there are none. The columns concerned are null."
    )

    @classmethod
    def column_types(cls) -> dict[str, str]:
        """Return the name of each column's type, by column."""
        types = {}
        for name, field in cls.model_fields.items():
            extra = field.json_schema_extra
            types[name] = str(extra[TYPE]) if isinstance(extra, dict) and TYPE in extra else "text"
        return types

    @classmethod
    def descriptions(cls) -> dict[str, str]:
        """Return what each column holds, by column."""
        return {name: field.description or "" for name, field in cls.model_fields.items()}


class TrackedRecord(Record):
    """A row of an object that notes when it was made and changed, and by whom."""

    created_at: Timestamp = column("When it was created. Importers can set this.")
    updated_at: Timestamp = column("When it last changed in any way, by Kustomer's clock.")
    modified_at: Timestamp = column(
        "When a user or importer last changed it; unlike updated_at, not moved by the system."
    )
    created_by: Reference = column("The user that created it.")
    modified_by: Reference = column("The user that last changed it.")
    org: Reference = column("The organization that it belongs to.")


class DeletableRecord(TrackedRecord):
    """A row of an object that stays, marked, when it is deleted."""

    deleted: Boolean = column("Whether it has been deleted.")
    deleted_at: Timestamp = column("When it was deleted.")
    deleted_by: Reference = column("The user that deleted it.")
