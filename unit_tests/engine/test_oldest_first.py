"""Old notes are read from a list, oldest first, as far as the list shows that it is in order."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from source_kustomer.engine.stream_sync import Status
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.conversations import Notes
from source_kustomer.sync.windows import LIVE_SEARCH_AGE
from source_kustomer.timestamps import DAY, SECOND, format_timestamp
from unit_tests.engine.api import Api, page_of, updated_at
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import reply

PATH = "/notes"
EDGE = NOW - LIVE_SEARCH_AGE
OLDEST = NOW - 1_000 * DAY
ALL_PAGES = 11

Note = dict[str, Any]


def note(
    number: int, inserted: int, *, created: int | None = None, updated: int | None = None
) -> Note:
    created_at = inserted if created is None else created
    return {
        "id": f"{inserted // SECOND:08x}{number:016x}",
        "attributes": {
            "createdAt": format_timestamp(created_at),
            "updatedAt": format_timestamp(inserted if updated is None else updated),
        },
    }


def notes() -> list[Note]:
    """Return a note per day for 1,000 days, the last 730 of them in the search."""
    return [note(number, OLDEST + number * DAY) for number in range(1_000)]


def old(rows: list[Note]) -> set[str]:
    return {row["id"] for row in rows if updated_at(row) < EDGE}


class Listed:
    """A sync of notes; the search has those that were updated in two years, the list has all."""

    def __init__(
        self,
        rows: list[Note],
        *,
        listed: list[Note] | None = None,
        refuses: bool = False,
        ignores_size: bool = False,
    ) -> None:
        self.rows = rows
        self._ignores_size = ignores_size
        self._listed = rows if listed is None else listed
        self._refuses = refuses
        self.api = Api([row for row in rows if updated_at(row) >= EDGE], override=self._answer)
        self.sync = OneSync(Notes(), self.api.client())
        self.output = self.sync.run()

    def _answer(self, request: Request) -> Answer | None:
        if request.path != PATH:
            return None
        if self._refuses and "sort" in request.params:
            return reply({"errors": [{"title": "sort is not allowed"}]}, 400)
        if self._ignores_size:
            request = replace(request, params={**request.params, "pageSize": 100})
        return page_of(self._listed, request, 100)

    @property
    def requests(self) -> list[Request]:
        return self.api.requests_of(PATH)

    def check(self) -> None:
        """Every note is emitted once."""
        assert self.sync.sync.status is Status.COMPLETE
        assert sorted(self.output.ids) == sorted(row["id"] for row in self.rows)


def test_the_list_ends_with_the_first_page_that_the_search_has() -> None:
    sync = Listed(notes())

    sync.check()
    assert len(old(sync.rows)) == 270
    assert {request.params["sort"] for request in sync.requests} == {"asc"}
    assert len(sync.requests) == 5  # 270 old notes, 30 days around the edge, one day, one page


def backdated() -> list[Note]:
    """Notes that were imported lately, with the time of creation of the system before."""
    return [
        note(number, NOW - 20 * DAY + number * SECOND, created=OLDEST + (number - 5_000) * 5 * DAY)
        for number in range(5_000, 5_100)
    ]


def by_created(row: Note) -> str:
    return str(row["attributes"]["createdAt"])


def by_id(row: Note) -> str:
    return str(row["id"])


@pytest.mark.parametrize("order", [by_created, by_id])
def test_imported_notes_leave_one_order_and_the_list_ends_early_by_it(
    order: Callable[[Note], str],
) -> None:
    rows = sorted(notes() + backdated(), key=order)

    sync = Listed(rows)

    sync.check()
    assert len(sync.requests) < ALL_PAGES


def test_ids_that_are_past_do_not_end_a_list_whose_times_of_creation_are_not() -> None:
    migrated = NOW - 20 * DAY
    days = [OLDEST + number * DAY for number in range(1_000)]

    sync = Listed(
        [
            note(number, migrated + number * SECOND, created=day, updated=day)
            for number, day in enumerate(days)
        ]
    )

    sync.check()
    assert len(sync.requests) == 5


def test_a_note_that_was_created_before_the_edge_and_updated_after_it_comes_once() -> None:
    rows = notes()
    rows[10] = note(10, OLDEST + 10 * DAY, updated=NOW - 3 * DAY)

    Listed(rows).check()


@pytest.mark.parametrize("order", ["newest first", "random", "broken before the edge"])
def test_a_list_that_is_not_in_order_is_read_to_its_end(order: str) -> None:
    rows = notes()
    listed = list(rows)
    if order == "newest first":
        listed.reverse()
    elif order == "random":
        random.Random(1).shuffle(listed)
    else:
        listed = [*rows[:50], *rows[60:], *rows[50:60]]
        listed.insert(20, listed.pop(40))

    sync = Listed(rows, listed=listed)

    sync.check()
    assert len(sync.requests) >= ALL_PAGES - 1


def test_equal_timestamps_at_the_head_do_not_prove_an_order() -> None:
    rows = notes()
    bulk = [note(number, NOW - 2 * DAY) for number in range(5_000, 5_200)]

    sync = Listed([*rows, *bulk], listed=[*bulk, *rows[::-1]])

    sync.check()
    assert len(sync.requests) >= ALL_PAGES - 1


@pytest.mark.parametrize("lacking", ["createdAt", "time in the id"])
def test_notes_without_a_time_of_creation_prove_no_order(lacking: str) -> None:
    rows = notes()
    if lacking == "createdAt":
        del rows[400]["attributes"]["createdAt"]
        del rows[100]["attributes"]["createdAt"]
    else:
        rows[100]["id"] = "n100"

    sync = Listed(rows)

    sync.check()
    assert len(sync.requests) >= ALL_PAGES - 1


def test_pages_that_do_not_overlap_are_read_to_the_end_of_the_list() -> None:
    sync = Listed(notes(), ignores_size=True)

    sync.check()
    assert len(sync.requests) >= ALL_PAGES - 1


def test_a_list_that_refuses_the_order_is_read_without_it(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    sync = Listed(notes(), refuses=True)

    sync.check()
    assert sum("sort" in request.params for request in sync.requests) == 1
    assert len(sync.requests) >= ALL_PAGES - 1
    assert "GET /notes?sort=asc is refused" in caplog.text
