"""Characters that databases cannot store are replaced, and the log gives their number."""

import logging

import pytest

from source_kustomer.streams.workspace import Tags
from unit_tests.engine.harness import OneSync


def read(name: str, caplog: pytest.LogCaptureFixture) -> tuple[list[object], str]:
    """Return the names of a tag's row and the warnings of a sync that reads only this tag."""
    one = OneSync(Tags())

    def task() -> None:
        one.sync.put_rows([{"id": "t1", "attributes": {"name": name}}])

    with caplog.at_level(logging.WARNING, "airbyte"):
        one.sync.start(task, lambda: None)
        while one.tasks:
            one.tasks.pop()()
    return [row["name"] for row in one.output.rows], caplog.text


def test_the_log_gives_the_number_of_replaced_characters(
    caplog: pytest.LogCaptureFixture,
) -> None:
    names, log = read("a\0b\0", caplog)

    assert names == ["a\ufffdb\ufffd"]
    assert "Stream tags: 2 characters that databases cannot store, such as U+0000" in log


def test_a_stream_without_such_characters_logs_nothing(caplog: pytest.LogCaptureFixture) -> None:
    names, log = read("a\\u0000b", caplog)

    assert names == ["a\\u0000b"]
    assert log == ""
