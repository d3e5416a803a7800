"""Objects and parameters that Kustomer documents since 2026, against the sandbox."""

from __future__ import annotations

import logging
from datetime import datetime, timezone
from typing import Any

import pytest

from kustomer_sandbox import Sandbox
from kustomer_sandbox.data.timestamps import MINUTE, now_ms, to_text
from unit_tests.streams.conftest import Reader

LOOKBACK = 11 * MINUTE
"""Changes of this time before a sync may be read again, in milliseconds."""

Message = dict[str, Any]
AI = (
    "ai_automations",
    "ai_evaluations",
    "ai_evaluation_runs",
    "ai_evaluation_testcases",
    "ai_evaluation_testcase_results",
    "ai_summaries",
)
OF_A_CONVERSATION = ("ai_summaries", "conversation_times_v2", "satisfaction_responses")
NEW = (
    *AI,
    "conversation_times_v2",
    "installed_apps",
    "kb_article_versions",
    "kb_internal_categories",
    "kb_knowledge_bases",
    "outbound_webhook_transactions",
    "outbound_webhooks",
    "satisfaction_responses",
    "settings",
    "snippets",
    "sub_statuses",
    "workflow_errors",
    "workflows",
)
SCOPED = {
    "business_schedules": "business_schedules",
    "kviews": "kviews",
    "queue_rules": "queue_rules",
    "queues": "queues",
    "saved_searches": "saved_searches",
    "snooze_presets": "snoozes",
    "sub_statuses": "sub_statuses",
    "users": "users",
}
"""Streams of lists that may leave something out unless they are asked for it, and the sandbox's
names of the objects."""

DELETABLE = ("users", "teams", "tags", "shortcuts", "spam_senders")


def paths(sandbox: Sandbox, part: str) -> list[str]:
    """The paths and queries of the requests that have this in their path."""
    return [
        f"{request['path']}?{request['query']}"
        for request in sandbox.requests()
        if part in request["path"]
    ]


def deleted(sandbox: Sandbox, name: str) -> set[str]:
    """The ids of an object's deleted records."""
    return {
        record["id"]
        for record in sandbox.truth(name)
        if record["attributes"].get("deleted") or record["attributes"].get("deletedAt")
    }


def test_every_record_of_the_new_objects_is_read(reader: Reader, sandbox: Sandbox) -> None:
    synced = reader.read(*NEW)

    for name in NEW:
        assert synced.ids(name) == {record["id"] for record in sandbox.truth(name)}, name
        assert len(synced.rows[name]) == len(synced.ids(name)), name
        assert not any(row.get("misfit_values") for row in synced.rows[name]), name


@pytest.mark.parametrize("answer", ["403", "401"])
def test_a_feature_that_the_plan_lacks_skips_its_streams(
    reader: Reader, sandbox: Sandbox, caplog: pytest.LogCaptureFixture, answer: str
) -> None:
    sandbox.dialect(plan_feature=answer)

    synced = reader.read(*AI, "teams")

    assert synced.rows["teams"]
    for name in AI:
        assert not synced.rows[name]
        assert f"Stream {name} is skipped" in caplog.text


@pytest.mark.parametrize("name", OF_A_CONVERSATION)
def test_a_second_sync_reads_what_belongs_to_changed_conversations(
    reader: Reader, sandbox: Sandbox, name: str
) -> None:
    begun = to_text(now_ms() - LOOKBACK)
    first = reader.read(name)
    sandbox.change("conversations", updates=3)

    second = reader.read(name, states=first.states)

    changed = {
        record["id"]
        for record in sandbox.truth("conversations")
        if record["attributes"]["updatedAt"] >= begun
    }
    assert {row["conversation_id"] for row in second.rows[name]} <= changed
    assert len(second.rows[name]) < len(first.rows[name])


def test_responses_are_read_only_if_the_survey_has_changed(
    reader: Reader, sandbox: Sandbox
) -> None:
    # Of the surveys that the sandbox sends, some do not change with their conversation.
    first = reader.read("satisfaction_responses")
    conversations = {
        record["id"]: record["attributes"]["satisfactionLevel"]
        for record in sandbox.truth("conversations")
        if record["attributes"]["satisfactionLevel"].get("formResponse")
        and not record["attributes"].get("deleted")
    }
    talk = next(iter(conversations))
    old, new = ("2020-01-01T00:00:00.000Z", datetime.now(timezone.utc).isoformat())
    readings = []
    for updated_at in (old, new):
        survey = {**conversations[talk], "updatedAt": updated_at}
        sandbox.change("conversations", ids=[talk], set={"satisfactionLevel": survey})
        second = reader.read("satisfaction_responses", states=first.states)
        rows = second.rows["satisfaction_responses"]
        readings.append(talk in {row["conversation_id"] for row in rows})

    assert readings == [False, True]


def test_summaries_are_requested_for_many_conversations_at_once(
    reader: Reader, sandbox: Sandbox
) -> None:
    synced = reader.read("ai_summaries")

    conversations = sandbox.truth("conversations")
    assert synced.rows["ai_summaries"]
    assert len(paths(sandbox, "/ai/summaries/batch")) < len(conversations) / 5


def test_failed_runs_are_read_from_an_hour_before_the_last_sync(
    reader: Reader, sandbox: Sandbox
) -> None:
    first = reader.read("workflow_errors")
    sandbox.forget_requests()
    new = set(sandbox.change("workflow_errors", inserts=2)["inserted"])

    second = reader.read("workflow_errors", states=first.states)

    assert set(first.states["workflow_errors"]) == {"created_at"}
    assert second.ids("workflow_errors") == new
    assert all("createdAtFrom=" in path for path in paths(sandbox, "/processes"))


def test_failed_runs_from_before_the_start_date_are_not_read(
    reader: Reader, sandbox: Sandbox
) -> None:
    synced = reader.read("workflow_errors", start_date="2026-01-01")

    created = [row["created_at"] for row in synced.rows["workflow_errors"]]
    assert created
    assert len(created) < len(sandbox.truth("workflow_errors"))
    assert min(created) >= "2025-12-31T23:00"


def test_the_contents_of_records_are_left_out_of_failed_runs(reader: Reader) -> None:
    rows = reader.read("workflow_errors").rows["workflow_errors"]

    assert "private text" not in str(rows)
    assert all(row["event"]["data"].keys() == {"type", "id"} for row in rows)


def test_queue_metrics_are_added_by_every_sync(reader: Reader, sandbox: Sandbox) -> None:
    first = reader.read("queue_metrics")
    second = reader.read("queue_metrics", states=first.states)

    queues = {record["id"] for record in sandbox.truth("queues")}
    for synced in (first, second):
        assert {row["queue"]["id"] for row in synced.rows["queue_metrics"]} == queues
        assert all(row["read_at"] for row in synced.rows["queue_metrics"])
        (at,) = {synced.states["queue_metrics"]["synced_at"]}
        assert synced.ids("queue_metrics") == {f"{queue}@{at}" for queue in queues}


def test_versions_are_read_only_of_articles_that_have_changed(
    reader: Reader, sandbox: Sandbox
) -> None:
    first = reader.read("kb_article_versions")
    (article,) = sandbox.change("kb_articles", updates=1)["updated"]
    version = next(
        record["id"]
        for record in sandbox.truth("kb_article_versions")
        if record["relationships"]["article"]["data"]["id"] == article
    )
    sandbox.change("kb_article_versions", ids=[version])
    sandbox.forget_requests()

    second = reader.read("kb_article_versions", states=first.states)

    assert second.ids("kb_article_versions") == {version}
    assert {path.split("/")[3] for path in paths(sandbox, "/versions/")} == {article}


def test_secrets_of_webhooks_and_apps_are_left_out(reader: Reader) -> None:
    synced = reader.read("outbound_webhooks", "settings", "installed_apps")

    assert synced.rows["outbound_webhooks"] and synced.rows["settings"]
    assert "canary" not in str(synced.rows)


@pytest.mark.parametrize("name", SCOPED)
def test_a_list_that_leaves_records_out_unless_asked_is_complete(
    reader: Reader, sandbox: Sandbox, name: str
) -> None:
    sandbox.dialect(list_scope="narrow")

    synced = reader.read(name)

    assert synced.ids(name) == {record["id"] for record in sandbox.truth(SCOPED[name])}
    assert len(synced.rows[name]) == len(synced.ids(name))


def test_work_sessions_are_listed_for_all_users(reader: Reader, sandbox: Sandbox) -> None:
    sandbox.dialect(list_scope="narrow", work_contexts="refused")

    synced = reader.read("work_sessions")

    wanted = {r["id"] for r in sandbox.truth("work_sessions") if not r["attributes"].get("deleted")}
    assert synced.ids("work_sessions") == wanted


@pytest.mark.parametrize("name", DELETABLE)
@pytest.mark.parametrize("mode", ["served", "included"])
def test_deleted_records_are_marked(reader: Reader, sandbox: Sandbox, name: str, mode: str) -> None:
    sandbox.dialect(deleted_lists=mode)

    rows = {row["id"]: row for row in reader.read(name).rows[name]}

    assert deleted(sandbox, name)
    assert {key for key, row in rows.items() if row.get("deleted")} == deleted(sandbox, name)
    assert rows.keys() == {record["id"] for record in sandbox.truth(name)}


@pytest.mark.parametrize("name", DELETABLE)
@pytest.mark.parametrize("mode", ["ignored", "refused"])
def test_no_record_is_marked_where_the_api_does_not_list_deleted_ones(
    reader: Reader, sandbox: Sandbox, name: str, mode: str
) -> None:
    sandbox.dialect(deleted_lists=mode)

    rows = reader.read(name).rows[name]

    assert not [row for row in rows if row.get("deleted")]
    assert {row["id"] for row in rows} == {
        record["id"] for record in sandbox.truth(name)
    } - deleted(sandbox, name)


@pytest.mark.parametrize("path", ["v3", "v1"])
@pytest.mark.parametrize("name", ["kb_tags", "kb_templates", "kb_themes"])
def test_the_knowledge_base_is_read_below_either_version(
    reader: Reader, sandbox: Sandbox, name: str, path: str
) -> None:
    sandbox.dialect(kb_paths=path)

    assert reader.read(name).ids(name) == {record["id"] for record in sandbox.truth(name)}


@pytest.mark.parametrize("include", ["served", "ignored"])
@pytest.mark.parametrize("name", ["business_holidays", "sla_versions"])
def test_included_records_are_read_whether_the_list_includes_them_or_not(
    reader: Reader, sandbox: Sandbox, name: str, include: str
) -> None:
    sandbox.dialect(include=include)

    synced = reader.read(name)

    assert synced.ids(name) == {record["id"] for record in sandbox.truth(name)}
    assert len(synced.rows[name]) == len(synced.ids(name))


@pytest.fixture(autouse=True)
def _logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
