"""Keep the connector's messages, from the standard input: keep.py catalog|prepare|rows FOLDER.

A small destination, in Python's standard library alone. A state is written only when the rows that
it covers are on the disk, and by exchanging the file, so a run that is killed at any point is
continued by the next one without loss. Rows of incremental streams are appended: some come twice,
within the lookback or after a kill, and the newest of each `id` counts. A stream that is read whole
is written to a file of its own, which replaces the earlier one when the stream is complete; after a
kill, the next run continues that file where the connector continues the refresh.

Only the owner can read the files. Symbolic links are not followed, so nobody else who can write to
the folder can redirect rows or states.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote

Message = dict[str, Any]
WRITE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
APPEND = os.O_RDWR | os.O_CREAT | os.O_APPEND


class Folder:
    """A folder that only its owner can enter; no symbolic link in it is followed."""

    def __init__(self, path: str | Path, parent: Folder | None = None) -> None:
        """Open a folder, or make one below its parent."""
        at: int | None = parent._fd if parent is not None else None
        if parent is not None and not parent.has(str(path)):
            os.mkdir(path, 0o700, dir_fd=at)
        self._fd: int = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
        os.fchmod(self._fd, 0o700)

    def open(self, name: str, flags: int) -> TextIO:
        """Open a file; flags are os.O_RDONLY, WRITE or APPEND."""
        fd = os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600, dir_fd=self._fd)
        os.fchmod(fd, 0o600)
        if flags == APPEND:
            cut_partial_row(fd)
        return os.fdopen(fd, "r" if flags == os.O_RDONLY else "w", encoding="utf-8")

    def has(self, name: str) -> bool:
        """Return whether there is an entry of that name."""
        try:
            os.stat(name, dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return True

    def move(self, name: str, to: str) -> None:
        """Put a file in the place of another, in one step."""
        os.replace(name, to, src_dir_fd=self._fd, dst_dir_fd=self._fd)
        os.fsync(self._fd)

    def read_json(self, name: str) -> Any:
        """Return what a file has, None when there is none."""
        if not self.has(name):
            return None
        with self.open(name, os.O_RDONLY) as file:
            return json.load(file)

    def write_json(self, name: str, content: object) -> None:
        """Write a file so that it is never seen, or left, half written."""
        with self.open(f"{name}.new", WRITE) as file:
            json.dump(content, file, indent=2)
            to_disk(file)
        self.move(f"{name}.new", name)


def cut_partial_row(fd: int) -> None:
    """Remove a row that a kill left half written; no state covers it, so it comes again."""
    size = os.fstat(fd).st_size
    while size and os.pread(fd, 1, size - 1) != b"\n":
        size -= 1
    os.ftruncate(fd, size)


def to_disk(file: TextIO) -> None:
    """Return when a file's content is on the disk."""
    file.flush()
    os.fsync(file.fileno())


def printable(text: str) -> str:
    """Escape control characters and bidirectional overrides: the text may come from anybody."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def messages() -> Iterator[Message]:
    """Yield the connector's messages; logs, errors and other text go to the standard error."""
    for line in sys.stdin:
        try:
            message = json.loads(line)
        except ValueError:
            print(printable(line.rstrip("\n")), file=sys.stderr)
            continue
        if message["type"] == "LOG":
            print(message["log"]["level"], printable(message["log"]["message"]), file=sys.stderr)
        elif message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
            print("ERROR", printable(message["trace"]["error"]["message"]), file=sys.stderr)
        yield message


def keep_catalog(folder: Folder) -> None:
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
            folder.write_json("catalog.json", {"streams": streams})


def whole_streams(folder: Folder) -> set[str]:
    """Return the names of the streams that are read whole."""
    catalog = folder.read_json("catalog.json")
    if catalog is None:
        sys.exit("keep.py: there is no catalog.json; see the errors of discover above.")
    streams = catalog["streams"]
    return {one["stream"]["name"] for one in streams if one["sync_mode"] == "full_refresh"}


def read_states(folder: Folder) -> dict[str, Message]:
    """Return the last state of each stream."""
    return {name_of(state): state for state in folder.read_json("state.json") or ()}


def name_of(state: Message) -> str:
    """Return the stream that a state belongs to."""
    return str(state["stream"]["stream_descriptor"]["name"])


def is_unfinished(state: Message | None) -> bool:
    """Return whether the connector would continue a refresh from this state."""
    return bool(state and (state["stream"].get("stream_state") or {}).get("refresh"))


def file_of(stream: str) -> str:
    """Return a file name for a stream, of its own and without a path, for any name."""
    return quote(stream, safe="") + ".jsonl"


def prepare(folder: Folder) -> None:
    """Forget an unfinished refresh whose rows are not here: the connector must not continue it."""
    states = read_states(folder)
    whole, rows = whole_streams(folder), Folder("rows", folder)
    kept = [
        state
        for name, state in states.items()
        if not is_unfinished(state) or (name in whole and rows.has(file_of(name) + ".new"))
    ]
    if len(kept) < len(states):
        folder.write_json("state.json", kept)


class Rows:
    """A file of rows per stream."""

    def __init__(self, folder: Folder, whole: set[str], continued: set[str]) -> None:
        """Write below a folder.

        Args:
            folder: where the folder `rows` is.
            whole: the streams whose file is replaced when they are complete.
            continued: those of them whose unfinished file is continued.
        """
        self._folder = Folder("rows", folder)
        self._whole = whole
        self._continued = continued
        self._open: dict[str, TextIO] = {}

    def add(self, stream: str, row: Message) -> None:
        """Write a row."""
        self._file(stream).write(json.dumps(row) + "\n")

    def flush(self) -> None:
        """Return when all rows are on the disk."""
        for file in self._open.values():
            to_disk(file)

    def complete(self, stream: str) -> None:
        """Put a stream that was read whole in the place of what was read before."""
        self._file(stream)  # which is empty when the stream has no rows any more
        with self._open.pop(stream) as file:
            to_disk(file)
        self._folder.move(file_of(stream) + ".new", file_of(stream))

    def _file(self, stream: str) -> TextIO:
        if stream not in self._open:
            is_whole = stream in self._whole
            flags = WRITE if is_whole and stream not in self._continued else APPEND
            name = file_of(stream) + (".new" if is_whole else "")
            self._open[stream] = self._folder.open(name, flags)
        return self._open[stream]


def keep_rows(folder: Folder) -> None:
    """Write the rows, and keep the last state of each stream."""
    whole, states = whole_streams(folder), read_states(folder)
    continued = {name for name in whole if is_unfinished(states.get(name))}
    rows = Rows(folder, whole, continued)
    for message in messages():
        if message["type"] == "RECORD":
            rows.add(message["record"]["stream"], message["record"]["data"])
        elif message["type"] == "STATE":
            rows.flush()
            state = message["state"]
            states[name_of(state)] = {"type": state["type"], "stream": state["stream"]}
            folder.write_json("state.json", list(states.values()))
        elif message["type"] == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
            status = message["trace"]["stream_status"]
            name = status["stream_descriptor"]["name"]
            if status["status"] == "COMPLETE" and name in whole:
                rows.complete(name)
    rows.flush()


if __name__ == "__main__":
    KINDS = {"catalog": keep_catalog, "prepare": prepare, "rows": keep_rows}
    match sys.argv[1:]:
        case [("catalog" | "prepare" | "rows") as kind, path]:
            try:
                KINDS[kind](Folder(path))
            except OSError as error:
                sys.exit(
                    f"keep.py: {error}. Check that the disk has space, and that {path} and what is "
                    "in it belong to you and are not symbolic links."
                )
        case _:
            sys.exit("usage: keep.py catalog|prepare|rows FOLDER")
