"""The base classes of row models.

A row model lists the columns of a stream: a field per column, with its type and description. The
rows that a sync emits are plain dictionaries. The models define their schema, the types that
values are converted to, and the documentation; tests validate rows against them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import BaseModel, ConfigDict

from source_kustomer.rows.columns import (
    Boolean,
    Nested,
    Object,
    Reference,
    Text,
    Timestamp,
    UserObject,
    column,
    kind_of,
)


class Links(Nested):
    """Paths in Kustomer's API."""

    self: Text
    related: Text


class Row(BaseModel):
    """The columns that every stream has.

    Subclasses declare one field per column. Attributes and relationships that no field names are
    kept as well, and are in `misfit_values`.

    Columns are the attributes of a resource and the targets of its relationships, in snake_case.
    A relationship that has the name of an attribute gets a column that ends in `_data`.
    """

    model_config = ConfigDict(extra="allow", defer_build=True)

    renames: ClassVar[Mapping[str, str]] = {}
    """Column names of attributes whose column is not their name in snake_case, by the attribute's
    name in the API."""

    id: str = column("Id of the record, unique within the stream.")
    type: Text = column("Kustomer's name of the record's type.")
    links: Object[Links] = column("Paths of the record and its related records in Kustomer's API.")
    misfit_values: UserObject = column(
        "Values that do not fit the type of their column, or that no column is declared for, as "
        "Kustomer sent them, by the name of the column or key. Null when there are none."
    )

    @classmethod
    def column_types(cls) -> dict[str, str]:
        """Return the kind of each column, by column."""
        return {name: kind_of(field) for name, field in cls.model_fields.items()}


class RemovableRow(Row):
    """A row of an object whose lists omit deleted records, so that a sync finds what they lack."""

    deleted: Boolean = column(
        "True if the record has been deleted. The other columns are then null, except the id, the "
        "cursor and `deleted_at`, unless Kustomer still returns the record."
    )
    deleted_at: Timestamp = column("Time of the sync that found the record deleted.")


class TrackedRow(Row):
    """A row with the time and the author of its creation and last change."""

    created_at: Timestamp = column("Time of creation. Importers can set it.")
    updated_at: Timestamp = column("Time of the last change of any kind, by Kustomer's clock.")
    modified_at: Timestamp = column(
        "Time of the last change by a user or an importer. Changes by the system do not move it."
    )
    created_by: Reference = column("User who created it.")
    modified_by: Reference = column("User who last changed it.")
    org: Reference = column("Organization that it belongs to.")


class DeletableRow(TrackedRow):
    """A row of an object whose deleted records Kustomer can still return."""

    deleted: Boolean = column("True if the record has been deleted.")
    deleted_at: Timestamp = column(
        "Time of deletion. If Kustomer no longer returns the record: of the sync that found that."
    )
    deleted_by: Reference = column("User who deleted it.")
