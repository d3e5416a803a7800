"""What Airbyte asks of incremental reads and their states."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from typing import Any

import pytest

from integration_tests.acceptance.conftest import key_of
from integration_tests.connector import ROOT, Connector, Message, Output, configured

SAMPLES = 3


@pytest.fixture(scope="module")
def second(connector: Connector, discovered: Output, incremental: Output) -> Output:
    return connector.read(configured(discovered.streams), incremental.last_states)


@pytest.fixture(scope="module")
def cursors(discovered: Output) -> dict[str, str]:
    """The cursor of every stream that has one."""
    return {
        stream["name"]: stream["default_cursor_field"][0]
        for stream in discovered.streams
        if "incremental" in stream["supported_sync_modes"]
    }


def name_of(state: Message) -> str:
    return str(state["stream"]["stream_descriptor"]["name"])


def keys(output: Output) -> Counter[tuple[str, str]]:
    return Counter(map(key_of, output.of("RECORD")))


def test_the_first_read_gives_rows_and_a_state_for_every_stream(
    discovered: Output, incremental: Output
) -> None:
    assert incremental.code == 0
    names = {stream["name"] for stream in discovered.streams}
    assert {record["stream"] for record in incremental.of("RECORD")} == names
    assert {name_of(state) for state in incremental.last_states} == names


def test_the_first_incremental_read_brings_what_a_full_refresh_brings(
    full_refresh: Output, incremental: Output
) -> None:
    assert keys(incremental).keys() == keys(full_refresh).keys()


def test_the_second_read_brings_less_and_nothing_from_before_the_lookback(
    incremental: Output, second: Output
) -> None:
    assert second.code == 0
    assert len(second.of("RECORD")) < len(incremental.of("RECORD")) / 2


def test_every_stream_with_rows_has_a_state_that_counts_some(incremental: Output) -> None:
    counted: Counter[str] = Counter()
    for state in incremental.of("STATE"):
        counted[name_of(state)] += int(state["sourceStats"]["recordCount"])
    assert counted == Counter(record["stream"] for record in incremental.of("RECORD"))


def test_states_only_move_forward(incremental: Output, cursors: dict[str, str]) -> None:
    emitted: dict[str, list[str]] = defaultdict(list)
    for state in incremental.of("STATE"):
        cursor = cursors.get(name_of(state))
        if cursor and (moment := state["stream"]["stream_state"].get(cursor)):
            emitted[name_of(state)].append(moment)
    assert set(emitted) == set(cursors)
    for name, moments in emitted.items():
        assert moments == sorted(moments), name


def test_the_last_state_is_no_older_than_any_row(
    incremental: Output, cursors: dict[str, str]
) -> None:
    last = {name_of(state): state["stream"]["stream_state"] for state in incremental.last_states}
    for name, cursor in cursors.items():
        newest = max((row[cursor] or "") for row in incremental.rows(name))
        assert last[name][cursor] >= newest, name


def sampled(messages: list[Message], cursors: dict[str, str]) -> list[int]:
    """Where to resume: some checkpoints by which a part of the rows is done, and not all.

    A checkpoint before that may cover nothing but streams that are read whole each time.
    """
    done = 0
    counts = {}
    for index, message in enumerate(messages):
        if message["type"] == "STATE" and name_of(message["state"]) in cursors:
            done += int(message["state"]["sourceStats"]["recordCount"])
            counts[index] = done
    inner = [index for index, count in counts.items() if done / 10 < count < done]
    return inner[:: max(1, len(inner) // SAMPLES)][:SAMPLES]


def test_a_read_resumed_at_any_checkpoint_loses_nothing(
    connector: Connector, discovered: Output, incremental: Output, cursors: dict[str, str]
) -> None:
    messages = incremental.messages
    everything = set(keys(incremental))
    places = sampled(messages, cursors)
    assert places
    for place in places:
        before = messages[: place + 1]
        done = {key_of(m["record"]) for m in before if m["type"] == "RECORD"}
        states: dict[str, Any] = {
            name_of(m["state"]): m["state"] for m in before if m["type"] == "STATE"
        }
        resumed = connector.read(configured(discovered.streams), list(states.values()))
        assert resumed.code == 0
        assert done | set(keys(resumed)) == everything
        assert keys(resumed) != keys(incremental)


def test_a_state_of_the_far_future_gives_no_rows_but_a_state(
    connector: Connector, cursors: dict[str, str]
) -> None:
    tests = ROOT / "integration_tests"
    catalog = json.loads((tests / "configured_catalog.json").read_text())
    catalog["streams"] = [c for c in catalog["streams"] if c["sync_mode"] == "incremental"]
    future = json.loads((tests / "abnormal_state.json").read_text())
    output = connector.read(catalog, future)
    assert output.code == 0, output.errors
    assert output.of("RECORD") == []
    assert {name_of(state) for state in output.of("STATE")} == {name_of(s) for s in future}
    for state in output.last_states:
        kept = state["stream"]["stream_state"][cursors[name_of(state)]]
        assert kept.startswith("2999"), "a cursor never moves backward"


def test_the_sample_state_is_accepted(connector: Connector) -> None:
    tests = ROOT / "integration_tests"
    catalog = json.loads((tests / "configured_catalog.json").read_text())
    lists = [c for c in catalog["streams"] if c["stream"]["name"] in ("teams", "tags", "notes")]
    states = json.loads((tests / "sample_state.json").read_text())
    output = connector.read({"streams": lists}, states)
    assert output.code == 0, output.errors
    assert {record["stream"] for record in output.of("RECORD")} == {"teams", "tags", "notes"}
