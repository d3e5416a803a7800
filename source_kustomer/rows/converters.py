"""The converter of each column of a row model, and of each key of the objects in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final, get_args

from pydantic import BaseModel

from source_kustomer.rows.columns import Nested, is_free_text, kind_of
from source_kustomer.rows.names import camel_case
from source_kustomer.rows.nested import (
    CUSTOM,
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


def column_entries(model: type[BaseModel], *, has_free_text: bool = True) -> dict[str, Entry]:
    """Return each column of a row model, or key of a nested object, with its converter.

    Args:
        model: the model.
        has_free_text: whether columns and keys that are marked as free text are included. If not,
            objects have only the keys that are declared.
    """
    entries = {}
    for field_name, field in model.model_fields.items():
        if is_free_text(field) and not has_free_text:
            continue
        name = field.alias or field_name
        kind = kind_of(field)
        converter = _converter(kind, field.annotation, has_free_text)
        entries[name] = (name, EXACT_TYPES.get(kind), converter)
    return entries


@cache
def can_have_free_text(model: type[BaseModel]) -> bool:
    """Return whether a column of a row model, or a key of its objects, can hold free text.

    Custom attributes can: those of several lines.
    """
    for name, field in model.model_fields.items():
        if is_free_text(field) or name == CUSTOM:
            return True
        if kind_of(field) in {"object", "objects"}:
            nested = _nested_model(field.annotation)
            if nested is not model and can_have_free_text(nested):
                return True
    return False


def custom_entry(name: str, kind: str) -> Entry:
    """Return a custom attribute with its converter.

    Args:
        name: the attribute's name.
        kind: the kind of a column, or that of its items with an s for a list.
    """
    converter = _OTHERS.get(kind) or ListOf(SCALARS[kind.removesuffix("s")])
    return name, EXACT_TYPES.get(kind), converter


def _converter(kind: str, annotation: Any, has_free_text: bool) -> Converter:
    if kind == "object":
        return _object_of(_nested_model(annotation), has_free_text)
    if kind == "objects":
        return ListOf(_object_of(_nested_model(annotation), has_free_text))
    return _OTHERS[kind]


@cache
def _object_of(model: type[Nested], has_free_text: bool) -> ObjectOf:
    entries = column_entries(model, has_free_text=has_free_text)
    keys = {camel_case(name): entry for name, entry in entries.items()}
    return ObjectOf(keys, model.key_of, has_others=has_free_text)


def _nested_model(annotation: Any) -> type[Nested]:
    return next(found for found in _types_in(annotation) if issubclass(found, Nested))


def _types_in(annotation: Any) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _types_in(argument)
