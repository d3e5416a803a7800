"""The keyset reader against an index that moves, shuffles and caps as Kustomer's does."""

import random
import weakref
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.errors import TimestampTooDense, UnexpectedDocument, UnorderedPage
from source_kustomer.sync.keyset import Ask, KeysetReader
from source_kustomer.timestamps import MILLISECOND, format_timestamp

T0 = 1_700_000_000_000_000


def opened(fetch):
    """Return what opens the queries of a function that answers pages of questions."""
    return lambda ask: partial(fetch, ask)


def milliseconds(start, end):
    """Return a range of timestamps as milliseconds after T0."""
    return (
        float("-inf") if start is None else (start - T0) / MILLISECOND,
        float("inf") if end is None else (end - T0) / MILLISECOND,
    )


@dataclass
class Document:
    data: list
    total: int | None
    page_size: int
    has_next: bool | None


@dataclass
class Index:
    """Records as (updated, created) in milliseconds after T0, by id; equals in random order."""

    records: dict
    page_size: int = 5
    tells_total: bool = True
    total_cap: int | None = None
    tells_next: bool = True
    excess: int = 0
    """By how much the count is too high."""
    seed: int = 1
    requests: list = field(default_factory=list)
    before_each: list = field(default_factory=list)

    @contextmanager
    def fetch(self, ask: Ask, number: int):
        assert number * self.page_size <= 10_000
        self.requests.append((ask, number))
        for change in self.before_each:
            change(self)
        rng = random.Random(f"{self.seed}-{len(self.requests)}")
        start, end = milliseconds(ask.start, ask.end)
        low, high = milliseconds(*(ask.created or (None, None)))
        found = sorted(
            (created if ask.created is not None else updated, rng.random(), id_)
            for id_, (updated, created) in self.records.items()
            if start <= updated < end and low <= created < high
        )
        window = found[(number - 1) * self.page_size : number * self.page_size]
        rows = [resource(id_, *self.records[id_]) for _, _, id_ in window]
        more = number * self.page_size < len(found)
        total = len(found) if self.total_cap is None else min(len(found), self.total_cap)
        counted = total + self.excess if self.tells_total else None
        yield Document(rows, counted, self.page_size, more if self.tells_next else None)


def resource(id_, updated, created):
    shown = updated - updated % 1_000 if id_.startswith("coarse") else updated
    return {
        "id": id_,
        "attributes": {
            "updatedAt": format_timestamp(T0 + shown * MILLISECOND),
            "createdAt": format_timestamp(T0 + created * MILLISECOND),
        },
    }


def read(index, start=T0, end=None):
    return [
        row["id"]
        for batch in KeysetReader(opened(index.fetch), start, end).batches()
        for row in batch.taken
    ]


def test_every_record_of_a_quiet_window_arrives_once():
    index = Index({f"r{n}": (n, n) for n in range(23)})

    assert sorted(read(index)) == sorted(index.records)


def test_a_window_of_distinct_timestamps_costs_one_row_per_page_more_than_the_ideal():
    index = Index({f"r{n}": (n, n) for n in range(1_000)}, page_size=100)

    read(index)

    assert len(index.requests) <= 11


def test_a_window_that_fits_one_page_costs_one_request():
    index = Index({f"r{n}": (n, n) for n in range(5)})

    read(index)

    assert len(index.requests) == 1


def test_an_empty_window_costs_one_request():
    index = Index({})

    assert read(index) == []
    assert len(index.requests) == 1


def test_a_record_updated_while_its_window_is_read_moves_no_other_out_of_sight():
    index = Index({f"r{n}": (n, n) for n in range(40)})

    def update_the_oldest(index):
        oldest = min(index.records, key=lambda id_: index.records[id_][0])
        index.records[oldest] = (10_000, 0)

    index.before_each.append(update_the_oldest)
    untouched = {f"r{n}" for n in range(20, 40)}

    assert untouched <= set(read(index, end=T0 + 1_000 * MILLISECOND))


@pytest.mark.parametrize("equals", [3, 5, 6, 12, 40])
def test_equal_timestamps_with_distinct_creation_all_arrive(equals):
    index = Index({f"r{n}": (7, n) for n in range(equals)} | {"before": (1, 1), "after": (9, 9)})

    assert set(read(index)) == set(index.records)


@pytest.mark.parametrize("equals", [3, 5, 6, 12, 40])
def test_equal_timestamps_with_equal_creation_all_arrive_in_any_order(equals):
    index = Index({f"r{n}": (7, 7) for n in range(equals)} | {"before": (1, 1), "after": (9, 9)})

    assert set(read(index)) == set(index.records)


def test_more_equals_than_a_query_reaches_are_split_by_creation():
    index = Index({f"r{n}": (7, n) for n in range(12_000)}, page_size=500)

    assert set(read(index)) == set(index.records)
    assert len(index.requests) <= 29


def test_equals_that_cannot_be_distinguished_fail_with_their_timestamp_and_count():
    index = Index({f"r{n}": (7, 7) for n in range(10_001)}, page_size=500)

    with pytest.raises(TimestampTooDense, match=r"10,001 records .* 2023-11-14T22:13:20\.007Z"):
        read(index)


def test_equals_that_may_be_more_than_the_count_admits_fail_too():
    index = Index({f"r{n}": (7, 7) for n in range(10_001)}, page_size=500, total_cap=10_000)

    with pytest.raises(TimestampTooDense, match=r"2023-11-14T22:13:20\.007Z"):
        read(index)


def test_exactly_as_many_equals_as_a_query_reaches_all_arrive():
    index = Index({f"r{n}": (7, 7) for n in range(10_000)}, page_size=500)

    assert set(read(index)) == set(index.records)


@pytest.mark.parametrize("cap", [5, 7, 10, 20])
def test_a_count_that_is_capped_ends_nothing(cap):
    equals = {f"r{n}": (7, 7) for n in range(33)}
    index = Index(equals | {"before": (1, 1), "after": (9, 9)}, total_cap=cap)

    assert set(read(index)) == set(index.records)


def test_records_that_leave_a_group_of_equals_while_it_is_read_take_no_other_along():
    for created in (lambda n: n, lambda n: 7):
        index = Index({f"r{n}": (7, created(n)) for n in range(40)} | {"after": (9, 9)})
        leaving = [f"r{n}" for n in range(0, 20)]

        def leave(index, leaving=leaving):
            if leaving:
                index.records[leaving.pop(0)] = (5_000, 0)

        index.before_each.append(leave)
        staying = {f"r{n}" for n in range(20, 40)} | {"after"}

        assert staying <= set(read(index, end=T0 + 1_000 * MILLISECOND))


def test_a_page_that_does_not_ascend_is_refused():
    @contextmanager
    def fetch(ask, number):
        yield Document([resource("a", 5, 5), resource("b", 4, 4)], 2, 5, False)

    with pytest.raises(UnorderedPage):
        list(KeysetReader(opened(fetch), T0, None).batches())


def test_records_without_a_timestamp_are_yielded_and_hold_nothing_up():
    @contextmanager
    def fetch(ask, number):
        rows = [{"id": "x", "attributes": {"updatedAt": None}}, {"id": "y"}, resource("z", 3, 3)]
        yield Document(rows, 3, 5, False)

    batches = KeysetReader(opened(fetch), T0, None).batches()

    assert [row["id"] for batch in batches for row in batch.taken] == ["x", "y", "z"]


def test_an_empty_page_that_announces_more_is_asked_for_again():
    index = Index({f"r{n}": (n, n) for n in range(8)})
    calls = []

    @contextmanager
    def fetch(ask, number):
        calls.append(number)
        if len(calls) == 1:
            yield Document([], 8, 5, True)
        else:
            with index.fetch(ask, number) as page:
                yield page

    rows = [row["id"] for b in KeysetReader(opened(fetch), T0, None).batches() for row in b.taken]

    assert set(rows) == set(index.records)


@pytest.mark.parametrize(("total", "requests"), [(0, 1), (None, 4)])
def test_a_next_page_that_is_always_announced_is_not_looked_for_forever(total, requests):
    calls = []

    @contextmanager
    def fetch(ask, number):
        calls.append(number)
        yield Document([], total, 5, True)

    assert [list(batch.taken) for batch in KeysetReader(opened(fetch), T0, None).batches()] == [[]]
    assert len(calls) == requests


@pytest.mark.parametrize("tells_total", [True, False])
def test_a_next_page_announced_after_the_last_record_costs_one_request_at_most(tells_total):
    index = Index({f"r{n}": (n, n) for n in range(3)}, tells_total=tells_total)

    @contextmanager
    def fetch(ask, number):
        with index.fetch(ask, number) as page:
            yield replace(page, has_next=True)

    rows = [row["id"] for b in KeysetReader(opened(fetch), T0, None).batches() for row in b.taken]

    assert sorted(rows) == sorted(index.records)
    assert len(index.requests) <= 2


@pytest.mark.parametrize("records", [0, 3, 23])
def test_a_count_that_is_too_high_holds_nothing_up_when_no_page_follows(records):
    index = Index({f"r{n}": (n, n) for n in range(records)}, excess=90)

    assert sorted(read(index)) == sorted(index.records)
    assert len(index.requests) <= 8


def test_pages_that_stay_empty_though_records_are_announced_are_an_error():
    @contextmanager
    def fetch(ask, number):
        yield Document([], 8, 5, True)

    with pytest.raises(UnexpectedDocument):
        list(KeysetReader(opened(fetch), T0, None).batches())


def test_a_window_whose_end_moves_closer_is_read_only_to_there():
    index = Index({f"r{n}": (n, n) for n in range(40)})
    reader = KeysetReader(opened(index.fetch), T0, None)
    rows = []

    for batch in reader.batches():
        rows += [row["id"] for row in batch.taken]
        reader.end = T0 + 10 * MILLISECOND

    assert set(rows) == {f"r{n}" for n in range(10)}


RECORDS = st.dictionaries(
    st.text("abcdef", min_size=1, max_size=4),
    st.tuples(st.integers(0, 12), st.integers(0, 4)),
    max_size=40,
)


@given(
    records=RECORDS,
    page_size=st.integers(1, 7),
    tells_total=st.booleans(),
    total_cap=st.none() | st.integers(1, 20),
    seed=st.integers(0, 1_000),
)
def test_nothing_is_missed_with_any_timestamps(records, page_size, tells_total, total_cap, seed):
    excess = 50 * (seed % 2)
    index = Index(dict(records), page_size, tells_total, total_cap, excess=excess, seed=seed)

    assert set(read(index)) == set(records)


@given(
    records=RECORDS,
    page_size=st.integers(1, 7),
    tells_total=st.booleans(),
    seed=st.integers(0, 1_000),
)
def test_nothing_is_missed_where_no_answer_speaks_of_a_next_page(
    records, page_size, tells_total, seed
):
    index = Index(dict(records), page_size, tells_total, tells_next=False, seed=seed)

    assert set(read(index)) == set(records)


@given(
    count=st.integers(1, 60),
    page_size=st.integers(2, 7),
    moves=st.lists(st.integers(0, 59), max_size=30),
    seed=st.integers(0, 1_000),
)
def test_records_that_stay_in_the_window_are_read_while_others_move(count, page_size, moves, seed):
    index = Index({f"r{n}": (n // 3, n) for n in range(count)}, page_size, seed=seed)
    waiting = list(moves)

    def move_one(index):
        if waiting:
            index.records[f"r{waiting.pop(0) % count}"] = (5_000, 0)

    index.before_each.append(move_one)
    staying = {f"r{n}" for n in range(count)} - {f"r{n % count}" for n in moves}

    assert staying <= set(read(index, end=T0 + 1_000 * MILLISECOND))


@given(
    exact=st.lists(st.integers(0, 3_000), max_size=40),
    coarse=st.lists(st.integers(0, 3_000), max_size=40),
)
def test_timestamps_shown_in_whole_seconds_lose_nothing_and_end(exact, coarse):
    records = {f"r{n}": (at, n) for n, at in enumerate(exact)}
    records |= {f"coarse{n}": (at, n) for n, at in enumerate(coarse)}
    index = Index(records)

    assert set(read(index)) == set(records)
    assert len(index.requests) <= 4 * len(records) + 10


class Answers:
    """Gives prepared pages of rows, each with its count, in answer to any query."""

    def __init__(self, *pages):
        self._pages = list(pages)

    @contextmanager
    def fetch(self, ask, number):
        total, rows = self._pages.pop(0)
        yield Document(rows, total, 3, bool(self._pages))


def test_rows_repeated_in_a_page_are_no_disorder_and_hide_none_of_the_next():
    a, b, c, d = (resource(name, at, at) for at, name in enumerate("abcd"))
    answers = Answers((4, [a, b, c, a, b]), (2, [c, d]))

    assert set(read(answers)) == set("abcd")


@pytest.mark.parametrize("identity", [None, 17, {"a": 1}, ["x"], "", True])
def test_ids_of_any_kind_lose_no_row(identity):
    a, b, c, d = (resource(name, at, at) for at, name in enumerate("abcd"))
    odd = {**c, "id": identity}
    answers = Answers((4, [a, b, odd]), (2, [odd, d]))

    rows = read(answers)

    assert [*rows[:2], rows[2], rows[-1]] == ["a", "b", identity, "d"]


@dataclass
class WatchedIndex(Index):
    """Notes at each request how many earlier pages are still kept by whoever reads."""

    pages: list = field(default_factory=list)
    most_kept: int = 0

    @contextmanager
    def fetch(self, ask: Ask, number: int):
        self.most_kept = max(self.most_kept, sum(page() is not None for page in self.pages))
        with super().fetch(ask, number) as page:
            self.pages.append(weakref.ref(page))
            yield page
            del page


@pytest.mark.parametrize("created", [lambda n: n, lambda n: 7, lambda n: n // 6])
def test_a_page_is_let_go_of_before_the_next_one_is_waited_for(created):
    equals = {f"e{n}": (7, created(n)) for n in range(40)}
    index = WatchedIndex(equals | {f"r{n}": (8 + n, n) for n in range(40)})

    for batch in KeysetReader(opened(index.fetch), T0, None).batches():
        assert batch.page_size == 5
        del batch

    assert len(index.requests) > 15
    assert index.most_kept == 0


@given(
    count=st.integers(1, 40),
    page_size=st.integers(2, 7),
    moves=st.lists(st.lists(st.integers(0, 59), max_size=9), max_size=25),
    ties=st.booleans(),
    tells_total=st.booleans(),
    seed=st.integers(0, 1_000),
)
def test_in_an_open_window_the_newest_version_of_every_record_is_read_last(
    *, count, page_size, moves, ties, tells_total, seed
):
    """Before each request some records are updated, and some new ones made, all at one moment."""
    index = Index(
        {f"r{n}": (n // 4 if ties else n, n // 9) for n in range(count)},
        page_size,
        tells_total=tells_total,
        seed=seed,
    )
    waiting = list(moves)

    def update(index):
        if waiting:
            now = 1_000 + len(index.requests)
            index.records.update({f"r{n}": (now, now) for n in waiting.pop(0)})

    index.before_each.append(update)
    newest = {}
    for batch in KeysetReader(opened(index.fetch), T0, None).batches():
        for row in batch.taken:
            newest[row["id"]] = row

    assert newest == {id_: resource(id_, *times) for id_, times in index.records.items()}
