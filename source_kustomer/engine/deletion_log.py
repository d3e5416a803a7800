"""Deletions in the audit log.

Kustomer's documentation says that deletions of conversations and customers are written into it.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Final

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.log_reader import STAMP, Entry, LogBatch, read_log
from source_kustomer.errors import (
    BadRequest,
    NotFound,
    NotPermitted,
    TimestampTooDense,
    UnorderedPage,
)
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.logger import LOGGER
from source_kustomer.sync.keyset import timestamp_of

LOG: Final = Endpoint("/audit-logs")
STREAM: Final = "deletions in the audit log"
DELETE: Final = "delete"
"""The `eventVerb` of a deletion. The vendor's example shows `update`."""


class DeletionLog:
    """The deletions in the audit log, which the streams of a sync share.

    The log of a quiet time is one page, and costs one request. A longer log is read for each kind
    of record on its own. Safe to use from many threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: dict[tuple[int, int], list[Entry] | None] = {}
        """All entries by span, for spans that are one page; None for longer ones."""
        self._is_refused = False

    def deleted(self, client: Client, kind: str, start: int, end: int) -> list[str]:
        """Return the ids of records that were deleted in a span of time; none without the role.

        Args:
            client: the API.
            kind: the `objectType` of the records, such as `conversation`.
            start: where the span begins, a timestamp.
            end: where it ends, a timestamp.

        Raises:
            TransientError: when the API does not answer.
        """
        with self._lock:
            if self._is_refused or end <= start:
                return []
            try:
                entries = self._entries(client, kind, start, end)
            except (BadRequest, NotFound, NotPermitted, UnorderedPage, TimestampTooDense) as error:
                self._is_refused = True
                LOGGER.info("Deletions in the audit log are not read: %s", error.message)
                return []
        return list(
            dict.fromkeys(
                str(attribute_of(entry, "objectId"))
                for entry in entries
                if attribute_of(entry, "eventVerb") == DELETE
                and attribute_of(entry, "objectType") == kind
                and attribute_of(entry, "objectId") is not None
                and start <= (timestamp_of(entry, STAMP) or start) < end
            )
        )

    def _entries(self, client: Client, kind: str, start: int, end: int) -> list[Entry]:
        if (start, end) not in self._spans:
            [first] = islice(_pages(client, start, end), 1)
            self._spans[start, end] = list(first.entries) if first.is_last else None
        entries = self._spans[start, end]
        if entries is not None:
            return entries
        pages = _pages(client, start, end, {"filter[objectType]": kind})
        return list(chain.from_iterable(page.entries for page in pages))


def _pages(
    client: Client, start: int, end: int, filters: Mapping[str, str] | None = None
) -> Iterator[LogBatch]:
    return read_log(client, LOG, start, end, stream=STREAM, filters=filters)
