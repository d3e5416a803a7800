"""Objects that are listed page by page: read whole, and what has changed is emitted."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint, probe_endpoint, read_endpoint
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import BadRequest, KustomerError, NotFound, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.logger import LOGGER
from source_kustomer.sync.state import BEGINNING
from source_kustomer.timestamps import parse_timestamp

Resource = Mapping[str, Any]
Pages = Callable[[Client, Endpoint], Iterable[Document]]

MARK: Final = {"deleted": True}


class ListStream(Stream, family=True):
    """A stream of one or several lists. No list can be requested for changes only."""

    whole_at_first = True

    def read(self, sync: StreamSync) -> None:
        """Read all lists, and emit what has changed."""
        read_lists(sync, self.endpoints, self.pages)

    def probe(self, client: Client) -> None:
        """Request the first record of the first list."""
        probe_endpoint(client, self.endpoints[0], stream=self.name)

    def pages(self, client: Client, endpoint: Endpoint) -> Iterable[Document]:
        """Yield the pages of one list; for streams that make their rows of something else.

        Args:
            client: the API.
            endpoint: the list.
        """
        return read_endpoint(client, endpoint, stream=self.name)


def read_lists(sync: StreamSync, endpoints: Sequence[Endpoint], pages: Pages | None = None) -> None:
    """Emit the records of several lists that have changed, each record once.

    The first list is the object. The others add what it leaves out, as far as the API serves them.

    Args:
        sync: the stream in this sync.
        endpoints: the lists.
        pages: yields the pages of a list; None requests them as the endpoint declares.

    Raises:
        KustomerError: when a list cannot be read completely, or the first is refused.
    """
    if sync.cursor.daily_since is None:
        endpoints = [endpoint for endpoint in endpoints if not endpoint.daily]
    reading = _ListReading(sync, endpoints, pages)
    for endpoint in endpoints:
        if endpoint.with_deleted and sync.sync.include_deleted:
            reading.gather(endpoint)
    for endpoint in endpoints:
        if not endpoint.with_deleted:
            reading.emit(endpoint)
    reading.emit_deleted()
    reading.log_refusals()
    sync.cursor.close(BEGINNING, None, rows=reading.rows, final=True)


class _ListReading:
    """The lists of one stream while they are read.

    The lists with deleted records are read before the others, so that a record is deleted if only
    they have it. So a parameter that the API ignores marks nothing, and a record that is created
    meanwhile is not taken for a deleted one.
    """

    def __init__(
        self, sync: StreamSync, endpoints: Sequence[Endpoint], pages: Pages | None
    ) -> None:
        self._sync = sync
        self._main = next(one for one in endpoints if not one.with_deleted)
        self._is_single = len(endpoints) == 1
        self._pages = pages
        self._seen: set[str] = set()
        self._deleted: dict[str, Resource] = {}
        self._refused: list[tuple[Endpoint, KustomerError]] = []
        self.rows = 0

    def gather(self, endpoint: Endpoint) -> None:
        """Keep the deleted records of a list that may be new to the destination."""
        since = self._since(endpoint)
        for resources in self._read(endpoint):
            self._deleted.update(
                (str(row["id"]), row)
                for row in resources
                if row.get("id") and _is_newly_deleted(row, since)
            )

    def emit(self, endpoint: Endpoint) -> None:
        """Emit the records of a list that have changed, and that no list before it had."""
        since = self._since(endpoint)
        for resources in self._read(endpoint):
            new = resources if self._is_single else self._unseen(resources)
            self.rows += self._sync.put_rows(row for row in new if is_changed(row, since))

    def emit_deleted(self) -> None:
        """Emit the records that only the lists with deleted ones have, with the mark."""
        self.rows += self._sync.put_rows(self._deleted.values(), MARK)

    def _since(self, endpoint: Endpoint) -> int:
        cursor = self._sync.cursor
        since = cursor.daily_since if endpoint.daily else None
        return cursor.since if since is None else since

    def _unseen(self, resources: Sequence[Resource]) -> list[Resource]:
        new = [row for row in resources if str(row.get("id")) not in self._seen]
        for row in new:
            if row.get("id"):
                self._seen.add(str(row["id"]))
                self._deleted.pop(str(row["id"]), None)
        return new

    def _read(self, endpoint: Endpoint) -> Iterator[Sequence[Resource]]:
        """Yield the records of a list; only the object itself must not be refused."""
        sync, is_answered = self._sync, False
        found = (
            read_endpoint(sync.client, endpoint, stream=sync.name)
            if self._pages is None
            else self._pages(sync.client, endpoint)
        )
        try:
            for page in found:
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
