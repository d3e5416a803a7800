"""Every stream is synced twice against the sandbox: rows fit their schema and match the truth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from jsonschema import Draft7Validator, FormatChecker

from integration_tests.connector import (
    UNLIMITED,
    Connector,
    Message,
    Output,
    configured,
    of_the_day_before,
)
from kustomer_sandbox import Sandbox
from kustomer_sandbox.control.process import SandboxError
from source_kustomer.streams import STREAMS
from source_kustomer.streams.apps import HOOK_SECRETS

Rows = dict[str, list[Message]]

MODELS = {stream.name: stream.row for stream in STREAMS}
NAMES = sorted(MODELS)

OBJECTS = {
    "snooze_presets": "snoozes",
    "pinned_searches": "customer_searches_pinned",
    "saved_search_positions": "customer_searches_positions",
    "roles": "auth_roles",
}
"""What the sandbox calls the objects whose streams have names of their own."""

LEFT_OUT = {
    **dict.fromkeys(("email_hooks", "form_hooks", "web_hooks"), HOOK_SECRETS),
    "outbound_webhooks": {"token"},
    "settings": {"value"},
}
"""Attributes that are secrets, by stream."""

CHANGED = ("conversations", "customers", "messages", "notes", "kobjects", "companies", "work_items")
"""Objects that are changed between the two syncs."""


LISTED = sorted(
    stream.name
    for stream in STREAMS
    if stream().detects_removals and stream.name not in (*CHANGED, "business_holidays", "klasses")
)
"""Objects of which a record is deleted between the two syncs as well. Their lists may omit it."""


@dataclass(frozen=True)
class Syncs:
    """Two incremental syncs of everything, what lay between them, and the truth after each."""

    schemas: dict[str, Message]
    first: Rows
    second: Rows
    truth: dict[str, list[Message]]
    later_truth: dict[str, list[Message]]
    updated: dict[str, set[str]]
    deleted: dict[str, set[str]]


def rows_of(output: Output) -> Rows:
    """Return a sync's rows by stream."""
    rows: Rows = {}
    for record in output.of("RECORD"):
        rows.setdefault(record["stream"], []).append(record["data"])
    return rows


def truth_of(sandbox: Sandbox, stream: str) -> list[Message]:
    """The records that a stream should have, as the API would serve them."""
    if stream == "queue_metrics":
        queues = sandbox.truth("queues")
        return [{"id": q["id"], "attributes": {"name": q["attributes"]["name"]}} for q in queues]
    if stream != "custom_attributes":
        try:
            return sandbox.truth(OBJECTS.get(stream, stream))
        except SandboxError:
            return []
    return [
        {"id": f"{resource['id']}.{name}", "attributes": entry}
        for resource in sandbox.truth("custom_attribute_metadata")
        for name, entry in resource["attributes"]["properties"].items()
    ]


@pytest.fixture(scope="module")
def syncs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Syncs]:
    folder: Path = tmp_path_factory.mktemp("every_stream")
    counts = dict.fromkeys(("companies", "conversation_times", "work_sessions", "work_items"), 20)
    with Sandbox(
        records=200,
        seed=4,
        counts={**counts, "kobjects": 80},
        **UNLIMITED,
    ) as sandbox:
        config = {"api_key": sandbox.key, "start_date": "2015-01-01"}
        connector = Connector(folder, sandbox.url, config)
        discovered = connector.command("discover")
        catalog = configured(discovered.streams)
        first = connector.read(catalog)
        assert first.code == 0, first.errors
        truth = {name: truth_of(sandbox, name) for name in NAMES}
        updated, deleted = {}, {}
        for name in CHANGED:
            change = sandbox.change(name, updates=2, inserts=1, deletes=1)
            updated[name] = {*change["updated"], *change["inserted"]}
            deleted[name] = set(change["deleted"])
        for name in LISTED:
            deleted[name] = set(sandbox.change(name, deletes=1)["deleted"])
        second = connector.read(catalog, of_the_day_before(first.last_states))
        assert second.code == 0, second.errors
        yield Syncs(
            {stream["name"]: stream["json_schema"] for stream in discovered.streams},
            rows_of(first),
            rows_of(second),
            truth,
            {name: truth_of(sandbox, name) for name in NAMES},
            updated,
            deleted,
        )


def test_every_declared_stream_is_discovered(syncs: Syncs) -> None:
    assert set(NAMES) <= set(syncs.schemas)


@pytest.mark.parametrize("name", NAMES)
def test_every_row_of_both_syncs_fits_its_schema(syncs: Syncs, name: str) -> None:
    validator = Draft7Validator(syncs.schemas[name], format_checker=FormatChecker())
    for rows in (syncs.first, syncs.second):
        for row in rows.get(name, []):
            assert not list(validator.iter_errors(row)), row
            MODELS[name].model_validate(row, strict=True)
            assert row["id"]


@pytest.mark.parametrize("name", NAMES)
def test_rows_have_no_column_that_is_not_in_the_schema(syncs: Syncs, name: str) -> None:
    known = set(syncs.schemas[name]["properties"])
    assert {column for row in syncs.first.get(name, []) for column in row} <= known


@pytest.mark.parametrize("name", NAMES)
def test_a_first_sync_brings_what_there_is(syncs: Syncs, name: str) -> None:
    rows = syncs.first.get(name, [])
    assert rows, f"the sandbox serves no {name}; CONTRIBUTING.md says how it comes to"
    if name == "outbound_accounts":  # without ids of their own
        assert {row["account"] for row in rows} == {
            record["attributes"]["account"] for record in syncs.truth[name]
        }
        return
    wanted = {record["id"]: record for record in syncs.truth[name]}
    ids = {row["id"].partition("@")[0] for row in rows}  # rows of queue metrics add their time
    assert all(is_out_of_reach(name, wanted[record_id]) for record_id in wanted.keys() - ids)
    assert ids <= wanted.keys()


def is_out_of_reach(stream: str, record: Message) -> bool:
    """Return whether no search and no list has a record, as is the case with some old ones."""
    attributes = record["attributes"]
    stamp: str = attributes.get("updatedAt") or attributes["createdAt"]
    old = stamp < (datetime.now(timezone.utc) - timedelta(days=729)).isoformat()
    if stream == "conversation_times":
        return old
    return (
        stream in {"notes", "work_sessions", "work_items"}
        and old
        and bool(attributes.get("deleted"))
    )


@pytest.mark.parametrize("name", NAMES)
def test_rows_hold_what_the_records_hold(syncs: Syncs, name: str) -> None:
    records = {record["id"]: record for record in syncs.truth[name] if "id" in record}
    for row in syncs.first.get(name, []):
        for attribute, value in records.get(row["id"], {"attributes": {}})["attributes"].items():
            if isinstance(value, str) and attribute not in LEFT_OUT.get(name, ()):
                assert value in row.values(), attribute


@pytest.mark.parametrize("name", CHANGED)
def test_a_second_sync_brings_what_has_changed(syncs: Syncs, name: str) -> None:
    rows = {row["id"]: row for row in syncs.second.get(name, [])}
    assert syncs.updated[name] | syncs.deleted[name] <= rows.keys()
    assert len(rows) < len(syncs.first.get(name, []))
    stamps = {record["id"]: record["attributes"]["updatedAt"] for record in syncs.later_truth[name]}
    assert all(row["updated_at"] == stamps[record_id] for record_id, row in rows.items())


@pytest.mark.parametrize("name", [*CHANGED, *LISTED])
def test_rows_of_deleted_records_are_marked(syncs: Syncs, name: str) -> None:
    rows = {row["id"]: row for row in syncs.second.get(name, [])}
    for record_id in syncs.deleted[name]:
        assert rows[record_id]["deleted"] is True
        assert rows[record_id]["deleted_at"]


def test_users_that_have_left_are_marked_as_deleted(syncs: Syncs) -> None:
    gone = {
        user["id"] for user in syncs.truth["users"] if user["attributes"]["deletedAt"] is not None
    }
    assert gone
    assert {row["id"] for row in syncs.first.get("users", []) if row.get("deleted")} == gone


@pytest.mark.parametrize(
    ("name", "parent"),
    [
        ("conversation_events", "conversations"),
        ("conversation_attachments", "conversations"),
        ("customer_sessions", "customers"),
        ("customer_events", "customers"),
        ("message_attachments", "messages"),
    ],
)
def test_a_second_sync_brings_the_children_of_changed_parents_only(
    syncs: Syncs, name: str, parent: str
) -> None:
    column = f"{parent.removesuffix('s')}_id"
    changed = {row["id"] for row in syncs.second.get(parent, [])}
    assert {row[column] for row in syncs.second.get(name, [])} <= changed


@pytest.mark.parametrize("name", ["email_hooks", "form_hooks", "web_hooks"])
def test_hooks_come_without_their_secrets(syncs: Syncs, name: str) -> None:
    assert all(not HOOK_SECRETS & row.keys() for row in syncs.first.get(name, []))


def test_klasses_have_their_display_name_however_it_is_spelt(syncs: Syncs) -> None:
    rows = syncs.first.get("klasses", [])
    assert all(row["display_name"] and "displayname" not in row for row in rows)


def test_every_custom_object_has_the_rows_that_all_of_them_together_have(syncs: Syncs) -> None:
    own = [name for name in syncs.schemas if name.startswith("kobject_")]
    assert own
    for name in own:
        rows = syncs.first.get(name, [])
        (kind,) = {row["type"] for row in rows}
        together = [row for row in syncs.first.get("kobjects", []) if row["type"] == kind]
        assert {row["id"] for row in rows} == {row["id"] for row in together}
