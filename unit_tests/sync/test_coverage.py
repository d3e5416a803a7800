"""Coverage as a set of instants."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.sync.coverage import Coverage

spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), max_size=12)


def instants(pairs):
    return {instant for start, end in pairs for instant in range(start, end)}


@given(spans)
def test_a_coverage_holds_exactly_the_instants_of_its_spans(pairs):
    assert instants(Coverage.of(pairs).spans) == instants(pairs)


@given(spans)
def test_spans_are_ordered_and_never_touch(pairs):
    merged = Coverage.of(pairs).spans

    assert all(a[1] < b[0] for a, b in itertools.pairwise(merged))


@given(spans, st.integers(0, 30), st.integers(0, 30))
def test_gaps_are_what_is_not_covered(pairs, start, end):
    coverage = Coverage.of(pairs)

    assert instants(coverage.gaps(start, end)) == set(range(start, end)) - instants(pairs)


@given(spans, st.integers(0, 30))
def test_what_lies_before_an_instant_is_cut_off_there(pairs, instant):
    kept = instants(Coverage.of(pairs).before(instant).spans)

    assert kept == {other for other in instants(pairs) if other < instant}


@given(spans, st.integers(0, 30))
def test_a_coverage_reaches_as_far_as_it_has_no_gap(pairs, start):
    covered = instants(pairs)
    expected = start
    while expected in covered:
        expected += 1

    assert Coverage.of(pairs).reaches(start) == expected
