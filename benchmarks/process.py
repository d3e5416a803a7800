"""The connector as a process, and what it cost: CPU, memory, time, rows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from source_kustomer.engine.klass import Klass
from source_kustomer.streams import STREAMS
from source_kustomer.streams.kobjects import KlassStream

ROOT = Path(__file__).resolve().parent.parent
MAIN = ROOT / "main.py"
CHUNK = 1 << 20
RECORD = b'{"type":"RECORD"'
STATE = b'{"type":"STATE"'
NINE = (
    "conversations",
    "customers",
    "kobjects",
    "messages",
    "notes",
    "shortcuts",
    "tags",
    "teams",
    "users",
)
SECONDS = 3_600.0
ALL_SEARCHES = 100_000
"""The limit of searches that is configured for APIs without one."""


@dataclass
class Cost:
    """What a process cost and brought."""

    code: int
    seconds: float
    """Wall time from start to end."""
    cpu: float
    """Seconds of CPU, user and system."""
    peak_mb: float
    """The most memory that was resident, in MB (2^20 bytes)."""
    rows: int = 0
    states: int = 0
    state_times: list[float] = field(default_factory=list)
    """Seconds from the start to each checkpoint."""
    first_row: float | None = None
    """Seconds from the start to the first row on stdout."""
    first_message: float | None = None
    """Seconds from the start to the first message of any kind."""
    row_bytes: int = 0
    last_states: dict[str, Any] = field(default_factory=dict)
    log: list[str] = field(default_factory=list)
    rows_by_stream: Counter[str] = field(default_factory=Counter)

    def require_success(self) -> Cost:
        """Return itself.

        Raises:
            RuntimeError: when the process failed; a figure of a failed run means nothing.
        """
        if self.code != 0:
            raise RuntimeError(f"the process ended with {self.code}: {self.log[-5:]}")
        return self


class _Reader:
    """Reads stdout as fast as it comes, and counts; may pause like a slow destination."""

    def __init__(self, began: float) -> None:
        self._began = began
        self.cost = Cost(0, 0.0, 0.0, 0.0)
        self._rest = b""

    def take(self, chunk: bytes) -> None:
        lines = (self._rest + chunk).split(b"\n")
        self._rest = lines.pop()
        cost = self.cost
        if lines and cost.first_message is None:
            cost.first_message = time.monotonic() - self._began
        for line in lines:
            if line.startswith(RECORD):
                cost.rows += 1
                cost.row_bytes += len(line) + 1
                name = line[37 : line.index(b'"', 37)].decode()
                cost.rows_by_stream[name] += 1
                if cost.first_row is None:
                    cost.first_row = time.monotonic() - self._began
            elif line.startswith(STATE):
                cost.states += 1
                cost.state_times.append(time.monotonic() - self._began)
                state = json.loads(line)["state"]
                cost.last_states[state["stream"]["stream_descriptor"]["name"]] = state
            else:
                self._note(line)

    def _note(self, line: bytes) -> None:
        message = json.loads(line)
        if message["type"] == "LOG":
            self.cost.log.append(message["log"]["message"])
        elif message["type"] == "TRACE" and message["trace"]["type"] == "ERROR":
            self.cost.log.append(message["trace"]["error"]["message"])


def run(
    arguments: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    pause: tuple[float, float] | None = None,
    samples: list[tuple[float, float]] | None = None,
    stop_after: float | None = None,
) -> Cost:
    """Run a process and measure it.

    Args:
        arguments: the program and its arguments.
        environment: variables in addition to this process's own.
        pause: (seconds before, seconds of the pause) nothing is read from stdout.
        samples: takes (seconds since the start, resident MB) twice a second.
        stop_after: seconds after which the process is asked to end.
    """
    began = time.monotonic()
    process = subprocess.Popen(
        [str(argument) for argument in arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environment or {})},
        cwd=ROOT,
    )
    assert process.stdout is not None
    too_late = threading.Timer(SECONDS, process.kill)
    too_late.daemon = True
    too_late.start()
    asked_to_end = threading.Timer(stop_after or SECONDS, process.terminate)
    asked_to_end.daemon = True
    asked_to_end.start()
    done = threading.Event()
    if samples is not None:
        sampler = threading.Thread(
            target=_sample, args=(process.pid, began, samples, done), daemon=True
        )
        sampler.start()
    reader = _Reader(began)
    has_paused = pause is None
    try:
        while chunk := os.read(process.stdout.fileno(), CHUNK):
            reader.take(chunk)
            if pause is not None and not has_paused and time.monotonic() - began > pause[0]:
                has_paused = True
                time.sleep(pause[1])
    finally:
        done.set()
        process.stdout.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        too_late.cancel()
        asked_to_end.cancel()
    cost = reader.cost
    cost.code = process.returncode
    cost.seconds = time.monotonic() - began
    cost.cpu = usage.ru_utime + usage.ru_stime
    cost.peak_mb = usage.ru_maxrss / 1024
    return cost


def _sample(
    pid: int, began: float, samples: list[tuple[float, float]], done: threading.Event
) -> None:
    page = os.sysconf("SC_PAGE_SIZE")
    while not done.wait(0.5):
        try:
            resident = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * page
        except (OSError, IndexError):
            return
        samples.append((time.monotonic() - began, resident / 2**20))


def catalog(names: Iterable[str], sync_mode: str = "incremental") -> dict[str, Any]:
    """Configure streams with their schemas, as Airbyte does after a discover."""
    declared = {stream.name: stream for stream in (declaration() for declaration in STREAMS)}
    streams = []
    for name in names:
        stream = declared.get(name) or KlassStream(Klass(name.removeprefix("kobject_"), name), name)
        schema = stream.schema(None)
        streams.append(
            {
                "stream": {
                    "name": name,
                    "json_schema": schema,
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": sync_mode,
                "destination_sync_mode": "append",
                "cursor_field": ["updated_at"],
                "primary_key": [["id"]],
            }
        )
    return {"streams": streams}


def read(
    url: str,
    key: str,
    streams: Iterable[str],
    *,
    states: Mapping[str, Any] | None = None,
    start_date: str | None = None,
    config: Mapping[str, Any] | None = None,
    environment: Mapping[str, str] | None = None,
    **measured: Any,
) -> Cost:
    """Run a read and measure it.

    Args:
        url: the API's address.
        key: an API key.
        streams: names of the streams to sync, incrementally.
        states: stream -> the state message of an earlier read.
        start_date: of the configuration; without it the last year is synced.
        config: more of the configuration. Unless it states a limit of searches, there is none.
        environment: variables for the process.
        measured: as `run` takes them.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        files = {
            "--config": {
                "api_key": key,
                "searches_per_minute": ALL_SEARCHES,
                **({"start_date": start_date} if start_date else {}),
                **(config or {}),
            },
            "--catalog": catalog(streams),
            **({"--state": list(states.values())} if states else {}),
        }
        arguments: list[str | Path] = [sys.executable, MAIN, "read"]
        for option, content in files.items():
            path = Path(folder) / f"{option.strip('-')}.json"
            path.write_text(json.dumps(content))
            arguments += [option, path]
        variables = {"KUSTOMER_API_URL": url, **(environment or {})}
        return run(arguments, environment=variables, **measured)


def run_command(command: str, url: str, key: str) -> Cost:
    """Run `check` or `discover` and measure it.

    Args:
        command: which of them.
        url: the API's address.
        key: an API key.
    """
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        path = Path(folder) / "config.json"
        path.write_text(json.dumps({"api_key": key}))
        arguments: list[str | Path] = [sys.executable, MAIN, command, "--config", path]
        return run(arguments, environment={"KUSTOMER_API_URL": url})


def start_up() -> Cost:
    """Measure `spec`, which is what a read costs before it does anything."""
    return min(
        (run([sys.executable, MAIN, "spec"]).require_success() for _ in range(3)),
        key=lambda cost: cost.cpu,
    )
