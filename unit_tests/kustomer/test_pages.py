"""Lists that change while they are read, and lists with a page size of their own."""

import itertools
import random
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from source_kustomer.errors import KustomerUnavailable, NotFound, UnexpectedDocument
from source_kustomer.kustomer.documents import Document, document_of
from source_kustomer.kustomer.pages import MAX_PASSES, ListReader, PastEnd, SmallerPage


@dataclass
class Listed:
    """A list served by page number. It keeps its requests, and can change before each of them."""

    rows: list
    maximum: int = 100
    fixed: int | None = None
    """The size of every page, also when another size is requested."""
    states_size: bool = True
    links: bool = True
    ignores_page: bool = False
    past_end: str = "empty"
    """How a page past the end is answered: empty, or refused."""
    fails_above: int | None = None
    """The size from which on pages fail."""
    before: dict = field(default_factory=dict)
    """What happens to the rows before the nth request."""
    requests: list = field(default_factory=list)

    def get(self, page, size):
        if change := self.before.get(len(self.requests)):
            change(self.rows)
        self.requests.append((page, size))
        if self.fails_above is not None and size > self.fails_above:
            raise SmallerPage(size // 2)
        served = self.fixed or min(size, self.maximum)
        start = 0 if self.ignores_page else (page - 1) * served
        if self.past_end == "refused" and page > 1 and start >= len(self.rows):
            raise PastEnd(NotFound("no such page"))
        has_next = start + served < len(self.rows)
        part = self.rows[start : start + served]
        body: dict[str, Any] = {
            "data": [{"id": row} if isinstance(row, str) else row for row in part]
        }
        if self.states_size:
            body["meta"] = {"pageSize": served}
        if self.links:
            body["links"] = {"next": "/next" if has_next else None}
        return document_of(body, size)


class EveryTime(dict):
    """The same change before every request."""

    def __init__(self, change, every=1):
        super().__init__()
        self.change, self.every = change, every

    def get(self, number, _default=None):
        return self.change if number % self.every == 0 and number else None


def rows(count):
    return [f"{number:05}" for number in range(count)]


def read(listed, page_size=100):
    return [
        row.get("id", str(row))
        for page in ListReader(listed.get, page_size).pages()
        for row in page.data
    ]


# Lists that do not change


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("states_size", [True, False])
@pytest.mark.parametrize("past_end", ["empty", "refused"])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 1_000, 5_003])
def test_a_list_that_does_not_change_is_read_once_with_few_requests(
    count, links, states_size, past_end
):
    listed = Listed(rows(count), links=links, states_size=states_size, past_end=past_end)

    assert read(listed) == rows(count)
    assert len(listed.requests) <= 1.15 * max(1, count / 100) + 2


@pytest.mark.parametrize("count", [0, 1, 99])
def test_a_list_of_one_page_costs_one_request(count):
    listed = Listed(rows(count))
    read(listed)

    assert listed.requests == [(1, 100)]


@pytest.mark.parametrize("past_end", ["empty", "refused"])
def test_a_list_without_links_is_read_until_a_short_page(past_end):
    listed = Listed(rows(650), links=False, past_end=past_end)

    assert read(listed) == rows(650)


# Lists that change


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("place", [0, 50, 98, 99, 100, 150])
@pytest.mark.parametrize("count", [1, 2, 60])
def test_a_deletion_while_the_list_is_read_hides_no_other_row(at, place, count):
    def delete(rows):
        del rows[place : place + count]

    listed = Listed(rows(350), before={at: delete})

    assert set(read(listed)) >= set(listed.rows)


@pytest.mark.parametrize("past_end", ["empty", "refused"])
@pytest.mark.parametrize("count", [120, 200, 249, 250])
def test_the_deletion_of_several_pages_hides_no_other_row(count, past_end):
    def delete(rows):
        del rows[:count]

    listed = Listed(rows(350), past_end=past_end, before={2: delete})

    assert set(read(listed)) >= set(listed.rows)


@pytest.mark.parametrize("count", [1, 99, 100, 250])
def test_rows_that_are_added_in_front_are_read_too(count):
    def add(rows):
        rows[:0] = [f"new{number}" for number in range(count)]

    listed = Listed(rows(350), before={2: add})

    assert set(read(listed)) == set(listed.rows)


@pytest.mark.parametrize(("count", "every"), [(600, 1), (10_000, 10), (50_000, 10), (10_000, 3)])
def test_a_list_that_grows_in_front_costs_about_its_pages(count, every):
    fresh = itertools.count()
    listed = Listed(
        rows(count),
        before=EveryTime(lambda rows: rows.insert(0, f"new{next(fresh)}"), every),
    )

    found = Counter(read(listed))

    assert found.keys() >= set(rows(count))
    assert len(listed.requests) <= 1.15 * count / 100 + 2
    assert found.total() <= len(listed.rows) + 5


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_row_that_moves_to_the_front_is_read(at):
    listed = Listed(rows(350), before={at: lambda rows: rows.insert(0, rows.pop(330))})

    assert set(read(listed)) == set(rows(350))


def test_a_row_that_moves_to_the_front_while_another_is_deleted_is_read():
    def change(rows):
        rows.insert(0, rows.pop(330))
        del rows[50]

    listed = Listed(rows(350), before={2: change})

    assert set(read(listed)) >= set(listed.rows)


@pytest.mark.parametrize("row", [99, 196, 295])
@pytest.mark.parametrize("fresh", [0, 1])
def test_a_row_of_the_last_page_that_moves_to_the_end_hides_no_other(row, fresh):
    def change(rows):
        rows.append(rows.pop(row))
        rows[:0] = ["new"] * fresh

    for at in (1, 2, 3):
        assert set(read(Listed(rows(350), before={at: change}))) >= set(rows(350))


@pytest.mark.parametrize("states_size", [True, False])
def test_the_head_of_a_list_without_links_is_read_again(states_size):
    listed = Listed(
        rows(350),
        links=False,
        states_size=states_size,
        before={2: lambda rows: rows.insert(0, rows.pop(330))},
    )

    assert set(read(listed)) == set(rows(350))


def test_a_row_that_moves_into_the_part_already_read_is_read():
    listed = Listed(rows(350), before={2: lambda rows: rows.insert(50, rows.pop(330))})

    assert set(read(listed)) == set(rows(350))


MOVES = st.tuples(st.booleans(), st.integers(0, 100))
"""Whether a row is removed, otherwise added; and its place."""
REMOVED_AND_ADDED = {
    **{1: (True, 0), 2: (False, 0), 3: (False, 6), 4: (False, 0), 5: (True, 60)},
    **{7: (False, 0), 8: (True, 7)},
}


def rows_that_are_missed(count, page_size, moves):
    removed, fresh = set(), itertools.count()

    def change(move):
        is_deletion, place = move

        def apply(rows):
            if is_deletion and rows:
                removed.add(rows.pop(place % len(rows)))
            elif not is_deletion:
                rows.insert(place % (len(rows) + 1), f"new{next(fresh)}")

        return apply

    listed = Listed(
        rows(count), maximum=page_size, before={at: change(move) for at, move in moves.items()}
    )
    found = set(read(listed, page_size))
    return set(rows(count)) - removed - found


@example(count=4, page_size=3, moves={1: (False, 0), 2: (True, 0), 3: (False, 0)})
@example(count=2, page_size=1, moves={1: (False, 0), 2: (False, 0)})
@example(count=2, page_size=1, moves={1: (False, 0), 2: (False, 0), 3: (False, 0)})
@example(count=18, page_size=9, moves=REMOVED_AND_ADDED)
@given(
    count=st.integers(0, 60),
    page_size=st.integers(7, 12),  # with fewer rows, no page size may overlap
    moves=st.dictionaries(st.integers(1, 12), MOVES),
)
def test_each_row_that_stays_is_read_although_others_are_added_and_removed(count, page_size, moves):
    assert rows_that_are_missed(count, page_size, moves) == set()


@given(count=st.integers(0, 60), page_size=st.integers(1, 6), at=st.integers(1, 12), move=MOVES)
def test_each_row_that_stays_on_tiny_pages_is_read_although_one_is_added_or_removed(
    count, page_size, at, move
):
    assert rows_that_are_missed(count, page_size, {at: move}) == set()


def test_a_list_in_another_order_at_every_request_ends_with_a_warning(caplog):
    chance = random.Random(1)
    listed = Listed(rows(30), before=EveryTime(chance.shuffle))

    found = read(listed, 10)

    assert set(found) <= set(rows(30))
    assert len(listed.requests) <= MAX_PASSES * 8
    assert "kept changing" in caplog.text


def test_memory_does_not_grow_with_the_list():
    def get(page, size):
        start = (page - 1) * size
        stop = min(100_000, start + size)
        has_next = stop < 100_000
        data = [{"id": f"{number:024x}"} for number in range(start, stop)]
        return Document(data, [], {"pageSize": size}, {"next": "x" if has_next else None}, size)

    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    count = sum(len(page.data) for page in ListReader(get, 100).pages())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert count == 100_000
    assert peak - before < 500_000


# Page sizes


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("states_size", [True, False])
@pytest.mark.parametrize("fixed", [30, 100, 150])
def test_a_list_with_a_page_size_of_its_own_is_read_completely(fixed, states_size, links):
    listed = Listed(rows(1_000), fixed=fixed, states_size=states_size, links=links)

    assert set(read(listed)) == set(rows(1_000))
    assert len(listed.requests) <= 3 * 1_000 / fixed + 6


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("states_size", [True, False])
@pytest.mark.parametrize("count", [101, 130, 199, 200, 230])
def test_a_list_that_ignores_the_size_of_later_pages_is_read_completely(count, states_size, links):
    listed = Listed(rows(count), fixed=100, states_size=states_size, links=links)

    assert set(read(listed)) == set(rows(count))


def test_separate_pages_are_read_until_two_passes_agree():
    listed = Listed(rows(350), fixed=70, before={5: lambda rows: rows.pop(0)})

    assert set(read(listed)) >= set(listed.rows)
    assert len(listed.requests) > 10


def test_a_page_that_is_the_same_in_two_passes_is_yielded_once():
    assert Counter(read(Listed(rows(350), fixed=70))) == Counter(rows(350))


def test_a_row_that_changed_between_two_passes_is_yielded_again():
    listed = Listed(
        [{"id": f"{number}", "name": "old"} for number in range(60)],
        fixed=20,
        before={3: lambda rows: rows[0].update(name="new")},
    )
    pages = ListReader(listed.get, 70).pages()

    names = [row["name"] for page in pages for row in page.data if row["id"] == "0"]

    assert names[-1] == "new"


def test_a_smaller_maximum_is_used():
    listed = Listed(rows(300), maximum=30)

    assert read(listed) == rows(300)
    assert len(listed.requests) <= 15


@pytest.mark.parametrize("maximum", [1, 2, 3, 5, 7])
def test_a_list_of_tiny_pages_is_read_completely(maximum):
    assert set(read(Listed(rows(130), maximum=maximum))) == set(rows(130))


def test_a_page_that_fails_is_requested_smaller():
    listed = Listed(rows(300), fails_above=40)

    assert read(listed) == rows(300)
    assert len(listed.requests) <= 20


def test_separate_pages_that_fail_are_requested_smaller():
    class Fixed(Listed):
        def get(self, page, size):
            self.fixed = min(size, 70) - 1
            return super().get(page, size)

    listed = Fixed(rows(300), fails_above=40)

    assert set(read(listed)) == set(rows(300))


def test_pages_of_large_rows_hold_fewer_of_them():
    class Large(Listed):
        def get(self, page, size):
            document = super().get(page, size)
            return document_of(
                {"data": document.data, "meta": document.meta, "links": document.links},
                size,
                body_bytes=len(document.data) * 400_000,
            )

    listed = Large(rows(200))

    assert read(listed) == rows(200)
    assert max(size for _, size in listed.requests[1:]) <= 20


# Lists that answer in their own way


@pytest.mark.parametrize("count", [80, 100, 350])
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("fixed", [True, False])
def test_a_list_that_ignores_page_numbers_ends(count, links, fixed):
    listed = Listed(
        rows(count),
        maximum=count,
        fixed=count if fixed else None,
        ignores_page=True,
        links=links,
        states_size=False,
    )

    assert set(read(listed, 400)) == set(rows(count))
    assert len(listed.requests) <= 8


def test_a_list_that_always_returns_its_first_page_although_it_announces_more_is_an_error():
    listed = Listed(rows(350), ignores_page=True)

    with pytest.raises(UnexpectedDocument, match="the same rows for every page"):
        read(listed)
    assert len(listed.requests) <= 8


def test_a_list_that_repeats_its_last_page_ends():
    class Clamped(Listed):
        def get(self, page, size):
            pages = -(-len(self.rows) // size)
            return super().get(min(page, pages), size)

    listed = Clamped(rows(250), links=False)

    assert set(read(listed)) == set(rows(250))
    assert len(listed.requests) <= 8


def test_rows_without_an_id_are_distinguished_by_their_content():
    listed = Listed([{"attributes": {"name": name}} for name in "abcde"])

    assert len(read(listed, page_size=3)) == 5


@pytest.mark.parametrize("fixed", [None, 2])
def test_rows_without_an_id_may_be_nested_deeply_and_hold_any_number(fixed):
    deep: list = []
    for _ in range(1_000):
        deep = [deep]
    listed = Listed(
        [{"attributes": {"deep": deep, "number": 10**400 + number}} for number in range(5)],
        fixed=fixed,
    )
    pages = ListReader(listed.get, 3).pages()

    assert sum(len(page.data) for page in pages) == 5


def test_empty_pages_in_the_middle_of_a_list_do_not_end_it():
    class Gappy(Listed):
        def get(self, page, size):
            if page == 2:
                self.requests.append((page, size))
                return Document([], [], {}, {"next": "/next"}, size)
            return super().get(page - (page > 2), size)

    listed = Gappy(rows(250), fixed=100)

    assert set(read(listed)) == set(rows(250))


def test_one_empty_page_in_the_middle_is_requested_again():
    class Flaky(Listed):
        def get(self, page, size):
            document = super().get(page, size)
            if len(self.requests) == 2:
                return Document([], [], {}, {"next": None}, size)
            return document

    assert read(Flaky(rows(350))) == rows(350)


def test_a_list_whose_pages_are_all_empty_ends():
    class Empty(Listed):
        def get(self, page, size):
            return Document([], [], {}, {"next": "/next"}, size)

    assert read(Empty([])) == []


def test_a_list_that_announces_more_than_the_limit_of_the_api_is_an_error():
    class Limited(Listed):
        def get(self, page, size):
            if page * size > 10_000:
                raise PastEnd(NotFound("too far"))
            return super().get(page, size)

    listed = Limited(rows(12_000))

    with pytest.raises(NotFound, match="too far"):
        read(listed)


def test_an_error_of_a_page_ends_the_list():
    class Broken(Listed):
        def get(self, page, size):
            if page > 1:
                raise KustomerUnavailable("down")
            return super().get(page, size)

    with pytest.raises(KustomerUnavailable):
        read(Broken(rows(300)))
