"""Records that were removed from a list: found by comparison with its last complete read.

A list omits removed records, so their absence is the only trace. But a record can be absent for
other reasons: a role was lost, a filter changed, the list was cut. So absence alone removes
nothing. Each absent record is requested by its id, and only Kustomer's own 404 removes it. That
404 counts only if a record that is still listed can be requested in the same way.

Where a single record cannot be requested, the list is read once more. What both reads lack is
removed, unless most of the records seem to be gone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

from source_kustomer.engine.endpoints import Endpoint, read_endpoint
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import BadRequest, InvalidId, KustomerError, NotFound, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, is_deleted
from source_kustomer.logger import LOGGER
from source_kustomer.sync.known_ids import MAX_BYTES, encode_ids
from source_kustomer.timestamps import SECOND, format_timestamp

MARK: Final = {"deleted": True}
MOST_REQUESTED: Final = 200
"""Absent records that are requested by id, per stream and sync."""
MOST_KEPT: Final = 20_000
"""Ids that are collected while a list is read. More never fit into the state."""

Resource = Mapping[str, Any]


class Listed(Protocol):
    """A stream of lists."""

    name: str
    cursor_field: str | None
    endpoints: tuple[Endpoint, ...]
    record: Endpoint | None
    is_removed_when_unlisted: bool

    def pages(self, client: Client, endpoint: Endpoint) -> Iterable[Document]:
        """Yield the pages of one of its lists."""

    @property
    def detects_removals(self) -> bool:
        """Whether records that its lists no longer have are found."""


class Removals:
    """Compares the lists of one stream with the ids that their last complete read found.

    Call `see` for all records that are listed, then `finish`.
    """

    def __init__(self, stream: Listed, sync: StreamSync) -> None:
        """Begin a comparison.

        Args:
            stream: what is read.
            sync: the stream in this sync. Its cursor keeps the ids.
        """
        self._stream = stream
        self._sync = sync
        self._is_on = (
            stream.detects_removals
            and sync.cursor.keeps_ids
            and sync.sync.include_deleted
            and sync.mapper.has("deleted")  # or the row could not say why its columns are null
        )
        self._known = sync.cursor.known_ids if self._is_on else None
        self._absent = set(self._known or ())
        self._ids: set[str] = set()
        self._characters = 0
        self._are_too_many = False
        self._present: str | None = None
        """The id of a record that is listed, and is not deleted."""
        self._is_answered: bool | None = None
        """Whether the endpoint of a single record answers for that one."""

    @property
    def absent(self) -> frozenset[str]:
        """The ids of known records that are not listed, as far as the lists were read."""
        return frozenset(self._absent)

    def see(self, resources: Iterable[Resource]) -> None:
        """Note records that are listed."""
        if not self._is_on:
            return
        for resource in resources:
            if resource.get("id") is None:
                continue
            identity = str(resource["id"])
            self._absent.discard(identity)
            if not self._are_too_many and identity not in self._ids:
                self._ids.add(identity)
                self._characters += len(identity)
                self._are_too_many = len(self._ids) > MOST_KEPT or self._characters > MAX_BYTES
            if self._present is None and not is_deleted(resource):
                self._present = identity

    def forget(self, resources: Iterable[Resource]) -> None:
        """Note records that a list of deleted ones has: their deletion is known."""
        if self._absent:
            self._absent.difference_update(str(resource.get("id")) for resource in resources)

    def is_new(self, resource: Resource) -> bool:
        """Return whether the last complete read did not find a record.

        So one that is restored or becomes visible is emitted, also if its last change is old.
        """
        return self._known is not None and str(resource.get("id")) not in self._known

    def finish(self, *, is_whole: bool) -> int:
        """Emit the records that were removed, and keep the ids for the next sync.

        Args:
            is_whole: whether every list of the stream was read.

        Returns:
            How many rows there were.

        Raises:
            KustomerError: when the API does not answer.
        """
        if not self._is_on:
            return 0
        rows = 0
        if self._absent:
            listed = len(self._absent)
            if self._stream.record is not None:
                rows = self._request_absent(self._stream.record)
            elif is_whole:
                rows = self._list_again()
            LOGGER.info(
                "Stream %s: %d records are no longer listed. %d are deleted, %d could not be "
                "confirmed or still exist; the next sync checks these again.",
                self._sync.name,
                listed,
                rows,
                len(self._absent),
            )
        self.keep()
        return rows

    def keep(self) -> None:
        """Keep the ids for the next sync: those that are listed, and those that are absent."""
        if not self._is_on:
            return
        ids = self._ids | self._absent
        text = None if self._are_too_many else encode_ids(ids)
        if text is None:
            LOGGER.warning(
                "Stream %s: its lists have too many records: their ids do not fit into the "
                "state. Records that are deleted in Kustomer stay in the destination.",
                self._sync.name,
            )
        self._sync.cursor.keep_ids(text)

    def _request_absent(self, record: Endpoint) -> int:
        """Request absent records by their ids, and emit those that do not exist."""
        rows = 0
        for identity in self._turn():
            self._sync.raise_if_ended()
            try:
                resource = self._get(record, identity)
            except NotFound as error:
                if not error.is_stated or not self._answers_for_present(record):
                    self._log_unconfirmed(error)
                    break
                rows += self._emit_removed(identity)
            except NotPermitted as error:
                self._log_unconfirmed(error)
                break
            except (BadRequest, InvalidId) as error:
                self._log_unconfirmed(error)
                continue
            else:
                if not is_deleted(resource):
                    continue
                rows += self._sync.put_rows([resource], MARK)
            self._absent.discard(identity)
        return rows

    def _turn(self) -> Sequence[str]:
        """Return the ids to request in this sync; if there are too many, others at each sync."""
        ids = sorted(self._absent)
        if len(ids) <= MOST_REQUESTED:
            return ids
        LOGGER.warning(
            "Stream %s: %d records are no longer listed. %d of them are requested by id in this "
            "sync, and more in the next.",
            self._sync.name,
            len(ids),
            MOST_REQUESTED,
        )
        start = self._sync.sync.end // SECOND % len(ids)
        return (ids[start:] + ids[:start])[:MOST_REQUESTED]

    def _get(self, record: Endpoint, identity: str) -> Resource:
        return request_record(self._sync, record, identity)

    def _answers_for_present(self, record: Endpoint) -> bool:
        """Return whether a listed record can be requested by its id; True if none is listed."""
        if self._is_answered is None:
            try:
                self._is_answered = self._present is None or bool(self._get(record, self._present))
            except (BadRequest, InvalidId, NotFound, NotPermitted):
                self._is_answered = False
        return self._is_answered

    def _list_again(self) -> int:
        """Read the lists once more, and emit the records that they lack again."""
        if 2 * len(self._absent) > len(self._known or ()):
            LOGGER.warning(
                "Stream %s: %d of %d records are no longer listed. These are too many to "
                "count as deleted.",
                self._sync.name,
                len(self._absent),
                len(self._known or ()),
            )
            return 0
        found: set[str] = set()
        try:
            for endpoint in self._stream.endpoints:
                if endpoint.with_deleted:
                    continue
                for page in self._stream.pages(self._sync.client, endpoint):
                    self._sync.raise_if_ended()
                    found.update(str(row["id"]) for row in page.data if row.get("id") is not None)
        except (BadRequest, NotFound, NotPermitted) as error:
            self._log_unconfirmed(error)
            return 0
        gone = sorted(self._absent - found)
        self._absent.difference_update(gone)
        return sum(self._emit_removed(identity) for identity in gone)

    def _emit_removed(self, identity: str) -> int:
        return emit_removed(self._sync, self._stream.cursor_field, identity)

    def _log_unconfirmed(self, error: KustomerError) -> None:
        LOGGER.info(
            "Stream %s: whether a record was deleted cannot be confirmed: %s",
            self._sync.name,
            error.message,
        )


def request_record(sync: StreamSync, record: Endpoint, identity: str) -> Resource:
    """Request one record.

    Raises:
        NotFound: when it does not exist.
        InvalidId: when the id cannot be a part of a path.
    """
    endpoint = record.of(id=identity)
    return next(iter(read_endpoint(sync.client, endpoint, stream=sync.name))).resource


def emit_removed(sync: StreamSync, cursor_field: str | None, identity: str) -> int:
    """Emit a row of a record that does not exist, with the time of the sync.

    Returns:
        1, the number of rows.
    """
    at = format_timestamp(sync.sync.end)
    columns: dict[str, Any] = {**MARK, "deleted_at": at}
    if cursor_field is not None:
        columns[cursor_field] = at  # newer than the row that it replaces
    return sync.put_rows([{"id": identity}], columns)
