"""Write the table of streams in docs/kustomer.md from the stream declarations.

`python -m tools.streams_table` writes it. With `--check`, it only reports a table that is not
current.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from source_kustomer.engine.stream import Stream
from source_kustomer.streams import STREAMS
from tools.streams_reference import cost

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "kustomer.md"
BEGIN: Final = "<!-- streams: written by make docs -->\n"
END: Final = "<!-- /streams -->\n"
CURRENT_ROLES: Final = "org.permission."


def table() -> str:
    """Return the table: streams with their roles, their cost in requests and their sync modes."""
    rows = ["| Stream | Role | Cost of a sync | Sync modes |", "| --- | --- | --- | --- |"]
    for stream in (declared() for declared in STREAMS):
        name = f"`{stream.name}`" + (" *" if stream.suggested else "")
        modes = "Full Refresh, Incremental" if stream.is_incremental else "Full Refresh"
        rows.append(f"| {name} | {' or '.join(_roles(stream))} | {cost(stream)} | {modes} |")
    return "\n".join(rows) + "\n"


def _roles(stream: Stream) -> Iterator[str]:
    """Yield one role of the current kind, and one of the older kind, where there are any."""
    if not stream.roles:
        yield "none documented"
    for is_current in (True, False):
        kind = [role for role in stream.roles if role.startswith(CURRENT_ROLES) is is_current]
        if kind:
            yield f"`{kind[0]}`"


def with_table(page: str) -> str:
    """Return the page with the current table.

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
