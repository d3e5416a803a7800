"""Objects that the API does not offer alike everywhere, and what is made of them."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from integration_tests.connector import UNLIMITED
from kustomer_sandbox import Sandbox
from source_kustomer.airbyte.source import API_URL_VARIABLE
from source_kustomer.rows.names import stream_of_klass
from tools.streams_reference import INFERRED
from unit_tests.streams.conftest import Reader

DOUBTFUL = {
    "companies": ("company_updated_at", "/companies"),
    "work_sessions": ("work_session_updated_at", "/routing/work-sessions"),
    "work_items": ("work_item_updated_at", "/work-items"),
}


@pytest.fixture(autouse=True)
def _logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)


def asked(sandbox: Sandbox, path: str) -> int:
    """How many requests had this in their path."""
    return sum(path in request["path"] for request in sandbox.requests())


def present(sandbox: Sandbox, name: str) -> set[str]:
    """The ids of the records that are not deleted."""
    return {r["id"] for r in sandbox.truth(name) if not r["attributes"].get("deleted")}


# Objects whose search no source vouches for


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_the_search_knows_is_searched(reader: Reader, sandbox: Sandbox, name: str) -> None:
    start = (datetime.now(timezone.utc) - timedelta(days=300)).date().isoformat()

    synced = reader.read(name, start_date=start)

    recent = {r["id"] for r in sandbox.truth(name) if r["attributes"]["updatedAt"] >= start}
    assert synced.ids(name) == recent
    assert asked(sandbox, DOUBTFUL[name][1]) == 0


@pytest.mark.parametrize("name", DOUBTFUL)
def test_what_the_search_refuses_is_listed_and_said_so(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    sandbox.control(refused_attributes=[DOUBTFUL[name][0]])

    synced = reader.read(name)

    assert synced.ids(name) == present(sandbox, name)
    assert f"Stream {name}: the search cannot be used" in caplog.text


def test_what_the_search_does_not_sort_is_listed(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.dialect(search_sort="ignored")

    synced = reader.read("companies")

    assert synced.ids("companies") == present(sandbox, "companies")
    assert "it does not sort" in caplog.text


def test_what_is_listed_brings_only_changes_from_then_on(reader: Reader, sandbox: Sandbox) -> None:
    sandbox.control(refused_attributes=["company_updated_at"])
    first = reader.read("companies")
    changed = set(sandbox.change("companies", updates=2)["updated"])

    second = reader.read("companies", states=first.states)

    assert changed <= second.ids("companies") < first.ids("companies")


def test_a_state_of_the_list_continues_in_the_search(reader: Reader, sandbox: Sandbox) -> None:
    sandbox.control(refused_attributes=["company_updated_at"])
    first = reader.read("companies")
    sandbox.control(refused_attributes=[])
    changed = set(sandbox.change("companies", updates=2)["updated"])

    second = reader.read("companies", states=first.states)

    assert changed <= second.ids("companies") < first.ids("companies")


def test_a_key_that_may_not_search_lists_companies(reader: Reader, sandbox: Sandbox) -> None:
    key = sandbox.new_key(roles=["org.permission.company.read"])

    synced = reader.read("companies", api_key=key)

    assert synced.ids("companies") == present(sandbox, "companies")


def test_old_work_comes_from_the_lists_since_no_archive_has_it(
    reader: Reader, sandbox: Sandbox
) -> None:
    for name in ("work_sessions", "work_items"):
        assert reader.read(name).ids(name) >= present(sandbox, name)


# Conversation times


def test_conversation_times_continue_from_their_creation(reader: Reader, sandbox: Sandbox) -> None:
    first = reader.read("conversation_times")
    new = set(sandbox.change("conversation_times", inserts=3)["inserted"])

    second = reader.read("conversation_times", states=first.states)

    assert set(first.states["conversation_times"]) == {"created_at"}
    assert new <= second.ids("conversation_times")
    assert len(second.ids("conversation_times")) < len(first.ids("conversation_times"))


def test_many_conversation_times_with_one_timestamp_are_all_read(
    reader: Reader, sandbox: Sandbox
) -> None:
    sandbox.control(max_page_size=20)
    moment = "2026-02-01T10:00:00.000Z"
    tied = set(sandbox.ties("conversation_times", 75, moment, same_created=True))

    synced = reader.read("conversation_times")

    assert tied <= synced.ids("conversation_times")


def test_the_log_says_that_no_conversation_times_older_than_two_years_exist(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    reader.read("conversation_times")

    assert "Kustomer offers no records of conversation_time that are older" in caplog.text


# Objects that are where no one is sure


def test_article_tags_are_found_under_either_version(reader: Reader, sandbox: Sandbox) -> None:
    newer = reader.read("kb_tags")
    sandbox.control(absent=["/v3/kb/tags"])

    older = reader.read("kb_tags")

    assert newer.ids("kb_tags") == older.ids("kb_tags") == present(sandbox, "kb_tags")


KNOWLEDGE_BASE = ["kb_forms", "kb_routes", "kb_tags", "kb_templates", "kb_themes"]


@pytest.mark.parametrize("name", [*sorted(INFERRED), *KNOWLEDGE_BASE])
def test_an_object_that_does_not_exist_is_skipped(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    sandbox.control(absent=["slas" if name == "sla_versions" else name])

    synced = reader.read(name, "teams")

    assert synced.rows["teams"] and not synced.rows[name]
    assert f"Stream {name} is skipped" in caplog.text


def test_hooks_are_read_up_to_the_limit_of_their_list(monkeypatch: pytest.MonkeyPatch) -> None:
    with Sandbox(10, counts={"web_hooks": 1_200}, **UNLIMITED) as sandbox:
        monkeypatch.setenv(API_URL_VARIABLE, sandbox.url)
        first = {hook["id"] for hook in sandbox.truth("web_hooks")[:990]}
        assert Reader(sandbox).read("web_hooks").ids("web_hooks") == first


# Custom attributes


def test_custom_attributes_are_rows_of_every_kind_of_record(
    reader: Reader, sandbox: Sandbox
) -> None:
    rows = {row["id"]: row for row in reader.read("custom_attributes").rows["custom_attributes"]}

    tier = rows["customer.loyaltyTierStr"]
    assert tier["resource"] == "customer"
    assert tier["name"] == "loyaltyTierStr"
    assert tier["value_type"] == "string"
    assert tier["enumeration"] == ["Silver", "Gold", "Platinum"]
    assert {row["resource"] for row in rows.values()} == {
        resource["id"] for resource in sandbox.truth("custom_attribute_metadata")
    }


def test_without_the_role_for_klasses_custom_attributes_lack_those_of_custom_objects(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    key = sandbox.new_key(roles=["org.permission.metadata.read"])

    rows = reader.read("custom_attributes", api_key=key).rows["custom_attributes"]

    assert {row["resource"] for row in rows} == {"company", "conversation", "customer", "message"}
    assert "the attributes of custom objects are left out" in caplog.text


# Columns


def test_a_catalog_without_a_schema_gets_every_column(reader: Reader) -> None:
    for schema in ({}, {"type": "object", "properties": {}}):
        rows = reader.read("teams", schemas={"teams": schema}).rows["teams"]
        assert {"name", "members", "links", "updated_at"} <= rows[0].keys()


def test_a_catalog_that_lacks_columns_does_not_get_them(reader: Reader) -> None:
    def selection(*names: str) -> dict[str, Any]:
        return {"type": "object", "properties": {name: {"type": "string"} for name in names}}

    schemas = {
        "teams": selection("name"),
        "conversation_events": selection("name", "conversation_updated_at"),
        "users": selection("name"),
    }

    synced = reader.read(*schemas, schemas=schemas)

    assert {key for row in synced.rows["teams"] for key in row} == {"id", "name", "updated_at"}
    assert {key for row in synced.rows["users"] for key in row} == {"id", "name", "updated_at"}
    assert {key for row in synced.rows["conversation_events"] for key in row} == {
        "id",
        "name",
        "conversation_updated_at",
    }


# Custom objects between discovery and reading


def test_a_custom_object_that_is_gone_is_skipped_and_said_so(
    reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    synced = reader.read("kobject_gone", "kobject_order")

    assert synced.rows["kobject_order"] and not synced.rows["kobject_gone"]
    assert "Stream kobject_gone is skipped: Kustomer has no custom object for it" in caplog.text


def test_a_custom_object_that_was_created_after_discovery_is_read_when_it_is_configured(
    reader: Reader, sandbox: Sandbox
) -> None:
    created = sandbox.change("klasses", inserts=1)["inserted"]
    assert created

    stream = stream_of_klass(created[0])
    synced = reader.read(stream, "kobjects")

    assert not synced.rows[stream]
    assert synced.rows["kobjects"]
    assert stream in reader.discover()


def test_a_custom_object_that_was_disabled_after_discovery_is_still_read(reader: Reader) -> None:
    assert "kobject_legacy_warranty__claim" not in reader.discover()

    for name in ("kobject_legacy_warranty__claim", "kobject_legacy_warranty-claim"):
        assert reader.read(name).rows[name]


def test_a_custom_attribute_that_was_created_after_discovery_still_arrives(
    reader: Reader,
) -> None:
    schema = reader.discover(custom_attribute_columns=True)["customers"]
    del schema["properties"]["custom"]["properties"]["lifetimeValueNum"]
    del schema["properties"]["custom_lifetime_value_num"]

    rows = reader.read("customers", schemas={"customers": schema}).rows["customers"]

    assert any("lifetimeValueNum" in row["custom"] for row in rows)
    assert not any("custom_lifetime_value_num" in row for row in rows)
    assert any("custom_loyalty_tier_str" in row for row in rows)


# The audit log


def test_the_audit_log_continues_where_it_was(reader: Reader, sandbox: Sandbox) -> None:
    first = reader.read("audit_logs")
    sandbox.forget_requests()

    second = reader.read("audit_logs", states=first.states)

    assert first.ids("audit_logs") == {entry["id"] for entry in sandbox.truth("audit_logs")}
    assert asked(sandbox, "/audit-logs") == 1
    assert len(second.rows["audit_logs"]) < 10


def test_an_audit_log_that_was_cut_off_is_read_on_from_there(
    reader: Reader, sandbox: Sandbox
) -> None:
    sandbox.control(forbidden={"audit_logs": 2})
    first = reader.read("audit_logs", may_fail=True)
    sandbox.control(forbidden={})

    second = reader.read("audit_logs", states=first.states)

    assert first.error is not None
    assert len(first.ids("audit_logs")) == 2_000 - 1, "pages overlap by an entry"
    assert len(second.ids("audit_logs")) < 1_100
    assert first.ids("audit_logs") | second.ids("audit_logs") == {
        entry["id"] for entry in sandbox.truth("audit_logs")
    }


# Files of messages


def test_the_cost_of_the_first_load_is_logged_before_it_is_spent(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    reader.read("message_attachments")

    assert "message_attachments: the first load lists all messages" in caplog.text


def test_files_of_messages_need_no_role_to_search(reader: Reader, sandbox: Sandbox) -> None:
    key = sandbox.new_key(roles=["org.permission.message.read"])

    synced = reader.read("message_attachments", api_key=key)

    assert synced.ids("message_attachments") == {
        r["id"] for r in sandbox.truth("message_attachments")
    }


def test_files_of_messages_beyond_the_end_of_the_list_come_with_the_next_sync(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    sandbox.control(list_record_cap=100, dialect={"list-cap": "400"})

    first = reader.read("message_attachments")
    second = reader.read("message_attachments", states=first.states)

    wanted = {r["id"] for r in sandbox.truth("message_attachments")}
    assert "the list of messages ended after" in caplog.text
    assert first.ids("message_attachments") < wanted
    assert first.ids("message_attachments") | second.ids("message_attachments") == wanted


def test_files_that_the_list_of_messages_does_not_include_are_requested_by_id(
    reader: Reader, sandbox: Sandbox
) -> None:
    sandbox.dialect(include="ignored")

    synced = reader.read("message_attachments")

    wanted = sandbox.truth("message_attachments")
    assert wanted and synced.ids("message_attachments") == {one["id"] for one in wanted}
    assert len(synced.rows["message_attachments"]) == len(wanted)


# Lists below other records


CHILDREN = ("conversation_events", "conversation_forwards", "conversation_attachments")


def test_each_child_stream_searches_its_parents_as_often_as_the_parent_stream_does(
    reader: Reader, sandbox: Sandbox
) -> None:
    reader.read("conversations")
    alone = asked(sandbox, "/customers/search") + asked(sandbox, "/customers/archive/search")
    sandbox.forget_requests()

    reader.read("conversations", *CHILDREN)

    together = asked(sandbox, "/customers/search") + asked(sandbox, "/customers/archive/search")
    once_per_sync = 1  # the check of the search index
    assert together - once_per_sync == (alone - once_per_sync) * (1 + len(CHILDREN))


def test_what_children_will_cost_is_logged_before_it_is_spent(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    reader.read("conversation_events", start_date="2025-12-01", full_refresh=True)

    (line,) = [r.getMessage() for r in caplog.records if "each needs a request" in r.getMessage()]
    assert line.startswith("Stream conversation_events: about ")
    spent = asked(sandbox, "/events")
    assert f"{spent:,} requests or more" in line


def test_the_logged_cost_of_files_that_are_requested_in_batches_is_not_a_request_each(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    first = reader.read("message_attachments")
    sandbox.change("messages", updates=5)

    reader.read("message_attachments", states=first.states)

    assert "each needs a request" not in caplog.text


def test_many_deleted_parents_in_a_row_do_not_fail_their_children(
    reader: Reader, sandbox: Sandbox
) -> None:
    first = reader.read("conversation_events")
    sandbox.change("conversations", inserts=30)
    gone = sandbox.change("conversations", deletes=40)["deleted"]
    changed = sandbox.change("conversations", updates=1)["updated"]

    second = reader.read("conversation_events", states=first.states)

    assert {row["conversation_id"] for row in second.rows["conversation_events"]} >= set(changed)
    assert not {row["conversation_id"] for row in second.rows["conversation_events"]} & set(gone)


def test_children_continue_from_the_changes_of_their_parents(
    reader: Reader, sandbox: Sandbox
) -> None:
    first = reader.read("customer_sessions", "customer_events")
    changed = set(sandbox.change("customers", updates=2)["updated"])
    sandbox.forget_requests()

    second = reader.read("customer_sessions", "customer_events", states=first.states)

    asked_for = {
        request["path"].split("/customers/")[1].split("/")[0]
        for request in sandbox.requests()
        if request["path"].endswith("/sessions")
    }
    assert changed <= asked_for
    assert len(asked_for) < 10
    for name in ("customer_sessions", "customer_events"):
        assert all(row["customer_updated_at"] for row in second.rows[name])
        assert {row["customer_id"] for row in second.rows[name]} <= asked_for
