"""From a JSON:API resource to the row of a stream.

This runs once per record. All that depends on the stream alone is prepared when the mapper is made.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Mapping
from typing import Any, Final

from source_kustomer.rows.converters import can_have_free_text, column_entries, custom_entry
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.json_values import Rewriter, TooDeep, is_storable, write_json
from source_kustomer.rows.names import camel_case, fold, snake_case, with_digest
from source_kustomer.rows.nested import (
    CUSTOM,
    CustomOf,
    Entry,
    as_it_is,
    is_several_lines,
    move,
    undeclared,
)
from source_kustomer.rows.options import (
    ALL_COLUMNS,
    CDC_DELETED_AT,
    MISFIT_VALUES,
    RowOptions,
)
from source_kustomer.rows.row import Row
from source_kustomer.rows.scalars import Unplaced, reject

_MEMBERS: Final = frozenset({"id", "type", "links", "attributes", "relationships"})
"""Members of a resource that have columns."""

_OWN: Final = frozenset({"id", "type", "links", MISFIT_VALUES})
"""Columns that no attribute and no relationship has."""

_DELETION: Final = frozenset({"deleted", "deleted_at"})

_LINKS_ONLY: Final = frozenset({"links", "link", "meta"})
"""Members of a relationship that names no record."""

_RELATED: Final = frozenset({"reference", "references"})
"""Kinds of columns that hold the target of a relationship."""

_CAN_BE_RELATED: Final = frozenset({"values", "any_object", "object", "objects"})
"""Kinds of columns that hold the target of a relationship if there is no such attribute."""

_ID_DIGITS: Final = 24

_NO_ENTRY: Final[Entry] = ("", None, as_it_is)


class RowMapper:
    """Maps the resources of one stream to rows that fit its schema."""

    def __init__(
        self,
        model: type[Row],
        *,
        custom: CustomAttributes | None = None,
        columns: frozenset[str] | None = None,
        always: frozenset[str] = frozenset(),
        reserved: frozenset[str] = frozenset(),
        options: RowOptions = ALL_COLUMNS,
    ) -> None:
        """Prepare the columns of a stream.

        Args:
            model: the model of its rows.
            custom: the custom attributes of its records.
            columns: the selected columns. None selects all. When a column of the model is not
                selected, rows have no column that is not selected.
            always: columns that rows have in any case, like the id. Destinations cannot
                deduplicate rows without them.
            reserved: columns that the stream adds to the rows later.
            options: what the user chooses. Without free text, rows have only declared columns.
        """
        custom = custom or CustomAttributes()
        entries = column_entries(model, has_free_text=options.has_free_text)
        self._has_others = options.has_free_text or not can_have_free_text(model)
        self._kinds = model.column_types()
        self._entries = entries
        self._has_deletion = entries.keys() >= _DELETION
        self.has_cdc_deleted_at = options.has_cdc_deleted_at and self._has_deletion
        """Whether rows have `_ab_cdc_deleted_at`."""
        if self.has_cdc_deleted_at:
            always |= {*_DELETION, CDC_DELETED_AT}
        self._selected = None if columns is None else columns | always | {"id"}
        self._selects_all = self._selected is None or entries.keys() <= self._selected
        self._has_custom = self._kinds.get(CUSTOM) == "user_object"
        if self._has_custom:
            declared = {name: custom_entry(name, one.kind) for name, one in custom.by_name.items()}
            convert = CustomOf(declared, has_free_text=options.has_free_text)
            entries[CUSTOM] = (CUSTOM, None, convert)
        self._custom_columns = {
            column: one.name
            for column, one in custom.columns.items()
            if self._has_custom and column not in entries
            if options.has_free_text or not is_several_lines(one.name)
        }
        self._attributes, self._relationships = self._owners()
        self._renames = model.renames
        taken = entries.keys() | self._custom_columns.keys() | reserved | _OWN
        self._taken = frozenset(fold(column) for column in taken)
        self._lock = threading.Lock()
        self._replaced = 0

    @property
    def replaced_characters(self) -> int:
        """How many characters were replaced by U+FFFD: U+0000 and lone surrogates."""
        return self._replaced

    def has(self, column: str) -> bool:
        """Return whether rows have a column if their resource has it."""
        return self._selected is None or column in self._selected

    def flatten(self, resource: Mapping[str, Any]) -> dict[str, Any]:
        """Flatten a resource to a row that fits the stream's schema.

        A value that its column cannot hold is in `misfit_values`, by the name of the column. So is
        a value that no column is declared for, in addition to a column of its own.

        Args:
            resource: as decoded from JSON.
        """
        if not is_storable(resource):
            resource = self._rewritten(resource)
        row: dict[str, Any] = {"id": _identity(resource)}
        unplaced: Unplaced = {}
        others: list[tuple[str, Any, bool]] = []
        self._fill(row, unplaced, resource.get("attributes"), others)
        self._relate(row, unplaced, resource.get("relationships"), others)
        self._fill_members(row, unplaced, resource)
        if others:
            self._fill_others(row, unplaced, others)
        if self._custom_columns:
            attributes = row.get(CUSTOM) or {}
            for column, name in self._custom_columns.items():
                if name in attributes:
                    row[column] = attributes[name]
        if self._has_deletion and row.get("deleted") is None and row.get("deleted_at") is not None:
            row["deleted"] = True  # users have only the time
        if not self._selects_all:
            row = {name: value for name, value in row.items() if self.has(name)}
            unplaced = {
                name: value for name, value in unplaced.items() if self.has(name.partition(".")[0])
            }
        if unplaced and self._has_others and self.has(MISFIT_VALUES):
            row[MISFIT_VALUES] = unplaced
        return row

    @staticmethod
    def with_cdc_deleted_at(row: Mapping[str, Any], at: str) -> dict[str, Any]:
        """Add the time of deletion under Airbyte's name.

        Args:
            row: a complete row.
            at: the time for a deleted record that has no time of deletion.
        """
        deleted_at = (row.get("deleted_at") or at) if row.get("deleted") is True else None
        return {**row, CDC_DELETED_AT: deleted_at}

    def _owners(self) -> tuple[dict[str, Entry], dict[str, Entry]]:
        """Return the columns of attributes and of relationships, by their name in the API.

        A column has one owner, so no other attribute or relationship can take its place.
        """
        attributes: dict[str, Entry] = {}
        relationships: dict[str, Entry] = {}
        for column, entry in self._entries.items():
            if column in _OWN:
                continue
            if self._kinds[column] in _RELATED:
                base = column.removesuffix("_data")
                name = base if base in self._entries else column
                relationships[camel_case(name)] = entry
            else:
                attributes[camel_case(column)] = entry
        return attributes, relationships

    def _fill(
        self,
        row: dict[str, Any],
        unplaced: Unplaced,
        attributes: Any,
        others: list[tuple[str, Any, bool]],
    ) -> None:
        if type(attributes) is not dict:
            if attributes is not None:
                _reject_at(attributes, "attributes", unplaced)
            return
        known = self._attributes
        found: Unplaced = {}
        for key, value in attributes.items():
            entry = known.get(key)
            if entry is None:
                others.append((key, value, False))
                continue
            column, exact, convert = entry
            if type(value) is exact or value is None:
                row[column] = value
            else:
                row[column] = convert(value, found)
                if found:
                    move(found, column, unplaced)

    def _relate(
        self,
        row: dict[str, Any],
        unplaced: Unplaced,
        relationships: Any,
        others: list[tuple[str, Any, bool]],
    ) -> None:
        if type(relationships) is not dict:
            if relationships is not None:
                _reject_at(relationships, "relationships", unplaced)
            return
        known = self._relationships
        found: Unplaced = {}
        for key, relationship in relationships.items():
            if type(relationship) is dict and "data" in relationship:
                target = relationship["data"]
                entry = known.get(key)
                if entry is None:
                    others.append((key, target, True))
                    continue
                column, _, convert = entry
                row[column] = None if target is None else convert(target, found)
                if found:
                    move(found, column, unplaced)
            elif relationship is not None and not (
                type(relationship) is dict and relationship.keys() <= _LINKS_ONLY
            ):
                _reject_at(relationship, f"relationships.{key}", unplaced)

    def _fill_members(
        self, row: dict[str, Any], unplaced: Unplaced, resource: Mapping[str, Any]
    ) -> None:
        found: Unplaced = {}
        for name, value in resource.items():
            if name in {"type", "links"}:
                column, exact, convert = self._entries[name]
                if type(value) is exact or value is None:
                    row[column] = value
                else:
                    row[column] = convert(value, found)
                    move(found, column, unplaced)
            elif name not in _MEMBERS and value is not None:
                _reject_at(value, name, unplaced)

    def _fill_others(
        self, row: dict[str, Any], unplaced: Unplaced, others: list[tuple[str, Any, bool]]
    ) -> None:
        """Fill in attributes and relationships that own no column of the model."""
        found: Unplaced = {}
        for key, value, is_related in others:
            column = self._vacant_column(key, row, is_related=is_related)
            if column is not None:
                _, _, convert = self._entries[column]
                row[column] = None if value is None else convert(value, found)
            elif not self._has_others:
                continue
            else:
                column = self._undeclared_column(key, row, is_related=is_related)
                row[column] = None if value is None else undeclared(key, value, found)
                if value is not None:
                    reject(value, found)
            move(found, column, unplaced)

    def _vacant_column(self, key: str, row: Mapping[str, Any], *, is_related: bool) -> str | None:
        """Return a column of the model that is free because its owner is not in the record.

        An attribute can have the column of a relationship of its name, or one that the model
        renames it to. A relationship can have the column of an attribute that can hold its target.
        """
        if is_related:
            column, _, _ = self._attributes.get(key, _NO_ENTRY)
            return (
                column if column not in row and self._kinds.get(column) in _CAN_BE_RELATED else None
            )
        column, _, _ = self._relationships.get(key, _NO_ENTRY)
        column = self._renames.get(key, column)
        return column if column in self._entries and column not in row else None

    def _undeclared_column(self, key: str, row: Mapping[str, Any], *, is_related: bool) -> str:
        name = snake_case(key)
        if not name or name in row or fold(name) in self._taken:
            name = f"{name}_data" if is_related else f"attribute_{name}"
        while name in row or fold(name) in self._taken:
            name = with_digest("", f"{is_related}.{name}")
        return name

    def _rewritten(self, resource: Mapping[str, Any]) -> Mapping[str, Any]:
        rewriter = Rewriter(frozenset([CUSTOM] if self._has_custom else []))
        rewritten = rewriter.rewrite(resource)
        with self._lock:
            self._replaced += rewriter.replaced
        return rewritten


def _reject_at(value: Any, path: str, unplaced: Unplaced) -> None:
    """Reject a value that no column is for."""
    found: Unplaced = {}
    reject(value, found)
    move(found, path, unplaced)


def _text_of(value: TooDeep) -> str:
    return value.text


def _identity(resource: Mapping[str, Any]) -> str:
    """Return the id of a record, or one that is the same in every sync if it has none.

    Attachments of a conversation come without an id, but the link to themselves ends in it.
    Outbound accounts have neither, so their content identifies them.
    """
    identity = resource.get("id")
    if type(identity) is str:
        return identity
    if identity is not None:
        return identity.text if type(identity) is TooDeep else write_json(identity)
    links = resource.get("links")
    own = links.get("self") if type(links) is dict else None
    if type(own) is str and own.rpartition("/")[2]:
        return own.rpartition("/")[2]
    content = json.dumps(
        [resource.get("type"), resource.get("attributes")], sort_keys=True, default=_text_of
    )
    return hashlib.sha256(content.encode()).hexdigest()[:_ID_DIGITS]
