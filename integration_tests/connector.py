"""The connector as a process, and what it wrote, for the tests."""

from __future__ import annotations

import copy
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property, partial
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any, TextIO
from unittest.mock import patch

from source_kustomer.airbyte.entrypoint import run
from source_kustomer.airbyte.source import API_URL_VARIABLE, SourceKustomer
from source_kustomer.kustomer.client import Client
from source_kustomer.streams import STREAMS
from source_kustomer.timestamps import DAY, format_timestamp, parse_timestamp

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 240
UNLIMITED: dict[str, Any] = {"organization_per_minute": 1_000_000, "searches_per_minute": 1_000_000}
"""Settings of a sandbox whose rate limits no test reaches."""
ALL_SEARCHES: dict[str, Any] = {"searches_per_minute": 100_000}
"""The configuration that goes with it. Otherwise searches wait for the documented limit."""
LIKELY_ALONE = 8
"""A shorter key may be part of a text by chance."""
Message = dict[str, Any]

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["pytest", run.__module__])
"""Each run is a process of its own, forked from one that has imported the CDK: an import takes
longer than most runs."""

PROTOCOL = frozenset(
    {"RECORD", "STATE", "LOG", "TRACE", "SPEC", "CATALOG", "CONNECTION_STATUS", "CONTROL"}
)
"""The kinds of messages there are."""


@dataclass(frozen=True)
class Output:
    """What a process wrote, and how it ended."""

    code: int
    stdout: str
    stderr: str

    @cached_property
    def messages(self) -> list[Message]:
        """The messages; fails when a line of stdout is none."""
        messages = [json.loads(line) for line in self.stdout.splitlines()]
        assert all(isinstance(one, dict) and one.get("type") in PROTOCOL for one in messages)
        return messages

    @property
    def warnings(self) -> list[str]:
        """The texts of the warnings in the log."""
        return [log["message"] for log in self.of("LOG") if log["level"] == "WARN"]

    def of(self, kind: str) -> list[Any]:
        """The bodies of the messages of one kind, such as RECORD."""
        bodies = {"CONNECTION_STATUS": "connectionStatus"}
        return [m[bodies.get(kind, kind.lower())] for m in self.messages if m["type"] == kind]

    @property
    def errors(self) -> list[Message]:
        """The errors of the trace messages."""
        return [trace["error"] for trace in self.of("TRACE") if trace["type"] == "ERROR"]

    @property
    def streams(self) -> list[Message]:
        """The streams of the one catalog."""
        (catalog,) = self.of("CATALOG")
        return list(catalog["streams"])

    def rows(self, stream: str) -> list[Message]:
        """The rows of a stream."""
        return [record["data"] for record in self.of("RECORD") if record["stream"] == stream]

    @property
    def last_states(self) -> list[Message]:
        """The last state of every stream."""
        states = {state["stream"]["stream_descriptor"]["name"]: state for state in self.of("STATE")}
        return list(states.values())


def of_the_day_before(states: Sequence[Message]) -> list[Message]:
    """Date the states of streams with lists that are read once a day to the day before."""
    daily = {one.name for one in STREAMS if any(endpoint.daily for endpoint in one.endpoints)}
    dated = copy.deepcopy(list(states))
    for state in dated:
        if state["stream"]["stream_descriptor"]["name"] in daily:
            blob = state["stream"]["stream_state"]
            blob["updated_at"] = format_timestamp((parse_timestamp(blob["updated_at"]) or 0) - DAY)
    return dated


def _run_in_process(
    main: Callable[[], None],
    arguments: Sequence[str],
    environment: Mapping[str, str],
    stdout: Path | Connection,
    stderr: Path,
) -> None:
    """Run a program as if it were started with these arguments, this environment and output."""
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    for number, target in ((1, stdout), (2, stderr)):
        if isinstance(target, Path):
            os.dup2(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
        else:
            os.dup2(target.fileno(), number)
            target.close()
    sys.argv = ["main.py", *arguments]
    main()


@dataclass(frozen=True)
class Process:
    """The connector's process while it runs; use it in a `with` statement, which ends it."""

    process: ForkServerProcess
    stdout: TextIO
    errors: Path
    """Where it writes its stderr."""

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.join()
        self.stdout.close()

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        assert self.process.pid is not None
        os.kill(self.process.pid, number)

    def wait(self, seconds: float) -> int:
        """Wait for its end; return the exit code, or the negative number of a signal."""
        self.process.join(seconds)
        if self.process.exitcode is None:
            raise TimeoutError(f"it still runs after {seconds} seconds")
        return self.process.exitcode


def run_patched(values: Mapping[str, object]) -> None:
    """Run the connector with other values for names that users cannot configure."""
    with ExitStack() as patches:
        for name, value in values.items():
            patches.enter_context(patch(name, value))
        run()


def with_deadline(seconds: float) -> Callable[[], None]:
    """A program: the connector, which repeats no request for longer than these seconds."""
    return partial(
        run_patched,
        {
            f"{SourceKustomer.__module__}.CHECK_RETRY_SECONDS": seconds,
            f"{SourceKustomer.__module__}.Client": partial(Client, retry_seconds=seconds),
        },
    )


class Connector:
    """Runs the connector with files in a folder of its own."""

    def __init__(
        self,
        folder: Path,
        url: str | None,
        config: Mapping[str, Any] | None,
        *,
        main: Callable[[], None] | None = run,
        seconds: float = SECONDS,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare runs.

        Args:
            folder: where the files go.
            url: the API's address; None leaves it to the configuration.
            config: the configuration. Unless it states a limit of searches, none is reached.
            main: the program, a function that can be pickled; None: `main.py` in a new Python,
                where a `sitecustomize.py` in PYTHONPATH can change what is imported.
            seconds: how long a run may take.
            environment: further environment variables.
        """
        self.folder = folder
        self._main = main
        self._seconds = seconds
        self._key = str((config or {}).get("api_key", ""))
        self._environment = {**os.environ, "AIRBYTE_ENABLE_UNSAFE_CODE": ""}
        self._environment.pop(API_URL_VARIABLE, None)  # another test's
        self._environment.update(environment or {})
        if url is not None:
            self._environment[API_URL_VARIABLE] = url
        self.config = (
            None if config is None else self.write("config.json", ALL_SEARCHES | dict(config))
        )

    def write(self, name: str, content: object) -> str:
        """Write a file; text as it is, anything else as JSON. Return its path."""
        path = self.folder / name
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return str(path)

    def run(self, *arguments: str) -> Output:
        """Run it with these arguments, and check that nothing it writes contains the key."""
        code, stdout, stderr = (self._fork if self._main else self._start_python)(arguments)
        if len(self._key) >= LIKELY_ALONE:
            assert self._key not in stdout, "the key stands on stdout"
            assert self._key not in stderr, "the key stands on stderr"
        return Output(code, stdout, stderr)

    def _fork(self, arguments: Sequence[str]) -> tuple[int, str, str]:
        with tempfile.TemporaryDirectory() as folder:
            output = (Path(folder, "stdout"), Path(folder, "stderr"))
            process = self._process(arguments, *output)
            process.start()
            process.join(self._seconds)
            if process.exitcode is None:
                process.kill()
                raise TimeoutError(f"{arguments} took more than {self._seconds} seconds")
            stdout, stderr = (path.read_text() for path in output)
            return process.exitcode, stdout, stderr

    def _process(
        self, arguments: Sequence[str], stdout: Path | Connection, stderr: Path
    ) -> ForkServerProcess:
        given = (self._main, arguments, self._environment, stdout, stderr)
        return _PROCESSES.Process(target=_run_in_process, args=given)

    def _start_python(self, arguments: Sequence[str]) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, ROOT / "main.py", *arguments],
            cwd=ROOT,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=self._seconds,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    def start(self, catalog: Message, states: Sequence[Message] | None) -> Process:
        """Start a read and leave it running."""
        assert self.config is not None
        arguments = ["read", "--config", self.config, *self._read_arguments(catalog, states)]
        reader, writer = _PROCESSES.Pipe(duplex=False)
        errors = self.folder / "stderr"
        process = self._process(arguments, writer, errors)
        process.start()
        writer.close()
        return Process(process, os.fdopen(os.dup(reader.fileno()), encoding="utf-8"), errors)

    def command(self, name: str, *arguments: str) -> Output:
        """Run a command that takes the configuration."""
        assert self.config is not None
        return self.run(name, "--config", self.config, *arguments)

    def read(self, catalog: Message, states: Sequence[Message] | None = None) -> Output:
        """Read a configured catalog, from states if there are any."""
        return self.command("read", *self._read_arguments(catalog, states))

    def _read_arguments(self, catalog: Message, states: Sequence[Message] | None) -> list[str]:
        arguments = ["--catalog", self.write("catalog.json", catalog)]
        if states is not None:
            arguments += ["--state", self.write("state.json", list(states))]
        return arguments


def configured(streams: Iterable[Message], sync_mode: str = "incremental") -> Message:
    """Configure discovered streams, as Airbyte does when a user selects them all.

    A stream that has no such sync mode gets the one it has.
    """
    return {
        "streams": [
            {
                "stream": stream,
                "sync_mode": sync_mode
                if sync_mode in stream["supported_sync_modes"]
                else "full_refresh",
                "destination_sync_mode": "append",
                "cursor_field": stream.get("default_cursor_field", []),
                "primary_key": stream["source_defined_primary_key"],
            }
            for stream in streams
        ]
    }
