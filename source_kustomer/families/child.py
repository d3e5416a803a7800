"""Objects that are listed per parent: read for the parents that have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition
from airbyte_cdk.sources.types import Record

from source_kustomer.errors import NotFound
from source_kustomer.families.brood import Brood, Litter, Parent
from source_kustomer.families.reading import Reading, StreamPartition
from source_kustomer.families.search import SearchStream
from source_kustomer.families.stream import Stream
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.records.custom import CustomAttributes
from source_kustomer.records.values import SCHEMAS

READERS_PER_CHILD: Final = 6
PARENTS_TO_MISS: Final = 20
"""So many parents in a row without such a list at all mean that the object does not exist here;
one may simply have been deleted meanwhile."""


class ChildStream(Stream, family=True):
    """A stream of lists below the records of another stream.

    Its rows carry the id and the update time of their parent; the latter is its cursor: a
    parent's children are read again when the parent has changed.
    """

    parent: type[SearchStream]
    path: str
    """The list's path, with `{id}` in the place of the parent's id."""
    page_size: int = 100
    required = ("name", "record", "roles", "parent", "path")

    def __init_subclass__(cls, *, family: bool = False, **kwargs: Any) -> None:
        """Name the cursor after the parent."""
        if not family:
            cls.cursor_field = f"{cls.parent.query_context}_updated_at"
        super().__init_subclass__(family=family, **kwargs)

    @property
    def parent_id_column(self) -> str:
        """The column that holds the parent's id."""
        return f"{self.parent.query_context}_id"

    @property
    def endpoint(self) -> str:
        """The list, as it is asked for."""
        return f"GET {self.path}"

    @property
    def cost(self) -> str:
        """Requests by parent."""
        return f"1 request per changed record of {self.parent.name}"

    def schema(self, custom: CustomAttributes | None) -> dict[str, Any]:
        """Return the JSON schema of the rows, the parent's columns included."""
        schema = super().schema(custom)
        context = self.parent.query_context
        schema["properties"][self.parent_id_column] = {
            **SCHEMAS["text"],
            "description": f"The id of the {context} that it was read for.",
        }
        schema["properties"][str(self.cursor_field)] = {
            **SCHEMAS["timestamp"],
            "description": f"When that {context} had last changed. Syncs continue from it.",
        }
        return schema

    def partitions(self, reading: Reading) -> Iterator[Partition]:
        """Yield readers of the parents' backlog; and the parents' own, if nobody else does."""
        brood = reading.brood
        assert brood is not None
        for _ in range(READERS_PER_CHILD):
            yield ChildPartition(reading, self, brood)
        if brood.is_host(self.name):
            parent = brood.parent.stream
            assert isinstance(parent, SearchStream)
            yield from parent.partitions(brood.parent)

    def probe(self, client: Client) -> None:
        """Find out whether the parents can be read; no child can be asked for without one."""
        self.parent().probe(client)

    def pages(self, client: Client, parent: str) -> Iterable[Document]:
        """Yield the pages of one parent's list."""
        path = self.path.format(id=quote(parent, safe=""))
        return client.list_pages(path, page_size=self.page_size, stream=self.name)

    def resources(self, document: Document) -> Iterable[Mapping[str, Any]]:
        """Return the records of a page."""
        return document.data


class ChildPartition(StreamPartition):
    """One of the readers of a child stream."""

    def __init__(self, reading: Reading, stream: ChildStream, brood: Brood) -> None:
        super().__init__(reading)
        self._stream = stream
        self._backlog = brood.backlog(stream.name)
        self._missed = 0

    def records(self) -> Iterator[Record]:
        """Yield the children of the parents that come."""
        for litter in self._backlog.litters():
            rows = 0
            for record in self._children(litter):
                rows += 1
                yield record
            self._backlog.read(litter, rows)
            self._reading.sync.progress.count(self._stream.name, rows)

    def _children(self, litter: Litter) -> Iterator[Record]:
        for parent in litter.parents:
            if self._reading.over:
                return
            try:
                yield from self._of(parent)
            except NotFound:
                self._missed += 1
                if self._missed >= PARENTS_TO_MISS and not self._reading.begun:
                    raise

    def _of(self, parent: Parent) -> Iterator[Record]:
        reading, stream = self._reading, self._stream
        identity, updated_at = parent
        for page in stream.pages(reading.client, identity):
            reading.begun = True
            for record in reading.rows(stream.resources(page)):
                row = record.data
                assert isinstance(row, dict)
                row[stream.parent_id_column] = identity
                row[str(stream.cursor_field)] = updated_at
                yield record
