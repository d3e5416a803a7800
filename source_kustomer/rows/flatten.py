"""From a JSON:API resource to a row. The hot path: compiled once per stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.row import Row as RowModel
from source_kustomer.rows.values import FITTERS, MISFIT, Fitter, list_of, snake_case, snake_keys

Row = dict[str, Any]

MISFITS: Final = "misfit_values"
_OWN: Final = frozenset({"id", "type", "links", MISFITS})
"""Columns that no attribute and no relationship may pass for."""

_DELETION: Final = frozenset({"deleted", "deleted_at"})

_PLAIN: Final[Mapping[str, type]] = {"text": str, "boolean": bool, "number": float}
"""Types whose values fit a column as they are, which saves asking its fitter."""

_LINKS: Final = frozenset({"links", "link", "meta"})
"""What a relationship consists of that has no target."""

_REFERENCES: Final = frozenset({"reference", "references", "object", "objects", "values"})
"""Types of columns that the target of a relationship can fit."""

_MOST_KEYS: Final = 10_000
"""How many keys are remembered: names that users give to klasses must not fill the memory."""

_Entry = tuple[str, type | None, Fitter]
"""A column, the type that fits it as it is, and the fitter of all else."""


class Shape:
    """The shape of a stream's rows, ready to be filled."""

    def __init__(
        self,
        model: type[RowModel],
        custom: CustomAttributes,
        selected: frozenset[str] | None,
    ) -> None:
        """Compile the columns' types into tables.

        Args:
            model: the model of the rows.
            custom: the organization's own attributes.
            selected: the columns that rows may have; None is all, and what no model knows too.
        """
        types = model.column_types()
        self._types = types
        self._renames = model.renames
        self._selected = selected
        self._is_everything = selected is None or types.keys() <= selected
        self._is_deletable = types.keys() >= _DELETION
        self._custom = {
            name: (_PLAIN.get(one.column_type), _fitter(one.column_type))
            for name, one in custom.by_name.items()
        }
        self._custom_columns = {
            column: one.name for column, one in custom.columns.items() if column not in types
        }
        # An attribute has its column to itself, whether it is there or not.
        self._twins = frozenset(
            name for name in types if f"{name}_data" in types or types[name] not in _REFERENCES
        )
        self._reserved = _OWN | self._custom_columns.keys()
        self._attributes: dict[str, _Entry] = {}
        self._relationships: dict[str, _Entry] = {}

    @staticmethod
    def of(
        model: type[RowModel],
        *,
        custom: CustomAttributes | None = None,
        columns: frozenset[str] | None = None,
        always: frozenset[str] = frozenset(),
    ) -> Shape:
        """Compile the shape of a stream.

        Args:
            model: the model of its rows.
            custom: the organization's own attributes.
            columns: the selected columns; None selects all. As soon as one that the model declares
                is not among them, rows have nothing else either: not even what no model knows.
            always: columns that are kept whether they are selected or not, beside the id:
                destinations could not tell versions of a row apart without them.
        """
        selected = None if columns is None else columns | always | {"id"}
        return Shape(model, custom or CustomAttributes(), selected)

    def has(self, column: str) -> bool:
        """Tell whether rows have a column, as far as the selection goes."""
        return self._selected is None or column in self._selected

    def flatten(self, resource: Mapping[str, Any]) -> Row:
        """Turn a resource into a row that fits the stream's schema; no value is lost.

        What does not fit a column's type, and could not be turned into it without loss, is kept
        as it came, by column name, in `misfit_values`.
        """
        row: Row = {"id": _identity(resource)}
        misfits: Row = {}
        for name in ("type", "links"):
            if name in resource:
                self._put(row, misfits, self._entry(name), resource[name])
        attributes = resource.get("attributes")
        if type(attributes) is dict:
            self._fill(row, misfits, attributes)
        elif attributes is not None:
            misfits["attributes"] = attributes
        relationships = resource.get("relationships")
        if type(relationships) is dict:
            self._relate(row, misfits, relationships)
        elif relationships is not None:
            misfits["relationships"] = relationships
        if self._custom:
            self._fit_custom(row, misfits)
        if self._is_deletable and row.get("deleted") is None and row.get("deleted_at") is not None:
            row["deleted"] = True  # users, for one, only say when
        if not self._is_everything:
            row = {name: value for name, value in row.items() if self.has(name)}
            misfits = {
                name: value for name, value in misfits.items() if self.has(name.partition(".")[0])
            }
        if misfits and self.has(MISFITS):
            row[MISFITS] = misfits
        return row

    def _fill(self, row: Row, misfits: Row, attributes: Mapping[str, Any]) -> None:
        known = self._attributes
        columns = len(row) + len(attributes)
        for key, value in attributes.items():
            column, plain, fit = known.get(key) or self._attribute(key)
            if type(value) is plain or value is None:
                row[column] = value
            else:
                fitted = fit(value)
                if fitted is MISFIT:
                    row[column] = None
                    misfits[column] = value
                else:
                    row[column] = fitted
        if len(row) != columns:
            self._fill_apart(row, misfits, attributes)

    def _fill_apart(self, row: Row, misfits: Row, attributes: Mapping[str, Any]) -> None:
        """Fill in attributes of which some share a column's name.

        The one spelled like the column has it, or else the first that no model renames. The
        others have their own spelling for a name.
        """
        columns = {key: self._attribute(key)[0] for key in attributes}
        for column in columns.values():
            row.pop(column, None)
            misfits.pop(column, None)
        taken = set(self._reserved)
        for key in sorted(columns, key=lambda key: (key != columns[key], key in self._renames)):
            column = columns[key] if columns[key] not in taken else key
            column = _untaken(column, taken)
            taken.add(column)
            self._put(row, misfits, self._entry(column), attributes[key])

    def _attribute(self, key: str) -> _Entry:
        entry = self._attributes.get(key)
        if entry is None:
            column = _untaken(self._renames.get(key) or snake_case(key), self._reserved)
            entry = self._entry(column)
            if len(self._attributes) < _MOST_KEYS:
                self._attributes[key] = entry
        return entry

    def _relate(self, row: Row, misfits: Row, relationships: Mapping[str, Any]) -> None:
        known = self._relationships
        for key, relationship in relationships.items():
            if type(relationship) is dict and "data" in relationship:
                target = relationship["data"]
            elif type(relationship) is dict and relationship.keys() <= _LINKS:
                continue
            else:
                target = MISFIT
            entry = known.get(key) or self._relationship(key)
            column = entry[0]
            if column in row:
                column = _apart(column, row)
                entry = self._entry(column)
            if target is not MISFIT:
                self._put(row, misfits, entry, target)
            elif relationship is not None:
                row[column] = None
                misfits[column] = relationship

    def _relationship(self, key: str) -> _Entry:
        column = snake_case(key)
        if column in self._twins or column in self._reserved:
            column = f"{column}_data"
        entry = self._entry(column)
        if len(self._relationships) < _MOST_KEYS:
            self._relationships[key] = entry
        return entry

    def _entry(self, column: str) -> _Entry:
        kind = self._types.get(column)
        if kind is None:
            return column, str, snake_keys
        return column, _PLAIN.get(kind), FITTERS[kind]

    @staticmethod
    def _put(row: Row, misfits: Row, entry: _Entry, value: Any) -> None:
        column, plain, fit = entry
        fitted = value if type(value) is plain or value is None else fit(value)
        if fitted is MISFIT:
            row[column] = None
            misfits[column] = value
        else:
            row[column] = fitted

    def _fit_custom(self, row: Row, misfits: Row) -> None:
        """Fit the declared custom attributes; keys stay verbatim, unknown ones are kept."""
        custom = row.get("custom")
        if type(custom) is not dict:
            return
        fitted = dict(custom)
        for name, value in custom.items():
            plain, fit = self._custom.get(name, _KEPT)
            if type(value) is plain or value is None:
                continue
            fitted[name] = fit(value)
            if fitted[name] is MISFIT:
                fitted[name] = None
                misfits[f"custom.{name}"] = value
        row["custom"] = fitted
        for column, name in self._custom_columns.items():
            if name in fitted:
                row[column] = fitted[name]


def _kept(value: Any) -> Any:
    return value


_KEPT: Final[tuple[type | None, Fitter]] = (str, _kept)


def _fitter(column_type: str) -> Fitter:
    return FITTERS.get(column_type) or list_of(FITTERS[column_type.removesuffix("s")])


def _untaken(column: str, taken: Iterable[str]) -> str:
    """Return a name that an attribute can have without passing for another column."""
    while column in taken:
        column = f"attribute_{column}"
    return column


def _apart(column: str, row: Row) -> str:
    """Return the name of a relationship's column beside an attribute of the same name."""
    while column in row:
        column = f"{column}_data"
    return column


def _identity(resource: Mapping[str, Any]) -> str:
    """Return a record's id; where it has none, one that is the same at every sync.

    Attachments of a conversation come without an id, but their own link ends in it. Outbound
    accounts have neither: their content stands for them.
    """
    identity = resource.get("id")
    if type(identity) is str:
        return identity
    if identity is not None:
        return str(identity)
    links = resource.get("links")
    own = links.get("self") if type(links) is dict else None
    if type(own) is str and own.rpartition("/")[2]:
        return own.rpartition("/")[2]
    content = json.dumps([resource.get("type"), resource.get("attributes")], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:24]
