"""The options about columns: no free text in the output, and rows that destinations delete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import (
    UNLIMITED,
    Connector,
    Message,
    Output,
    configured,
    of_the_day_before,
)
from kustomer_sandbox import Sandbox

CANARY = "Sehr geehrte Damen, das Paket kam nass an"
ADDRESS = "canary@example.com"
TEXTS: dict[str, dict[str, Any]] = {
    "conversations": {
        "name": CANARY,
        "preview": CANARY,
        "transcript": CANARY,
        "satisfactionLevel": {"rating": 5, "answers": [{"text": CANARY}], "comment": CANARY},
        "firstMessageIn": {"channel": "email", "meta": {"subject": CANARY, "html": CANARY}},
        "lastDeflection": {"query": {"rawText": CANARY}},
        "custom": {"commentTxt": CANARY},
        "priority": CANARY,
    },
    "customers": {"preview": {"text": CANARY, "subject": CANARY, "channel": "email"}},
    "messages": {
        "preview": CANARY,
        "subject": CANARY,
        "body": CANARY,
        "sentAt": CANARY,
        "meta": {"subject": CANARY, "html": [CANARY], "to": ADDRESS},
        "error": {"code": "1", "detail": CANARY, "meta": {"body": CANARY}},
    },
    "notes": {"body": CANARY, "textBody": CANARY},
    "kobjects": {"title": CANARY, "description": CANARY, "data": {"text": CANARY}},
}
"""Attributes of a record of each object, some of them not declared or of another type."""
DELETED = ("conversations", "users", "brands")


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(60, seed=8, **UNLIMITED) as sandbox:
        for name, attributes in TEXTS.items():
            record = sandbox.truth(name)[-1]["id"]
            sandbox.change(name, ids=[record], set=attributes)
        yield sandbox


def connector(sandbox: Sandbox, folder: Path, **options: Any) -> Connector:
    return Connector(
        folder, sandbox.url, {"api_key": sandbox.key, "start_date": "2015-01-01", **options}
    )


def synced(sandbox: Sandbox, folder: Path, **options: Any) -> tuple[list[Message], Output]:
    """Discover all streams, and read them."""
    reading = connector(sandbox, folder, **options)
    streams = reading.command("discover").streams
    output = reading.read(configured(streams))
    assert output.code == 0, output.errors
    return streams, output


def test_free_text_is_nowhere_in_the_output(sandbox: Sandbox, tmp_path: Path) -> None:
    streams, output = synced(
        sandbox, tmp_path, exclude_free_text=True, custom_attribute_columns=True
    )

    assert ADDRESS in output.stdout, "the record was read"
    assert CANARY not in output.stdout + output.stderr
    for stream in streams:
        columns = stream["json_schema"]["properties"].keys()
        known = columns if stream["name"] in TEXTS else {*columns, "misfit_values"}
        assert all(row.keys() <= known for row in output.rows(stream["name"])), stream["name"]


def test_texts_that_the_sandbox_has_made_are_nowhere_in_the_output(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    _, output = synced(sandbox, tmp_path, exclude_free_text=True)

    texts = {
        text
        for name in ("messages", "notes", "conversations")
        for record in sandbox.truth(name)
        for attribute in ("preview", "body", "subject")
        if isinstance(text := record["attributes"].get(attribute), str) and len(text) > 20
    }
    assert len(texts) > 50
    assert not [text for text in texts if json.dumps(text)[1:-1] in output.stdout]


def test_by_default_texts_are_synced(sandbox: Sandbox, tmp_path: Path) -> None:
    _, output = synced(sandbox, tmp_path)

    for name in TEXTS:
        assert any(CANARY in json.dumps(row) for row in output.rows(name)), name


def test_a_destination_that_deduplicates_loses_deleted_rows(tmp_path: Path) -> None:
    """Apply Airbyte's protocol: the newest row of each id; none where the column is set."""
    with Sandbox(60, seed=9, **UNLIMITED) as sandbox:
        reading = connector(sandbox, tmp_path, deletions="remove")
        catalog = configured(
            one for one in reading.command("discover").streams if one["name"] in DELETED
        )
        first = reading.read(catalog)
        deleted = {name: sandbox.change(name, deletes=2)["deleted"] for name in DELETED}
        second = reading.read(catalog, of_the_day_before(first.last_states))
        present = {name: present_ids(sandbox, name) for name in DELETED}

    for entry in catalog["streams"]:
        name = entry["stream"]["name"]
        assert "_ab_cdc_deleted_at" in entry["stream"]["json_schema"]["properties"]
        newest: dict[str, Message] = {}
        for row in [*first.rows(name), *second.rows(name)]:
            assert "_ab_cdc_deleted_at" in row
            if row["id"] not in newest or row["updated_at"] >= newest[row["id"]]["updated_at"]:
                newest[row["id"]] = row
        left = {one for one, row in newest.items() if row["_ab_cdc_deleted_at"] is None}
        assert set(deleted[name]) <= newest.keys()
        assert left == present[name]


def present_ids(sandbox: Sandbox, name: str) -> set[str]:
    """Return the ids of the records that are not deleted."""
    return {
        record["id"]
        for record in sandbox.truth(name)
        if not record["attributes"].get("deleted") and record["attributes"].get("deletedAt") is None
    }


def test_by_default_rows_are_marked_only(sandbox: Sandbox, tmp_path: Path) -> None:
    streams, output = synced(sandbox, tmp_path)

    assert not [one for one in streams if "_ab_cdc_deleted_at" in one["json_schema"]["properties"]]
    assert "_ab_cdc_deleted_at" not in output.stdout
    assert [row for row in output.rows("users") if row.get("deleted")]
