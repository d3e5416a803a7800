"""How far a sync is, in words and in Airbyte's estimates."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest

from source_kustomer.engine.progress import SECONDS_BETWEEN_LINES, Progress


@dataclass
class Watched:
    """A progress whose clock is set by hand; 80 searches and 240 requests a minute."""

    seconds: float = 0.0
    estimates: list[tuple[str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.progress = Progress(
            lambda stream, rows: self.estimates.append((stream, rows)),
            seconds=lambda: self.seconds,
            searches_per_minute=lambda: 80.0,
            requests_per_minute=lambda: 240.0,
        )


@pytest.fixture
def watched() -> Watched:
    return Watched()


def line(watched: Watched, caplog: pytest.LogCaptureFixture) -> str:
    watched.seconds += SECONDS_BETWEEN_LINES
    with caplog.at_level(logging.INFO):
        watched.progress.count("messages", 0)
    return caplog.messages[-1]


def test_rows_are_logged_with_what_was_announced_and_the_time_left_at_the_limit(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.progress.expect("messages", 100_000, page_size=500)
    watched.progress.count("messages", 20_000)

    assert line(watched, caplog) == (
        "Progress: 20,000 rows so far; 20 % of about 100,000 to be searched; "
        "about 2 min left at 80 searches a minute. Running: messages 20,000 of about 100,000."
    )


def test_parents_whose_children_are_not_read_yet_count_as_time(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.progress.expect("messages", 100, page_size=500)
    watched.progress.count("messages", 100)
    watched.progress.expect_parents("conversation_events", 2_000)
    watched.progress.expect_parents("conversation_events", -500)
    watched.progress.count("conversation_events", 30)

    assert line(watched, caplog) == (
        "Progress: 130 rows so far; 100 % of about 100 to be searched; "
        "about 6 min left at 240 requests a minute. "
        "Running: conversation_events 30, 1,500 parents left."
    )


def test_nothing_is_expected_of_a_stream_that_has_ended(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    watched.progress.expect("messages", 100, page_size=500)
    watched.progress.expect_parents("conversation_events", 2_000)
    watched.progress.end("messages")
    watched.progress.end("conversation_events")
    watched.progress.expect_parents("conversation_events", 500)

    assert line(watched, caplog) == "Progress: 0 rows so far."


def test_a_sync_of_lists_logs_its_rows(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    watched.progress.count("tags", 80)

    assert line(watched, caplog) == "Progress: 80 rows so far."


def test_lines_are_at_least_half_a_minute_apart(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        watched.progress.count("tags", 80)

    assert caplog.messages == []


def test_the_estimate_of_a_stream_is_emitted_with_each_announcement(watched: Watched) -> None:
    watched.progress.expect("messages", 100, page_size=500)
    watched.progress.expect("messages", 50, page_size=500)

    assert watched.estimates == [("messages", 100), ("messages", 150)]
