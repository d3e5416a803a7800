"""The planner: nothing missing from the plan, nothing twice, the archive where it is due."""

from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.sync.coverage import Coverage
from source_kustomer.sync.instants import DAY, MILLISECOND
from source_kustomer.sync.windows import (
    LIVE_SEARCH_AGE,
    MIN_PAGES_PER_WINDOW,
    SEAM_AFTER,
    SEAM_BEFORE,
    Index,
    cut,
    plan,
)

NOW = 2_000_000_000 * 1_000_000
EDGE = NOW - LIVE_SEARCH_AGE


def planned(gaps, *, archived=True):
    return list(plan(gaps, end=NOW, now=NOW, archived=archived))


def test_a_recent_gap_is_one_open_window_of_the_live_search():
    [window] = planned([(NOW - DAY, NOW)])

    assert (window.start, window.end, window.indexes) == (NOW - DAY, None, (Index.LIVE,))


def test_a_gap_that_begins_before_the_edge_is_read_from_the_archive_up_to_it():
    windows = planned([(NOW - 1_500 * DAY, NOW)])

    assert [window.indexes for window in windows] == [
        (Index.ARCHIVE,),
        (Index.LIVE, Index.ARCHIVE),
        (Index.LIVE,),
    ]


def test_around_the_edge_the_archive_is_asked_after_the_live_search():
    seam = planned([(NOW - 1_500 * DAY, NOW)])[1]

    assert seam.start <= EDGE - SEAM_BEFORE
    assert seam.end >= EDGE + SEAM_AFTER
    assert seam.indexes == (Index.LIVE, Index.ARCHIVE)


def test_an_object_without_archive_is_asked_of_the_live_search_alone():
    [window] = planned([(NOW - 1_500 * DAY, NOW)], archived=False)

    assert window.indexes == (Index.LIVE,)


@given(st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, 1_500)), max_size=8), st.booleans())
def test_windows_cover_the_gaps_exactly(days, archived):
    covered = Coverage.of((NOW - a * DAY, NOW - b * DAY) for a, b in days)
    gaps = list(covered.gaps(NOW - 1_500 * DAY, NOW))

    windows = planned(gaps, archived=archived)

    spans = [(window.start, NOW if window.end is None else window.end) for window in windows]
    assert Coverage.of(spans) == Coverage.of(gaps)
    assert sum(end - start for start, end in spans) == sum(end - start for start, end in gaps)


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 1_000),
    st.integers(0, 40),
)
def test_cuts_lie_inside_the_window_and_leave_full_pages(position, length, pages_left, pieces):
    end = position + length * MILLISECOND

    cuts = cut(position, end, pages_left=pages_left, pieces=pieces)

    assert cuts == sorted(set(cuts))
    assert all(position < instant < end for instant in cuts)
    assert (len(cuts) + 1) * MIN_PAGES_PER_WINDOW <= max(pages_left, MIN_PAGES_PER_WINDOW)


def test_a_window_with_little_left_is_not_cut():
    assert cut(0, DAY, pages_left=MIN_PAGES_PER_WINDOW, pieces=8) == []
