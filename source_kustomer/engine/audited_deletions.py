"""Deletions that the search does not report, although the audit log does.

No source says whether a deletion moves the time of update, without which the search does not find
it. So the log is a second source, for objects whose deletions are in it. It has a role of its own;
without the role, only the search is used.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.outlets import RowOutlet
from source_kustomer.engine.removals import (
    MARK,
    emit_removed,
    request_record,
)
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import BadRequest, InvalidId, NotFound, NotPermitted
from source_kustomer.kustomer.documents import is_deleted
from source_kustomer.logger import LOGGER
from source_kustomer.sync.keyset import Resource
from source_kustomer.sync.state import BEGINNING


class AuditedOutlet(RowOutlet):
    """Emits rows as its base does, and remembers which of them are deleted records."""

    def __init__(self, sync: StreamSync) -> None:
        super().__init__(sync)
        self._lock = threading.Lock()
        self._reported: set[str] = set()

    def take(self, rows: Sequence[Resource]) -> int:
        """Put rows into the channel."""
        deleted = {str(row.get("id")) for row in rows if is_deleted(row)}
        if deleted:
            with self._lock:
                self._reported |= deleted
        return super().take(rows)

    def unreported(self, ids: Sequence[str]) -> list[str]:
        """Return the records that the search has not reported as deleted."""
        return [identity for identity in ids if identity not in self._reported]


def is_audited(sync: StreamSync) -> bool:
    """Return whether the log is read: not in a first sync, nor without deleted records."""
    return sync.sync.include_deleted and sync.cursor.since != BEGINNING


def emit_audited_deletions(
    sync: StreamSync, outlet: AuditedOutlet, *, kind: str, record: Endpoint, cursor_field: str
) -> None:
    """Emit the records that the log reports as deleted, and the search does not.

    Each is requested by its id, since it may have been restored. The log is read up to the time
    before which the search is expected to be complete; the next sync continues there.

    Args:
        sync: the stream in this sync.
        outlet: what the search has reported.
        kind: the `objectType` of the records.
        record: the endpoint of one of them.
        cursor_field: the column that orders the stream.

    Raises:
        TransientError: when the API does not answer.
    """
    lookback = sync.sync.end - sync.sync.settled
    end = sync.cursor.end - lookback
    found = sync.sync.deletions.deleted(sync.client, kind, sync.cursor.since, end)
    rows = 0
    for identity in outlet.unreported(found):
        sync.raise_if_ended()
        try:
            resource = request_record(sync, record, identity)
        except NotFound as error:
            if error.is_stated:
                rows += emit_removed(sync, cursor_field, identity)
        except (BadRequest, InvalidId, NotPermitted) as error:
            LOGGER.info("Stream %s: a deletion cannot be confirmed: %s", sync.name, error.message)
        else:
            if is_deleted(resource):
                rows += sync.put_rows([resource], MARK)
    if rows:
        LOGGER.info(
            "Stream %s: %d deletions that the search does not report are in the audit log.",
            sync.name,
            rows,
        )
