"""The sandbox as a child process, with all its controls as methods."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

Resource = dict[str, Any]
_PACKAGE_PARENT = Path(__file__).resolve().parents[2]
_STOP_SECONDS = 5.0
_CONTROL_SECONDS = 300.0


class SandboxError(Exception):
    """The sandbox did not start, or refused a control request."""


class Sandbox:
    """A running sandbox; use it in a `with` statement.

    Args:
        records: how many of all search objects together, in realistic proportion.
        seed: the same seed makes the same records.
        key: the API key that may read everything.
        port: 0 for any free port.
        counts: object -> how many records of it.
        since, until: ISO timestamps between which every `updatedAt` is placed evenly.
        start_seconds: seconds that the start may take; a million records take about a minute.
        like: a report of `source-kustomer doctor`, to behave like that account.
        settings: any switch of `control.settings.Settings`.

    Attributes:
        url: the base URL, `/v1` included.
        key: the API key.
    """

    def __init__(
        self,
        records: int = 10_000,
        seed: int = 1,
        *,
        key: str = "sandbox-key",
        port: int = 0,
        counts: dict[str, int] | None = None,
        since: str | None = None,
        until: str | None = None,
        start_seconds: float = 300.0,
        like: str | Path | None = None,
        **settings: Any,
    ) -> None:
        self.url = ""
        self.key = key
        self._start_seconds = start_seconds
        self._process: subprocess.Popen[str] | None = None
        self._arguments = [
            f"--records={records}",
            f"--seed={seed}",
            f"--key={key}",
            f"--port={port}",
            f"--counts={json.dumps(counts or {})}",
            *([f"--like={like}"] if like else []),
            *([f"--since={since}"] if since else []),
            *([f"--until={until}"] if until else []),
            *(
                f"--{name.replace('_', '-')}={json.dumps(value)}"
                for name, value in settings.items()
            ),
        ]

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Start the process and wait until it serves.

        Raises:
            SandboxError: if it does not.
        """
        self._process = subprocess.Popen(
            [sys.executable, "-m", "kustomer_sandbox", "--stop-with-stdin", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_PACKAGE_PARENT,
            text=True,
        )
        atexit.register(self.stop)
        assert self._process.stdout is not None
        too_late = threading.Timer(self._start_seconds, self._process.kill)
        too_late.start()
        line = self._process.stdout.readline()
        too_late.cancel()
        if not line:
            self.stop()
            raise SandboxError("the sandbox did not start; see what it wrote to stderr")
        self.url = json.loads(line)["url"]

    def stop(self) -> None:
        """Stop the process and wait for its end."""
        atexit.unregister(self.stop)
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for stream in (process.stdin, process.stdout):
            if stream is not None:
                stream.close()

    @property
    def pid(self) -> int | None:
        """The id of the process while it runs."""
        return self._process.pid if self._process else None

    # Settings

    def control(self, **settings: Any) -> Resource:
        """Set switches while it runs; returns all of them."""
        return dict(self._ask("POST", "settings", settings))

    def dialect(self, **values: str) -> None:
        """Set the dialect; a switch that is not named gets its default.

        Args:
            values: switch -> value, with underscores in the place of hyphens.
        """
        self.control(dialect={name.replace("_", "-"): value for name, value in values.items()})

    def settings(self) -> Resource:
        """The present values of all switches."""
        return dict(self._ask("GET", "settings"))

    @contextmanager
    def temporarily(self, **settings: Any) -> Iterator[None]:
        """Set switches for a `with` block; after it all switches have the values from before."""
        before = self.settings()
        self.control(**settings)
        try:
            yield
        finally:
            self.control(**before)

    def new_key(
        self,
        roles: Iterable[str] | None = None,
        *,
        name: str | None = None,
        expires_in: float | None = None,
        expires_after_requests: int | None = None,
        pod: str = "prod1",
    ) -> str:
        """Make an API key; roles None: everything; times in seconds."""
        wanted = {
            "name": name,
            "roles": None if roles is None else list(roles),
            "expires_in": expires_in,
            "expires_after_requests": expires_after_requests,
            "pod": pod,
        }
        return str(self._ask("POST", "keys", wanted)["key"])

    def change_key(self, name: str = "default", **changes: Any) -> None:
        """Change a key: roles, pod, expires_in (seconds), expires_after_requests."""
        self._ask("POST", "keys", {"name": name, **changes})

    def outage(self, seconds: float, kind: str = "503") -> None:
        """Make every request fail for some seconds; kind: 503 or reset."""
        self.control(outage_seconds=seconds, outage_kind=kind)

    # Records

    def truth(self, name: str) -> list[Resource]:
        """The newest version of every record of an object, deleted and archived ones included."""
        return self._lines(f"truth/{name}")

    def truth_stamps(self, name: str) -> dict[str, str | None]:
        """As `truth`, but only id -> `updatedAt` (or `createdAt`): enough for many records."""
        return {line["id"]: line["stamp"] for line in self._lines(f"truth/{name}?stamps=true")}

    def removed(self, name: str) -> dict[str, str]:
        """The records of a small object that were removed without a mark: id -> when."""
        return dict(self._ask("GET", f"removed/{name}"))

    def truth_versions(self, name: str) -> list[Resource]:
        """Every version of a search object's records, newest last."""
        return self._lines(f"versions/{name}")

    def change(
        self,
        object: str,
        *,
        updates: int = 0,
        inserts: int = 0,
        deletes: int = 0,
        ids: list[str] | None = None,
        at: str | None = None,
        set: dict[str, Any] | None = None,
    ) -> dict[str, list[str]]:
        """Change records now; returns the ids under updated, inserted and deleted.

        Args:
            object: the sandbox's name of it, such as `messages`.
            updates: how many to update, drawn by chance.
            inserts: how many to add.
            deletes: how many to delete, drawn by chance.
            ids: change just these: update them, or with `deletes` delete them.
            at: the new `updatedAt`; None: now.
            set: attributes that updates set.
        """
        wanted = {
            "object": object,
            "updates": updates,
            "inserts": inserts,
            "deletes": deletes,
            "at": at,
            "set": set or {},
        }
        if ids is not None:
            wanted["ids"] = ids
        return dict(self._ask("POST", "change", wanted))

    def ties(self, object: str, count: int, at: str, *, same_created: bool = False) -> list[str]:
        """Insert records that all have one `updatedAt`, and one `createdAt` if `same_created`."""
        wanted = {"object": object, "count": count, "at": at, "same_created": same_created}
        return list(self._ask("POST", "ties", wanted)["inserted"])

    def strange(
        self, object: str, kinds: list[str] | None = None, *, at: str | None = None
    ) -> dict[str, str]:
        """Insert one strange record per kind, of all kinds that fit if none is named."""
        wanted = {"object": object, "kinds": kinds, "at": at}
        return dict(self._ask("POST", "strange", wanted)["inserted"])

    def live(
        self,
        per_second: float = 0.0,
        *,
        inserts: float = 0.0,
        deletes: float = 0.0,
        objects: list[str] | None = None,
    ) -> None:
        """Update, insert and delete a number of records per second until `quiet`."""
        self.control(
            live_updates=float(per_second),
            live_inserts=float(inserts),
            live_deletes=float(deletes),
            live_objects=objects or [],
        )

    def quiet(self) -> None:
        """End all live changes."""
        self.live()

    # Requests

    def requests(self) -> list[Resource]:
        """The request log, oldest first."""
        return self._lines("requests")

    def forget_requests(self) -> None:
        """Clear the request log."""
        self._ask("DELETE", "requests")

    def stats(self) -> Resource:
        """Sums of requests, of other clients' requests, of changes and of faults."""
        return dict(self._ask("GET", "stats"))

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(self._open(method, path, body))

    def _lines(self, path: str) -> list[Resource]:
        return [json.loads(line) for line in self._open("GET", path).split(b"\n") if line]

    def _open(self, method: str, path: str, body: Any = None) -> bytes:
        request = urllib.request.Request(
            f"{self.url.removesuffix('/v1')}/_sandbox/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
        )
        # A proxy of the environment must not receive requests to this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_CONTROL_SECONDS) as answer:
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                raise SandboxError(f"{path}: {error.read().decode()}") from error
