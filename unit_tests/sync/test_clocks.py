"""Two clocks: what is claimed goes by the earlier one, what is chased by the later one."""

from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.sync.clocks import Clocks
from source_kustomer.timestamps import MILLISECOND, SECOND

NOW = 1_900_000_000.5
seconds = st.floats(-(10**6), 10**6)


def test_clocks_that_agree_differ_by_no_more_than_the_header_is_rounded():
    clocks = Clocks(NOW, NOW - 0.5)

    assert clocks.earlier == int(NOW - 0.5) * SECOND
    assert clocks.later == int(NOW + 0.5) * SECOND


def test_without_an_answer_the_clock_of_this_machine_has_to_do():
    clocks = Clocks(NOW, None, unix=lambda: NOW + 7)

    assert clocks.earlier == clocks.later == int(NOW * 1_000) * MILLISECOND
    assert clocks.present() == int((NOW + 7) * 1_000) * MILLISECOND
    assert clocks.difference == 0


@given(seconds)
def test_nothing_is_claimed_that_either_clock_has_not_reached(ahead):
    clocks = Clocks(NOW, NOW + ahead)

    assert clocks.earlier <= NOW * SECOND
    assert clocks.earlier <= (NOW + ahead) * SECOND


@given(seconds)
def test_nothing_counts_as_changed_since_that_either_clock_can_have_dated_before(ahead):
    clocks = Clocks(NOW, NOW + ahead, unix=lambda: NOW)

    assert clocks.later >= NOW * SECOND - MILLISECOND
    assert clocks.later >= (NOW + ahead) * SECOND
    assert clocks.present() >= (NOW + ahead) * SECOND - MILLISECOND
