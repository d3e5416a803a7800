"""Objects that are listed page by page: read whole, and what has changed is emitted."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint, probe_endpoint, read_endpoint
from source_kustomer.engine.kept import Kept
from source_kustomer.engine.removals import MARK, Listed, Removals
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import BadRequest, KustomerError, NotFound, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of, is_deleted
from source_kustomer.logger import LOGGER
from source_kustomer.sync.state import BEGINNING
from source_kustomer.timestamps import parse_timestamp

MOST_UNMARKED: Final = 20_000
"""Records without a mark that a list of deleted records may have."""

Resource = Mapping[str, Any]


class ListStream(Stream, family=True):
    """A stream of one or several lists. No list can be requested for changes only."""

    whole_at_first = True

    def read(self, sync: StreamSync) -> None:
        """Read all lists, and emit what has changed."""
        read_lists(self, sync)

    def probed(self) -> Endpoint:
        """Return the list whose first record shows whether the key may read the stream."""
        return self.endpoints[0]

    def probe(self, client: Client) -> None:
        """Request the first record of one list."""
        probe_endpoint(client, self.probed(), stream=self.name)

    def pages(self, client: Client, endpoint: Endpoint) -> Iterable[Document]:
        """Yield the pages of one list; for streams that make their rows of something else.

        Args:
            client: the API.
            endpoint: the list.
        """
        return read_endpoint(client, endpoint, stream=self.name)


def read_lists(stream: Listed, sync: StreamSync) -> None:
    """Emit the records of several lists that have changed, each record once.

    The first list is the object. The others add what it leaves out, as far as the API serves them.
    Records that the last complete read found, and this one does not, are emitted as deleted if
    that is confirmed.

    Args:
        stream: the stream, with its lists.
        sync: the stream in this sync.

    Raises:
        KustomerError: when a list cannot be read completely, or the first is refused.
    """
    reading = _ListReading(stream, sync)
    for endpoint in reading.endpoints:
        if endpoint.with_deleted and sync.sync.include_deleted:
            reading.gather(endpoint)
    reading.emit()
    reading.emit_deleted()
    reading.log_refusals()
    sync.cursor.close(BEGINNING, None, rows=reading.rows, final=True)


class _ListReading:
    """The lists of one stream while they are read.

    The lists with deleted records are read before the others, so that a record is deleted if only
    they have it. So a parameter that the API ignores marks nothing, and a record that is created
    meanwhile is not taken for a deleted one.
    """

    def __init__(self, stream: Listed, sync: StreamSync) -> None:
        self._stream = stream
        self._sync = sync
        is_first_of_day = sync.cursor.daily_since is not None
        self.endpoints = [one for one in stream.endpoints if is_first_of_day or not one.daily]
        """The lists that are read in this sync."""
        self._left_out = [one for one in stream.endpoints if one not in self.endpoints]
        self._main = next(one for one in stream.endpoints if not one.with_deleted)
        self._seen = Kept(stream.name)
        self._deleted = Kept(stream.name)
        self._refused: list[tuple[Endpoint, KustomerError]] = []
        self._removals = Removals(stream, sync)
        self.rows = 0

    def gather(self, endpoint: Endpoint) -> None:
        """Keep the records of a list with deleted ones."""
        unmarked = 0
        for resources in self._read(endpoint):
            for row in resources:
                unmarked += not is_deleted(row)
                if row.get("id") and (unmarked <= MOST_UNMARKED or is_deleted(row)):
                    self._deleted.keep(row)
        if unmarked > MOST_UNMARKED:
            self._deleted.keep_only(is_deleted)
            LOGGER.warning(
                "Stream %s: %s has %s records that are not marked as deleted, so the parameter "
                "seems to be ignored. Only records with a mark count as deleted.",
                self._sync.name,
                endpoint.request,
                f"{unmarked:,}",
            )

    def emit(self) -> None:
        """Emit the records that have changed, each once.

        The object itself is requested first, since its first answer decides whether the stream can
        be read. The rest of it is read last: so only the ids of the other lists are kept.
        """
        pages = self._read(self._main)
        first = next(pages, ())
        self._removals.see(first)  # before records that may not be served by id
        for endpoint in self.endpoints:
            if endpoint is not self._main and not endpoint.with_deleted:
                for resources in self._read(endpoint):
                    new = self._seen.new(resources)
                    self._seen.add(new)
                    self._emit(endpoint, new)
        for resources in chain([first], pages):
            self._emit(self._main, self._seen.new(resources))

    def _emit(self, endpoint: Endpoint, resources: Sequence[Resource]) -> None:
        self._removals.see(resources)
        for row in resources:
            self._deleted.drop(row)
        since, is_new = self._since(endpoint), self._removals.is_new
        self.rows += self._sync.put_rows(
            row for row in resources if is_changed(row, since) or is_new(row)
        )

    def emit_deleted(self) -> None:
        """Emit the deleted records that have changed, with the mark, and those that are removed."""
        since = self._sync.cursor.daily_since
        if since is None:
            since = BEGINNING  # absent records were not emitted as deleted yet
            self._gather_absent()
        self.rows += self._sync.put_rows(
            (row for row in self._deleted.records() if _is_newly_deleted(row, since)), MARK
        )
        self._removals.forget(self._deleted.records())
        if any(not endpoint.with_deleted for endpoint in self._left_out):
            self._removals.keep()  # what is absent may be in a list that was not read
        else:
            self.rows += self._removals.finish(is_whole=not self._is_any_list_refused())

    def _gather_absent(self) -> None:
        """Keep those absent records that a list with deleted ones has, where it was not read."""
        absent = self._removals.absent
        if not absent or not all(endpoint.with_deleted for endpoint in self._left_out):
            return
        for endpoint in self._left_out:
            self.gather(endpoint)
        # The list was read after the others, so the parameter may have been ignored.
        found, self._deleted = self._deleted, Kept(self._stream.name)
        for row in found.records():
            if str(row["id"]) in absent and is_deleted(row):
                self._deleted.keep(row)

    def _since(self, endpoint: Endpoint) -> int:
        since = self._sync.cursor.daily_since if endpoint.daily else None
        return self._sync.cursor.since if since is None else since

    def _is_any_list_refused(self) -> bool:
        return any(not endpoint.with_deleted for endpoint, _ in self._refused)

    def _read(self, endpoint: Endpoint) -> Iterator[Sequence[Resource]]:
        """Yield the records of a list; only the object itself must not be refused."""
        sync, is_answered = self._sync, False
        try:
            for page in self._stream.pages(sync.client, endpoint):
                is_answered = True
                if endpoint.with_deleted:
                    sync.raise_if_ended()
                else:
                    sync.answered()
                yield page.data
        except (BadRequest, NotFound, NotPermitted) as error:
            if endpoint is self._main or is_answered:
                raise
            self._refused.append((endpoint, error))

    def log_refusals(self) -> None:
        """Log the lists that were refused; records that only they have may be missing."""
        for endpoint, error in self._refused:
            has_other_roles = endpoint.roles != self._main.roles
            is_expected = isinstance(error, NotPermitted) and has_other_roles
            LOGGER.log(
                logging.INFO if is_expected else logging.WARNING,
                "Stream %s: %s is not read, so some records may be missing: %s",
                self._sync.name,
                endpoint.request,
                error.message,
            )


def _is_newly_deleted(resource: Resource, since: int) -> bool:
    """Return whether a deletion may be new to the destination; without a timestamp it may."""
    deleted_at = parse_timestamp(attribute_of(resource, "deletedAt"))
    return deleted_at is None or deleted_at >= since or is_changed(resource, since)


def is_changed(resource: Resource, since: int) -> bool:
    """Return whether a record may be new to the destination; without a timestamp it may."""
    if since == BEGINNING:
        return True
    updated_at = parse_timestamp(attribute_of(resource, "updatedAt"))
    return updated_at is None or updated_at >= since
