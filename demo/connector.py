"""The connector as Airbyte runs it: a process that is given files and writes messages."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

MAIN: Final = Path(__file__).resolve().parent.parent / "main.py"
SAMPLE_ROWS: Final = 3
_REQUESTS_BY_STREAM = re.compile(r"By stream: (.*)\.$")
_STREAM_REQUESTS = re.compile(r"([\w-]+) ([\d,]+)")

Message = dict[str, Any]


class ConnectorFailedError(Exception):
    """The connector ended with an error; the text is what it told."""


@dataclass
class StreamReport:
    """What a read did for one stream."""

    rows: int = 0
    requests: int = 0
    newest: str = ""
    seconds: float = 0.0
    samples: list[Mapping[str, Any]] = field(default_factory=list)
    """The last rows that came."""


@dataclass
class Report:
    """What a read did."""

    streams: dict[str, StreamReport]
    states: dict[str, Message]
    """The last state message of each stream."""
    seconds: float
    path: Path
    """The file that holds the messages."""

    @property
    def rows(self) -> int:
        """Rows of all streams."""
        return sum(stream.rows for stream in self.streams.values())

    @property
    def requests(self) -> int:
        """Requests of all streams."""
        return sum(stream.requests for stream in self.streams.values())


class Connector:
    """Runs commands, each as a process of its own.

    Args:
        url: the API's address, `/v1` included.
        config: the configuration, as Airbyte would provide it.
        folder: where the files lie that go in and come out.
    """

    def __init__(self, url: str, config: Mapping[str, Any], folder: Path) -> None:
        self._environment = {**os.environ, "KUSTOMER_API_URL": url}
        self._folder = folder
        self._config = self._write("config.json", config)

    def check(self) -> tuple[bool, str, float]:
        """Return whether the connection works, what the connector says and how long it took."""
        path, seconds = self._run("check", "check.jsonl")
        for message in messages(path):
            if message["type"] == "CONNECTION_STATUS":
                status = message["connectionStatus"]
                return status["status"] == "SUCCEEDED", status.get("message", ""), seconds
        raise ConnectorFailedError("check gave no status")

    def discover(self) -> tuple[list[Message], float]:
        """Return the streams there are, and how long it took to find them."""
        path, seconds = self._run("discover", "discover.jsonl")
        for message in messages(path):
            if message["type"] == "CATALOG":
                return list(message["catalog"]["streams"]), seconds
        raise ConnectorFailedError("discover gave no catalog")

    def read(
        self, streams: Sequence[Message], name: str, states: Mapping[str, Message] | None = None
    ) -> Report:
        """Sync streams incrementally.

        Args:
            streams: as discovered.
            name: of the file that takes the messages.
            states: the last state messages, to continue from them.
        """
        configured = [
            {
                "stream": stream,
                "sync_mode": "incremental",
                "destination_sync_mode": "append_dedup",
                "cursor_field": stream["default_cursor_field"],
                "primary_key": stream["source_defined_primary_key"],
            }
            for stream in streams
        ]
        arguments = ["--catalog", self._write("catalog.json", {"streams": configured})]
        if states is not None:
            arguments += ["--state", self._write("state.json", list(states.values()))]
        path, seconds = self._run("read", name, *arguments)
        return report(path, [stream["name"] for stream in streams], seconds)

    def _write(self, name: str, content: object) -> str:
        path = self._folder / name
        path.write_text(json.dumps(content, indent=2) + "\n")
        return str(path)

    def _run(self, command: str, name: str, *arguments: str) -> tuple[Path, float]:
        path = self._folder / name
        begin = time.monotonic()
        with path.open("wb") as output:
            done = subprocess.run(
                [sys.executable, MAIN, command, "--config", self._config, *arguments],
                env=self._environment,
                stdout=output,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
        seconds = time.monotonic() - begin
        if done.returncode:
            told = [
                message["trace"]["error"]["message"]
                for message in messages(path)
                if message["type"] == "TRACE" and message["trace"]["type"] == "ERROR"
            ]
            raise ConnectorFailedError(f"{command} failed: {told[-1] if told else done.stderr}")
        return path, seconds


def launcher(folder: Path) -> Path:
    """Write a script that starts the connector, for programs that want an executable.

    It is what the console script `source-kustomer` is, without the need to install the package.
    """
    script = folder / "source-kustomer"
    script.write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(MAIN))} "$@"\n'
    )
    script.chmod(0o755)
    return script.resolve()


def messages(path: Path) -> list[Message]:
    """Read the messages that a command wrote."""
    with path.open() as lines:
        return [json.loads(line) for line in lines]


def report(path: Path, names: Sequence[str], seconds: float) -> Report:
    """Sum up the messages of a read.

    Args:
        path: the file that holds them.
        names: of the streams that were read.
        seconds: how long the process ran.
    """
    streams = {name: StreamReport() for name in names}
    states: dict[str, Message] = {}
    statuses: dict[str, list[float]] = defaultdict(list)
    requests: Counter[str] = Counter()
    for message in messages(path):
        kind = message["type"]
        if kind == "RECORD":
            stream, row = streams[message["record"]["stream"]], message["record"]["data"]
            stream.rows += 1
            stream.newest = max(stream.newest, row.get("updated_at") or "")
            stream.samples = [row, *stream.samples[: SAMPLE_ROWS - 1]]
        elif kind == "STATE":
            state = message["state"]
            states[state["stream"]["stream_descriptor"]["name"]] = state
        elif kind == "TRACE" and message["trace"]["type"] == "STREAM_STATUS":
            name = message["trace"]["stream_status"]["stream_descriptor"]["name"]
            statuses[name].append(message["trace"]["emitted_at"])
        elif kind == "LOG" and (found := _REQUESTS_BY_STREAM.search(message["log"]["message"])):
            for name, count in _STREAM_REQUESTS.findall(found[1]):
                requests[name] += int(count.replace(",", ""))
    for name, stream in streams.items():
        stream.requests = requests[name]
        stream.seconds = (max(statuses[name]) - min(statuses[name])) / 1000
    return Report(streams, states, seconds, path)


def moment(text: str) -> str:
    """Shorten a time stamp to what a person compares."""
    if not text:
        return "-"
    return f"{datetime.fromisoformat(text.replace('Z', '+00:00')):%Y-%m-%d %H:%M:%S}"
