"""Objects that the search finds: read in windows of update time, by keyset, many at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Any, ClassVar, Final

from source_kustomer.engine.audited_deletions import (
    AuditedOutlet,
    emit_audited_deletions,
    is_audited,
)
from source_kustomer.engine.deletions import check_deletions
from source_kustomer.engine.endpoints import Endpoint, needing, read_endpoint
from source_kustomer.engine.list_route import ListRoute, Where
from source_kustomer.engine.outlets import Outlet, RowOutlet
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.engine.window_tasks import Refused, WindowTasks
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.logger import LOGGER
from source_kustomer.sync.keyset import Ask, Page, Query
from source_kustomer.sync.windows import (
    LIVE_SEARCH_AGE,
    Index,
    Window,
    archive_start,
    is_first_of_day,
    plan,
)
from source_kustomer.timestamps import format_timestamp

SEARCH_ROLES: Final = (
    "org.permission.search.create",
    "org.permission.search.update",
    "org.permission.search_global.create",
    "org.permission.search_preview.create",
    "org.user.search.read",
    "org.admin.search.read",
)
"""Any of them lets a key search; the permission to read searches is spelt `create` or `update`
(OpenAPI description of POST /customers/search)."""


class SearchStream(Stream, family=True):
    """A stream of `POST /customers/search`, incremental by the time of update.

    Its `endpoints`, if any, are lists of the same objects. They hold what the search does not.
    """

    query_context: str
    """What the search returns, Kustomer's `queryContext`."""
    archived: bool = True
    """Whether records older than two years can be searched in the archive. Where they cannot, they
    are picked out of the lists."""
    audited_as: str | None = None
    """The `objectType` of its records in the audit log, if the log has their deletions."""
    sorted_list: Endpoint | None = None
    """A list of the same objects that filters and sorts by time of update, for large loads."""
    required: ClassVar[tuple[str, ...]] = ("name", "row", "query_context")

    @property
    def roles(self) -> tuple[str, ...]:
        """Any one of these roles lets a key read the stream, or a part of it."""
        return (*SEARCH_ROLES, *super().roles)

    @property
    def attribute_prefix(self) -> str:
        """What the search attributes of this object begin with."""
        return self.query_context

    @property
    def attribute(self) -> str:
        """The search attribute that orders it."""
        return f"{self.attribute_prefix}_{self.cursor_field}"

    @property
    def stamp(self) -> str:
        """The attribute of its records that holds the same."""
        return "createdAt" if self.cursor_field == "created_at" else "updatedAt"

    def read(self, sync: StreamSync) -> None:
        """Open a task for each window that is not read yet."""
        if self.audited_as is None or self.record is None or not is_audited(sync):
            self.read_windows(sync, RowOutlet(sync))
            return
        outlet = AuditedOutlet(sync)
        emit_deletions = partial(
            emit_audited_deletions,
            sync,
            outlet,
            kind=self.audited_as,
            record=self.record,
            cursor_field=str(self.cursor_field),
        )
        self.read_windows(sync, outlet, afterwards=emit_deletions)

    def read_windows(
        self,
        sync: StreamSync,
        outlet: Outlet,
        *,
        as_parents: bool = False,
        refused: Refused | None = None,
        afterwards: Callable[[], None] | None = None,
    ) -> None:
        """Open tasks that read what the cursor of a sync lacks.

        Args:
            sync: takes the tasks; its cursor knows the gaps.
            outlet: takes the batches.
            as_parents: whether the records are only the parents of what is read. Their windows are
                not cut.
            refused: reads the stream otherwise when the first answer of the search refuses it.
            afterwards: called when all windows are read, before the last span is closed.
        """
        gaps, end = list(sync.cursor.gaps()), sync.cursor.end
        has_old = self.archived or bool(self.endpoints)
        if not has_old and gaps and gaps[0][0] < end - LIVE_SEARCH_AGE:
            LOGGER.info(
                "Stream %s: Kustomer offers no records of %s that are older than two years.",
                sync.name,
                self.query_context,
            )
        route = None
        if not as_parents and self.sorted_list is not None:
            route = ListRoute(self, self.sorted_list, sync, sync.sync.list_pool)
        windows = WindowTasks(
            self, sync, outlet, is_cut=not as_parents, refused=refused, route=route
        )
        start = archive_start(sync.cursor.complete_before, start=sync.sync.start, end=end)
        if self.archived and start is not None:
            windows.do_afterwards(partial(windows.read_archive_from, start))
        if afterwards is not None:
            windows.do_afterwards(afterwards)
        if not as_parents and self._counts_deletions(sync):
            windows.do_afterwards(partial(check_deletions, self, sync))
        windows.open(*plan(gaps, end=end, now=end, archived=has_old))

    def _counts_deletions(self, sync: StreamSync) -> bool:
        """Return whether this sync counts the deleted records: the first one of each day does."""
        before = sync.cursor.complete_before
        return (
            sync.sync.include_deleted
            and self.stamp == "updatedAt"
            and before is not None
            and is_first_of_day(before, end=sync.cursor.end)
        )

    def pages(self, client: Client, endpoint: Endpoint) -> Iterable[Document]:
        """Yield the pages of one of its lists.

        Args:
            client: the API.
            endpoint: the list.
        """
        return read_endpoint(client, endpoint, stream=self.name)

    def probe(self, client: Client) -> None:
        """Search for one record."""
        self.count(client)

    def count(self, client: Client) -> int | None:
        """Return how many records the search holds, if it reports that.

        Raises:
            KustomerError: when the object cannot be searched.
        """
        with (
            needing(SEARCH_ROLES),
            client.search(self.query(), page_size=1, stream=self.name) as page,
        ):
            return page.total

    def query(self, **conditions: Any) -> SearchQuery:
        """Return a query for records of this object, in ascending order of the cursor.

        Args:
            conditions: further fields of the query.
        """
        return SearchQuery(query_context=self.query_context, attribute=self.attribute, **conditions)

    def open_query(
        self,
        sync: StreamSync,
        window: Window,
        ask: Ask,
        *,
        page_size: int | None = None,
        include_deleted: bool | None = None,
        where: Sequence[Where] = (),
    ) -> Query:
        """Turn a question of the keyset reader into a query.

        Args:
            sync: the stream that the requests are for.
            window: the window that is read.
            ask: the question.
            page_size: records per page; None is as many as the API grants.
            include_deleted: whether deleted records come; None is as configured.
            where: further conditions.
        """
        with_deleted = sync.sync.include_deleted if include_deleted is None else include_deleted
        query = self.query(
            gte=format_timestamp(ask.start),
            lt=None if ask.end is None else format_timestamp(ask.end),
            also=tuple(where),
            include_deleted=with_deleted,
            archive=window.index is Index.ARCHIVE,
        )
        if ask.created is not None:
            query = query.by_creation(
                f"{self.attribute_prefix}_created_at",
                *(None if bound is None else format_timestamp(bound) for bound in ask.created),
            )

        @contextmanager
        def page(number: int) -> Iterator[Page]:
            with (
                needing(SEARCH_ROLES),
                sync.client.search(
                    query, page=number, page_size=page_size, stream=sync.name
                ) as document,
            ):
                yield document

        def answer(number: int) -> AbstractContextManager[Page]:
            return page(number)

        return answer
