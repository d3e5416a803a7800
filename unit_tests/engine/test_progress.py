"""How far a sync is, in words and in Airbyte's estimates."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest
from airbyte_cdk.models import AirbyteMessage

from source_kustomer.engine.progress import SECONDS_BETWEEN_LINES, Progress


@dataclass
class Watched:
    """A progress whose clock is set by hand; 80 searches and 240 requests a minute."""

    seconds: float = 0.0
    emitted: list[AirbyteMessage] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.progress = Progress(
            self.emitted.append,
            seconds=lambda: self.seconds,
            unix_seconds=lambda: 1_700_000_000.0,
            searches_per_minute=lambda: 80.0,
            requests_per_minute=lambda: 240.0,
        )


@pytest.fixture
def watched() -> Watched:
    return Watched()


def line(watched: Watched, caplog: pytest.LogCaptureFixture) -> str:
    watched.seconds += SECONDS_BETWEEN_LINES
    with caplog.at_level(logging.INFO):
        watched.progress.count("messages", 0, page_size=500)
    return caplog.messages[-1]


def test_rows_are_told_beside_what_was_announced_and_the_time_left_at_the_limit(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.progress.expect("messages", 100_000)
    watched.progress.count("messages", 20_000, page_size=500)

    assert line(watched, caplog) == (
        "Progress: 20,000 rows so far; 20 % of the about 100,000 to be searched; "
        "about 2 min left at 80 searches a minute. Under way: messages 20,000 of about 100,000."
    )


def test_parents_that_wait_to_be_asked_for_their_children_count_as_time_too(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.progress.expect("messages", 100)
    watched.progress.count("messages", 100, page_size=500)
    watched.progress.expect_parents("conversation_events", 2_000)
    watched.progress.expect_parents("conversation_events", -500)
    watched.progress.count("conversation_events", 30)

    assert line(watched, caplog) == (
        "Progress: 130 rows so far; 100 % of the about 100 to be searched; "
        "about 6 min left at 240 requests a minute. "
        "Under way: conversation_events 30, 1,500 parents still to be asked for."
    )


def test_nothing_is_awaited_of_a_stream_that_was_given_up(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.progress.expect("messages", 100)
    watched.progress.expect_parents("conversation_events", 2_000)
    watched.progress.give_up("messages")
    watched.progress.give_up("conversation_events")
    watched.progress.expect_parents("conversation_events", 500)

    assert line(watched, caplog) == "Progress: 0 rows so far."


def test_a_sync_of_lists_tells_its_rows(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    watched.progress.count("tags", 80)

    assert line(watched, caplog) == "Progress: 80 rows so far."


def test_there_is_a_line_only_now_and_then(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        watched.progress.count("tags", 80)

    assert caplog.messages == []


def test_airbyte_is_told_what_a_stream_will_bring_in_all(watched: Watched) -> None:
    watched.progress.expect("messages", 100)
    watched.progress.expect("messages", 50)

    traces = [message.trace for message in watched.emitted]
    assert [trace.estimate.row_estimate for trace in traces if trace and trace.estimate] == [
        100,
        150,
    ]
