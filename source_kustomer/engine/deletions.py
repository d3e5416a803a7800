"""Deletions that do not move the time of update: no search for changes finds them."""

from __future__ import annotations

from typing import Final, Protocol

from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.sync.state import DeletedCount
from source_kustomer.sync.windows import LIVE_SEARCH_AGE, SEAM_AFTER
from source_kustomer.timestamps import format_timestamp

COUNTED_AGE: Final = LIVE_SEARCH_AGE - SEAM_AFTER
"""Records older than this are not counted, so that none of those that are counted passes into the
archive before the next count."""


class Counted(Protocol):
    """What is counted; `SearchStream` implements it."""

    def query(
        self, *, gte: str | None = None, lt: str | None = None, include_deleted: bool = False
    ) -> SearchQuery:
        """Return a query for records."""


def check_deletions(stream: Counted, sync: StreamSync) -> None:
    """Log how many deletions no sync finds, since they did not move the time of update.

    Of the records that were updated before a timestamp, the number of deleted ones can only fall if
    deletions move it. So the number is kept in the state and compared at the next check. It costs
    two searches for the comparison, and two for the new number.

    Args:
        stream: what is counted.
        sync: the stream in this sync; its cursor keeps the number.

    Raises:
        KustomerError: when the source cannot be asked.
    """
    earlier = sync.cursor.deleted
    if earlier is not None:
        deleted = _count_deleted(stream, sync, earlier.before)
        if deleted is not None and deleted > earlier.count:
            LOGGER.warning(
                "Stream %s: at least %s records were deleted without a change of their update "
                "time, since %s. The search does not find such deletions, so their rows are not "
                "marked as deleted, unless the audit log has them. A full refresh marks them: see "
                "docs/reliability.md.",
                sync.name,
                f"{deleted - earlier.count:,}",
                format_timestamp(earlier.before),
            )
    before = min(sync.sync.settled, sync.cursor.end)
    deleted = _count_deleted(stream, sync, before)
    sync.cursor.deleted = None if deleted is None else DeletedCount(before, deleted)


def _count_deleted(stream: Counted, sync: StreamSync, before: int) -> int | None:
    """Return how many records updated before a timestamp are deleted; None if not counted."""
    counts = []
    for include_deleted in (True, False):
        query = stream.query(
            gte=format_timestamp(before - COUNTED_AGE),
            lt=format_timestamp(before),
            include_deleted=include_deleted,
        )
        with sync.client.search(query, page_size=1, stream=sync.name) as page:
            counts.append(page.total)
    with_deleted, without = counts
    if with_deleted is None or without is None or MAX_RECORDS in counts:
        return None
    return with_deleted - without
