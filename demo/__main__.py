"""Run it: `python -m demo [--pyairbyte PATH_TO_PYTHON] [--records N]`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from demo.connector import Connector, ConnectorFailedError, Message, Report, launcher, moment
from demo.tables import table
from kustomer_sandbox import Sandbox
from source_kustomer.streams import STREAMS

OUTPUT: Final = Path("demo-output")
SUGGESTED: Final = tuple(stream.name for stream in STREAMS if stream.suggested)
PLENTY_PER_MINUTE: Final = 100_000
"""Limits that let nothing wait; real ones are 300 to 2,000 requests and 100 searches a minute."""
CHANGES: Final[dict[str, dict[str, Any]]] = {
    "conversations": {"updates": 40, "inserts": 12, "deletes": 3},
    "customers": {"updates": 25, "inserts": 5, "deletes": 1},
    "messages": {"updates": 10, "inserts": 60, "deletes": 2},
}
SAMPLE_COLUMNS: Final = ("id", "updated_at", "name", "status", "preview")
SHORT: Final = 32
FIND_PYAIRBYTE: Final = (
    "import importlib.util, sys; sys.exit(importlib.util.find_spec('airbyte') is None)"
)
WAREHOUSE: Final = Path(__file__).with_name("warehouse.py")
SYNC: Final = Path(__file__).resolve().parent.parent / "examples" / "pyairbyte_sync.py"


def main() -> int:
    """Tell the whole story; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    parser.add_argument("--pyairbyte", metavar="PYTHON", help="a Python that has PyAirbyte")
    parser.add_argument("--records", type=int, default=10_000, help="about how many there are")
    arguments = parser.parse_args()
    begin = time.monotonic()
    shutil.rmtree(OUTPUT, ignore_errors=True)
    OUTPUT.mkdir()
    try:
        with Sandbox(
            arguments.records,
            organization_per_minute=PLENTY_PER_MINUTE,
            searches_per_minute=PLENTY_PER_MINUTE,
        ) as sandbox:
            say(f"A sandbox serves Kustomer's API with about {arguments.records:,} records.")
            config = {"api_key": sandbox.key, "searches_per_minute": PLENTY_PER_MINUTE}
            connector = Connector(sandbox.url, config, OUTPUT)
            as_messages(connector, sandbox)
            if arguments.pyairbyte and has_pyairbyte(arguments.pyairbyte):
                into_duckdb(arguments.pyairbyte, sandbox)
    except ConnectorFailedError as error:
        say(f"The demo ends here: {error}")
        return 1
    say(f"All files lie in {OUTPUT}/. The demo took {time.monotonic() - begin:.0f} seconds.")
    return 0


def say(text: str) -> None:
    """Print a paragraph."""
    print(text, end="\n\n", flush=True)


def as_messages(connector: Connector, sandbox: Sandbox) -> None:
    """Run check, discover, a first and an incremental read."""
    works, text, seconds = connector.check()
    if not works:
        raise ConnectorFailedError(text)
    say(f"check     the key works and may read every stream ({seconds:.1f} s).")
    streams, seconds = connector.discover()
    columns = sum(len(stream["json_schema"]["properties"]) for stream in streams)
    say(f"discover  {len(streams)} streams with {columns:,} columns ({seconds:.1f} s).")
    chosen = [stream for stream in streams if stream["name"] in SUGGESTED]
    first = connector.read(chosen, "first-read.jsonl")
    say(f"read      {told(first)}")
    changed = change(sandbox)
    say(f"change    {changed}")
    second = connector.read(chosen, "second-read.jsonl", first.states)
    say(f"read      {told(second)} Only what changed, and the ten minutes before.")
    print(compare(chosen, first, second), end="\n\n")
    print("Three of the rows that the second read brought:")
    rows = second.streams["conversations"].samples
    cells = [[short(row.get(column)) for column in SAMPLE_COLUMNS] for row in rows]
    print(table(SAMPLE_COLUMNS, cells), end="\n\n")
    say(
        f"The messages of both reads: {first.path} and {second.path}\n"
        f"What the second one continued from: {OUTPUT / 'state.json'}"
    )


def told(report: Report) -> str:
    """Sum up a read in a sentence."""
    return f"{report.rows:,} rows with {report.requests:,} requests in {report.seconds:.1f} s."


def change(sandbox: Sandbox) -> str:
    """Change records in the sandbox, and say what was done."""
    parts = []
    for name, counts in CHANGES.items():
        sandbox.change(name, **counts)
        what = ", ".join(f"{count} {kind}" for kind, count in counts.items())
        parts.append(f"{name}: {what}")
    return "; ".join(parts) + "."


def compare(streams: list[Message], first: Report, second: Report) -> str:
    """Lay both reads side by side, stream by stream."""
    header = ("stream", "rows", "requests", "newest updated_at", "s")
    lines = []
    for stream in streams:
        line: list[object] = [stream["name"]]
        for report in (first, second):
            one = report.streams[stream["name"]]
            line += [one.rows, one.requests, moment(one.newest), one.seconds]
        lines.append(line)
    again = [f"{title} (2nd)" if title in ("rows", "requests") else title for title in header[1:]]
    return table((*header, *again), lines)


def short(value: object) -> str:
    """Cut a value to what fits a terminal."""
    text = "" if value is None else str(value)
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def has_pyairbyte(python: str) -> bool:
    """Return whether a Python has PyAirbyte; print a message if not, since the demo needs it."""
    has = subprocess.run([python, "-c", FIND_PYAIRBYTE], check=False).returncode == 0
    if not has:
        say(
            "PyAirbyte does not run on this version of Python (it needs 3.10 to 3.12), so the part "
            "with DuckDB is left out. PYTHON=python3.12 make clean demo shows it."
        )
    return has


def into_duckdb(python: str, sandbox: Sandbox) -> None:
    """Let PyAirbyte do the same, into a database that can be queried."""
    environment = {**os.environ, "KUSTOMER_API_URL": sandbox.url}
    environment.pop("TO", None)  # the demo's database is DuckDB
    sync = ["--config", OUTPUT / "config.json", "--folder", OUTPUT]
    command = [python, SYNC, *sync, "--connector", launcher(OUTPUT)]
    say(f"PyAirbyte into DuckDB:\n{in_pyairbyte(command, environment)}")
    say(f"change    {change(sandbox)}")
    say(f"PyAirbyte, merged by id:\n{in_pyairbyte(command, environment)}")
    answer = json.loads(in_pyairbyte([python, WAREHOUSE, OUTPUT], environment))
    print("Open conversations per team:")
    print(table(("team", "open"), answer["teams"]), end="\n\n")
    print("Median first response per week:")
    print(table(("week of", "conversations", "minutes"), answer["weeks"]), end="\n\n")
    say(f"The database: {OUTPUT / 'warehouse.duckdb'}\nBoth answers drawn: {answer['chart']}")


def in_pyairbyte(command: Sequence[object], environment: Mapping[str, str]) -> str:
    """Run a program in PyAirbyte's environment; return what it prints."""
    log = OUTPUT / "pyairbyte.log"
    with log.open("a") as errors:
        done = subprocess.run(
            [str(part) for part in command],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            check=False,
        )
    if done.returncode:
        raise ConnectorFailedError(f"a program of PyAirbyte failed; see {log}.")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
