"""From a JSON:API resource to a row. The hot path: compiled once per stream."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from source_kustomer.records.custom import COLUMN_PREFIX, CustomAttributes
from source_kustomer.records.record import Record
from source_kustomer.records.values import FITTERS, MISFIT, Fitter, snake_case, snake_keys

Row = dict[str, Any]

MISFITS = "misfit_values"


class Shape:
    """The shape of a stream's rows, ready to be filled."""

    def __init__(
        self,
        fitters: Mapping[str, Fitter],
        renames: Mapping[str, str],
        attributes: frozenset[str],
        dropped: frozenset[str],
        custom: CustomAttributes,
    ) -> None:
        """Take the parts; `of` puts them together.

        Args:
            fitters: the fitter of each declared column.
            renames: columns of attributes that are not named after them.
            attributes: declared columns with a relationship of the same name beside them.
            dropped: columns that are not selected.
            custom: the organization's own attributes.
        """
        self._fitters = dict(fitters)
        self._columns = dict(renames)
        self._twins = attributes
        self._dropped = dropped
        self._custom = {
            attribute.name: _list_fitter(attribute.column_type)
            for attribute in custom.by_name.values()
        }
        self._custom_columns = custom.as_columns

    @staticmethod
    def of(
        record: type[Record],
        *,
        custom: CustomAttributes | None = None,
        columns: frozenset[str] | None = None,
    ) -> Shape:
        """Compile the shape of a stream.

        Args:
            record: the model of its rows.
            custom: the organization's own attributes.
            columns: the selected columns; None selects all. What the model does not declare
                cannot be deselected, so it is always kept.
        """
        types = record.column_types()
        declared = set(types)
        dropped = frozenset() if columns is None else frozenset(declared - columns - {"id"})
        return Shape(
            {name: FITTERS[kind] for name, kind in types.items()},
            record.renames,
            frozenset(name for name in declared if f"{name}_data" in declared),
            dropped,
            custom or CustomAttributes(),
        )

    def flatten(self, resource: Mapping[str, Any]) -> Row:
        """Turn a resource into a row that fits the stream's schema; no value is lost."""
        row: Row = {}
        misfits: Row = {}
        attributes = resource.get("attributes")
        if type(attributes) is dict:
            columns = self._columns
            for key, value in attributes.items():
                column = columns.get(key)
                if column is None:
                    column = columns[key] = self._column_of(key)
                if column in row:
                    column = key
                self._put(row, misfits, column, value)
        elif attributes is not None:
            misfits["attributes"] = attributes
        relationships = resource.get("relationships")
        if type(relationships) is dict:
            self._relate(row, misfits, relationships)
        elif relationships is not None:
            misfits["relationships"] = relationships
        for name in ("type", "links"):
            if name in resource:
                self._put(row, misfits, name, resource[name])
        custom = row.get("custom")
        if type(custom) is dict:
            row["custom"] = self._fit_custom(row, misfits, custom)
        for name in self._dropped:
            row.pop(name, None)
        row["id"] = _identity(resource)
        if misfits and MISFITS not in self._dropped:
            row[MISFITS] = misfits
        return row

    def _column_of(self, key: str) -> str:
        column = snake_case(key)
        # An attribute must not pass for the record's own type, links or id.
        return f"attribute_{column}" if column in {"id", "type", "links", MISFITS} else column

    def _put(self, row: Row, misfits: Row, column: str, value: Any) -> None:
        if value is None:
            row[column] = None
            return
        fitter = self._fitters.get(column)
        if fitter is None:
            kind = type(value)
            row[column] = snake_keys(value) if kind is dict or kind is list else value
            return
        fitted = fitter(value)
        if fitted is MISFIT:
            row[column] = None
            misfits[column] = value
        else:
            row[column] = fitted

    def _relate(self, row: Row, misfits: Row, relationships: Mapping[str, Any]) -> None:
        for key, relationship in relationships.items():
            if type(relationship) is not dict or "data" not in relationship:
                continue
            column = snake_case(key)
            if column in row or column in self._twins:
                column = f"{column}_data"
            if column in {"id", "type", "links"}:
                column = f"{column}_data"
            self._put(row, misfits, column, relationship["data"])

    def _fit_custom(self, row: Row, misfits: Row, custom: Mapping[str, Any]) -> Row:
        """Fit the declared custom attributes; keys stay verbatim, unknown ones are kept."""
        fitted: Row = {}
        for name, value in custom.items():
            fitter = self._custom.get(name)
            if fitter is not None and value is not None:
                kept = fitter(value)
                if kept is MISFIT:
                    misfits[f"custom.{name}"] = value
                    kept = None
                fitted[name] = kept
            else:
                fitted[name] = value
        if self._custom_columns:
            for name in self._custom.keys() & fitted.keys():
                row[COLUMN_PREFIX + name] = fitted[name]
        return fitted


def _list_fitter(column_type: str) -> Fitter:
    if column_type in FITTERS:
        return FITTERS[column_type]
    fit = FITTERS[column_type.removesuffix("s")]

    def fit_all(value: Any) -> Any:
        items = [fit(item) for item in (value if type(value) is list else [value])]
        return MISFIT if MISFIT in items else items

    return fit_all


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
