"""What the user chooses about columns: no free text, and Airbyte's column for deletions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
from jsonschema import Draft7Validator

from source_kustomer.rows.columns import (
    Nested,
    Object,
    Objects,
    Reference,
    Text,
    UserObject,
    column,
    free_text,
)
from source_kustomer.rows.converters import can_have_free_text
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.rows.options import CDC_DELETED_AT, RowOptions
from source_kustomer.rows.row import DeletableRow, Row, TrackedRow
from source_kustomer.rows.schema import json_schema
from source_kustomer.streams import STREAMS

CANARY = "Dear Sir, the parcel arrived wet"
WITHOUT_TEXT = RowOptions(has_free_text=False)
WITH_DELETIONS = RowOptions(has_cdc_deleted_at=True)


class Meta(Nested):
    channel: Text
    subject: Text = free_text()


class LetterRow(Row):
    renames: ClassVar[Mapping[str, str]] = {"title": "name"}

    name: Text = column("Title.", free_text=True)
    body: Text = column("Text.", free_text=True)
    meta: Object[Meta] = column("Data.")
    parts: Objects[Meta] = column("Parts.")
    status: Text = column("Status.")
    custom: UserObject = column("Custom attributes.")
    author: Reference = column("Author.")


class PlainRow(TrackedRow):
    name: Text = column("Name.")


CUSTOM = CustomAttributes.from_metadata(
    {"attributes": {"properties": {"planStr": {"type": "string"}, "noteTxt": {"type": "string"}}}},
    as_columns=True,
)
LETTER: dict[str, Any] = {
    "id": "l1",
    "attributes": {
        "title": CANARY,
        "body": CANARY,
        "meta": {"channel": "email", "subject": CANARY, "html": CANARY},
        "parts": [{"channel": "chat", "subject": CANARY, "html": [CANARY]}],
        "status": "done",
        "custom": {"planStr": "gold", "noteTxt": CANARY, "laterTxt": CANARY, "laterStr": "x"},
        "transcript": CANARY,
        "draft": {"text": CANARY},
    },
    "relationships": {"author": CANARY, "quote": {"data": {"type": CANARY, "id": "q"}}},
    "extra": CANARY,
}


def test_free_text_is_neither_in_the_row_nor_in_the_schema() -> None:
    row = RowMapper(LetterRow, custom=CUSTOM, options=WITHOUT_TEXT).flatten(LETTER)
    schema = json_schema(LetterRow, CUSTOM, WITHOUT_TEXT)

    assert CANARY not in json.dumps(row)
    assert row == {
        "id": "l1",
        "meta": {"channel": "email"},
        "parts": [{"channel": "chat"}],
        "status": "done",
        "custom": {"planStr": "gold", "laterStr": "x"},
        "custom_plan_str": "gold",
    }
    assert row.keys() <= schema["properties"].keys()
    assert "misfit_values" not in schema["properties"]
    assert schema["properties"]["meta"]["properties"].keys() == {"channel"}
    assert schema["properties"]["custom"]["properties"].keys() == {"planStr"}
    assert not list(Draft7Validator(schema).iter_errors(row))


def test_values_that_fit_no_column_are_left_out_with_free_text() -> None:
    misfit = {"id": "l1", "attributes": {"meta": CANARY, "parts": CANARY}}

    row = RowMapper(LetterRow, options=WITHOUT_TEXT).flatten(misfit)

    assert CANARY not in json.dumps(row)


def test_by_default_nothing_is_left_out() -> None:
    row = RowMapper(LetterRow, custom=CUSTOM).flatten(LETTER)

    assert row["name"] == row["body"] == row["meta"]["subject"] == CANARY
    assert row["custom"]["noteTxt"] == row["custom_note_txt"] == CANARY
    assert "free_text" not in json.dumps(json_schema(LetterRow, CUSTOM))


def test_rows_without_free_text_keep_values_that_no_column_is_declared_for() -> None:
    resource = {"id": "p1", "attributes": {"name": "Blue", "colour": "blue"}}

    row = RowMapper(PlainRow, options=WITHOUT_TEXT).flatten(resource)

    assert row["colour"] == "blue"
    assert row["misfit_values"] == {"colour": "blue"}
    assert "misfit_values" in json_schema(PlainRow, None, WITHOUT_TEXT)["properties"]


@pytest.mark.parametrize(
    "name",
    [
        *("messages", "notes", "conversations", "customers", "ai_summaries", "customer_drafts"),
        *("conversation_events", "customer_events", "audit_logs", "satisfaction_responses"),
    ],
)
def test_streams_of_what_people_write_are_marked(name: str) -> None:
    (stream,) = (one for one in STREAMS if one.name == name)

    assert can_have_free_text(stream.row)


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({}, None),
        ({"deleted": False, "deletedAt": None}, None),
        ({"deleted": True}, "2026-01-01T00:00:00.000Z"),
        ({"deleted": True, "deletedAt": "2025-05-05T05:05:05.000Z"}, "2025-05-05T05:05:05.000Z"),
        ({"deletedAt": "2025-05-05T05:05:05.000Z"}, "2025-05-05T05:05:05.000Z"),
    ],
)
def test_the_time_of_deletion_is_set_for_deleted_records_only(
    attributes: dict[str, Any], expected: str | None
) -> None:
    mapper = RowMapper(DeletableRow, options=WITH_DELETIONS)
    row = mapper.flatten({"id": "d1", "attributes": attributes})

    row = mapper.with_cdc_deleted_at(row, "2026-01-01T00:00:00.000Z")

    assert mapper.has_cdc_deleted_at
    assert row[CDC_DELETED_AT] == expected
    schema = json_schema(DeletableRow, None, WITH_DELETIONS)
    assert schema["properties"][CDC_DELETED_AT]["format"] == "date-time"
    assert not list(Draft7Validator(schema).iter_errors(row))


def test_a_deletion_is_seen_although_its_column_is_not_selected() -> None:
    mapper = RowMapper(DeletableRow, columns=frozenset({"id"}), options=WITH_DELETIONS)

    row = mapper.flatten({"id": "d1", "attributes": {"deleted": True}})

    assert row["deleted"] is True


def test_rows_that_cannot_be_deleted_have_no_such_column() -> None:
    assert not RowMapper(PlainRow, options=WITH_DELETIONS).has_cdc_deleted_at
    assert CDC_DELETED_AT not in json_schema(PlainRow, None, WITH_DELETIONS)["properties"]
    assert CDC_DELETED_AT not in json_schema(DeletableRow)["properties"]
