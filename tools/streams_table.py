"""Write the table of streams in docs/kustomer.md from the stream classes.

`python -m tools.streams_table` writes it, with `--check` it only tells whether it is current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from source_kustomer.engine.stream import Stream
from source_kustomer.streams import STREAMS

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "kustomer.md"
BEGIN: Final = "<!-- streams: written by make docs -->\n"
END: Final = "<!-- /streams -->\n"
CURRENT_ROLES: Final = "org.permission."


def table() -> str:
    """Return the table: every stream, the roles that open it, what it costs, how it syncs."""
    rows = ["| Stream | Role | Cost of a sync | Sync modes |", "| --- | --- | --- | --- |"]
    for stream in (declared() for declared in STREAMS):
        name = f"`{stream.name}`" + (" *" if stream.suggested else "")
        modes = "Full Refresh, Incremental" if stream.is_incremental else "Full Refresh"
        rows.append(f"| {name} | {' or '.join(_roles(stream))} | {stream.cost} | {modes} |")
    return "\n".join(rows) + "\n"


def _roles(stream: Stream) -> Iterator[str]:
    """Yield a role of today's permission sets and one of the older kind, where there is one."""
    if not stream.roles:
        yield "none documented"
    for is_current in (True, False):
        kind = [role for role in stream.roles if role.startswith(CURRENT_ROLES) is is_current]
        if kind:
            yield f"`{kind[0]}`"


def with_table(page: str) -> str:
    """Return the page with the table as it is now.

    Raises:
        ValueError: when the page has no place for it.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"docs/kustomer.md lacks the line {BEGIN if not begin else END}")
    return f"{before}{begin}\n{table()}\n{end}{after}"


if __name__ == "__main__":
    text = PAGE.read_text()
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(with_table(text))
    elif text != with_table(text):
        sys.exit("The table of streams in docs/kustomer.md is not current: run `make docs`.")
