"""Another extractor and this connector, side by side: `python -m benchmarks.peers [--quick]`.

The peer is singer-io's tap-kustomer as PyPI has it, in an environment of its own (.venv-peer).
Both read the same records of the same sandbox, stream by stream, since the peer ends at the first
stream that it cannot read. Then both read a stream whose records are being updated meanwhile,
and once more when all is quiet; what the destination then lacks is counted.

Meltano's variant of the tap is not compared. Its distribution has the same name, tap-kustomer, and
the package index has singer-io's under it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from benchmarks.figures import RESULTS
from benchmarks.process import ALL_SEARCHES, MAIN, NINE, ROOT, catalog
from kustomer_sandbox.control.process import Sandbox

PEER = "tap-kustomer==1.1.0"
NOT_COMPARED = (
    "Not compared: Meltano's variant of tap-kustomer. Its distribution has the same name, and the "
    "package index has singer-io's under it."
)
ENVIRONMENT = ROOT / ".venv-peer"
HOOK = Path(__file__).resolve().parent / "peer_hook"
SECONDS = 240.0
UPDATES_PER_SECOND = 100.0
SETTLED_SECONDS = 2.0


@dataclass
class Outcome:
    """What an extractor did in one run."""

    seconds: float
    cpu: float
    failed: str
    """Why it ended, if it did not succeed."""
    stamps: dict[str, str] = field(default_factory=dict)
    """The newest `updated_at` of each id that it wrote."""
    rows: int = 0
    state: Any = None
    requests: int = 0
    refused: int = 0


@dataclass(frozen=True)
class Extractor:
    """Something that reads one stream into a file."""

    name: str
    command: Callable[[Path, Sandbox, str, Any], Sequence[str | Path]]
    take_in: Callable[[Outcome, dict[str, Any]], None]
    variables: Callable[[Sandbox], dict[str, str]]

    def read(self, api: Sandbox, stream: str, state: Any = None) -> Outcome:
        """Read a stream, from a state if there is one."""
        with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
            folder = Path(name)
            command = [str(part) for part in self.command(folder, api, stream, state)]
            before = api.stats()
            outcome = self._run(command, folder, api)
        after = api.stats()
        outcome.requests = after["requests"] - before["requests"]
        outcome.refused = after["refused"] - before["refused"]
        return outcome

    def _run(self, command: Sequence[str], folder: Path, api: Sandbox) -> Outcome:
        began = time.monotonic()
        with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
            process = subprocess.Popen(
                command,
                stdout=out,
                stderr=err,
                cwd=ROOT,
                env={**os.environ, **self.variables(api)},
            )
            is_late = False
            while not _has_ended(process, folder):
                if time.monotonic() - began > SECONDS:
                    is_late = True
                    process.kill()
                time.sleep(0.02)
        usage = json.loads((folder / "usage").read_text())
        failed = f"not done in {SECONDS:.0f} s" if is_late else ""
        if usage["code"] and not failed:
            failed = _last_words(folder / "err")
        outcome = Outcome(time.monotonic() - began, usage["cpu"], failed)
        for message in _messages(folder / "out"):
            self.take_in(outcome, message)
        return outcome


def _has_ended(process: subprocess.Popen[bytes], folder: Path) -> bool:
    """Return whether a process has ended, and note its CPU time when it has."""
    pid, status, usage = os.wait4(process.pid, os.WNOHANG)
    if not pid:
        return False
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    (folder / "usage").write_text(json.dumps({"cpu": cpu, "code": process.returncode}))
    return True


def _last_words(path: Path) -> str:
    lines = path.read_text(errors="replace").strip().splitlines()
    return lines[-1][:160] if lines else "no word why"


def _messages(path: Path) -> Iterator[dict[str, Any]]:
    with path.open("rb") as file:
        for line in file:
            try:
                yield json.loads(line)
            except ValueError:
                continue  # a process that was killed may leave half a line


def _note(outcome: Outcome, row: dict[str, Any]) -> None:
    outcome.rows += 1
    stamp = row.get("updated_at") or ""
    identity = row["id"]
    # One writes milliseconds, the other microseconds.
    stamp = stamp.replace("Z", "").ljust(26, "0")
    outcome.stamps[identity] = max(outcome.stamps.get(identity, ""), stamp)


# This connector


def _own_command(folder: Path, api: Sandbox, stream: str, state: Any) -> Sequence[str | Path]:
    config, chosen, states = folder / "config.json", folder / "catalog.json", folder / "state.json"
    config.write_text(json.dumps({"api_key": api.key, "searches_per_minute": ALL_SEARCHES}))
    chosen.write_text(json.dumps(catalog([stream])))
    command: list[str | Path] = [sys.executable, MAIN, "read", "--config", config]
    command += ["--catalog", chosen]
    if state is not None:
        states.write_text(json.dumps([state]))
        command += ["--state", states]
    return command


def _own_message(outcome: Outcome, message: dict[str, Any]) -> None:
    if message["type"] == "RECORD":
        _note(outcome, message["record"]["data"])
    elif message["type"] == "STATE":
        outcome.state = message["state"]


OWN = Extractor(
    "source-kustomer", _own_command, _own_message, lambda api: {"KUSTOMER_API_URL": api.url}
)


# The peer


def _peer_command(folder: Path, api: Sandbox, stream: str, state: Any) -> Sequence[str | Path]:
    tap = ENVIRONMENT / "bin" / "tap-kustomer"
    config, chosen, states = folder / "config.json", folder / "catalog.json", folder / "state.json"
    start = datetime.now(timezone.utc) - timedelta(days=365)
    config.write_text(
        json.dumps(
            {
                "api_token": api.key,
                "start_date": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "user_agent": "benchmark",
            }
        )
    )
    done = subprocess.run(
        [tap, "--config", config, "--discover"],
        env={**os.environ, **_peer_variables(api)},
        capture_output=True,
        check=True,
        timeout=SECONDS,
    )
    found = json.loads(done.stdout)
    for each in found["streams"]:
        for entry in each["metadata"]:
            if not entry["breadcrumb"]:
                entry["metadata"]["selected"] = each["tap_stream_id"] == stream
    chosen.write_text(json.dumps(found))
    command: list[str | Path] = [tap, "--config", config, "--catalog", chosen]
    if state is not None:
        states.write_text(json.dumps(state))
        command += ["--state", states]
    return command


def _peer_message(outcome: Outcome, message: dict[str, Any]) -> None:
    if message["type"] == "RECORD":
        _note(outcome, message["record"])
    elif message["type"] == "STATE":
        outcome.state = message["value"]


def _peer_variables(api: Sandbox) -> dict[str, str]:
    return {"PEER_API_URL": api.url, "PYTHONPATH": str(HOOK)}


TAP = Extractor(PEER, _peer_command, _peer_message, _peer_variables)


def install() -> None:
    """Put the peer into its own environment, unless it is there."""
    if (ENVIRONMENT / "bin" / "tap-kustomer").exists():
        return
    subprocess.run([sys.executable, "-m", "venv", ENVIRONMENT], check=True)
    pip = [str(ENVIRONMENT / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, PEER], check=True)


@dataclass(frozen=True)
class Lack:
    """What a destination lacks of the truth."""

    records: int
    absent: int
    deleted: int
    """How many of the absent ones are marked as deleted."""
    stale: int
    """Records that are there in an older version only."""


def _lack(api: Sandbox, stream: str, stamps: dict[str, str]) -> Lack:
    truth = {each["id"]: each["attributes"] for each in api.truth(stream)}
    absent = [attributes for key, attributes in truth.items() if key not in stamps]
    newest = {
        key: (attributes.get("updatedAt") or "").replace("Z", "").ljust(26, "0")
        for key, attributes in truth.items()
    }
    return Lack(
        records=len(truth),
        absent=len(absent),
        deleted=sum(bool(attributes.get("deleted")) for attributes in absent),
        stale=sum(key in stamps and stamps[key] < stamp for key, stamp in newest.items()),
    )


def quiet(records: int) -> list[dict[str, Any]]:
    """Read each of the nine streams with both, while nothing changes."""
    found = []
    with _sandbox(records) as api:
        for stream in NINE:
            for extractor in (OWN, TAP):
                outcome = extractor.read(api, stream)
                lack = _lack(api, stream, outcome.stamps)
                found.append(_entry(extractor, stream, outcome, lack))
                print(_line(found[-1]), flush=True)
    return found


def moving(records: int) -> list[dict[str, Any]]:
    """Read messages with both while they are updated, then again when all is quiet."""
    found = []
    for extractor in (OWN, TAP):
        with _sandbox(0, counts={"messages": records}, latency_ms=300.0) as api:
            api.live(UPDATES_PER_SECOND, objects=["messages"])
            first = extractor.read(api, "messages")
            api.quiet()
            time.sleep(SETTLED_SECONDS)
            second = extractor.read(api, "messages", first.state)
            stamps = dict(first.stamps)
            for key, stamp in second.stamps.items():
                stamps[key] = max(stamps.get(key, ""), stamp)
            lack = _lack(api, "messages", stamps)
        both = Outcome(
            first.seconds + second.seconds,
            first.cpu + second.cpu,
            first.failed or second.failed,
            rows=first.rows + second.rows,
            requests=first.requests + second.requests,
            refused=first.refused + second.refused,
        )
        found.append(_entry(extractor, "messages, live", both, lack))
        print(_line(found[-1]), flush=True)
    return found


def _sandbox(records: int, **settings: Any) -> Sandbox:
    since = datetime.now(timezone.utc) - timedelta(days=300)
    return Sandbox(
        records,
        since=since.isoformat(timespec="seconds").replace("+00:00", "Z"),
        organization_per_minute=2_000,
        searches_per_minute=None,
        **settings,
    )


def _entry(extractor: Extractor, stream: str, outcome: Outcome, lack: Lack) -> dict[str, Any]:
    return {
        "stream": stream,
        "extractor": extractor.name,
        "records": lack.records,
        "rows": outcome.rows,
        "requests": outcome.requests,
        "429s": outcome.refused,
        "seconds": round(outcome.seconds, 2),
        "cpu_seconds": round(outcome.cpu, 2),
        "cpu_ms_per_row": round(outcome.cpu / max(1, outcome.rows) * 1_000, 3),
        "missing": lack.absent,
        "of_them_deleted": lack.deleted,
        "stale": lack.stale,
        "failed": outcome.failed,
    }


HEAD = (
    f"{'stream':<15} {'extractor':<20} {'rows':>7} {'requests':>8} {'wall s':>7} {'CPU s':>7} "
    f"{'ms/row':>7} {'missing':>8} {'deleted':>8} {'stale':>6}"
)


def _line(entry: dict[str, Any]) -> str:
    failed = f"  ended: {entry['failed'][:60]}" if entry["failed"] else ""
    return (
        f"{entry['stream']:<15} {entry['extractor']:<20} {entry['rows']:>7,} "
        f"{entry['requests']:>8,} {entry['seconds']:>7.1f} {entry['cpu_seconds']:>7.2f} "
        f"{entry['cpu_ms_per_row']:>7.3f} {entry['missing']:>8,} {entry['of_them_deleted']:>8,} "
        f"{entry['stale']:>6,}{failed}"
    )


def main() -> None:
    """Compare, print, and write benchmarks/results/peers.json."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer records")
    quick = parser.parse_args().quick
    install()
    records = 4_000 if quick else 20_000
    command = f"python -m benchmarks.peers{' --quick' if quick else ''}"
    print(f"$ {command}\n{HEAD}", flush=True)
    found = quiet(records)
    found += moving(records // 2)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / "peers.json"
    path.write_text(json.dumps({"command": command, "runs": found}, indent=2) + "\n")
    print(f"{NOT_COMPARED}\nAs JSON: {path}")


if __name__ == "__main__":
    main()
