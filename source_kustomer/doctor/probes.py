"""The probes: each observes one assumption in an account, with requests that only read."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from source_kustomer.doctor.account import LIST_PAGE, SEARCH_PAGE, Account, files_of
from source_kustomer.doctor.asker import NotObserved, Reply, Resource
from source_kustomer.kustomer.documents import attribute_of, is_deleted
from source_kustomer.kustomer.paths import segment, segments
from source_kustomer.query_limits import MAX_PAGES, MAX_RECORDS
from source_kustomer.sync.windows import LIVE_SEARCH_AGE
from source_kustomer.timestamps import (
    DAY,
    MILLISECOND,
    MINUTE,
    SECOND,
    format_timestamp,
    parse_timestamp,
)

FEATURE_PATH: Final = "/ai/automations"
FEATURE_ROLES: Final = ("org.permission.assistant.read", "org.user.apps.read")
LARGER_PAGE: Final = 1_000
MANY_IDS: Final = 50
"""As many as the connector puts into one path."""
FEWER_IDS: Final = 21
INDEX_SAMPLES: Final = 4
SECONDS_BETWEEN_SAMPLES: Final = 20.0
TOLERANCE: Final = 5 * SECOND
"""Between the deletion of a record and its `updatedAt`."""

_is_mask: Final = re.compile(r"[*\u2022\u25cf]{3,}").fullmatch
"""Match a text of asterisks, bullets or black circles alone."""

_REFUSED: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_PAST_END: Final[dict[int | None, str]] = {404: "404", 400: "400"}
_NO_ACCESS: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True)
class Seen:
    """What a probe has observed."""

    value: str | None
    """A value of the assumption; None for an answer that no value describes."""
    observed: str
    """What was observed, in words without data of the account."""


Probe = Callable[[Account], Seen]
PROBES: Final[dict[str, Probe]] = {}
"""Assumption -> its probe, in the order in which they run."""


def probe(assumption: str) -> Callable[[Probe], Probe]:
    """Register a function as the probe of an assumption."""

    def register(function: Probe) -> Probe:
        PROBES[assumption] = function
        return function

    return register


def _usable(reply: Reply, what: str) -> Reply:
    if not reply.is_ok:
        raise NotObserved(f"{what}: {_status(reply)}")
    return reply


def _status(reply: Reply) -> str:
    return "no answer" if reply.status is None else f"HTTP {reply.status}"


# Search


@probe("search-sort")
def _search_sort(account: Account) -> Seen:
    orders = {context: account.order(context) for context in account.readable_contexts()}
    shown = {context: order for context, order in orders.items() if order is not None}
    if not shown:
        raise NotObserved("no context has two records of different timestamps")
    unsorted = [context for context, order in shown.items() if order == "unsorted"]
    if len(unsorted) > len(shown) / 2:
        return Seen("ignored", f"not sorted: {', '.join(unsorted)}")
    text = f"{len(shown) - len(unsorted)} of {len(shown)} contexts are sorted by time"
    return Seen("obeyed", text)


@probe("unknown-attribute")
def _unknown_attribute(account: Account) -> Seen:
    where = [("customer_no_such_attribute_of_doctor", "equals", "x")]
    reply = account.asker.search("customer", where=where)
    if reply.status in _REFUSED:
        return Seen("refused", _status(reply))
    _usable(reply, "search of customers")
    return Seen("ignored", "the criterion is ignored")


def _served(account: Account, *contexts: str) -> Seen:
    """Observe whether contexts can be searched by the time of their update."""
    texts = []
    for context in contexts:
        reply = account.in_order(context)
        if reply.status in _REFUSED:
            return Seen("refused", f"{context}: {_status(reply)}")
        _usable(reply, context)
        if account.order(context) == "unsorted":
            if PROBES["search-sort"](account).value == "ignored":
                raise NotObserved("no search is sorted")
            return Seen("refused", f"{context}: the attribute is ignored")
        texts.append(f"{context}: {_status(reply)}")
    return Seen("served", ", ".join(texts))


@probe("company-search")
def _company_search(account: Account) -> Seen:
    return _served(account, "company")


@probe("work-contexts")
def _work_contexts(account: Account) -> Seen:
    return _served(account, "work_session", "work_item")


@probe("klass-contexts")
def _klass_contexts(account: Account) -> Seen:
    klasses = [klass for klass, status in account.klasses() if status == "enabled"]
    if not klasses:
        raise NotObserved("there is no custom object, or the key may not list them")
    if account.asker.search(
        "customer", where=[("customer_no_such_attribute_of_doctor", "equals", "x")]
    ).is_ok:
        raise NotObserved("unknown attributes are ignored")
    context = f"kobject_{klasses[0].name}"
    generic = account.asker.search(context, sort=("kobject_updated_at", "asc"))
    own = account.asker.search(context, sort=(f"{context}_updated_at", "asc"))
    if generic.status in _NO_ACCESS:
        raise NotObserved(f"search of a custom object: {_status(generic)}")
    value = {
        (True, True): "both",
        (True, False): "generic",
        (False, True): "own",
        (False, False): "refused",
    }[generic.is_ok, own.is_ok]
    return Seen(value, f"kobject_*: {_status(generic)}; kobject_<klass>_*: {_status(own)}")


@probe("schema")
def _schema(account: Account) -> Seen:
    reply = account.asker.get("/customers/searches/schema")
    if reply.status == HTTPStatus.NOT_FOUND:
        return Seen("missing", _status(reply))
    names = searchable_attributes(_usable(reply, "the schema of the search"))
    return Seen("served", f"{len(names)} searchable attributes")


def searchable_attributes(reply: Reply) -> list[str]:
    """Return the names of the searchable attributes."""
    fields = attribute_of(reply.rows[0], "fields") if reply.rows else None
    properties = fields.get("properties") if isinstance(fields, dict) else None
    return sorted(properties) if isinstance(properties, dict) else []


def _beyond(account: Account) -> tuple[str, Reply, Reply]:
    """Return the context of the most records, its first page, and a page that ends past its total.

    Raises:
        NotObserved: when no context has a total that such a page can follow.
    """
    for context in account.readable_contexts():
        first = account.in_order(context)
        total = first.total
        if not total or total > MAX_RECORDS - 2 * MAX_PAGES:
            continue
        size = -(-total // (MAX_PAGES - 2))
        attribute = account.searched[context].attribute
        page = -(-total // size) + 1
        reply = account.asker.search(context, sort=(attribute, "asc"), page=page, size=size)
        return context, first, reply
    raise NotObserved("no context has between 1 and 9,800 records")


@probe("totals")
def _totals(account: Account) -> Seen:
    contexts = account.readable_contexts()
    replies = [account.in_order(context) for context in contexts]
    if not any(reply.rows for reply in replies):
        raise NotObserved("there are no records")
    if all(reply.total is None for reply in replies):
        return Seen("missing", "searches have no meta.total")
    largest = contexts[0]
    total = account.in_order(largest).total or 0
    if total > MAX_RECORDS:
        return Seen("exact", f"{largest}: more than 10,000")
    sort = (account.searched[largest].attribute, "asc")
    tracked = account.asker.search(largest, sort=sort, params={"trackTotalHits": "true"})
    if tracked.is_ok and (tracked.total or 0) > total:
        return Seen("tracked", "the total is larger with trackTotalHits=true")
    capped = "capped" if tracked.is_ok else "untracked"
    how = "as well" if tracked.is_ok else f"refused ({tracked.status})"
    if total == MAX_RECORDS:
        return Seen(capped, f"{largest}: 10,000, with trackTotalHits=true {how}")
    context, _, reply = _beyond(account)
    if reply.rows:
        return Seen(capped, f"{context}: a page past the total has records")
    return Seen("exact", f"{context}: a page past the total has no records")


@probe("page-size")
def _page_size(account: Account) -> Seen:
    sizes = granted_page_sizes(account)
    if not sizes:
        raise NotObserved("no search states its page size")
    text = ", ".join(f"{context} {size}" for context, size in sorted(sizes.items()))
    is_documented = set(sizes.values()) == {SEARCH_PAGE}
    return Seen("documented" if is_documented else "by-object", text)


def granted_page_sizes(account: Account) -> dict[str, int]:
    """Return the page size that each context grants of the largest documented one."""
    sizes = {}
    for context in account.readable_contexts():
        with suppress(NotObserved):
            reply = account.of_last_day(context)
            if reply.is_ok and reply.page_size is not None:
                sizes[context] = reply.page_size
    return sizes


@probe("larger-page")
def _larger_page(account: Account) -> Seen:
    since = format_timestamp(account.now - MINUTE)
    where = [("customer_updated_at", "gte", since)]
    reply = account.asker.search("customer", where=where, size=LARGER_PAGE)
    if reply.status in _REFUSED:
        return Seen("refused", _status(reply))
    if reply.status == HTTPStatus.INTERNAL_SERVER_ERROR:
        return Seen("500", _status(reply))
    size = _usable(reply, "search of customers").page_size
    return Seen("clamped" if size != LARGER_PAGE else None, f"pageSize {size} of {LARGER_PAGE}")


@probe("search-cap")
def _search_cap(account: Account) -> Seen:
    sizes = granted_page_sizes(account)
    usable = [c for c in account.readable_contexts() if MAX_RECORDS // sizes.get(c, 1) < MAX_PAGES]
    if not usable:
        raise NotObserved("pages are too small to pass 10,000 records within 100 pages")
    context, size = usable[0], sizes[usable[0]]
    page = MAX_RECORDS // size + 1
    sort = (account.searched[context].attribute, "asc")
    reply = account.asker.search(context, sort=sort, page=page, size=size)
    if reply.rows:
        return Seen("100-pages", f"page {page} of {size} has records")
    if reply.status not in _REFUSED:
        return Seen("100-pages", f"page {page} of {size}: {_status(reply)}")
    if (account.in_order(context).total or 0) < MAX_RECORDS:
        _, _, past = _beyond(account)
        if past.status in _REFUSED:
            raise NotObserved("every page past the end is refused")
    return Seen("10000", f"page {page} of {size}: {_status(reply)}")


def _between(account: Account) -> tuple[str, int, Callable[[int, int], bool]]:
    """Return a context, the timestamp of a record, and whether a span of time has this record."""
    context, row, at = account.sample(account.readable_contexts())
    attribute = account.searched[context].attribute

    def has(start: int, end: int) -> bool:
        where = [
            (attribute, "gte", format_timestamp(start)),
            (attribute, "lt", format_timestamp(end)),
        ]
        reply = account.asker.search(context, where=where, sort=(attribute, "asc"), size=LIST_PAGE)
        return row["id"] in _usable(reply, context).ids

    return context, at, has


@probe("precision")
def _precision(account: Account) -> Seen:
    context, at, has = _between(account)
    second = at - at % SECOND
    if has(at + MILLISECOND, second + SECOND):
        return Seen("seconds", f"{context}: found a millisecond after its timestamp")
    if not has(at, at + 2 * SECOND) and not has(at - 2 * SECOND, at + 2 * SECOND):
        raise NotObserved("the record has changed meanwhile")
    return Seen("milliseconds", f"{context}: not found a millisecond after its timestamp")


@probe("search-bounds")
def _search_bounds(account: Account) -> Seen:
    # Spans of more than a second hold if timestamps are compared by seconds, too.
    context, at, has = _between(account)
    if has(at - 2 * SECOND, at):
        return Seen("both", f"{context}: lt includes its own timestamp")
    if has(at, at + 2 * SECOND):
        return Seen("gte", f"{context}: gte includes its own timestamp, lt does not")
    if not has(at - 2 * SECOND, at + 2 * SECOND):
        raise NotObserved("the record has changed meanwhile")
    return Seen("neither", f"{context}: gte does not include its own timestamp")


@probe("archive-edge")
def _archive_edge(account: Account) -> Seen:
    edge = account.now - LIVE_SEARCH_AGE
    for context in ("customer", "conversation", "message"):
        where = [
            (f"{context}_created_at", "lt", format_timestamp(edge - 2 * DAY)),
            (f"{context}_updated_at", "gte", format_timestamp(edge + 2 * DAY)),
        ]
        live = account.asker.search(context, where=where)
        if live.rows:
            return Seen("updated", f"{context}: the standard search has old, updated records")
        if not live.is_ok:
            continue
        if account.asker.search(context, where=where, archive=True).rows:
            return Seen("created", f"{context}: only the archive has old, updated records")
    raise NotObserved("no record was created more than two years ago and updated since")


@probe("deletes")
def _deletes(account: Account) -> Seen:
    moved = kept = 0
    for context in ("conversation", "customer"):
        for row in account.deleted(context):
            deleted = parse_timestamp(attribute_of(row, "deletedAt"))
            updated = parse_timestamp(attribute_of(row, "updatedAt"))
            if deleted is not None and updated is not None:
                is_moved = updated >= deleted - TOLERANCE
                moved, kept = moved + is_moved, kept + (not is_moved)
    if not moved + kept:
        raise NotObserved("no record with deletedAt was found")
    text = f"{moved} of {moved + kept} deleted records have updatedAt at or after deletedAt"
    return Seen("keep" if kept else "move", text)


@probe("deleted-parents")
def _deleted_parents(account: Account) -> Seen:
    reply = account.page(f"/conversations/{segment(_deleted_conversation(account))}/messages")
    if reply.status == HTTPStatus.NOT_FOUND:
        return Seen("not-found", _status(reply))
    _usable(reply, "messages of a deleted conversation")
    return Seen("served", _status(reply))


@probe("removed-records")
def _removed_records(account: Account) -> Seen:
    reply = account.asker.get(f"/conversations/{segment(_deleted_conversation(account))}")
    if reply.status == HTTPStatus.NOT_FOUND:
        return Seen("not-found", _status(reply))
    _usable(reply, "a deleted conversation")
    return Seen("served", _status(reply))


def _deleted_conversation(account: Account) -> str:
    for row in account.deleted("conversation"):
        if row.get("id"):
            return str(row["id"])
    raise NotObserved("no deleted conversation was found")


@probe("customers-list")
def _customers_list(account: Account) -> Seen:
    _, row, at = account.sample(["customer"])
    params = {
        "filter[updatedAt][gte]": format_timestamp(at),
        "filter[updatedAt][lt]": format_timestamp(at + MILLISECOND),
        "sort": "updatedAt",
    }
    reply = account.page("/customers", params)
    if reply.status in _REFUSED:
        return Seen("refused", _status(reply))
    rows = _usable(reply, "GET /customers").rows
    if any(_updated_at(one) != at for one in rows):
        return Seen("ignored", "records of other times are listed")
    if row["id"] not in reply.ids:
        return Seen("seconds", "a filter of one millisecond finds nothing")
    return Seen("obeyed", "a filter of one millisecond finds its record")


def _updated_at(row: Resource) -> int | None:
    return parse_timestamp(attribute_of(row, "updatedAt"))


@probe("index")
def _index(account: Account) -> Seen:
    listed = account.page("/customers", {"sort": "-updatedAt"}, page_size=1).rows
    newest = _updated_at(listed[0]) if listed else None
    if newest is None or PROBES["customers-list"](account).value not in ("obeyed", "seconds"):
        raise NotObserved("GET /customers does not show the newest customer")
    where = [("customer_updated_at", "gte", format_timestamp(newest))]
    for sample in range(INDEX_SAMPLES + 1):
        if sample:
            account.asker.wait(SECONDS_BETWEEN_SAMPLES)
        if account.asker.search("customer", where=where, again=True).rows:
            seconds = f"{sample * SECONDS_BETWEEN_SAMPLES:g}"
            return Seen("prompt", f"the newest change is found within {seconds} s")
    waited = int(INDEX_SAMPLES * SECONDS_BETWEEN_SAMPLES) * SECOND
    age = max(1, (account.now + waited - newest) // MINUTE)
    return Seen("stalled", f"a change {age:,} minutes ago is not found")


# Lists


def _readable_list(account: Account, *paths: str) -> tuple[str, Reply]:
    for path in paths:
        reply = account.page(path)
        if reply.is_ok and reply.rows:
            return path, reply
    raise NotObserved("none of its lists has records that the key may read")


@probe("links")
def _links(account: Account) -> Seen:
    path, reply = _readable_list(account, "/users", "/teams", "/tags", "/customers")
    links = reply.body.get("links")
    if isinstance(links, dict) and "next" in links:
        return Seen("present", f"GET {path}: links.next")
    return Seen("missing", f"GET {path}: no links.next")


@probe("past-end")
def _past_end(account: Account) -> Seen:
    for path in ("/teams", "/tags", "/users", "/brands"):
        first = account.page(path)
        if not first.is_ok or len(first.rows) >= LIST_PAGE:
            continue
        reply = account.page(path, number=2)
        value = _PAST_END.get(reply.status)
        if value is None and not reply.rows:
            _usable(reply, f"GET {path}")
            value = "empty"
        return Seen(value, f"GET {path}, page 2: {_status(reply)}")
    raise NotObserved("no list has less than a page")


@probe("list-order")
def _list_order(account: Account) -> Seen:
    path, reply = _readable_list(account, "/conversations", "/customers", "/messages")
    ids = reply.ids
    if len(ids) > 1 and ids == sorted(ids):
        return Seen("oldest-first", f"GET {path}: ascending by id")
    if len(ids) > 1 and ids == sorted(ids, reverse=True):
        return Seen("newest-first", f"GET {path}: descending by id")
    for direction, value in (("desc", "newest-first"), ("asc", "oldest-first")):
        if ids == account.page(path, {"sort": direction}).ids:
            return Seen(value, f"GET {path}: as with sort={direction}")
    raise NotObserved(f"GET {path} is in no known order")


@probe("list-cap")
def _list_cap(account: Account) -> Seen:
    page = MAX_RECORDS // LIST_PAGE + 1
    for context, path in (
        ("message", "/messages"),
        ("conversation", "/conversations"),
        ("customer", "/customers"),
    ):
        if (account.in_order(context).total or 0) < MAX_RECORDS + 2 * LIST_PAGE:
            continue
        reply = account.page(path, number=page)
        if reply.rows:
            return Seen("none", f"GET {path}, page {page}: records")
        value = _PAST_END.get(reply.status)
        if value is None:
            _usable(reply, f"GET {path}")
        return Seen(value or "empty", f"GET {path}, page {page}: {_status(reply)}")
    raise NotObserved("no list has more than 10,200 records")


@probe("list-scope")
def _list_scope(account: Account) -> Seen:
    whole: list[str] = []
    narrow: list[str] = []
    for path, params in (
        ("/routing/queues", {"all": "true"}),
        ("/schedules", {"enabled": "false"}),
        ("/users", {"userType": "machine"}),
    ):
        plain, filtered = account.page(path), account.page(path, params)
        if not plain.is_ok or not filtered.rows or len(plain.rows) >= LIST_PAGE:
            continue
        is_whole = set(filtered.ids) <= set(plain.ids)
        (whole if is_whole else narrow).append(f"GET {path}")
    if narrow:
        return Seen("narrow", f"left out without a filter: {', '.join(narrow)}")
    if whole:
        return Seen("all", f"complete without a filter: {', '.join(whole)}")
    raise NotObserved("no list shows a difference")


@probe("deleted-lists")
def _deleted_lists(account: Account) -> Seen:
    for path in ("/tags", "/shortcuts", "/teams"):
        plain = account.page(path)
        if not plain.is_ok:
            continue
        if any(is_deleted(row) for row in plain.rows):
            return Seen("included", f"GET {path} has deleted records")
        reply = account.page(path, {"deleted": "true"})
        if reply.status in _REFUSED:
            return Seen("refused", f"GET {path}?deleted=true: {_status(reply)}")
        if any(is_deleted(row) for row in reply.rows):
            return Seen("served", f"GET {path}?deleted=true has deleted records")
        if reply.rows and reply.ids == plain.ids:
            return Seen("ignored", f"GET {path}?deleted=true has the same records")
    raise NotObserved("no deleted tag, shortcut or team was found")


@probe("include")
def _include(account: Account) -> Seen:
    reply = _usable(account.page("/messages", {"include": "attachments"}), "GET /messages")
    if reply.included:
        return Seen("served", "messages come with their files")
    if any(files_of(message) for message in reply.rows):
        return Seen("ignored", "messages name files, but come without them")
    raise NotObserved("no message of the first page has files")


@probe("inbound-attachments")
def _inbound_attachments(account: Account) -> Seen:
    files: dict[str, str] = {}
    for message in account.messages():
        for file in files_of(message):
            files.setdefault(str(attribute_of(message, "direction")), file)
    if "in" not in files:
        raise NotObserved("no inbound message of the first page has files")
    single = account.asker.get(f"/attachments/{segment(files['in'])}")
    if single.is_ok:
        return Seen("served", _status(single))
    if single.status != HTTPStatus.NOT_FOUND:
        _usable(single, "GET /attachments/{id}")
    if "out" not in files:
        return Seen("not-found", f"one inbound file: {_status(single)}")
    both = account.asker.get(f"/attachments/{segments([files['in'], files['out']])}")
    value = "left-out" if both.is_ok else "not-found"
    return Seen(value, f"one inbound file: {_status(single)}; with another: {_status(both)}")


@probe("from-date")
def _from_date(account: Account) -> Seen:
    for row in [*account.of_last_day("kobject").rows, *account.in_order("kobject").rows]:
        created = parse_timestamp(attribute_of(row, "createdAt"))
        updated = _updated_at(row)
        kind, _, name = str(row.get("type")).partition(".")
        if kind != "kobject" or not name or is_deleted(row) or created is None or updated is None:
            continue
        if updated - created >= MINUTE:
            break
    else:
        raise NotObserved("no record of a custom object was updated after its creation")
    reply = account.page(f"/klasses/{segment(name)}", {"fromDate": format_timestamp(updated)})
    if reply.status in _REFUSED:
        return Seen("refused", _status(reply))
    rows = _usable(reply, "GET /klasses/<name>").rows
    if any((_updated_at(one) or updated) < updated for one in rows):
        return Seen("ignored", "records of earlier times are listed")
    if row["id"] in reply.ids:
        return Seen("updated", "a record that was created before fromDate is listed")
    if len(rows) >= LIST_PAGE:
        raise NotObserved("the list has more than a page")
    return Seen("created", "a record that was updated at fromDate is not listed")


@probe("ids-per-path")
def _ids_per_path(account: Account) -> Seen:
    ids = account.page("/customers").ids[:MANY_IDS]
    if len(ids) < FEWER_IDS:
        raise NotObserved(f"there are fewer than {FEWER_IDS} customers")
    reply = account.asker.get(f"/customers/{segments(ids)}")
    if reply.status in {*_REFUSED, HTTPStatus.REQUEST_URI_TOO_LONG}:
        return Seen("20", f"{len(ids)} ids: {_status(reply)}")
    _usable(reply, "GET /customers/{ids}")
    return Seen("any", f"{len(ids)} ids: {_status(reply)}")


@probe("kb-paths")
def _kb_paths(account: Account) -> Seen:
    newer, older = (account.page(path) for path in ("/v3/kb/tags", "/kb/tags"))
    text = f"/v3: {_status(newer)}; /v1: {_status(older)}"
    if newer.is_ok and older.is_ok:
        return Seen("both", text)
    if newer.is_ok and older.status == HTTPStatus.NOT_FOUND:
        return Seen("v3", text)
    if older.is_ok and newer.status == HTTPStatus.NOT_FOUND:
        return Seen("v1", text)
    raise NotObserved(text)


@probe("audit-order")
def _audit_order(account: Account) -> Seen:
    rows = _usable(account.page("/audit-logs"), "GET /audit-logs").rows
    stamps = [at for row in rows if (at := parse_timestamp(attribute_of(row, "createdAt")))]
    if len(set(stamps)) > 1 and stamps == sorted(stamps):
        return Seen("oldest-first", f"{len(stamps)} entries ascending")
    if len(set(stamps)) > 1 and stamps == sorted(stamps, reverse=True):
        return Seen("newest-first", f"{len(stamps)} entries descending")
    raise NotObserved("the entries show no order")


@probe("audit-bounds")
def _audit_bounds(account: Account) -> Seen:
    rows = _usable(account.page("/audit-logs"), "GET /audit-logs").rows
    at = attribute_of(rows[-1], "createdAt") if rows else None
    if not isinstance(at, str):
        raise NotObserved("the log has no entries")
    params = {"count": LIST_PAGE, "filter[start]": at, "filter[end]": at}
    reply = _usable(account.asker.get("/audit-logs", params), "GET /audit-logs")
    is_inclusive = str(rows[-1].get("id")) in reply.ids
    return Seen("inclusive" if is_inclusive else "exclusive", f"{len(reply.rows)} entries")


@probe("masked-values")
def _masked_values(account: Account) -> Seen:
    # These requests have been sent for other probes.
    rows = list(account.page("/customers").rows)
    for context in account.readable_contexts():
        rows += account.in_order(context).rows
        rows += account.of_last_day(context).rows
    unique = {(str(row.get("type")), str(row.get("id"))): row for row in rows}
    found = Counter(form for row in unique.values() for form in _masks_of(row))
    if not found:
        raise NotObserved(f"no value of {len(unique)} records is recognized as masked")
    text = f"{found['objects']} objects, {found['texts']} texts of mask characters"
    return Seen("texts" if found["texts"] else "objects", f"{text} in {len(unique)} records")


def _masks_of(row: Resource) -> Iterator[str]:
    """Yield the form of each masked value of a record.

    Texts are recognized in customers and in custom attributes only: elsewhere a line of asterisks
    can be what somebody wrote.
    """
    attributes = row.get("attributes")
    left: list[tuple[Any, bool]] = [(attributes, row.get("type") == "customer")]
    while left:
        value, may_be_text = left.pop()
        if isinstance(value, dict):
            if "isMasked" in value and "maskedPresentation" in value:
                if value["isMasked"] is True:
                    yield "objects"
                continue
            left += [(one, may_be_text or name == "custom") for name, one in value.items()]
        elif isinstance(value, list):
            left += [(one, may_be_text) for one in value]
        elif isinstance(value, str) and may_be_text and _is_mask(value):
            yield "texts"


# Access and rate limits


@probe("plan-feature")
def _plan_feature(account: Account) -> Seen:
    reply = account.page(FEATURE_PATH)
    if reply.is_ok:
        return Seen("included", f"GET {FEATURE_PATH}: {_status(reply)}")
    if reply.status not in _NO_ACCESS:
        raise NotObserved(f"GET {FEATURE_PATH}: {_status(reply)}")
    if not account.has_role(*FEATURE_ROLES):
        raise NotObserved(f"GET {FEATURE_PATH}: {_status(reply)}, which may mean a missing role")
    return Seen(str(reply.status), f"GET {FEATURE_PATH}: {_status(reply)}")


@probe("role")
def _role(account: Account) -> Seen:
    # A 401 that passes says nothing about roles.
    missing = {HTTPStatus.FORBIDDEN} if account.asker.faults.passing_401 else _NO_ACCESS
    statuses = [
        reply.status
        for request, reply in account.asker.replies
        if reply.status in missing and reply.is_json and request.path != FEATURE_PATH
    ]
    if not statuses:
        raise NotObserved("the key lacks no role that was needed")
    status = HTTPStatus.FORBIDDEN if HTTPStatus.FORBIDDEN in statuses else HTTPStatus.UNAUTHORIZED
    return Seen(str(int(status)), f"{len(statuses)} answers: HTTP {int(status)}")


@probe("limit-headers")
def _limit_headers(account: Account) -> Seen:
    found: dict[str, set[str]] = {"GET": set(), "POST": set()}
    for request, reply in account.asker.replies:
        if limit := reply.headers.get("x-ratelimit-limit"):
            found[request.method].add(limit)
    if not found["GET"] or not found["POST"]:
        raise NotObserved("no answers have x-ratelimit-limit")
    is_same = found["POST"] <= found["GET"]
    text = "searches show the same limit as lists" if is_same else "searches show another limit"
    return Seen("organization" if is_same else "tightest", text)


@probe("reset")
def _reset(account: Account) -> Seen:
    replies = [reply for _, reply in account.asker.replies if reply.status is not None]
    limited = [reply for reply in replies if "x-ratelimit-limit" in reply.headers]
    if not limited:
        raise NotObserved("no answers have rate-limit headers")
    refused = [one for one in limited if one.status == HTTPStatus.TOO_MANY_REQUESTS]
    ordinary = [one for one in limited if one.status != HTTPStatus.TOO_MANY_REQUESTS]
    if any("x-ratelimit-reset" in one.headers for one in ordinary):
        return Seen("always", "ordinary answers have it")
    if not refused:
        return Seen("on-429", "ordinary answers lack it; none was a 429, see --expensive")
    if any("x-ratelimit-reset" in one.headers for one in refused):
        return Seen("on-429", "only a 429 has it")
    return Seen("never", "a 429 lacks it as well")


@probe("retry-after")
def _retry_after(account: Account) -> Seen:
    refused = [
        reply for _, reply in account.asker.replies if reply.status == HTTPStatus.TOO_MANY_REQUESTS
    ]
    if not refused:
        raise NotObserved("no answer was a 429, see --expensive")
    has = any("retry-after" in reply.headers for reply in refused)
    return Seen("on-429" if has else "never", f"{len(refused)} answers 429")


# What was not usable in any of the answers. These come last.


@probe("unauthorized")
def _unauthorized(account: Account) -> Seen:
    faults = account.asker.faults
    text = f"{faults.passing_401} of {faults.answers} answers"
    return Seen("passing" if faults.passing_401 else "never", text)


@probe("body")
def _body(account: Account) -> Seen:
    faults = account.asker.faults
    if not faults.answers:
        raise NotObserved("there were no answers")
    count = sum(faults.without_data.values())
    text = f"{count} of {faults.answers} answers are without data"
    if not count:
        return Seen("data", text)
    if not faults.with_data:
        return Seen("always-errors", text)
    return Seen(faults.without_data.most_common(1)[0][0], text)


@probe("partial")
def _partial(account: Account) -> Seen:
    faults = account.asker.faults
    if not faults.searches:
        raise NotObserved("no search was answered")
    text = f"{faults.timed_out} of {faults.searches} searches"
    if not faults.timed_out:
        return Seen("never", text)
    return Seen("always" if faults.timed_out == faults.searches else "passing", text)


@probe("empty-page")
def _empty_page(account: Account) -> Seen:
    count = account.asker.faults.empty_pages
    return Seen("passing" if count else "never", f"{count} pages")


@probe("gateway")
def _gateway(account: Account) -> Seen:
    found = account.asker.faults.gateway
    text = f"{sum(found.values())} of {account.asker.faults.answers} answers"
    if not found:
        return Seen("never", text)
    status = str(found.most_common(1)[0][0])
    return Seen(status if status in ("403", "404", "501") else "502", f"{text}: HTTP {status}")
