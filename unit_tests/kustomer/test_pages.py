"""Lists that move while they are read, and lists that serve pages as they please."""

import itertools
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from source_kustomer.kustomer.documents import Document
from source_kustomer.kustomer.pages import ListReader


@dataclass
class Listed:
    """A list served by page number; it counts its requests, and moves when told to."""

    rows: list
    maximum: int = 100
    fixed: int | None = None
    """The size of every page, whatever is asked for."""
    tells_size: bool = True
    links: bool = True
    ignores_page: bool = False
    before: dict = field(default_factory=dict)
    """What happens to the rows before the nth request."""
    requests: list = field(default_factory=list)

    def get(self, page, size):
        if change := self.before.get(len(self.requests)):
            change(self.rows)
        self.requests.append((page, size))
        served = self.fixed or min(size, self.maximum)
        start = 0 if self.ignores_page else (page - 1) * served
        data = [{"id": row} if isinstance(row, str) else row for row in self.rows]
        has_next = start + served < len(data)
        return Document(
            data=data[start : start + served],
            included=[],
            meta={},
            links={"next": "/next" if has_next else None} if self.links else {},
            page_size=served if self.tells_size else size,
        )


def rows(count):
    return [f"{number:05}" for number in range(count)]


def read(listed, page_size=100):
    return [
        row.get("id", row)
        for page in ListReader(listed.get, page_size).pages()
        for row in page.data
    ]


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 1_000, 5_003])
def test_a_list_that_holds_still_is_read_once_with_few_more_requests_than_pages(count, links):
    listed = Listed(rows(count), links=links)

    assert read(listed) == rows(count)
    assert len(listed.requests) <= 1.15 * count / 100 + 2


@pytest.mark.parametrize("at", [1, 2, 3])
@pytest.mark.parametrize("place", [0, 50, 98, 99, 100, 150])
def test_a_deletion_while_the_list_is_read_hides_no_other_row(at, place):
    listed = Listed(rows(350), before={at: lambda rows: rows.pop(place)})

    assert set(read(listed)) >= set(listed.rows)


def test_rows_that_are_inserted_in_front_push_none_out_of_sight():
    listed = Listed(rows(350), before={2: lambda rows: rows.insert(0, "new")})

    assert set(read(listed)) == {*rows(350), "new"}


@settings(max_examples=150, deadline=None)
@example(count=4, page_size=3, moves={1: (False, 0), 2: (True, 0), 3: (False, 0)})
@given(
    count=st.integers(0, 60),
    page_size=st.integers(1, 12),
    moves=st.dictionaries(st.integers(1, 12), st.tuples(st.booleans(), st.integers(0, 100))),
)
def test_whatever_moves_each_row_that_stays_is_read(count, page_size, moves):
    removed, fresh = set(), itertools.count()

    def change(move):
        is_deletion, place = move

        def apply(rows):
            if is_deletion and rows:
                removed.add(rows.pop(place % len(rows)))
            elif not is_deletion:
                rows.insert(place % (len(rows) + 1), f"new{next(fresh)}")

        return apply

    # Pages of so few rows cannot always overlap, so only a list that holds still is complete.
    quiet = {} if page_size < 5 else moves
    listed = Listed(
        rows(count), maximum=page_size, before={at: change(move) for at, move in quiet.items()}
    )

    assert set(read(listed, page_size)) >= set(rows(count)) - removed


@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("tells_size", [True, False])
@pytest.mark.parametrize("fixed", [30, 100, 150])
def test_a_list_with_a_page_size_of_its_own_is_read_whole(fixed, tells_size, links):
    if not links and not tells_size and fixed < 100:
        pytest.skip("a short page without links is the last one, as far as anyone can tell")
    listed = Listed(rows(1_000), fixed=fixed, tells_size=tells_size, links=links)

    assert sorted(read(listed)) == rows(1_000)
    assert len(listed.requests) <= 3 * 1_000 / fixed + 6


def test_plain_pages_are_walked_again_until_two_walks_agree():
    listed = Listed(rows(350), fixed=100, before={5: lambda rows: rows.pop(0)})

    assert set(read(listed)) >= set(listed.rows)


def test_a_smaller_maximum_is_worked_with():
    listed = Listed(rows(300), maximum=30)

    assert read(listed) == rows(300)
    assert len(listed.requests) <= 13


@pytest.mark.parametrize("count", [80, 100, 350])
@pytest.mark.parametrize("links", [True, False])
def test_a_list_that_knows_no_pages_ends(count, links):
    listed = Listed(rows(count), fixed=count, ignores_page=True, links=links, tells_size=False)

    assert read(listed) == rows(count)
    assert len(listed.requests) <= 6


def test_rows_without_an_id_are_told_apart_by_what_they_hold():
    listed = Listed([{"attributes": {"name": name}} for name in "abcde"])

    assert len(read(listed, page_size=2)) == 5


def test_a_row_that_changed_between_two_walks_comes_again():
    listed = Listed(
        [{"id": f"{number}", "name": "old"} for number in range(6)],
        fixed=2,
        before={3: lambda rows: rows[0].update(name="new")},
    )
    pages = ListReader(listed.get, 2).pages()

    names = [row["name"] for page in pages for row in page.data if row["id"] == "0"]

    assert names[-1] == "new"


def test_a_list_that_never_holds_still_ends_with_a_word_in_the_log(caplog):
    class Restless(dict):
        def get(self, number, _default=None):
            return lambda rows: rows.insert(0, f"new{number}")

    listed = Listed(rows(30), maximum=10, before=Restless())

    assert set(read(listed, 10)) >= set(rows(30))
    assert "kept moving" in caplog.text


def test_empty_pages_in_the_middle_of_a_list_do_not_end_it():
    class Gappy(Listed):
        def get(self, page, size):
            if page == 2:
                self.requests.append((page, size))
                return Document([], [], {}, {"next": "/next"}, size)
            return super().get(page - (page > 2), size)

    listed = Gappy(rows(250), fixed=100)

    assert read(listed) == rows(250)


def test_a_list_whose_pages_are_all_empty_ends():
    class Empty(Listed):
        def get(self, page, size):
            return Document([], [], {}, {"next": "/next"}, size)

    assert read(Empty([])) == []
