"""The rows are exact, or the outcome is documented, under every dialect of the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration_tests.dialects.cases import SINGLES, Dialect, name_of, sample_of_pairs
from integration_tests.dialects.expectations import DOCUMENTED
from integration_tests.dialects.matrix import Matrix, Verdict
from kustomer_sandbox.control.dialects import BY_ID

PAIRS = 8
SEED = 1
STREAMS = (
    *("audit_logs", "brands", "business_holidays", "business_schedules", "chat_settings"),
    *("companies", "conversation_attachments", "conversation_events", "conversation_times"),
    *("conversations", "custom_attributes", "customer_events", "customers", "kb_templates"),
    *("klasses", "kobject_order", "kobjects", "message_attachments", "messages", "notes"),
    *("queue_rules", "queues", "saved_searches", "shortcuts", "sla_versions", "snooze_presets"),
    *("spam_senders", "tags", "teams", "users", "work_items"),
)
"""Each way to read a stream, and each stream that a switch is about; `make dialects` syncs all."""


@pytest.fixture(scope="module")
def matrix() -> Iterator[Matrix]:
    with Matrix(STREAMS) as matrix:
        yield matrix


@pytest.mark.parametrize("dialect", [{}, *SINGLES], ids=name_of)
def test_each_value_of_each_switch(matrix: Matrix, dialect: Dialect) -> None:
    assert not matrix.run(dialect).problems


@pytest.mark.parametrize("dialect", sample_of_pairs(PAIRS, SEED), ids=name_of)
def test_pairs_of_values(matrix: Matrix, dialect: Dialect) -> None:
    assert not matrix.run(dialect).problems


def test_what_is_expected_exists() -> None:
    assert all(value in BY_ID[switch].values for switch, value in DOCUMENTED)


def test_a_difference_that_is_not_documented_is_a_problem() -> None:
    verdict = Verdict({}, differences={"teams": "1 absent"})
    assert verdict.problems == ["teams: 1 absent"]
    verdict = Verdict({}, errors={"teams": "no answer"})
    assert verdict.problems == ["teams: fails: no answer"]


def test_an_error_excuses_only_its_own_stream_and_only_where_it_is_documented() -> None:
    error = "The search did not sort by time of update: ..."
    verdict = Verdict(
        {"search-sort": "ignored"}, differences={"notes": "1 absent"}, errors={"notes": error}
    )
    assert not verdict.problems
    verdict.differences["teams"] = "1 absent"
    assert verdict.problems == ["teams: 1 absent"]
    assert Verdict({"search-sort": "ignored"}).problems  # the documented failure did not happen
