"""What several probes need of an account: its searches, lists, klasses and records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from source_kustomer.config import Config
from source_kustomer.doctor.asker import Asker, NotObserved, Reply, Resource
from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.endpoints import Endpoint, needing
from source_kustomer.engine.klass import Klass
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.search import SEARCH_ROLES, SearchStream
from source_kustomer.engine.search_or_list import SearchOrListStream
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import KustomerError, NotFound, TransientError, UnexpectedDocument
from source_kustomer.kustomer.client import TOKEN_PATH
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.streams import STREAMS
from source_kustomer.streams.kobjects import KlassStream
from source_kustomer.timestamps import DAY, MILLISECOND, SECOND, format_timestamp, parse_timestamp

LIST_PAGE: Final = 100
"""The page size of the doctor's lists: small lists are counted by it."""
ORDER_PAGE: Final = 5
SEARCH_PAGE: Final = 500
"""The largest documented page size of a search."""
KLASS_STATUSES: Final = ("enabled", "existing_only", "disabled")
_MAX_MILLISECONDS: Final = 990


@dataclass
class Account:
    """An account, as its API shows it to one key."""

    asker: Asker
    config: Config
    now: int
    """The time at the start, in microseconds since 1970."""
    streams: Sequence[Stream] = field(default_factory=lambda: [one() for one in STREAMS])

    @property
    def searched(self) -> dict[str, SearchStream]:
        """The streams that are searched, by context."""
        return {
            stream.query_context: stream
            for stream in self.streams
            if isinstance(stream, SearchStream) and not isinstance(stream, KlassStream)
        }

    # Access

    def probe(self, stream: Stream) -> None:
        """Request some records of a stream.

        Raises:
            KustomerError: when it cannot be read. Answers that are not usable are no reason to
                stop, so they raise UnexpectedDocument.
        """
        try:
            self._probe(stream)
        except TransientError as error:
            raise UnexpectedDocument(error.message) from None
        except NotObserved as error:
            raise UnexpectedDocument(str(error)) from None

    def _probe(self, stream: Stream) -> None:
        if isinstance(stream, ChildStream):
            stream = stream.parent()
        if isinstance(stream, SearchStream):
            reply = self.in_order(stream.query_context)
            if reply.is_ok:
                return
            if isinstance(stream, SearchOrListStream):
                self._list_or_raise(stream.endpoints[0])
                return
            with needing(SEARCH_ROLES):
                raise reply.error()
        if isinstance(stream, ListStream):
            self._list_or_raise(stream.probed())
        else:
            self._list_or_raise(stream.endpoints[0])

    def _list_or_raise(self, endpoint: Endpoint) -> None:
        reply = self.listed(endpoint)
        if not reply.is_ok:
            with needing(endpoint.roles):
                raise reply.error()

    def listed(self, endpoint: Endpoint) -> Reply:
        """Return the first page of a list, from its older path if it does not exist."""
        reply = self.page(endpoint.path, endpoint.params, page_size=endpoint.page_size)
        if endpoint.older_path and isinstance(reply.error(), NotFound):
            return self.page(endpoint.older_path, endpoint.params, page_size=endpoint.page_size)
        return reply

    def page(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        *,
        number: int = 1,
        page_size: int | None = LIST_PAGE,
    ) -> Reply:
        """Return a page of a list.

        Args:
            path: of the list.
            params: the query, without paging.
            number: of the page, from 1.
            page_size: records of it; None where the answer is not paged.
        """
        if path == "/audit-logs":
            return self.asker.get(path, {"count": ORDER_PAGE})
        paging = (
            {} if page_size is None else {"page": number, "pageSize": min(page_size, LIST_PAGE)}
        )
        return self.asker.get(path, {**(params or {}), **paging})

    def has_role(self, *roles: str) -> bool | None:
        """Return whether the key has one of some roles; None when the API does not show it."""
        granted = attribute_of(_first(self.asker.get(TOKEN_PATH)), "roles")
        if not isinstance(granted, list):
            return None
        return any(
            role == one or role.startswith(f"{one}.")
            for one in granted
            if isinstance(one, str)
            for role in roles
        )

    # Searches

    def in_order(self, context: str) -> Reply:
        """Return the first records of a context, sorted by its cursor."""
        attribute = self.searched[context].attribute
        return self.asker.search(context, sort=(attribute, "asc"), size=ORDER_PAGE)

    def of_last_day(self, context: str) -> Reply:
        """Return a page of what has changed in the last day, at the largest documented size."""
        attribute = self.searched[context].attribute
        since = format_timestamp(self.now - DAY)
        return self.asker.search(
            context, where=[(attribute, "gte", since)], sort=(attribute, "asc"), size=SEARCH_PAGE
        )

    def readable_contexts(self) -> list[str]:
        """Return the contexts that can be searched, those of the most records first."""
        totals: dict[str, int] = {}
        for context in self.searched:
            with suppress(NotObserved):
                reply = self.in_order(context)
                if reply.is_ok:
                    totals[context] = reply.total or 0
        return sorted(totals, key=lambda context: -totals[context])

    def stamp(self, context: str, row: Resource) -> int | None:
        """Return the cursor's timestamp of a record."""
        return parse_timestamp(attribute_of(row, self.searched[context].stamp))

    def order(self, context: str) -> str | None:
        """Return whether a context is sorted: `sorted`, `unsorted`, or None if it does not show."""
        rows = self.in_order(context).rows
        stamps = [stamp for row in rows if (stamp := self.stamp(context, row)) is not None]
        if len(set(stamps)) < 2:  # noqa: PLR2004
            return None
        return "sorted" if stamps == sorted(stamps) else "unsorted"

    def sample(self, contexts: Iterable[str]) -> tuple[str, Resource, int]:
        """Return a context and one of its records, whose timestamp has milliseconds.

        Raises:
            NotObserved: when there is none.
        """
        for context in contexts:
            if context not in self.searched:
                continue
            for row in [*self.in_order(context).rows, *self.of_last_day(context).rows]:
                at = self.stamp(context, row)
                is_deleted = attribute_of(row, "deleted") is True
                if at is None or is_deleted:
                    continue
                if MILLISECOND <= at % SECOND <= _MAX_MILLISECONDS * MILLISECOND:
                    return context, row, at
        raise NotObserved("no record has a timestamp with milliseconds")

    def deleted(self, context: str) -> list[Resource]:
        """Return some deleted records of a context."""
        attribute = self.searched[context].attribute
        reply = self.asker.search(
            context,
            where=[(f"{context}_deleted", "equals", True)],
            sort=(attribute, "desc"),
            size=LIST_PAGE,
        )
        if not reply.is_ok:
            reply = self.asker.search(context, sort=(attribute, "desc"), size=LIST_PAGE)
        return [row for row in reply.rows if attribute_of(row, "deleted") is True]

    # Klasses

    def klasses(self) -> list[tuple[Klass, str]]:
        """Return the custom objects and their statuses."""
        found: dict[str, tuple[Klass, str]] = {}
        for status in KLASS_STATUSES:
            for row in self.page("/klasses", {"status": status}).rows:
                klass = Klass.of(row)
                if klass is not None:
                    found.setdefault(klass.name, (klass, status))
        return list(found.values())

    def messages(self) -> list[Resource]:
        """Return a page of the list of messages, with its files if the list includes them."""
        return list(self.page("/messages", {"include": "attachments"}).rows)


def files_of(message: Resource) -> list[str]:
    """Return the ids of the files that a message names."""
    relationships = message.get("relationships")
    files = relationships.get("attachments") if isinstance(relationships, Mapping) else None
    data = files.get("data") if isinstance(files, Mapping) else None
    return [
        str(entry["id"])
        for entry in (data if isinstance(data, list) else [data])
        if isinstance(entry, Mapping) and entry.get("id")
    ]


def kind_of(error: KustomerError) -> str:
    """Return what an error means for a stream, without the text of the answer."""
    return {
        "NotPermitted": "role or plan feature missing",
        "NotFound": "does not exist",
        "BadRequest": "refused as invalid",
    }.get(type(error).__name__, "no usable answer")


def _first(reply: Reply) -> Mapping[str, Any]:
    return reply.rows[0] if reply.rows else {}
