"""Keep what the connector says, from the standard input: keep.py catalog|rows FOLDER.

A small destination, in Python's standard library alone. A state is written only when the rows that
it covers are on the disk, and by exchanging the file, so a run that dies anywhere is continued by
the next one without loss. Rows of incremental streams are appended: some come twice, within the
lookback or after a death, and the newest of each `id` is the one that holds. Streams that are read
whole replace their file once they are complete.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

Message = dict[str, Any]


def messages() -> Iterator[Message]:
    """Yield the connector's messages; what it logs goes on to the standard error."""
    for line in sys.stdin:
        message = json.loads(line)
        if message["type"] == "LOG":
            print(f"{message['log']['level']}: {message['log']['message']}", file=sys.stderr)
        elif message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
            print(f"ERROR: {message['trace']['error']['message']}", file=sys.stderr)
        yield message


def replace(path: Path, content: object) -> None:
    """Write a file so that it is never seen, or left, half written."""
    new = path.with_suffix(".new")
    with new.open("w") as file:
        json.dump(content, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def keep_catalog(folder: Path) -> None:
    """Configure every discovered stream: incremental where that is supported."""
    for message in messages():
        if message["type"] == "CATALOG":
            streams = []
            for stream in message["catalog"]["streams"]:
                mode = stream["supported_sync_modes"][-1]
                written = "append" if mode == "incremental" else "overwrite"
                streams.append(
                    {"stream": stream, "sync_mode": mode, "destination_sync_mode": written}
                )
            replace(folder / "catalog.json", {"streams": streams})


class Rows:
    """A file of rows per stream."""

    def __init__(self, folder: Path, whole: set[str]) -> None:
        """Write below a folder; the files of the streams in `whole` are replaced."""
        self._folder = folder / "rows"
        self._folder.mkdir(exist_ok=True)
        self._whole = whole
        self._open: dict[str, TextIO] = {}

    def add(self, stream: str, row: Message) -> None:
        """Write a row."""
        if stream not in self._open:
            path = self._path(stream)
            is_whole = stream in self._whole
            self._open[stream] = (path.with_suffix(".new") if is_whole else path).open(
                "w" if is_whole else "a"
            )
        self._open[stream].write(json.dumps(row) + "\n")

    def flush(self) -> None:
        """Have all rows on the disk."""
        for file in self._open.values():
            file.flush()
            os.fsync(file.fileno())

    def complete(self, stream: str) -> None:
        """Put a stream that was read whole in the place of what was read before."""
        if stream in self._whole and stream in self._open:
            self._open.pop(stream).close()
            path = self._path(stream)
            path.with_suffix(".new").replace(path)

    def _path(self, stream: str) -> Path:
        # The name of a custom object is the organization's; that of a file may not be anything.
        return self._folder / (re.sub(r"[^A-Za-z0-9_-]", "_", stream) + ".jsonl")


def keep_rows(folder: Path) -> None:
    """Write the rows, and keep the last state of each stream."""
    catalog = json.loads((folder / "catalog.json").read_text())
    rows = Rows(
        folder,
        {one["stream"]["name"] for one in catalog["streams"] if one["sync_mode"] == "full_refresh"},
    )
    path = folder / "state.json"
    states = (
        {name_of(state): state for state in json.loads(path.read_text())} if path.exists() else {}
    )
    for message in messages():
        if message["type"] == "RECORD":
            rows.add(message["record"]["stream"], message["record"]["data"])
        elif message["type"] == "STATE":
            rows.flush()
            state = message["state"]
            states[name_of(state)] = {"type": state["type"], "stream": state["stream"]}
            replace(path, list(states.values()))
        elif message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            if status["status"] == "COMPLETE":
                rows.complete(status["stream_descriptor"]["name"])


def name_of(state: Message) -> str:
    """Return the stream that a state belongs to."""
    return str(state["stream"]["stream_descriptor"]["name"])


if __name__ == "__main__":
    KINDS = {"catalog": keep_catalog, "rows": keep_rows}
    match sys.argv[1:]:
        case [("catalog" | "rows") as kind, folder]:
            KINDS[kind](Path(folder))
        case _:
            sys.exit("usage: keep.py catalog|rows FOLDER")
