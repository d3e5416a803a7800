"""Objects that are listed page by page: read whole, and what has changed is emitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from source_kustomer.airbyte.cursors import CoverageCursor
from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import BadRequest, NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.logger import LOGGER
from source_kustomer.sync.state import BEGINNING
from source_kustomer.timestamps import parse_timestamp


@dataclass(frozen=True)
class Walk:
    """One list to walk through: a path, and the parameters that select what it lists."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    only_deleted: bool = False
    """Whether it lists nothing but deleted records."""


class ListStream(Stream, family=True):
    """A stream of one or several lists. No list can be asked for changes only."""

    walks: tuple[Walk, ...]
    """The lists that together make the object."""
    page_size: int = 100
    """The largest page the API grants on these lists (developer.kustomer.com, "Pagination")."""
    whole_at_first = True
    required: ClassVar[tuple[str, ...]] = ("name", "record", "roles", "walks")

    @property
    def endpoint(self) -> str:
        """The lists, as they are asked for."""
        return self.lists

    @property
    def lists(self) -> str:
        """The lists, as they are asked for."""
        return ", ".join(
            f"GET {walk.path}" + "".join(f"?{key}={value}" for key, value in walk.params.items())
            for walk in self.walks
        )

    @property
    def cost(self) -> str:
        """Pages of everything there is."""
        lists = "" if len(self.walks) == 1 else f", {len(self.walks)} lists"
        return f"1 request per {self.page_size} records{lists}, every sync"

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Yield the one partition that reads it all."""
        if not reading.is_ahead():
            yield ListPartition(reading, self)

    def probe(self, client: Client) -> None:
        """Ask for the first record of the first list."""
        walk = self.walks[0]
        client.get(walk.path, {**walk.params, "page": 1, "pageSize": 1}, stream=self.name)

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the pages of one list."""
        return reading.client.list_pages(
            walk.path, walk.params, page_size=self.page_size, stream=self.name
        )


class ObjectStream(ListStream, family=True):
    """A stream of one object, which is asked for without paging."""

    @property
    def cost(self) -> str:
        """One request."""
        return "1 request, every sync"

    def probe(self, client: Client) -> None:
        """Ask for the object."""
        client.get(self.walks[0].path, stream=self.name)

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the object."""
        yield reading.client.get(walk.path, walk.params, stream=self.name)


class ListPartition(StreamPartition):
    """The whole of a list stream."""

    def __init__(self, reading: Reading, stream: ListStream) -> None:
        super().__init__(reading)
        self._stream = stream

    def pass_on(self) -> None:
        """Pass on the rows that have changed since the state."""
        reading, stream = self._reading, self._stream
        cursor = reading.cursor
        since = cursor.since if isinstance(cursor, CoverageCursor) else BEGINNING
        rows = 0
        for walk in stream.walks:
            if walk.only_deleted and not reading.sync.include_deleted:
                continue
            try:
                rows += self._walk(walk, since)
            except (BadRequest, NotFound) as error:
                if not walk.only_deleted:
                    raise
                LOGGER.warning(
                    "Stream %s: deleted records cannot be listed: %s", stream.name, error.message
                )
        if isinstance(cursor, CoverageCursor):
            cursor.close(BEGINNING, None, rows=rows, final=True)

    def _walk(self, walk: Walk, since: int) -> int:
        """Pass on what one list has that changed since an instant; returns how many rows."""
        reading, stream = self._reading, self._stream
        rows = 0
        for page in stream.pages(reading, walk):
            reading.begun = True
            changed = (row for row in page.data if _is_changed(row, since))
            new = reading.put_rows(changed, {"deleted": True} if walk.only_deleted else None)
            rows += new
            reading.sync.progress.count(stream.name, new)
        return rows


def _is_changed(resource: Mapping[str, Any], since: int) -> bool:
    """Tell whether a record may be new to the destination; without a timestamp it may."""
    if since == BEGINNING:
        return True
    updated_at = parse_timestamp(attribute_of(resource, "updatedAt"))
    return updated_at is None or updated_at >= since
