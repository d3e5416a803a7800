"""Planning: which windows of update time are read, from which index, and where they are cut.

Windows give parallelism, not correctness: each is read by keyset (`keyset.py`), large or small.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Final

from source_kustomer.sync.coverage import Span
from source_kustomer.timestamps import DAY, MILLISECOND

LIVE_SEARCH_AGE: Final = 730 * DAY
"""The standard search holds what was updated in the last two years (vendor's OpenAPI text)."""

SEAM_BEFORE: Final = 3 * DAY
SEAM_AFTER: Final = 30 * DAY
"""Around the edge both indexes are asked, the archive last: a record that passes from one to the
other while we read is then in at least one of them when it is asked. The span after the edge is
longer than any sync lasts, and free: it lies at the end of a window that is read anyway."""

MIN_PAGES_PER_WINDOW: Final = 4
"""A window ends with a page that is half empty on average; cut into less than this many pages,
the waste would show in the number of requests."""


class Index(Enum):
    """Where a window is read."""

    LIVE = "live"
    ARCHIVE = "archive"
    LIST = "list"


@dataclass(frozen=True)
class Window:
    """A half-open span of update time, read from one index, or from a list.

    An `end` of None is the open end of a sync: it also takes records whose timestamps lie in the
    future.
    """

    start: int
    end: int | None
    index: Index = Index.LIVE
    then: Window | None = None
    """What is to be read once this window is read as far as that one's end. Only that one makes
    the span that they share complete."""

    @property
    def closes_from(self) -> int:
        """From where on reading this window completes what it has read."""
        return self.start if self.then is None or self.then.end is None else self.then.end


def plan(gaps: Iterable[Span], *, end: int, now: int, archived: bool) -> Iterator[Window]:
    """Turn what is missing into windows, oldest first.

    Args:
        gaps: spans of update time not read yet.
        end: the fixed end of the sync; a gap that touches it becomes open-ended.
        now: the present, from which the age of the standard search is counted.
        archived: whether records that the standard search has dropped are kept elsewhere.

    Yields:
        Windows that, with those that follow them, cover the gaps.
    """
    seam_start = now - LIVE_SEARCH_AGE - SEAM_BEFORE
    seam_end = now - LIVE_SEARCH_AGE + SEAM_AFTER
    for gap_start, gap_end in gaps:
        stop = None if gap_end >= end else gap_end
        if not archived or gap_start >= seam_end:
            yield Window(gap_start, stop)
        elif gap_end <= seam_start:
            yield Window(gap_start, gap_end, Index.ARCHIVE)
        else:
            old = Window(gap_start, min(gap_end, seam_end), Index.ARCHIVE)
            yield Window(max(gap_start, seam_start), stop, then=old)


def archive_start(complete_before: int | None, *, start: int, end: int) -> int | None:
    """Return from where on the archive is searched for records newer than its edge.

    The vendor's text does not state whether the time of update or of creation decides that a record
    is in the archive. If it is creation, changes of old records are in the archive alone. So it
    is searched up to the present as well: by a first sync, by one that follows an unfinished sync,
    and by the first sync of each day (UTC), from the day of the sync before it.

    Args:
        complete_before: up to where an earlier sync has read completely; None without one.
        start: where first syncs begin, a timestamp.
        end: the end of this sync, a timestamp.

    Returns:
        A timestamp; None when an earlier sync of the same day has searched it.
    """
    edge = end - LIVE_SEARCH_AGE + SEAM_AFTER
    if complete_before is None:
        return max(start, edge)
    if not is_first_of_day(complete_before, end=end):
        return None
    return max(edge, complete_before - complete_before % DAY - SEAM_BEFORE)


def is_first_of_day(complete_before: int, *, end: int) -> bool:
    """Return whether a sync is the first one of its day (UTC).

    Args:
        complete_before: the end of the sync before it, a timestamp.
        end: its own end.
    """
    return complete_before // DAY < end // DAY


def cut(position: int, end: int, *, pages_left: int, pieces: int) -> list[int]:
    """Choose where the rest of a window is cut so that several workers can share it.

    Args:
        position: from where on the window is still to be read.
        end: where it ends; for an open window, the end of the sync.
        pages_left: how many full pages are still to come in it.
        pieces: how many parts would be welcome, the one being read included.

    Returns:
        Ascending timestamps strictly inside `(position, end)`; empty when cutting does not pay.
    """
    pieces = min(pieces, pages_left // MIN_PAGES_PER_WINDOW)
    if pieces <= 1:
        return []
    step = (end - position) / pieces
    cuts = (position + int(step * piece) for piece in range(1, pieces))
    whole = sorted({timestamp - timestamp % MILLISECOND for timestamp in cuts})
    return [timestamp for timestamp in whole if position + MILLISECOND < timestamp < end]
