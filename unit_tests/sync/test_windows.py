"""The planner: nothing missing from the plan, nothing twice, the archive where it is due."""

from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.sync.coverage import Coverage
from source_kustomer.sync.windows import (
    LIVE_SEARCH_AGE,
    MIN_PAGES_PER_WINDOW,
    SEAM_AFTER,
    SEAM_BEFORE,
    Index,
    Window,
    cut,
    plan,
)
from source_kustomer.timestamps import DAY, MILLISECOND

NOW = 2_000_000_000 * 1_000_000
EDGE = NOW - LIVE_SEARCH_AGE


def planned(gaps, *, archived=True):
    return list(plan(gaps, end=NOW, now=NOW, archived=archived))


def test_a_recent_gap_is_one_open_window_of_the_live_search():
    assert planned([(NOW - DAY, NOW)]) == [Window(NOW - DAY, None)]


def test_a_gap_older_than_the_edge_is_read_from_the_archive():
    old = (NOW - 1_500 * DAY, NOW - 1_000 * DAY)

    assert planned([old]) == [Window(*old, Index.ARCHIVE)]


def test_over_the_edge_the_archive_follows_once_the_live_search_has_passed_the_seam():
    [live] = planned([(NOW - 1_500 * DAY, NOW)])

    assert (live.start, live.end, live.index) == (EDGE - SEAM_BEFORE, None, Index.LIVE)
    assert live.then == Window(NOW - 1_500 * DAY, EDGE + SEAM_AFTER, Index.ARCHIVE)
    assert live.closes_from == EDGE + SEAM_AFTER


def test_an_object_without_archive_is_asked_of_the_live_search_alone():
    [window] = planned([(NOW - 1_500 * DAY, NOW)], archived=False)

    assert window == Window(NOW - 1_500 * DAY, None)


@given(st.lists(st.tuples(st.integers(0, 1_500), st.integers(0, 1_500)), max_size=8), st.booleans())
def test_windows_complete_exactly_the_gaps(days, archived):
    covered = Coverage.of((NOW - a * DAY, NOW - b * DAY) for a, b in days)
    gaps = list(covered.gaps(NOW - 1_500 * DAY, NOW))

    windows = planned(gaps, archived=archived)
    windows += [window.then for window in windows if window.then is not None]

    closed = [(w.closes_from, NOW if w.end is None else w.end) for w in windows]
    assert Coverage.of(closed) == Coverage.of(gaps)
    assert sum(end - start for start, end in closed if start < end) == sum(
        end - start for start, end in gaps
    )


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


@given(
    age=st.integers(0, 1_500 * 24),
    live_read=st.integers(0, SEAM_AFTER // DAY * 24 - 1),
    later=st.integers(0, SEAM_AFTER // DAY * 24 - 1),
)
def test_a_record_that_passes_into_the_archive_at_any_moment_is_met(age, live_read, later):
    """The live search is asked first, the archive after that; both forget and learn by the hour."""
    hour = DAY // 24
    updated = NOW - age * hour
    [live] = planned([(NOW - 1_500 * DAY, NOW)])
    edge_when_live_is_read = EDGE + live_read * hour
    edge_when_archive_is_read = EDGE + max(live_read, later) * hour

    assert live.then is not None and live.then.end is not None
    is_met_live = updated >= max(live.start, edge_when_live_is_read)
    is_met_archived = updated < min(live.then.end, edge_when_archive_is_read)

    assert is_met_live or is_met_archived
