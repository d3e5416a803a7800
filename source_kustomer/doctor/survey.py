"""The user's own questions: what can be read, how much there is, and how long a sync takes."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from source_kustomer.access import refusals
from source_kustomer.doctor.account import LIST_PAGE, Account, kind_of
from source_kustomer.doctor.asker import NotObserved, Reply
from source_kustomer.doctor.probes import granted_page_sizes
from source_kustomer.engine.attachments import AttachmentsByMessage
from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import InvalidId, KustomerError, NotPermitted
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.kustomer.paths import segment
from source_kustomer.kustomer.rate_limit import ORGANIZATION_LIMIT
from source_kustomer.streams.kobjects import RESOURCES, Klasses
from source_kustomer.sync.windows import LIVE_SEARCH_AGE
from source_kustomer.timestamps import format_timestamp

SHARES: Final = (25, 50, 80, 100)
SYNCS_PER_DAY: Final = {"hourly": 24, "daily": 1}
KLASSES_DESCRIBED: Final = 3
"""Custom objects whose attributes are listed and whose records are counted."""
AUDIT_PAGE: Final = 1_000
_LIMIT: Final = re.compile(r"[1-9][0-9]{0,8}")
"""A limit per minute that can be one."""


@dataclass
class Access:
    """Whether the key reads a stream."""

    problem: str | None = None
    """Why not; None when it does."""
    missing_roles: tuple[str, ...] = ()
    """Any one of these would let it."""


@dataclass
class Size:
    """How many records an object has."""

    records: int | None = None
    is_more: bool = False
    """Whether there are more than `records`, by an unknown number."""
    in_scope: int | None = None
    """Of a search: those since the start date, in both indexes."""
    in_archive: int | None = None
    changed_in_a_day: int | None = None


@dataclass
class CustomObject:
    """A custom object and what is known of it."""

    name: str
    status: str
    records: int | None = None
    attributes: list[dict[str, Any]] | None = None


@dataclass
class Survey:
    """What an account has, as far as the key reads it."""

    access: dict[str, Access] = field(default_factory=dict)
    sizes: dict[str, Size] = field(default_factory=dict)
    klasses: list[CustomObject] = field(default_factory=list)
    attributes: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Custom attributes by resource."""
    organization_limit: int | None = None
    search_limit: int | None = None
    """As an answer to a search shows it."""
    page_sizes: dict[str, int] = field(default_factory=dict)


def streams_of(account: Account) -> dict[str, Access]:
    """Return which streams the key reads.

    Raises:
        KustomerError: when the key is refused, or there is no answer at all.
    """
    refused = refusals(account.streams, account.asker.client, probe=account.probe, at_once=1)
    return {stream.name: _access(refused.get(stream.name)) for stream in account.streams}


def _access(error: KustomerError | None) -> Access:
    if error is None:
        return Access()
    roles = error.roles if isinstance(error, NotPermitted) else ()
    return Access(kind_of(error), roles)


def survey(account: Account, access: dict[str, Access]) -> Survey:
    """Count records, list custom objects and attributes, and read the limits.

    Args:
        account: the account.
        access: which streams the key reads.
    """
    found = Survey(access)
    found.page_sizes = granted_page_sizes(account)
    for stream in account.streams:
        if access[stream.name].problem is None and not isinstance(stream, ChildStream):
            found.sizes[stream.name] = _size(account, stream)
    found.organization_limit = _limit(account, "GET")
    shown = _limit(account, "POST")
    if shown is not None and shown != found.organization_limit:
        found.search_limit = shown
    for resource in RESOURCES:
        attributes = _attributes(account, resource)
        if attributes is not None:
            found.attributes[resource] = attributes
    found.klasses = _custom_objects(account)
    return found


def _limit(account: Account, method: str) -> int | None:
    for request, reply in reversed(account.asker.replies):
        text = reply.headers.get("x-ratelimit-limit", "")
        if request.method == method and _LIMIT.fullmatch(text):
            return int(text)
    return None


def _size(account: Account, stream: Stream) -> Size:
    with suppress(NotObserved):
        if isinstance(stream, SearchStream):
            size = _size_of_search(account, stream)
            if size.records is not None:
                return size
        if isinstance(stream, Klasses):
            return Size(len(account.klasses()))
        if stream.endpoints and "{" not in stream.endpoints[0].path:
            return _size_of_list(account, stream.endpoints[0])
    return Size()


def _size_of_search(account: Account, stream: SearchStream) -> Size:
    context, attribute = stream.query_context, stream.attribute
    first = account.in_order(context)
    if not first.is_ok:
        return Size()
    size = Size(first.total, changed_in_a_day=account.of_last_day(context).total)
    start = account.config.start(account.now)
    if stream.archived:
        archive = account.asker.search(context, sort=(attribute, "asc"), archive=True)
        size.in_archive = archive.total if archive.is_ok else None
    if start <= account.now - LIVE_SEARCH_AGE:
        size.in_scope = (size.records or 0) + (size.in_archive or 0)
    elif (size.records or 0) <= LIST_PAGE:
        size.in_scope = size.records
    else:
        where = [(attribute, "gte", format_timestamp(start))]
        size.in_scope = account.asker.search(context, where=where).total
    return size


def _size_of_list(account: Account, endpoint: Endpoint) -> Size:
    """Count the first list of a stream; the others add to it what it leaves out."""
    reply = account.listed(endpoint)
    if reply.total is not None:
        return Size(reply.total)
    return Size(len(reply.rows), is_more=_is_full(endpoint, reply))


def _is_full(endpoint: Endpoint, reply: Reply) -> bool:
    granted = min(endpoint.page_size or 1, LIST_PAGE, reply.page_size or LIST_PAGE)
    return endpoint.page_size is not None and len(reply.rows) >= granted


def _custom_objects(account: Account) -> list[CustomObject]:
    try:
        listed = account.klasses()
    except NotObserved:
        return []
    found = [CustomObject(klass.name, status) for klass, status in listed]
    for one in found[:KLASSES_DESCRIBED]:
        try:
            reply = account.asker.search(f"kobject_{one.name}")
            one.records = reply.total if reply.is_ok else None
            one.attributes = _attributes(account, f"kobject.{one.name}")
        except NotObserved:
            break
    return found


def _attributes(account: Account, resource: str) -> list[dict[str, Any]] | None:
    """Return names and types of the custom attributes of a resource; None when not readable."""
    try:
        reply = account.asker.get(f"/metadata/{segment(resource)}")
    except (NotObserved, InvalidId):
        return None
    properties = attribute_of(reply.rows[0], "properties") if reply.is_ok and reply.rows else None
    if not isinstance(properties, Mapping):
        return None
    found = []
    for name, entry in sorted(properties.items()):
        described: dict[str, Any] = {"name": name}
        if isinstance(entry, Mapping):
            kind = entry.get("type")
            described["type"] = kind if isinstance(kind, str) else None
            described |= {
                flag: True
                for flag, member in (("multi", "multi"), ("tree", "tree"), ("deleted", "deletedAt"))
                if entry.get(member)
            }
        found.append(described)
    return found


# Estimates


@dataclass(frozen=True)
class Cost:
    """Requests of a sync."""

    searches: int = 0
    others: int = 0

    def __add__(self, other: Cost) -> Cost:
        """Add up."""
        return Cost(self.searches + other.searches, self.others + other.others)

    def minutes(self, searches_per_minute: float, requests_per_minute: float, share: int) -> float:
        """Return how long they take at a share of both limits, in percent."""
        part = share / 100
        total = self.searches + self.others
        return max(
            self.searches / (searches_per_minute * part), total / (requests_per_minute * part)
        )


class Estimates:
    """Estimated requests of syncs, from the counts of a survey."""

    def __init__(self, account: Account, found: Survey) -> None:
        self._account = account
        self._found = found
        self.requests_per_minute = float(found.organization_limit or ORGANIZATION_LIMIT)
        configured = account.config.searches_per_minute
        self.searches_per_minute = float(min(configured, found.search_limit or configured))

    def first(self, stream: Stream) -> Cost:
        """Estimate the first sync of a stream."""
        return self._cost(stream, lambda size: size.in_scope, is_first=True)

    def incremental(self, stream: Stream, syncs_per_day: int) -> Cost:
        """Estimate a later sync of a stream.

        Args:
            stream: the stream.
            syncs_per_day: how often it is synced; changes are those of the last day.
        """

        def changed(size: Size) -> int | None:
            return math.ceil((size.changed_in_a_day or 0) / syncs_per_day)

        return self._cost(stream, changed, is_first=False)

    def _cost(self, stream: Stream, count: Any, *, is_first: bool) -> Cost:
        if self._found.access[stream.name].problem is not None:
            return Cost()
        if isinstance(stream, ChildStream):
            parent = stream.parent()
            parents = count(self._found.sizes.get(parent.name, Size())) or 0
            if isinstance(stream, AttachmentsByMessage):
                messages = self._found.sizes.get(parent.name, Size()).records or 0
                others = math.ceil(messages / LIST_PAGE) if is_first else math.ceil(parents / 10)
                return Cost(self._pages(parent, parents), others)
            return Cost(self._pages(parent, parents), parents)
        size = self._found.sizes.get(stream.name, Size())
        if isinstance(stream, SearchStream) and size.in_scope is not None:
            return Cost(self._pages(stream, count(size) or 0))
        if isinstance(stream, ListStream | SearchStream):
            pages = math.ceil((size.records or 0) / LIST_PAGE)
            return Cost(0, max(pages, 1) + max(len(stream.endpoints) - 1, 0))
        return Cost(0, 1)

    def _pages(self, stream: SearchStream, records: int) -> int:
        size = self._found.page_sizes.get(stream.query_context, LIST_PAGE)
        return math.ceil(records / size) + 1

    def sets(self) -> dict[str, list[Stream]]:
        """Return the sets of streams that are estimated: the suggested ones, and all."""
        streams = self._account.streams
        return {"suggested": [one for one in streams if one.suggested], "all": list(streams)}

    def report(self) -> dict[str, Any]:
        """Return the estimates for each set of streams: requests, and minutes by share."""
        shares = sorted({*SHARES, self._account.config.rate_limit_share})
        estimates: dict[str, Any] = {}
        for name, streams in self.sets().items():
            first = sum((self.first(stream) for stream in streams), Cost())
            estimates[name] = {
                "first": {
                    "searches": first.searches,
                    "other_requests": first.others,
                    "minutes_by_share": {
                        str(share): math.ceil(
                            first.minutes(self.searches_per_minute, self.requests_per_minute, share)
                        )
                        for share in shares
                    },
                }
            }
            for frequency, per_day in SYNCS_PER_DAY.items():
                cost = sum((self.incremental(one, per_day) for one in streams), Cost())
                estimates[name][frequency] = {
                    "searches": cost.searches,
                    "other_requests": cost.others,
                }
        return estimates
