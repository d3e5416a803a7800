"""State: what is written is read again; what is broken is named."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.errors import InvalidState
from source_kustomer.sync.coverage import Coverage
from source_kustomer.sync.cursor import SECONDS_PER_CHECKPOINT, CoverageCursor
from source_kustomer.sync.state import BEGINNING, MAX_SPANS, StreamState, parse_state
from source_kustomer.timestamps import (
    DAY,
    MILLISECOND,
    MINUTE,
    SECOND,
    format_timestamp,
    parse_timestamp,
)

END = 2_000_000_000 * 1_000_000


def cursor(blob, *, lookback=10 * MINUTE, refresh=False, emitted=None):
    return CoverageCursor(
        "updated_at",
        found=parse_state("messages", "updated_at", blob),
        start=END - 100 * DAY,
        end=END,
        lookback=lookback,
        emit=(emitted if emitted is not None else []).append,
        refresh=refresh,
    )


def timed_cursor(emitted, clock):
    """Return a cursor whose clock is the sum of a list of seconds."""
    return CoverageCursor(
        "updated_at",
        found=StreamState(),
        start=END - 100 * DAY,
        end=END,
        lookback=0,
        emit=emitted.append,
        monotonic=lambda: sum(clock),
    )


def blob_of(state):
    return dict(state)


def test_the_plain_state_of_older_connectors_is_read():
    state = parse_state("messages", "updated_at", {"updated_at": "2024-05-01T00:00:00Z"})

    assert state.complete_until == parse_timestamp("2024-05-01T00:00:00Z")
    assert state.is_complete


@pytest.mark.parametrize(
    "blob",
    [
        {"updated_at": "banana"},
        {"updated_at": 5},
        {"updated_at": ["2024-05-01"]},
        {"cursor": "2024-05-01"},
        {"updated_at": None},
        {"updated_at": ""},
        {"updatedAt": "2024-05-01"},
        {"updated_at": "2024-06-01", "until": "2024-05-01", "done": []},
        {"updated_at": "2024-05-01", "until": "soon"},
        {"updated_at": "2024-05-01", "until": "2024-06-01", "done": 7},
        {"updated_at": "2024-05-01", "until": "2024-06-01", "done": [["2024-05-02"]]},
        {"updated_at": "2024-05-01", "until": "2024-06-01", "done": [["x", "y"]]},
    ],
)
def test_a_broken_state_is_an_error_that_names_the_stream(blob):
    with pytest.raises(InvalidState, match="messages"):
        parse_state("messages", "updated_at", blob)


def test_an_empty_state_is_a_first_sync():
    assert list(cursor({}).gaps()) == [(END - 100 * DAY, END)]


def test_a_sync_continues_a_lookback_before_the_end_of_the_last():
    reached = END - 5 * DAY

    gaps = list(cursor({"updated_at": format_timestamp(reached)}).gaps())

    assert gaps == [(reached - 10 * MINUTE, END)]


def test_a_state_older_than_the_start_date_is_continued_where_it_stands():
    reached = END - 300 * DAY

    gaps = list(cursor({"updated_at": format_timestamp(reached)}, lookback=0).gaps())

    assert gaps == [(reached, END)]


def test_a_state_in_the_future_gives_nothing_to_read_and_keeps_its_place():
    emitted: list[Any] = []
    blob = {"updated_at": format_timestamp(END + DAY)}
    ahead = cursor(blob, emitted=emitted)

    ahead.finish()

    assert list(ahead.gaps()) == []
    assert blob_of(emitted[0]) == blob


def test_a_state_that_is_ahead_by_a_moment_gives_nothing_and_keeps_its_place_too():
    emitted: list[Any] = []
    blob = {"updated_at": format_timestamp(END + MILLISECOND)}
    ahead = cursor(blob, emitted=emitted)

    ahead.finish()

    assert list(ahead.gaps()) == []
    assert blob_of(emitted[0]) == blob


def test_an_interrupted_sync_is_resumed_with_the_lookback_that_is_set_now():
    until = END - DAY
    blob = {
        "updated_at": format_timestamp(until - 50 * DAY),
        "until": format_timestamp(until),
        "done": [[format_timestamp(until - 20 * DAY), format_timestamp(until)]],
    }

    assert list(cursor(blob, lookback=0).gaps()) == [
        (until - 50 * DAY, until - 20 * DAY),
        (until, END),
    ]
    assert list(cursor(blob, lookback=60 * DAY).gaps()) == [(until - 60 * DAY, END)]


def test_an_interrupted_sync_reads_its_gaps_and_the_last_stretch_again():
    until = END - DAY
    blob = {
        "updated_at": format_timestamp(until - 50 * DAY),
        "until": format_timestamp(until),
        "done": [[format_timestamp(until - 20 * DAY), format_timestamp(until)]],
    }

    gaps = list(cursor(blob).gaps())

    assert gaps == [(until - 50 * DAY, until - 20 * DAY), (until - 10 * MINUTE, END)]


def test_a_full_refresh_ignores_what_earlier_syncs_have_read():
    blob = {"updated_at": format_timestamp(END - DAY)}

    assert list(cursor(blob, refresh=True).gaps()) == [(END - 100 * DAY, END)]


def test_an_interrupted_full_refresh_is_resumed_by_a_full_refresh():
    emitted: list[Any] = []
    first = cursor({}, refresh=True, emitted=emitted)
    first.close(END - 100 * DAY, END - 40 * DAY, rows=5, final=True)

    second = cursor(blob_of(emitted[-1]), refresh=True)

    assert next(second.gaps())[0] == END - 40 * DAY


def test_an_empty_instant_is_distinguished_from_a_complete_state():
    emitted: list[Any] = []
    whole = cursor({}, emitted=emitted)

    whole.close(END - 100 * DAY, None, rows=1, final=True)

    assert blob_of(emitted[-1]) == {"updated_at": format_timestamp(END)}


def test_the_last_state_is_emitted_once():
    emitted: list[Any] = []
    whole = cursor({}, emitted=emitted)
    whole.close(END - 100 * DAY, None, rows=1, final=True)

    whole.finish()

    assert len(emitted) == 1


spans = st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90)), max_size=10)


@given(spans, st.booleans())
def test_every_state_that_is_written_is_read_again_unchanged(days, refresh):
    coverage = Coverage.of(
        [(BEGINNING, END - 100 * DAY), *((END - a * DAY, END - b * DAY) for a, b in days)]
    )
    state = StreamState(coverage, END, refresh)

    again = parse_state("messages", "updated_at", state.to_json("updated_at"))

    assert again.coverage == state.coverage
    assert again.until == state.until
    assert again.is_complete == state.is_complete


@given(spans)
def test_states_only_move_forward_and_end_complete(days):
    emitted: list[Any] = []
    reading = cursor({}, emitted=emitted)
    covered = []

    for a, b in days:
        reading.close(END - a * DAY, END - b * DAY, rows=1, final=True)
        covered.append(parse_state("messages", "updated_at", blob_of(emitted[-1])).coverage)
    for start, end in list(reading.gaps()):
        reading.close(start, end, rows=1, final=True)
    reading.finish()

    for earlier, later in itertools.pairwise(covered):
        assert Coverage.of([*earlier.spans, *later.spans]) == later
    assert blob_of(emitted[-1]) == {"updated_at": format_timestamp(END)}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024-05-01T12:00:00.123Z", "2024-05-01T12:00:00.123Z"),
        ("2024-05-01T12:00:00Z", "2024-05-01T12:00:00.000Z"),
        ("2024-05-01T12:00:00+02:00", "2024-05-01T10:00:00.000Z"),
        ("2024-05-01T12:00:00-0500", "2024-05-01T17:00:00.000Z"),
        ("2024-05-01T12:00:00.123456Z", "2024-05-01T12:00:00.123456Z"),
        ("2024-05-01", "2024-05-01T00:00:00.000Z"),
        ("2024-05-01T12:00:00", "2024-05-01T12:00:00.000Z"),
    ],
)
def test_timestamps_are_read_in_all_their_forms(text, expected):
    parsed = parse_timestamp(text)

    assert parsed is not None
    assert format_timestamp(parsed) == expected


@pytest.mark.parametrize("text", ["", "soon", "2024-13-01", None, 5, {}, "2024-05-01T25:00:00Z"])
def test_what_is_not_a_timestamp_is_none(text):
    assert parse_timestamp(text) is None


@given(st.integers(0, 4 * 10**12))
def test_an_instant_survives_being_written(milliseconds):
    instant = milliseconds * MILLISECOND

    assert parse_timestamp(format_timestamp(instant)) == instant


def test_spans_without_rows_are_checkpointed_by_time():
    emitted: list[Any] = []
    clock: list[float] = []
    reading = timed_cursor(emitted, clock)

    for place in range(40):
        clock.append(SECONDS_PER_CHECKPOINT / 4)
        reading.close(END - 100 * DAY, END - 100 * DAY + place * MINUTE, rows=0)

    assert len(emitted) == 10
    assert len({str(state) for state in emitted}) == 10


def test_a_stream_that_is_slow_repeats_its_state_from_time_to_time():
    emitted: list[Any] = []
    clock: list[float] = []
    reading = timed_cursor(emitted, clock)

    for _ in range(40):
        clock.append(SECONDS_PER_CHECKPOINT / 4)
        reading.heartbeat()

    assert len(emitted) == 10
    assert len({str(state) for state in emitted}) == 1


steps = st.lists(
    st.tuples(
        st.integers(1, 20),  # days until the sync
        st.integers(0, 3),  # its lookback in days
        st.lists(st.tuples(st.integers(0, 120), st.integers(0, 120)), max_size=4),
        st.booleans(),  # whether it comes to its end
    ),
    min_size=1,
    max_size=6,
)


@given(steps)
def test_all_that_a_state_covers_has_been_read_although_syncs_are_interrupted(sequence):
    """Read spans are noted with the time of reading; a state may cover nothing else."""
    blob: dict = {}
    read: list[tuple[int, int, int]] = []
    now = END
    for days, lookback, spans, ends in sequence:
        now += days * DAY
        emitted: list[Any] = []
        one = CoverageCursor(
            "updated_at",
            found=parse_state("messages", "updated_at", blob),
            start=END - 100 * DAY,
            end=now,
            lookback=lookback * DAY,
            emit=emitted.append,
        )
        for a, b in spans:
            start, end = now - a * DAY, now - b * DAY
            if start < end:
                one.close(start, end, rows=1, final=True)
                read.append((start, end, now))
        for start, end in list(one.gaps()) if ends else []:
            one.close(start, end, rows=1, final=True)
            read.append((start, end, now))
        one.finish()
        blob = blob_of(emitted[-1])
        covered = parse_state("messages", "updated_at", blob).coverage
        truly = Coverage.of([(BEGINNING, END - 100 * DAY), *((a, min(b, t)) for a, b, t in read)])
        assert Coverage.of([*truly.spans, *covered.spans]) == truly
        if ends:
            assert blob == {"updated_at": format_timestamp(now)}


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 100)), max_size=6), st.integers(0, 5))
def test_what_is_read_again_after_a_cut_is_the_gaps_and_the_lookback_alone(days, lookback):
    emitted: list[Any] = []
    first = cursor({}, emitted=emitted)
    for a, b in days:
        first.close(END - a * DAY, END - b * DAY, rows=1, final=True)
    first.finish()

    second = cursor(blob_of(emitted[-1]), lookback=lookback * DAY)

    missing = Coverage.of((END - a * DAY, END - b * DAY) for a, b in days)
    again = Coverage.of([*missing.gaps(END - 100 * DAY, END), (END - lookback * DAY, END)])
    assert list(second.gaps()) == list(again.spans)


def test_a_state_with_many_spans_keeps_the_longest_and_reads_the_others_again():
    blob = {
        "until": format_timestamp(END),
        "done": [
            [
                format_timestamp(END - hour * 3 * 3_600_000_000),
                format_timestamp(END - (hour * 3 - 1) * 3_600_000_000 - hour * MILLISECOND),
            ]
            for hour in range(1, 20_001)
        ],
    }

    state = parse_state("messages", "updated_at", blob)
    written = state.to_json("updated_at")

    assert len(written["done"]) == MAX_SPANS
    again = parse_state("messages", "updated_at", written)
    assert Coverage.of([*state.coverage.spans, *again.coverage.spans]) == state.coverage
    assert len(str(written)) < 16_000


def test_a_state_of_very_many_spans_costs_no_more_searches_than_one_of_this_connector():
    spans = [
        [format_timestamp(second * SECOND), format_timestamp(second * SECOND + 1_000)]
        for second in range(20_000)
    ]
    state = parse_state("messages", "updated_at", {"until": "2026-05-01", "done": spans})

    assert len(state.coverage.spans) == MAX_SPANS


@pytest.mark.parametrize(
    "blob",
    [{"done": "x" * 5_000_000}, {"done": [["x" * 5_000_000]]}, {"updated_at": "x" * 5_000_000}],
)
def test_the_error_shows_the_beginning_of_a_long_value(blob):
    with pytest.raises(InvalidState) as caught:
        parse_state("messages", "updated_at", {"until": "2026-05-01", **blob})
    assert len(caught.value.message) < 500
