"""Every form of state that was ever written is read by this version, and by every later one.

`states.json` is frozen: a form may be added to it when one is invented, never changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import ROOT, UNLIMITED, Connector, Message, Output, configured
from kustomer_sandbox import Sandbox

FROZEN: list[Message] = json.loads(
    (ROOT / "integration_tests/reliability/states.json").read_text(encoding="utf-8")
)
STATES: dict[str, Any] = {
    state["stream"]["stream_descriptor"]["name"]: state["stream"]["stream_state"]
    for state in FROZEN
}
LOOKBACK = timedelta(minutes=10)
WHOLE = {"teams", "users", "slas"}
"""Streams whose state says that nothing is known."""


@dataclass(frozen=True)
class Synced:
    """What one read from the frozen states brought, and the truth."""

    output: Output
    truth: dict[str, dict[str, str | None]]
    """Of each stream: id -> the time that its state is about."""


@pytest.fixture(scope="module")
def synced(
    catalog: dict[str, Message], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Synced]:
    counted = ("messages", "conversations", "customers", "kobjects", "companies", "work_items")
    counts = dict.fromkeys(counted, 300)
    with Sandbox(
        0, seed=51, counts=counts | {"notes": 50}, since="2025-01-01", until="2026-01-01",
        **UNLIMITED,
    ) as sandbox:  # fmt: skip
        config = {"api_key": sandbox.key, "start_date": "2015-01-01"}
        connector = Connector(tmp_path_factory.mktemp("states"), sandbox.url, config)
        output = connector.read(configured(catalog[stream] for stream in STATES), FROZEN)
        yield Synced(output, {stream: truth_of(sandbox, stream) for stream in STATES})


def truth_of(sandbox: Sandbox, stream: str) -> dict[str, str | None]:
    if stream != "conversation_events":
        return sandbox.truth_stamps(stream)
    parents = sandbox.truth_stamps("conversations")
    return {
        event["id"]: parents[event["relationships"]["conversation"]["data"]["id"]]
        for event in sandbox.truth(stream)
    }


def moment(text: str) -> datetime:
    read = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return read if read.tzinfo else read.replace(tzinfo=timezone.utc)


def is_to_be_read(state: Message, stamp: str | None) -> bool:
    """Tell whether a record of this time may be missing from what the state says was read."""
    cursor = next((value for key, value in state.items() if key.endswith("_at")), "")
    spans = [("0001-01-01", cursor)] if cursor else []
    spans += state.get("done", [])
    if not spans or stamp is None:
        return True
    updated, until = moment(stamp), moment(state.get("until", cursor))
    is_read = any(moment(start) <= updated < moment(end) for start, end in spans)
    return not is_read or updated >= until - LOOKBACK


def test_every_form_is_accepted(synced: Synced) -> None:
    assert synced.output.code == 0, synced.output.errors
    assert synced.output.errors == []


@pytest.mark.parametrize("stream", sorted(STATES.keys() - {"notes"}))
def test_exactly_what_the_state_does_not_cover_is_read(synced: Synced, stream: str) -> None:
    truth = synced.truth[stream]
    needed = {id_ for id_, stamp in truth.items() if is_to_be_read(STATES[stream], stamp)}
    rows = {row["id"] for row in synced.output.rows(stream)}
    assert needed - rows == set(), "nothing is missing"
    assert rows - needed == set(), "nothing is read again"
    assert needed
    # The sandbox's audit log is as old as the sandbox, so younger than any frozen state.
    assert stream in WHOLE | {"audit_logs"} or len(needed) < len(truth)


def test_a_state_in_the_future_gives_no_rows_keeps_its_place_and_is_warned_of(
    synced: Synced,
) -> None:
    assert synced.output.rows("notes") == []
    [kept] = [
        state["stream"]["stream_state"]
        for state in synced.output.last_states
        if state["stream"]["stream_descriptor"]["name"] == "notes"
    ]
    assert kept == STATES["notes"]
    [warning] = [
        log["message"]
        for log in synced.output.of("LOG")
        if log["level"] == "WARN" and "notes" in log["message"]
    ]
    assert "lies in the future (2999-01-01T00:00:00.000Z)" in warning


def test_afterwards_every_state_is_complete(synced: Synced) -> None:
    for state in synced.output.last_states:
        name = state["stream"]["stream_descriptor"]["name"]
        [field] = state["stream"]["stream_state"].keys() - {"deleted", "ids"}
        assert field.endswith("_at") or field == "__ab_full_refresh_sync_complete", name


@pytest.mark.parametrize(
    ("blob", "reason"),
    [
        ({"updated_at": None}, 'it has no "updated_at" (it has: nothing)'),
        ({"updated_at": "2025-06-01", "until": "2025-05-01"}, '"until" lies before'),
    ],
)
def test_a_state_edited_by_hand_until_it_is_broken_ends_with_a_sentence(
    catalog: dict[str, Message], tmp_path: Path, blob: Message, reason: str
) -> None:
    """It is found out before anything is sent: the address leads nowhere."""
    connector = Connector(tmp_path, "http://127.0.0.1:9/v1", {"api_key": "sandbox-key"})
    state = {"stream": {"stream_descriptor": {"name": "messages"}, "stream_state": blob}}
    output = connector.read(configured([catalog["messages"]]), [{"type": "STREAM", **state}])
    assert output.code == 1
    [error] = output.errors
    assert 'The state of stream "messages" cannot be used: ' in error["message"]
    assert reason in error["message"]
    assert error["failure_type"] == "config_error"
    assert output.of("RECORD") == output.of("STATE") == []
    assert "Traceback" not in output.stderr
