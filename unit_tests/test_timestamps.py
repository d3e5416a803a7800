"""Timestamps at the borders of the calendar."""

from __future__ import annotations

import pytest

from source_kustomer.timestamps import DAY, format_timestamp, parse_timestamp


@pytest.mark.parametrize(
    ("text", "shift", "written"),
    [
        ("0001-01-01T00:00:00Z", -DAY, "0001-01-01T00:00:00.000Z"),
        ("0001-01-01T00:00:00+14:00", 0, "0001-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", DAY, "9999-12-31T23:59:59.999999Z"),
        ("9999-12-31T23:59:59-12:00", 0, "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_what_lies_outside_of_the_calendar_is_written_as_its_border(
    text: str, shift: int, written: str
) -> None:
    timestamp = parse_timestamp(text)
    assert timestamp is not None
    assert format_timestamp(timestamp + shift) == written
