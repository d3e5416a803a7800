"""The delays of a request's retries: bounded, and apart from those of other requests."""

import random

from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.kustomer.retry import FIRST_DELAY, MAX_DELAY, MAX_RATE_LIMITED, RetryBudget


def delays(retries, each_failure_takes=0.0):
    """The delays until the deadline, when nothing but waiting and failing takes time."""
    now, found = 100.0, []
    while (delay := retries.next_delay(now)) is not None:
        found.append(delay)
        now += delay + each_failure_takes + 0.001
    return found


@given(seconds=st.floats(1, 600), takes=st.floats(0, 90), seed=st.integers(0, 99))
def test_delays_are_bounded_each_and_together(seconds, takes, seed):
    found = delays(RetryBudget(seconds, draw=random.Random(seed).uniform), takes)

    assert sum(found) <= seconds
    for number, delay in enumerate(found[:-1]):
        bound = min(MAX_DELAY, FIRST_DELAY * 2**number)
        assert bound / 4 <= delay <= bound
    assert len(found) <= 20 + seconds / (MAX_DELAY / 4)


def test_requests_that_failed_together_are_not_repeated_together():
    first = [delays(RetryBudget(300.0))[5] for _ in range(50)]

    assert len(set(first)) == 50
    assert max(first) - min(first) > MAX_DELAY / 4


def test_waits_for_the_rate_limit_do_not_count_as_failures_but_are_bounded():
    retries = RetryBudget(10.0)
    retries.next_delay(0.0)
    retries.exclude(1_000.0)

    assert retries.next_delay(1_005.0) is not None
    allowed = [retries.allows_rate_limited() for _ in range(MAX_RATE_LIMITED + 1)]
    assert allowed[-2:] == [True, False]
