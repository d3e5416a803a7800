"""How long a request bears trouble: bounded, and drawn apart from others'."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.kustomer.retry import (
    FIRST_DELAY,
    LONGEST_DELAY,
    MAX_RATE_LIMITED,
    Patience,
    is_worth_retrying,
)


def delays(patience, each_failure_takes=0.0):
    """The waits until it gives up, when nothing but waiting and failing takes time."""
    now, found = 100.0, []
    while (delay := patience.next_delay(now)) is not None:
        found.append(delay)
        now += delay + each_failure_takes + 0.001
    return found


@given(seconds=st.floats(1, 600), takes=st.floats(0, 90), seed=st.integers(0, 99))
def test_waits_are_bounded_each_and_together(seconds, takes, seed):
    found = delays(Patience(seconds, draw=random.Random(seed).uniform), takes)

    assert sum(found) <= seconds
    for number, delay in enumerate(found[:-1]):
        bound = min(LONGEST_DELAY, FIRST_DELAY * 2**number)
        assert bound / 4 <= delay <= bound
    assert len(found) <= 20 + seconds / (LONGEST_DELAY / 4)


def test_requests_that_fail_together_do_not_come_back_together():
    first = [delays(Patience(300.0))[5] for _ in range(50)]

    assert len(set(first)) == 50
    assert max(first) - min(first) > LONGEST_DELAY / 4


def test_waits_for_the_rate_limit_do_not_count_as_trouble_but_are_bounded():
    patience = Patience(10.0)
    patience.next_delay(0.0)
    patience.pause(1_000.0)

    assert patience.next_delay(1_005.0) is not None
    assert [patience.bears_rate_limit() for _ in range(MAX_RATE_LIMITED + 1)][-2:] == [True, False]


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504, 520, 599])
def test_what_passes_is_worth_another_try(status):
    assert is_worth_retrying(status)


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 422])
def test_what_does_not_pass_is_not(status):
    assert not is_worth_retrying(status)
