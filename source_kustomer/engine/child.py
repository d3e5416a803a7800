"""Objects that are listed per parent: read for the parents that have changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, ClassVar, Final

from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

from source_kustomer.engine.endpoints import read_endpoint
from source_kustomer.engine.parent_feed import Parent, ParentFeed
from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.schema import column_schema

READERS_PER_CHILD: Final = 6
PARENTS_TO_MISS: Final = 20
"""So many parents in a row without such a list at all mean that the object does not exist here;
one may simply have been deleted meanwhile."""


class ChildStream(Stream, family=True):
    """A stream of lists below the records of another stream.

    It declares one endpoint, with `{id}` in the place of the parent's id in its path.

    Its rows carry the id and the update time of their parent; the latter is its cursor: a
    parent's children are read again when the parent has changed.
    """

    parent: type[SearchStream]
    is_asked_per_parent: bool = True
    """Whether each changed parent costs a request."""
    required: ClassVar[tuple[str, ...]] = ("name", "row", "parent", "endpoints")

    def __init_subclass__(cls, *, family: bool = False, **kwargs: Any) -> None:
        """Name the cursor after the parent."""
        if not family:
            cls.cursor_field = f"{cls.parent.query_context}_updated_at"
        super().__init_subclass__(family=family, **kwargs)

    @property
    def parent_id_column(self) -> str:
        """The column that holds the parent's id."""
        return f"{self.parent.query_context}_id"

    def schema(self, custom: CustomAttributes | None) -> dict[str, Any]:
        """Return the JSON schema of the rows, the parent's columns included."""
        schema = super().schema(custom)
        context = self.parent.query_context
        schema["properties"][self.parent_id_column] = column_schema(
            "text", f"The id of the {context} that it was read for."
        )
        schema["properties"][str(self.cursor_field)] = column_schema(
            "timestamp", f"When that {context} had last changed. Syncs continue from it."
        )
        return schema

    def partitions(self, reading: Reading) -> Iterator[Partition]:
        """Yield readers of the parents' backlog; and the parents' own, if nobody else does."""
        feed = reading.feed
        assert feed is not None
        for _ in range(READERS_PER_CHILD):
            yield ChildPartition(reading, self, feed)
        if feed.is_host(self.name):
            parent = feed.parent.stream
            assert isinstance(parent, SearchStream)
            yield from parent.partitions(feed.parent)

    def probe(self, client: Client) -> None:
        """Find out whether the parents can be read; no child can be asked for without one."""
        self.parent().probe(client)

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change a record before it becomes a row."""
        return resource

    def joins(self, reading: Reading) -> bool:
        """Tell whether the parents' changes lead to the children in this sync."""
        return True

    def related(self, parent: Mapping[str, Any]) -> tuple[str, ...]:
        """Return what a parent's record names of its children, if that is needed."""
        return ()

    def children(
        self, client: Client, parents: Sequence[Parent]
    ) -> Iterator[tuple[Parent, Sequence[Mapping[str, Any]]]]:
        """Yield parents with pages of their children; a parent that is gone has none.

        Raises:
            NotFound: when so many in a row have no such list that it does not exist here.
        """
        missed = 0
        for parent in parents:
            try:
                for page in self.pages(client, parent.id):
                    missed = -PARENTS_TO_MISS
                    yield parent, page.data
            except NotFound:
                missed += not parent.is_deleted
                if missed == PARENTS_TO_MISS:
                    raise

    def put_rows(
        self, reading: Reading, parent: Parent, resources: Iterable[Mapping[str, Any]]
    ) -> int:
        """Pass on children as rows that carry their parent's id and update time."""
        return reading.put_rows(
            (self.prepare(resource) for resource in resources),
            {self.parent_id_column: parent.id, str(self.cursor_field): parent.updated_at},
        )

    def pages(self, client: Client, parent: str) -> Iterable[Document]:
        """Yield the pages of one parent's list."""
        return read_endpoint(client, self.endpoints[0].of(id=parent), stream=self.name)


class ChildPartition(StreamPartition):
    """One of the readers of a child stream."""

    def __init__(self, reading: Reading, stream: ChildStream, feed: ParentFeed) -> None:
        super().__init__(reading)
        self._stream = stream
        self._backlog = feed.backlog(stream.name)

    def pass_on(self) -> None:
        """Pass on the children of the parents that come."""
        reading, stream = self._reading, self._stream
        progress = reading.sync.progress
        for batch in self._backlog.batches():
            rows = 0
            for parent, resources in stream.children(reading.client, batch.parents):
                reading.begun = True
                new = stream.put_rows(reading, parent, resources)
                rows += new
                progress.count(stream.name, new)
                if reading.over:
                    return
            self._backlog.read(batch, rows)
            progress.expect_parents(stream.name, -len(batch.parents))
