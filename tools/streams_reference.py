"""Write docs/streams.md from the stream classes: `python -m tools.streams_reference`."""

from __future__ import annotations

from collections.abc import Iterator

from source_kustomer.families.stream import Stream
from source_kustomer.streams import STREAMS

INTRODUCTION = """# Streams

Written by `make docs` from the stream classes; edit those.

Besides these there is a stream `kobject_<klass>` for each custom object of the organization."""


def reference() -> str:
    """Return the text of docs/streams.md."""
    streams = sorted((stream() for stream in STREAMS), key=lambda stream: stream.name)
    lines = [INTRODUCTION, "", "| Stream | What it holds | Cursor |", "| --- | --- | --- |"]
    for stream in streams:
        cursor = f"`{stream.cursor_field}`" if stream.cursor_field else "none"
        summary = " ".join(stream.description.split("\n\n")[0].split())
        lines.append(f"| [{stream.name}](#{stream.name}) | {_cell(summary)} | {cursor} |")
    for stream in streams:
        lines += ["", *_section(stream)]
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
    for name, description in stream.record.descriptions().items():
        yield f"| `{name}` | {types[name].replace('_', ' ')} | {_cell(description)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


if __name__ == "__main__":
    print(reference(), end="")
