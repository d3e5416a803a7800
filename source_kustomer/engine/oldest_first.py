"""A list in order of creation, read until all further records are too new to be needed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from source_kustomer.sync.keyset import timestamp_of
from source_kustomer.timestamps import DAY, SECOND

MARGIN: Final = DAY
"""How long after the last timestamp that is needed the records must have been created."""
MIN_RISES: Final = 10
"""How many times a timestamp must have increased. An order by chance, or a bulk of equal timestamps
at the head of a list that is newest first, does not show that."""

_TIMED_ID: Final = re.compile(r"[0-9a-f]{24}")
_TIME_DIGITS: Final = 8

Resource = Mapping[str, Any]


class OldestFirst:
    """Whether a list has shown all records that were last updated before a timestamp.

    `updatedAt` is set by the server, so a record is not updated before it is created. Kustomer does
    not document whether `sort=asc` orders by `createdAt`, which importers set, or by id, which
    begins with the time of creation. So the order that the records show counts. If they show both,
    both must be past the end; if they show neither, the list is to be read to its end.
    """

    def __init__(self, end: int) -> None:
        """Prepare for the first page.

        Args:
            end: records that were updated from this timestamp on are not needed.
        """
        self._past = end + MARGIN
        self._orders = [_Ascending(), _Ascending()]

    def is_past(self, rows: Sequence[Resource]) -> bool:
        """Take the next rows, and return whether no record after them is needed.

        Args:
            rows: the rows of a page, without those of the page before.
        """
        for row in rows:
            times = (timestamp_of(row, "createdAt"), _time_in_id(row))
            for order, time in zip(self._orders, times, strict=True):
                order.take(time)
        if any(order.is_incomplete for order in self._orders):
            return False
        shown = [order for order in self._orders if order.is_kept]
        is_past = bool(rows and shown) and all(
            order.page_start >= self._past and order.rises >= MIN_RISES for order in shown
        )
        for order in self._orders:
            order.begin_page()
        return is_past


class _Ascending:
    """Whether one timestamp of the records has never decreased."""

    def __init__(self) -> None:
        self.is_kept = True
        self.is_incomplete = False
        """Whether a record has no such timestamp."""
        self.rises = 0
        self.page_start = 0
        """The first timestamp of the page."""
        self._last: int | None = None
        self._is_first = True

    def begin_page(self) -> None:
        """Note that the next record begins a page."""
        self._is_first = True

    def take(self, time: int | None) -> None:
        """Compare the timestamp of the next record."""
        if time is None:
            self.is_incomplete = True
            return
        if self._is_first:
            self.page_start, self._is_first = time, False
        if self._last is not None:
            self.is_kept = self.is_kept and time >= self._last
            self.rises += time > self._last
        self._last = time


def _time_in_id(row: Resource) -> int | None:
    """Return the time of creation that an id of 24 hexadecimal digits begins with."""
    identity = str(row.get("id"))
    if not _TIMED_ID.fullmatch(identity):
        return None
    return int(identity[:_TIME_DIGITS], 16) * SECOND
