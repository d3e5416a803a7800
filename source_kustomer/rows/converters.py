"""The converter of each column of a row model, and of each key of the objects in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel

from source_kustomer.rows.columns import Nested, kind_of
from source_kustomer.rows.names import camel_case
from source_kustomer.rows.nested import (
    Entry,
    ListOf,
    ObjectOf,
    any_object,
    any_values,
    reference,
    user_object,
)
from source_kustomer.rows.scalars import EXACT_TYPES, SCALARS, Converter, text

_OTHERS: Final[Mapping[str, Converter]] = {
    **SCALARS,
    "texts": ListOf(text),
    "reference": reference,
    "references": ListOf(reference),
    "values": any_values,
    "any_object": any_object,
    "user_object": user_object,
}
"""Converters of columns whose kind alone tells the type of their values."""


def column_entries(model: type[BaseModel]) -> dict[str, Entry]:
    """Return each column of a row model, or key of a nested object, with its converter."""
    entries = {}
    for field_name, field in model.model_fields.items():
        name = field.alias or field_name
        kind = kind_of(field)
        entries[name] = (name, EXACT_TYPES.get(kind), _converter(kind, field.annotation))
    return entries


def custom_entry(name: str, kind: str) -> Entry:
    """Return a custom attribute with its converter.

    Args:
        name: the attribute's name.
        kind: the kind of a column, or that of its items with an s for a list.
    """
    converter = _OTHERS.get(kind) or ListOf(SCALARS[kind.removesuffix("s")])
    return name, EXACT_TYPES.get(kind), converter


def _converter(kind: str, annotation: Any) -> Converter:
    if kind == "object":
        return _object_of(_nested_model(annotation))
    if kind == "objects":
        return ListOf(_object_of(_nested_model(annotation)))
    return _OTHERS[kind]


@cache
def _object_of(model: type[Nested]) -> ObjectOf:
    keys = {camel_case(name): entry for name, entry in column_entries(model).items()}
    return ObjectOf(keys, model.key_of)


def _nested_model(annotation: Any) -> type[Nested]:
    return next(found for found in _types_in(annotation) if issubclass(found, Nested))


def _types_in(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument)
