"""Write docs/streams.md from the stream classes: `python -m tools.streams_reference`."""

from __future__ import annotations

from collections.abc import Iterator

from source_kustomer.engine.stream import Stream
from source_kustomer.streams import STREAMS

INTRODUCTION = """# Streams

Written by `make docs` from the stream classes; edit those.

A star marks the streams to start with. *Inferred* are those whose endpoint no documentation of the
vendor's names, though other clients use it: where it does not exist, the stream is skipped with a
line in the log. An object that the key or the plan lacks is skipped in the same way.

**Custom objects.** Besides these there is a stream `kobject_<klass>` for each custom object of the
organization, with the columns of [kobjects](#kobjects) and its own attributes typed. Disabled
custom objects have one on request. A custom object that is deleted after discovery is skipped
with a line in the log; one that is created gets its stream when the schema is refreshed, and its
records are in `kobjects` from the first.

**Custom attributes** are in the column `custom`, typed by Kustomer's metadata, under the names that
the organization gave them. With an option, each also has a column `custom_<name>` of its own.
Attributes that are created after discovery arrive in `custom` all the same. What does not fit its
type is kept in `misfit_values`, and null in its place.

**Names.** Streams of custom objects and columns of custom attributes follow one rule. An attribute
in camelCase becomes snake_case: `orderNumberStr` is in `custom_order_number_str`. A custom object
in lower case keeps its name, with `__` for `-`: `shopify-order` is read as
`kobject_shopify__order`. Any other name, and one of more than 63 bytes, ends in eight digits of its
SHA-256. Names stay distinct where a destination lowers the case, replaces other characters by `_`
and cuts after 63 bytes. They depend on nothing else, so a later attribute or custom object never
renames one. The `title` of a column in the schema is the attribute's name in Kustomer. Streams and
columns that version 0.1.0 named keep their meaning in a configured catalog.

**Joins.** A reference is an object of `type` and `id`, such as `customer` in a message; lists such
as `assigned_users` and `tags` hold ids. The rows of lists below a record carry its id in a column
of its own, such as `conversation_id`.

**Deletions.** Searched objects come with `deleted` and `deleted_at` when they are deleted (there is
an option to leave them out), and users that were deactivated likewise. The other lists leave
deleted records out: compare with a full refresh where that matters. The merge of two customers is
in [customer_merges](#customer_merges).

**Columns.** A configured catalog that lacks a column does not get it; the primary key and the
cursor always come. One without a schema gets everything."""

LEFT_OUT = {
    "Media (`GET /media/{id}`)": "cannot be listed, only fetched by an id found elsewhere",
    "API keys (`GET /auth/tokens`)": "addresses and parts of keys: nothing for a warehouse",
    "Kobjects by klass (`GET /klasses/{name}`)": (
        "the same records as the search brings, without their changes"
    ),
    "Conversation times by conversation": (
        "the same rows as [conversation_times](#conversation_times), at a request each"
    ),
    "Attachments of drafts and of forwards": (
        "lists below lists; a forward names the ids of its files"
    ),
    "Teams of a user": "[teams](#teams) name their members",
    "Customer events (`GET /customers/{id}/events`)": (
        "retired; [customer_events](#customer_events) reads them by session"
    ),
    "Satisfaction responses": (
        "no path is known; the answers are in `satisfaction_level` of "
        "[conversations](#conversations)"
    ),
    "Assistants, workflows, business rules": "no list of them is known",
    "Bulk jobs": "what writers leave behind; cannot be listed",
}
"""Objects of the API that are no streams, and why not."""


def reference() -> str:
    """Return the text of docs/streams.md."""
    streams = sorted((stream() for stream in STREAMS), key=lambda stream: stream.name)
    lines = [
        INTRODUCTION,
        "",
        "| Stream | What it holds | Cursor | Cost |",
        "| --- |" + " --- |" * 3,
    ]
    for stream in streams:
        cursor = f"`{stream.cursor_field}`" if stream.cursor_field else "none"
        summary = " ".join(stream.description.split("\n\n")[0].split())
        marks = " \\*" * stream.suggested + " (inferred)" * stream.inferred
        link = f"[{stream.name}](#{stream.name}){marks}"
        lines.append(f"| {link} | {_cell(summary)} | {cursor} | {stream.cost} |")
    for stream in streams:
        lines += ["", *_section(stream)]
    lines += ["", "## What is left out", "", "| Object | Why |", "| --- | --- |"]
    lines += [f"| {name} | {why} |" for name, why in LEFT_OUT.items()]
    return "\n".join(lines) + "\n"


def _section(stream: Stream) -> Iterator[str]:
    modes = "full refresh, incremental" if stream.is_incremental else "full refresh"
    roles = ", ".join(f"`{role}`" for role in stream.roles)
    yield from (f"## {stream.name}", "", stream.description, "")
    yield f"- Endpoint: `{stream.endpoint}`" + (" (inferred)" if stream.inferred else "")
    yield "- Primary key: `id`"
    yield f"- Cursor: {f'`{stream.cursor_field}`' if stream.cursor_field else 'none'}"
    yield f"- Sync modes: {modes}"
    yield f"- Roles, any one of: {roles or 'none is documented'}"
    yield f"- Cost: {stream.cost}"
    yield from ("", "| Column | Type | Description |", "| --- | --- | --- |")
    types = stream.record.column_types()
    for name, column in stream.schema(None)["properties"].items():
        kind = types.get(name) or ("timestamp" if "format" in column else "text")
        yield f"| `{name}` | {kind.replace('_', ' ')} | {_cell(column['description'])} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
