"""Lists below the records of another list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from source_kustomer.engine.endpoints import Endpoint, read_endpoint, with_ids
from source_kustomer.engine.lists import ListStream, is_changed
from source_kustomer.engine.removals import Removals
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import NotFound
from source_kustomer.kustomer.documents import Document

Resource = Mapping[str, Any]


class NestedListStream(ListStream, family=True):
    """A stream of lists below the records of another list.

    It declares the list of the parents, and one endpoint with `{id}` in the place of a parent's
    id. The list of the parents is read at every sync, so no request is spent on a search.
    """

    parents: ClassVar[Endpoint]
    """The list of the records whose lists are read."""
    only_changed_parents: ClassVar[bool] = False
    """Whether only the lists of parents that have changed are read: a change of a child must then
    move the parent's time of update."""
    required: ClassVar[tuple[str, ...]] = (*ListStream.required, "parents")

    def probed(self) -> Endpoint:
        """Return the list of the parents; without one, no list below it can be requested."""
        return self.parents

    def read(self, sync: StreamSync) -> None:
        """Read the list of the parents, and the list of each parent.

        Raises:
            NotFound: when no parent has such a list.
        """
        since = next(sync.cursor.gaps(), (sync.cursor.since, None))[0]
        rows = 0
        removals = Removals(self, sync)
        for page in self._pages(sync, since):
            sync.answered()
            removals.see(page.data)
            rows += sync.put_rows(
                row for row in page.data if self.is_new(row, since) or removals.is_new(row)
            )
        rows += removals.finish(is_whole=True)
        sync.cursor.close(since, None, rows=rows, final=True)

    def _pages(self, sync: StreamSync, since: int) -> Iterator[Document]:
        """Yield the pages of all lists; a parent that was deleted meanwhile has none."""
        missing: NotFound | None = None
        is_found = False
        for endpoint in self._lists(sync, since):
            try:
                for page in read_endpoint(sync.client, endpoint, stream=self.name):
                    is_found = True
                    yield page
            except NotFound as error:
                missing = error
        if missing is not None and not is_found:
            raise missing

    def _lists(self, sync: StreamSync, since: int) -> Iterator[Endpoint]:
        """Yield the endpoints of all parents."""
        for parents in read_endpoint(sync.client, self.parents, stream=self.name):
            sync.raise_if_ended()
            for parent in parents.data:
                if self.only_changed_parents and not is_changed(parent, since):
                    continue
                yield from self.below(parent, since)

    def below(self, parent: Resource, since: int) -> Iterator[Endpoint]:
        """Yield the endpoints of a parent.

        Args:
            parent: the parent's record.
            since: the timestamp from which changes are wanted.
        """
        endpoint = with_ids(self.endpoints[0], stream=self.name, id=parent.get("id"))
        if endpoint is not None:
            yield endpoint

    def is_new(self, resource: Resource, since: int) -> bool:
        """Return whether a record is to be emitted."""
        return is_changed(resource, since)
