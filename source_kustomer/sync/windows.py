"""Planning: which windows of update time are read, from which index, and where they are cut.

Windows give parallelism, not correctness: each is read by keyset (`keyset.py`) whatever its size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from source_kustomer.sync.coverage import Span
from source_kustomer.sync.instants import DAY, MILLISECOND

LIVE_SEARCH_AGE: Final = 730 * DAY
"""The standard search holds what was updated in the last two years (vendor's OpenAPI text)."""

SEAM_BEFORE: Final = 3 * DAY
SEAM_AFTER: Final = 30 * DAY
"""Around the edge both indexes are asked, the archive last: a record that passes from one to the
other while we read is then in at least one of them when it is asked. The span after the edge is
longer than any sync lasts, and nearly free: the archive holds next to nothing there."""

MIN_PAGES_PER_WINDOW: Final = 4
"""A window ends with a page that is half empty on average; cut into less than this many pages,
the waste would show in the number of requests."""


class Index(Enum):
    """Where a window is read."""

    LIVE = "live"
    ARCHIVE = "archive"


@dataclass(frozen=True)
class Window:
    """A half-open span of update time, and the indexes to read it from, in this order.

    An `end` of None is the open end of a sync: it also takes records whose timestamps lie in the
    future. The window counts as read once the last of its indexes has been read.
    """

    start: int
    end: int | None
    indexes: tuple[Index, ...] = (Index.LIVE,)


def plan(gaps: Iterable[Span], *, end: int, now: int, archived: bool) -> Iterator[Window]:
    """Turn what is missing into windows, oldest first.

    Args:
        gaps: spans of update time not read yet.
        end: the fixed end of the sync; a gap that touches it becomes open-ended.
        now: the present, from which the age of the standard search is counted.
        archived: whether the object has an archive search.

    Yields:
        Windows that cover the gaps without overlap.
    """
    seam_start = now - LIVE_SEARCH_AGE - SEAM_BEFORE
    seam_end = now - LIVE_SEARCH_AGE + SEAM_AFTER
    zones: list[tuple[Span, tuple[Index, ...]]] = [
        ((-(1 << 62), seam_start), (Index.ARCHIVE,)),
        ((seam_start, seam_end), (Index.LIVE, Index.ARCHIVE)),
        ((seam_end, 1 << 62), (Index.LIVE,)),
    ]
    if not archived:
        zones = [((-(1 << 62), 1 << 62), (Index.LIVE,))]
    for gap_start, gap_end in gaps:
        for (zone_start, zone_end), indexes in zones:
            start, stop = max(gap_start, zone_start), min(gap_end, zone_end)
            if start < stop:
                yield Window(start, None if stop >= end else stop, indexes)


def cut(position: int, end: int, *, pages_left: int, pieces: int) -> list[int]:
    """Choose where the rest of a window is cut so that several workers can share it.

    Args:
        position: from where on the window is still to be read.
        end: where it ends; for an open window, the end of the sync.
        pages_left: how many full pages are still to come in it.
        pieces: how many parts would be welcome, the one being read included.

    Returns:
        Ascending instants strictly inside `(position, end)`; empty when cutting does not pay.
    """
    pieces = min(pieces, pages_left // MIN_PAGES_PER_WINDOW)
    if pieces <= 1:
        return []
    step = (end - position) / pieces
    cuts = (position + int(step * piece) for piece in range(1, pieces))
    whole = sorted({instant - instant % MILLISECOND for instant in cuts})
    return [instant for instant in whole if position + MILLISECOND < instant < end]
