"""Objects that are listed page by page: read whole, and what has changed is emitted."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint, probe_endpoint, read_endpoint
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import BadRequest, NotFound, NotPermitted
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

    The first list is the object; the others add to it what it leaves out, as far as the API serves
    them. Lists of deleted records are read first, so that their records are marked.

    Args:
        sync: the stream in this sync.
        endpoints: the lists.
        pages: yields the pages of a list; None requests them as the endpoint declares.

    Raises:
        KustomerError: when a list cannot be read completely, or the first is refused.
    """
    seen: set[str] | None = set() if len(endpoints) > 1 else None
    rows = 0
    for endpoint in sorted(endpoints, key=lambda one: not one.only_deleted):
        if endpoint.only_deleted and not sync.sync.include_deleted:
            continue
        found = (
            read_endpoint(sync.client, endpoint, stream=sync.name)
            if pages is None
            else pages(sync.client, endpoint)
        )
        is_answered = False
        try:
            for page in found:
                is_answered = True
                rows += _emit(sync, page.data, seen, MARK if endpoint.only_deleted else None)
        except (BadRequest, NotFound, NotPermitted) as error:
            if endpoint is endpoints[0] or is_answered:
                raise
            LOGGER.warning(
                "Stream %s: %s is not read, so some records may be missing: %s",
                sync.name,
                endpoint.request,
                error.message,
            )
    sync.cursor.close(BEGINNING, None, rows=rows, final=True)


def _emit(
    sync: StreamSync,
    resources: Sequence[Resource],
    seen: set[str] | None,
    extra: Mapping[str, Any] | None,
) -> int:
    sync.answered()
    if seen is not None:
        resources = [row for row in resources if str(row.get("id")) not in seen]
        seen.update(str(row["id"]) for row in resources if "id" in row)
    since = sync.cursor.since
    return sync.put_rows((row for row in resources if _is_changed(row, since)), extra)


def _is_changed(resource: Resource, since: int) -> bool:
    """Return whether a record may be new to the destination; without a timestamp it may."""
    if since == BEGINNING:
        return True
    updated_at = parse_timestamp(attribute_of(resource, "updatedAt"))
    return updated_at is None or updated_at >= since
