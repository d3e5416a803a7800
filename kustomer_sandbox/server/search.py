"""Answers searches: standard and archive."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.ids import make_id
from kustomer_sandbox.data.index import Attribute, ObjectIndex, SearchIndex, Timeline
from kustomer_sandbox.data.json_text import dumps, loads
from kustomer_sandbox.data.store import Store
from kustomer_sandbox.data.timestamps import SEARCHABLE, SECOND, to_ms
from kustomer_sandbox.server.answers import Answer, ApiError, bad_request, document
from kustomer_sandbox.server.lists import granted, past_the_end
from kustomer_sandbox.server.query import Condition, SearchRequest

_FOREVER = 1 << 44
_DEFAULT_PAGE_SIZE = 100
_TIMES: dict[str, Attribute] = {"updated_at": "updated", "created_at": "created"}


@dataclass(frozen=True)
class PageAsked:
    """Which page of a search is asked for."""

    page: int
    size: int
    ids_only: bool
    tracked: bool


def read_page(query: Mapping[str, str], settings: Settings, name: str) -> PageAsked:
    """Read page and pageSize of the query string; `name` is that of the object.

    Raises:
        ApiError: 400 (or 500, as the switches define) for a page size or page that is not granted.
    """
    try:
        page = int(query.get("page", "1"))
        size = int(query.get("pageSize", str(_DEFAULT_PAGE_SIZE)))
    except ValueError as error:
        raise bad_request("page and pageSize should be integers") from error
    if page < 1 or size < 1:
        raise bad_request("page and pageSize should be >= 1")
    largest = settings.page_sizes.get(name) or granted(settings, name, settings.max_page_size)
    if size > largest:
        if settings.dialect["larger-page"] == "refused":
            raise bad_request(f"pageSize should be <= {largest}")
        if settings.dialect["larger-page"] == "500":
            raise ApiError(500, "internal_error", "Internal server error")
        size = largest
    capped = settings.dialect["search-cap"] == "10000"
    if page > settings.page_cap or (capped and page * size > settings.record_cap):
        raise bad_request(
            f"page {page} of {size} is past the maximum of {settings.page_cap} pages "
            f"and {settings.record_cap} records"
        )
    tracked = query.get("trackTotalHits") == "true"
    if tracked and settings.dialect["totals"] == "untracked":
        raise bad_request("trackTotalHits should not exist")
    return PageAsked(page, size, query.get("idsOnly") == "true", tracked)


class Searcher:
    """Answers searches from the index and the store."""

    def __init__(self, settings: Settings, store: Store, index: SearchIndex, seed: int) -> None:
        self._settings = settings
        self._store = store
        self._index = index
        self._chance = random.Random(f"search {seed}")
        self._quirks_done: set[tuple[str, bytes]] = set()

    def answer(self, search: SearchRequest, asked: PageAsked, raw: bytes, now: int) -> Answer:
        """One page of a search; `now` is ms since 1970, `raw` the body as it was received."""
        self._index.catch_up(now)
        found = self._find(search, now)
        start = (asked.page - 1) * asked.size
        error = past_the_end(self._settings)
        if asked.page > 1 and start >= found.total and error is not None:
            raise error
        quirk = self._quirk(raw, found.total)
        if quirk == "empty_page":
            numbers: list[int] = []
        else:
            size = asked.size + 3 if quirk == "larger_page" else asked.size
            if quirk == "repeated_page":
                start = max(0, start - asked.size)
            numbers = found.page(start, start + size)
        links = _links(asked, found.total) if self._settings.dialect["links"] == "present" else None
        if quirk == "empty_page" and links is not None:
            links["next"] = links["next"] or links["self"]
        if quirk == "duplicates":
            numbers += numbers[-3:]
        data = self._data(search, asked, numbers)
        body = document(
            b"null" if quirk == "null_data" else data,
            self._meta(asked, found.total),
            links,
        )
        return Answer(
            body,
            rows=0 if quirk == "null_data" else len(numbers),
            object=search.object.name,
            note={
                "context": search.context,
                "archive": search.archive,
                "page": asked.page,
                "page_size": asked.size,
                **search.note,
            },
        )

    def _find(self, search: SearchRequest, now: int) -> _Found:
        index = self._index.object(search.object.code)
        edge = now + int(self._settings.edge_offset * SECOND) - SEARCHABLE
        attribute, descending = self._order(search)
        # Syncs narrow the range of the cursor; all other conditions and sorts are applied record by
        # record within it.
        cursor = search.object.cursor
        timeline = index.timeline(cursor, search.include_deleted, search.klass)
        unit = SECOND if self._settings.dialect["precision"] == "seconds" else 1
        low, high, rest = _range(search, cursor, unit)
        if self._settings.dialect["archive-edge"] == "created":
            rest.append(Condition("created_at", "lt" if search.archive else "gte", edge))
        else:
            low, high = (low, min(high, edge)) if search.archive else (max(low, edge), high)
        start, stop = timeline.place(low), max(timeline.place(low), timeline.place(high))
        if rest or attribute != cursor:
            tester = _Tester(search, rest, index, self._store, unit)
            times = getattr(index, attribute)
            timeline = Timeline(
                (times[number], number)
                for number in timeline.numbers(start, stop)
                if tester.keeps(number)
            )
            start, stop = 0, len(timeline)
        found: _Found = _Span(timeline, start, stop, descending, self._tie_chance())
        if self._settings.dialect["search-sort"] == "ignored":
            numbers = found.page(0, found.total)
            self._chance.shuffle(numbers)
            return _Listed(numbers)
        return found

    def _order(self, search: SearchRequest) -> tuple[Attribute, bool]:
        """The timestamp to sort by, and whether the sort descends; by default newest first."""
        if search.sort is None:
            return "created", True
        return _TIMES.get(search.sort[0], search.object.cursor), search.sort[1]

    def _tie_chance(self) -> random.Random | None:
        return self._chance if self._settings.shuffle_ties else None

    def _data(self, search: SearchRequest, asked: PageAsked, numbers: list[int]) -> bytes:
        code = search.object.code
        bodies = self._index.shown(code, numbers, self._store.bodies(code, numbers))
        if asked.ids_only:
            bodies = [dumps({k: r[k] for k in ("type", "id")}) for r in _loaded(bodies)]
        elif search.fields:
            bodies = [_only(resource, search.fields) for resource in _loaded(bodies)]
        return b"[" + b",".join(bodies) + b"]"

    def _meta(self, asked: PageAsked, total: int) -> dict[str, Any]:
        mode = self._settings.dialect["totals"]
        meta = {
            "page": asked.page,
            "pageSize": asked.size,
            "aggregations": {},
            "timed_out": False,
        }
        if mode == "missing":
            return meta
        if mode in ("capped", "untracked") or (mode == "tracked" and not asked.tracked):
            total = min(total, self._settings.total_cap)
        return {**meta, "total": total, "totalPages": math.ceil(total / asked.size)}

    def _quirk(self, raw: bytes, total: int) -> str | None:
        """The next odd page that this query has not had yet."""
        if not total:
            return None
        for quirk in self._settings.page_quirks:
            if (quirk, raw) not in self._quirks_done:
                self._quirks_done.add((quirk, raw))
                return quirk
        return None


class _Found:
    """What a search found, in order."""

    total = 0

    def page(self, start: int, stop: int) -> list[int]:
        """Record numbers from one place to another."""
        raise NotImplementedError


@dataclass
class _Listed(_Found):
    numbers: list[int]

    def __post_init__(self) -> None:
        self.total = len(self.numbers)

    def page(self, start: int, stop: int) -> list[int]:
        return self.numbers[start:stop]


@dataclass
class _Span(_Found):
    """A stretch of a timeline."""

    timeline: Timeline
    start: int
    stop: int
    descending: bool
    chance: random.Random | None

    def __post_init__(self) -> None:
        self.total = self.stop - self.start

    def page(self, start: int, stop: int) -> list[int]:
        if self.descending:
            low, high = max(self.stop - stop, self.start), self.stop - start
        else:
            low, high = self.start + start, min(self.start + stop, self.stop)
        if low >= high:
            return []
        if self.chance is None:
            numbers = self.timeline.numbers(low, high)
        else:
            numbers = self.timeline.shuffled(low, high, self.chance, self.start, self.stop)
        return numbers[::-1] if self.descending else numbers


class _Tester:
    """Tests single records against the conditions that the range does not cover."""

    def __init__(
        self,
        search: SearchRequest,
        rest: list[Condition],
        index: ObjectIndex,
        store: Store,
        unit: int,
    ) -> None:
        self._unit = unit
        self._search = search
        self._rest = rest
        self._index = index
        self._store = store

    def keeps(self, number: int) -> bool:
        """Whether a record matches the search."""
        search = self._search
        return (
            all(self._holds(condition, number) for condition in self._rest)
            and (not search.any_of or any(self._holds(c, number) for c in search.any_of))
            and not any(self._holds(condition, number) for condition in search.none_of)
        )

    def _holds(self, condition: Condition, number: int) -> bool:
        if condition.attribute not in _TIMES or not isinstance(condition.value, int):
            return condition.holds(self._value(condition.attribute, number))
        wanted = replace(condition, value=condition.value // self._unit)
        return wanted.holds(self._value(condition.attribute, number) // self._unit)

    def _value(self, attribute: str, number: int) -> Any:
        if attribute in _TIMES:
            return getattr(self._index, _TIMES[attribute])[number]
        if attribute == "id":
            return make_id(self._search.object.code, number)
        if attribute == "deleted":
            return bool(self._index.deleted[number])
        return _attribute_value(
            loads(self._store.body(self._search.object.code, number) or b"{}"), attribute
        )


def _range(
    search: SearchRequest, attribute: Attribute, unit: int
) -> tuple[int, int, list[Condition]]:
    """The half-open range that the conditions set on an attribute, and the other conditions.

    `unit` is the precision of the comparison in milliseconds.
    """
    low, high = 0, _FOREVER
    rest: list[Condition] = []
    for condition in search.all_of:
        if _TIMES.get(condition.attribute) != attribute or condition.operator not in _BOUNDS:
            rest.append(condition)
            continue
        more_low, more_high = _BOUNDS[condition.operator]
        value = condition.value // unit * unit
        if more_low is not None:
            low = max(low, value + more_low * unit)
        if more_high is not None:
            high = min(high, value + more_high * unit)
    if search.any_of or search.none_of:
        # Something to test record by record even when no other condition is left.
        rest.append(Condition("id", "exists", True))
    return low, high, rest


# Operator -> the units to add to its value for the lower, and for the exclusive upper end.
_BOUNDS: dict[str, tuple[int | None, int | None]] = {
    "gte": (0, None),
    "gt": (1, None),
    "lt": (None, 0),
    "lte": (None, 1),
    "equals": (0, 1),
}


def _attribute_value(resource: dict[str, Any], attribute: str) -> Any:
    attributes = resource.get("attributes", {})
    if attribute.startswith("custom_"):
        custom = attributes.get("custom") or {}
        return custom.get(attribute.removeprefix("custom_"))
    head, *tail = attribute.split("_")
    camel = head + "".join(part.title() for part in tail)
    if camel.endswith("Id") and camel[:-2] in resource.get("relationships", {}):
        return resource["relationships"][camel[:-2]]["data"]["id"]
    value = attributes.get(camel)
    if attribute.endswith("_at") and isinstance(value, str):
        return to_ms(value)
    return value


def _loaded(bodies: list[bytes]) -> list[dict[str, Any]]:
    return [loads(body) for body in bodies]


def _only(resource: dict[str, Any], names: tuple[str, ...]) -> bytes:
    attributes = resource["attributes"]
    resource["attributes"] = {name: attributes[name] for name in names if name in attributes}
    return dumps(resource)


def _links(asked: PageAsked, total: int) -> dict[str, str | None]:
    # The archive's links point here as well, as the real ones do.
    def link(page: int) -> str:
        return f"/v1/customers/search?page={page}&pageSize={asked.size}"

    last = max(1, math.ceil(total / asked.size))
    return {
        "self": link(asked.page),
        "first": link(1),
        "prev": link(asked.page - 1) if asked.page > 1 else None,
        "next": link(asked.page + 1) if asked.page < last else None,
        "last": link(last),
    }
