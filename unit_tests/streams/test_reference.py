"""The reference of the streams is current."""

from __future__ import annotations

from pathlib import Path

from tools.streams_reference import reference

PAGE = Path(__file__).parents[2] / "docs" / "streams.md"


def test_the_reference_is_current() -> None:
    assert PAGE.read_text() == reference(), "run `make docs`"
