"""Write docs/streams.md from the stream declarations: `python -m tools.streams_reference`."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from source_kustomer.engine.attachments import AttachmentsByMessage
from source_kustomer.engine.audit_log import AuditStream
from source_kustomer.engine.batches import BatchStream, NamedStream
from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.endpoints import IDS_PER_REQUEST, Endpoint
from source_kustomer.engine.nested import NestedListStream
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.search_or_list import SearchOrListStream
from source_kustomer.engine.stream import Stream
from source_kustomer.rows.options import RowOptions
from source_kustomer.streams import STREAMS
from source_kustomer.streams.knowledge_base import (
    KbArticles,
    KbArticleVersions,
    KbCategories,
    KbKnowledgeBases,
)
from source_kustomer.streams.kobjects import RESOURCES, CustomAttributes
from source_kustomer.streams.routing import QueueMetrics, Queues
from source_kustomer.streams.settings import IncludedStream
from source_kustomer.streams.timeline import CustomerEvents

INTRODUCTION = """# Streams

Written by `make docs` from the stream declarations. Edit those, not this page.

A star marks the streams to start with. For *inferred* streams, the vendor's documentation does
not name the endpoint, but other clients use it. Where an endpoint does not exist, or the key or
the plan does not include an object, the stream is skipped with a message in the log.

**Custom objects.** For each custom object of the organization there is also a stream
`kobject_<klass>`, with the columns of [kobjects](#kobjects) and typed custom attributes. Disabled
custom objects get a stream on request. A custom object that is deleted after discovery is skipped
with a message in the log. One that is created gets its stream when the schema is refreshed; its
records are in `kobjects` from the start.

**Custom attributes** are in the column `custom`, typed by Kustomer's metadata, under the names
that the organization gave them. An option adds a column `custom_<name>` for each. Attributes that
are created after discovery are in `custom` as well. A value that does not fit its type is kept in
`misfit_values`, and its column is null.

**Names.** Streams of custom objects and columns of custom attributes follow one rule. An
attribute in camelCase becomes snake_case: `orderNumberStr` is in `custom_order_number_str`. A
custom object in lower case keeps its name, with `__` for `-`: `shopify-order` is read as
`kobject_shopify__order`. Any other name, and one of more than 53 bytes, ends in eight digits of
its SHA-256. Names stay distinct where a destination lowers the case, replaces other characters by
`_` and cuts after 63 bytes. They depend on nothing else, so a later attribute or custom object
never renames one. The `title` of a column in the schema is the attribute's name in Kustomer.
Streams and columns that version 0.1.0 named keep their meaning in a configured catalog.

**Types.** `text`, `integer`, `number`, `boolean` and `timestamp` are single values; `texts` is a
list of text. An `object` and the items of `objects` have the keys that are listed, in snake_case.
The keys of an `any object` and the items of `values` are not documented by Kustomer. The keys of
a `user object` are those that users or other systems define, and stay as they are. Attributes and
keys that are not declared stay in the row, and are in `misfit_values` as well.

**Joins.** A reference is an object of `type` and `id`, such as `customer` in a message. Lists
such as `assigned_users` and `tags` hold ids. Rows of child lists have the id of their parent in a
column of its own, such as `conversation_id`.

**Deletions.** A deleted record is emitted once more, with `deleted` and `deleted_at` (an option
leaves deleted records out). The search returns deleted records, and a few lists do on request.
The other lists omit them: there, each incremental sync compares the ids with those of the last
one, and confirms that a missing record was deleted. Such a row has only `id`, `deleted`,
`deleted_at` and the cursor. Each stream below says how its deletions are found;
[reliability.md](reliability.md#deletions) has the limits. Merges of customers are in
[customer_merges](#customer_merges).

**Free text.** With the option *Leave Out Free Text*, columns and keys that are marked as free text
are not in the schema and not in the rows. In the streams that have any, or have custom attributes,
so are `misfit_values`, attributes and keys without a column, and custom attributes of several lines
(their names end in `Txt`). What remains can still be personal data: names, addresses, names of
files, other custom attributes.

**Columns.** A column that is not in the configured catalog is not emitted, except the primary key
and the cursor. A configured stream without a schema gets all columns."""

REFERENCE: Final = ["type", "id"]
"""The keys of a reference."""

INFERRED: Final = frozenset({"sla_versions", "slas", "tags"})
"""Streams whose endpoint the vendor's documentation does not name."""

COSTS: Final[Mapping[type[Stream], str]] = {
    CustomAttributes: f"{len(RESOURCES)} requests, and 1 per custom object, every sync",
    CustomerEvents: "1 request per changed record of customers, and 1 per session",
    KbArticleVersions: "1 request per changed article and language, and 1 per 100 articles",
    KbKnowledgeBases: "1 request per 100 articles and per knowledge base, every sync",
    QueueMetrics: f"1 request per {IDS_PER_REQUEST} queues, and 1 per 100 of them, every sync",
}
"""Requests of a sync, for streams whose declaration does not show them."""

LEFT_OUT: Final[Mapping[str, str]] = {
    "Media (`GET /media/{id}`)": "cannot be listed, only read by an id found elsewhere",
    "API keys (`GET /auth/tokens`)": "IP addresses and parts of keys: not useful for analysis",
    "Kobjects by klass (`GET /klasses/{name}`)": (
        "the same records as the search returns, but without a way to read changes"
    ),
    "Conversation times by conversation": (
        "the same rows as [conversation_times](#conversation_times), at one request each"
    ),
    "Attachments of drafts and of forwards": (
        "lists of a list's records; a forward has the ids of its files"
    ),
    "Teams of a user": "the column `members` of [teams](#teams)",
    "Customer events (`GET /customers/{id}/events`)": (
        "retired; [customer_events](#customer_events) reads them by session"
    ),
    "Assistants, business rules": "no endpoint is documented",
    "Bulk jobs": "created by write requests, and not listed",
    "Workflow variables (`GET /workflows/{id}/variables`)": (
        "Kustomer masks their values; one request per workflow for their names"
    ),
    "Available apps (`GET /apps/available`)": "the catalogue of apps, not the organization's data",
    "Hook transactions": "kept for 24 hours, and only while a hook is in debug mode",
    "Attachments of notes": "no endpoint is documented",
    "Contents of files (Airbyte's file transfer)": (
        "the file transfer of Airbyte's CDK takes the signed link from the row, keeps a file in "
        "memory, and has no size limit"
    ),
    "Domains, theme revisions and theme files of the knowledge base": (
        "no columns are documented, or source code"
    ),
    "Criteria of queue rules (`GET /routing/queue-rules-criteria`)": (
        "the attributes that rules can test, which change with Kustomer's releases only"
    ),
    "Settings of users and notification settings": "preferences in the user interface",
}
"""Objects of the API that are not streams, and the reason."""


def reference(declarations: Iterable[type[Stream]] = STREAMS) -> str:
    """Return the text of docs/streams.md."""
    streams = sorted((stream() for stream in declarations), key=lambda stream: stream.name)
    lines = [
        INTRODUCTION,
        "",
        "| Stream | What it holds | Cursor | Cost |",
        "| --- |" + " --- |" * 3,
    ]
    for stream in streams:
        summary = " ".join(description(stream).split("\n\n")[0].split())
        marks = " \\*" * stream.suggested + " (inferred)" * (stream.name in INFERRED)
        link = f"[{stream.name}](#{stream.name}){marks}"
        lines.append(f"| {link} | {_cell(summary)} | {_cursor(stream)} | {cost(stream)} |")
    for stream in streams:
        lines += ["", *_section(stream)]
    lines += ["", "## What is left out", "", "| Object | Why |", "| --- | --- |"]
    lines += [f"| {name} | {why} |" for name, why in LEFT_OUT.items()]
    return "\n".join(lines) + "\n"


def _section(stream: Stream) -> Iterator[str]:
    modes = "full refresh, incremental" if stream.is_incremental else "full refresh"
    roles = ", ".join(f"`{role}`" for role in stream.roles)
    yield from (f"## {stream.name}", "", description(stream), "")
    yield f"- Endpoint: `{endpoint(stream)}`" + " (inferred)" * (stream.name in INFERRED)
    yield "- Primary key: `id`"
    yield f"- Cursor: {_cursor(stream)}"
    yield f"- Sync modes: {modes}"
    yield f"- Roles, any one of: {roles or 'none is documented'}"
    yield f"- Cost: {cost(stream)}"
    yield f"- Deletions: {deletions(stream)}"
    yield from ("", "| Column | Type | Description |", "| --- | --- | --- |")
    types = stream.row.column_types()
    rest = stream.schema(None, RowOptions(has_free_text=False))
    for name, column in stream.schema(None)["properties"].items():
        kind = types.get(name) or ("timestamp" if "format" in column else "text")
        text = f"{column['description']}{_keys(column)}{_free_text(name, column, rest)}"
        yield f"| `{name}` | {kind.replace('_', ' ')} | {_cell(text)} |"


def _keys(column: Mapping[str, Any]) -> str:
    """Return the declared keys of an object, or of the objects in a list; none of a reference."""
    keys = list(column.get("items", column).get("properties", {}))
    return f" Keys: {', '.join(f'`{key}`' for key in keys)}." if keys and keys != REFERENCE else ""


def _free_text(name: str, column: Mapping[str, Any], rest: Mapping[str, Any]) -> str:
    """Return what of a column is left out with free text.

    Args:
        name: the column.
        column: its schema.
        rest: the schema of the stream without free text.
    """
    if name not in rest["properties"]:
        return " **Free text.**"
    keys = list(_missing_keys(column, rest["properties"][name]))
    return f" **Free text**: {', '.join(f'`{key}`' for key in keys)}." if keys else ""


def _missing_keys(schema: Mapping[str, Any], rest: Mapping[str, Any]) -> Iterator[str]:
    members = schema.get("items", schema).get("properties", {})
    others = rest.get("items", rest).get("properties", {})
    for key, member in members.items():
        if key not in others:
            yield key
        else:
            yield from (f"{key}.{below}" for below in _missing_keys(member, others[key]))


def description(stream: Stream) -> str:
    """Return the description of a stream: its docstring."""
    return inspect.cleandoc(type(stream).__doc__ or "")


def endpoint(stream: Stream) -> str:
    """Return the methods and paths that a stream is read from."""
    lists = ", ".join(_request(one) for one in stream.endpoints)
    if isinstance(stream, SearchOrListStream):
        return f"{_search(stream)}; if it is refused, {lists}"
    if isinstance(stream, SearchStream):
        old = "".join(f"; older than two years: {_request(one)}" for one in stream.endpoints)
        also = stream.sorted_list
        also_read = "" if also is None else f"; in large loads also {_request(also)}"
        return _search(stream) + old + also_read
    if isinstance(stream, AttachmentsByMessage):
        return f"{_request(stream.first_load)} in the first sync, then {lists}"
    if isinstance(stream, AuditStream):
        return f"{lists} (filter[start], filter[end], before)"
    if isinstance(stream, CustomerEvents):
        return f"{lists}, then {_request(stream.session_events)}"
    if isinstance(stream, NestedListStream):
        return f"{_request(stream.parents)}, then {lists}"
    if isinstance(stream, KbKnowledgeBases):
        named_in = (*KbArticles.endpoints, *KbCategories.endpoints)
        return f"{', '.join(_request(one) for one in named_in)}, then {lists}"
    if isinstance(stream, QueueMetrics):
        return f"{_request(Queues.endpoints[0])}, then {lists}"
    if isinstance(stream, BatchStream):
        return f"{lists}?{stream.ids_parameter}={{ids}}"
    if isinstance(stream, IncludedStream):
        return f"{lists}; if it includes none, {_request(stream.single)}"
    return lists


def cost(stream: Stream) -> str:
    """Return the number of requests that a sync of a stream needs."""
    if type(stream) in COSTS:
        return COSTS[type(stream)]
    if isinstance(stream, NestedListStream):
        return "1 request per record of the first list, every sync"
    if isinstance(stream, IncludedStream):
        return "1 request per 100 records of the list, or 1 per record, every sync"
    if isinstance(stream, BatchStream):
        return f"1 request per {IDS_PER_REQUEST} changed records of {stream.parent.name}"
    if isinstance(stream, NamedStream):
        return f"1 request per record that changed {stream.parent.name} name"
    if isinstance(stream, AttachmentsByMessage):
        size = stream.first_load.page_size
        return f"1 request per {size} messages at first, then 1 per {IDS_PER_REQUEST} new files"
    if isinstance(stream, ChildStream):
        return f"1 request per changed record of {stream.parent.name}"
    if isinstance(stream, AuditStream):
        return f"1 request per {stream.endpoints[0].page_size} new entries, at least 1"
    if isinstance(stream, SearchOrListStream):
        return (
            "1 search, and 1 per 500 changed records; if the search is refused, "
            f"{_cost_of_lists(stream)}"
        )
    if isinstance(stream, SearchStream):
        return "1 search per 500 changed records, at least 1"
    return _cost_of_lists(stream)


def deletions(stream: Stream) -> str:
    """Return how the deletions of a stream are found."""
    if isinstance(stream, SearchOrListStream):
        return f"the search returns them; if it is refused, {_comparison(stream)}"
    if isinstance(stream, SearchStream) and "deleted" in stream.row.model_fields:
        log = "" if stream.audited_as is None else "; else the audit log, if the key may read it"
        return f"the search returns them{log}"
    if not stream.is_incremental:
        return "a full refresh omits them"
    requests = [_request(one) for one in stream.endpoints if one.with_deleted]
    if requests:
        return f"{', '.join(requests)}; else {_comparison(stream)}"
    return _comparison(stream) if stream.detects_removals else "not found"


def _comparison(stream: Stream) -> str:
    confirmed = "a second read" if stream.record is None else _request(stream.record)
    return f"comparison with the last sync, confirmed by {confirmed}"


def _cost_of_lists(stream: Stream) -> str:
    size = stream.endpoints[0].page_size
    if size is None:
        return "1 request, every sync"
    lists = "" if len(stream.endpoints) == 1 else f", {len(stream.endpoints)} lists"
    return f"1 request per {size} records{lists}, every sync"


def _request(one: Endpoint) -> str:
    params = "&".join(f"{name}={value}" for name, value in one.params.items())
    older = "" if one.older_path is None else f"; if that does not exist, GET {one.older_path}"
    return f"GET {one.path}{'?' if params else ''}{params}{older}"


def _search(stream: SearchStream) -> str:
    return f"POST /customers/search (queryContext {stream.query_context})"


def _cursor(stream: Stream) -> str:
    return f"`{stream.cursor_field}`" if stream.cursor_field else "none"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
