"""A faster stand-in for the sandbox: searches over records that are made as they are asked for.

The sandbox looks every record up in a database, so a million take it minutes and gigabytes. Here
a record is one of some hundred templates, as the sandbox composes them, with an id and a timestamp
of its own, so that any number of records takes no memory and no time to start. Faithful in what
the figures depend on: keyset conditions, totals, granted page sizes, gzip, latency, and both rate
limits (the sandbox's own). It knows searches, lists of any length, the key and custom objects. All
other lists are empty. It has no faults.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import math
import socket
import subprocess
import sys
import threading
import time
import urllib.request
import zlib
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qsl

import orjson
import uvicorn

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.dataset import Dataset
from kustomer_sandbox.data.ids import make_id
from kustomer_sandbox.data.objects import BY_CONTEXT
from kustomer_sandbox.data.organization import Organization
from kustomer_sandbox.data.timestamps import DAY, MINUTE, now_ms, to_ms, to_text
from kustomer_sandbox.server.limits import Limits

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = 200
LARGE = 10_000
"""Bytes from which on a record is filled up with text, and few templates exist."""
LARGE_TEMPLATES = 5
FILLED = {"messages": "preview", "conversations": "preview", "customers": "displayName"}
"""The attribute of an object that takes the text."""
SPAN = 300 * DAY
_START_SECONDS = 60.0
_NOTHING = b'{"meta":{"page":1,"pageSize":500,"total":0},"links":{"next":null},"data":[]}'
_ID_PLACE, _TIME_PLACE = b"\x00id\x00", b"\x00time\x00"

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


@dataclass(frozen=True)
class Series:
    """The records of one query context, evenly spread over time; none share a timestamp."""

    code: int
    count: int
    begin: int
    """Milliseconds since 1970, as are all moments here."""
    templates: tuple[tuple[bytes, ...], ...]

    @property
    def step(self) -> float:
        """Milliseconds between two records."""
        return SPAN / max(1, self.count)

    def place(self, moment: int) -> int:
        """How many records lie before a moment."""
        # Timestamps are rounded up, so one that is not before the moment may have a place just
        # after the millisecond before it.
        return min(self.count, max(0, math.floor((moment - 1 - self.begin) / self.step) + 1))

    def page(self, start: int, stop: int) -> bytes:
        """The records from one place to another, as JSON."""
        rows = []
        for number in range(start, stop):
            template = self.templates[number % len(self.templates)]
            moment = to_text(math.ceil(self.begin + number * self.step)).encode()
            identity = make_id(self.code, number).encode()
            row = b"".join(
                identity if part is _ID_PLACE else moment if part is _TIME_PLACE else part
                for part in template
            )
            rows.append(row)
        return b",".join(rows)


def templates_of(name: str, bytes_per_record: int) -> tuple[tuple[bytes, ...], ...]:
    """Compose records as the sandbox does and keep those nearest to a size.

    Args:
        name: of the object, such as `messages`.
        bytes_per_record: the size wanted, as JSON.
    """
    if bytes_per_record >= LARGE:
        return tuple(
            _template(_filled(name, body, bytes_per_record))
            for body in _bodies(name, LARGE_TEMPLATES)
        )
    bodies = _bodies(name, TEMPLATES * 10)
    bodies.sort(key=lambda body: abs(len(body) - bytes_per_record))
    return tuple(_template(body) for body in bodies[:TEMPLATES])


def _bodies(name: str, count: int) -> list[bytes]:
    """Compose records of an object; of a list, as many as the sandbox has."""
    dataset = Dataset(0, 1, now_ms(), {name: count, "conversations": 50, "customers": 50})
    organization = Organization(dataset, Settings())
    bodies = list(organization.everything(name))
    organization.close()
    return bodies


def _filled(name: str, body: bytes, size: int) -> bytes:
    """Give a record a text so long that it has a size."""
    resource = orjson.loads(body)
    words = "Where is my order? It should have arrived on Monday. "
    text = words * (size // len(words))
    resource["attributes"][FILLED[name]] = text[: max(0, size - len(body))]
    return orjson.dumps(resource)


def _template(body: bytes) -> tuple[bytes, ...]:
    resource = orjson.loads(body)
    identity = resource["id"].encode()
    moment = resource["attributes"]["updatedAt"].encode()
    parts: list[bytes] = []
    for index, outer in enumerate(body.split(identity)):
        parts += [_ID_PLACE] * (index > 0)
        for place, inner in enumerate(outer.split(b'"updatedAt":"' + moment)):
            parts += [b'"updatedAt":"', _TIME_PLACE] * (place > 0)
            parts.append(inner)
    return tuple(parts)


@dataclass
class Counts:
    """What was asked for."""

    requests: int = 0
    searches: int = 0
    refused: int = 0
    rows: int = 0
    answer_bytes: int = 0
    by_context: Counter[str] = field(default_factory=Counter)
    first: dict[str, float] = field(default_factory=dict)
    last: dict[str, float] = field(default_factory=dict)
    by_second: Counter[int] = field(default_factory=Counter)
    sizes: list[int] = field(default_factory=list)
    connections: dict[int, int] = field(default_factory=dict)
    """Requests by the port that they came from: one per connection."""
    most_in_flight: int = 0
    others: int = 0
    """Requests and searches of other clients."""
    others_refused: int = 0


class Standin:
    """The ASGI application."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._limits = Limits(
            Settings(
                organization_per_minute=options.per_minute,
                searches_per_minute=options.searches_per_minute,
                other_requests_per_minute=options.other_requests_per_minute,
                other_searches_per_minute=options.other_searches_per_minute,
            )
        )
        self._latency = options.latency_ms / 1_000
        self._largest = options.page_size
        self._total_cap: int | None = options.total_cap
        begin = now_ms() - SPAN - MINUTE
        counts: Mapping[str, int] = options.counts
        bodies = {
            context: templates_of(_object(context), options.record_bytes)
            for context in {_object_context(context) for context in counts}
        }
        self._series = {
            context: Series(number, count, begin, bodies[_object_context(context)])
            for number, (context, count) in enumerate(counts.items(), start=1)
        }
        self._lists = {
            name: Series(100 + number, count, begin, templates_of(name, 0))
            for number, (name, count) in enumerate(options.lists.items())
        }
        self._counts = Counts()
        self._in_flight = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer one request."""
        body = (await receive()).get("body", b"")
        path = scope["path"]
        if path == "/_standin/stats":
            others = self._limits.others()
            self._counts.others_refused = sum(
                count for name, count in others.items() if name.endswith("refused")
            )
            self._counts.others = sum(others.values())
            await _send(send, 200, orjson.dumps(self._counts, option=orjson.OPT_NON_STR_KEYS))
            return
        if path == "/_standin/settings":
            self._largest = orjson.loads(body)["page_size"]
            await _send(send, 200, b"{}")
            return
        self._in_flight += 1
        self._counts.most_in_flight = max(self._counts.most_in_flight, self._in_flight)
        if self._latency:
            await asyncio.sleep(self._latency)
        self._in_flight -= 1
        is_search = scope["method"] == "POST"
        now = time.time()
        verdict = self._limits.take(now, search=is_search)
        counts = self._counts
        counts.requests += 1
        counts.searches += is_search
        port = scope["client"][1]
        counts.connections[port] = counts.connections.get(port, 0) + 1
        counts.by_second[int(now)] += 1
        if not verdict.allowed:
            counts.refused += 1
            await _send(send, 429, b'{"errors":[]}', verdict.headers)
            return
        query = dict(parse_qsl(scope["query_string"].decode()))
        answer = (
            _NOTHING
            if path.endswith("/archive/search")
            else self._search(orjson.loads(body), query, now)
            if is_search
            else self._list(path, query)
        )
        counts.answer_bytes += len(answer)
        packed = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        await _send(send, 200, answer, verdict.headers, packed=packed)

    def _search(self, asked: Mapping[str, Any], query: Mapping[str, str], now: float) -> bytes:
        context = asked["queryContext"]
        series = self._series.get(context) or Series(0, 0, 0, ())
        low, high = 0, series.count
        for condition in asked.get("and", ()):
            ((operator, moment),) = next(iter(condition.values())).items()
            place = series.place(to_ms(moment))
            low, high = (max(low, place), high) if operator == "gte" else (low, min(high, place))
        size = min(int(query.get("pageSize", "100")), self._largest)
        page = int(query.get("page", "1"))
        start = low + (page - 1) * size
        stop = max(start, min(high, start + size))
        total = max(0, high - low)
        counts = self._counts
        counts.rows += stop - start
        counts.by_context[context] += 1
        counts.first.setdefault(context, now)
        counts.last[context] = now
        counts.sizes.append(size)
        if self._total_cap is not None:
            total = min(total, self._total_cap)
        meta = {"page": page, "pageSize": size, "total": total}
        return _document(meta, series.page(start, stop), has_next=stop < high)

    def _list(self, path: str, query: Mapping[str, str]) -> bytes:
        series = self._lists.get(path.removeprefix("/v1/"))
        if series is not None:
            size, page = int(query.get("pageSize", "25")), int(query.get("page", "1"))
            start = min(series.count, (page - 1) * size)
            stop = min(series.count, start + size)
            self._counts.rows += stop - start
            meta = {"page": page, "pageSize": size}
            return _document(meta, series.page(start, stop), has_next=stop < series.count)
        names = []
        if path.endswith("/klasses"):
            names = [c.removeprefix("kobject_") for c in self._series if c.startswith("kobject_")]
        data = [{"type": "klass", "id": name, "attributes": {"name": name}} for name in names]
        return orjson.dumps({"meta": {}, "links": {"next": None}, "data": data})


def _document(meta: Mapping[str, Any], rows: bytes, *, has_next: bool) -> bytes:
    links = {"next": "/v1/next" if has_next else None}
    return b'{"meta":%b,"links":%b,"data":[%b]}' % (orjson.dumps(meta), orjson.dumps(links), rows)


def _object_context(context: str) -> str:
    return "kobject" if context.startswith("kobject_") else context


def _object(context: str) -> str:
    return BY_CONTEXT[_object_context(context)].name


async def _send(
    send: Send,
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    *,
    packed: bool = False,
) -> None:
    lines = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
    if packed:
        packer = zlib.compressobj(1, zlib.DEFLATED, 31)
        body = packer.compress(body) + packer.flush()
        lines.append((b"content-encoding", b"gzip"))
    lines.append((b"content-type", b"application/json"))
    lines.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": lines})
    await send({"type": "http.response.body", "body": body})


class StandinProcess:
    """The stand-in as a child process; use it in a `with` statement.

    Args:
        counts: query context -> how many records.
        lists: list -> how many records, such as {"tags": 1_000}.
        per_minute: requests per minute, or None without a limit.
        searches_per_minute: the same of searches.
        other_requests_per_minute: requests of another client, evenly spaced.
        other_searches_per_minute: searches of another client.
        latency_ms: time every answer takes longer.
        page_size: the largest page granted.
        record_bytes: the size of a record as JSON.
        total_cap: where the totals of searches stop counting, or None.
    """

    key = "standin-key"

    def __init__(
        self,
        counts: Mapping[str, int],
        *,
        lists: Mapping[str, int] | None = None,
        per_minute: int | None = None,
        searches_per_minute: int | None = None,
        other_requests_per_minute: float = 0.0,
        other_searches_per_minute: float = 0.0,
        latency_ms: float = 0.0,
        page_size: int = 500,
        record_bytes: int = 2048,
        total_cap: int | None = None,
    ) -> None:
        self.url = ""
        self._arguments = [
            f"--counts={json.dumps(dict(counts))}",
            f"--lists={json.dumps(dict(lists or {}))}",
            f"--total-cap={json.dumps(total_cap)}",
            f"--per-minute={json.dumps(per_minute)}",
            f"--searches-per-minute={json.dumps(searches_per_minute)}",
            f"--other-requests-per-minute={other_requests_per_minute}",
            f"--other-searches-per-minute={other_searches_per_minute}",
            f"--latency-ms={latency_ms}",
            f"--page-size={page_size}",
            f"--record-bytes={record_bytes}",
        ]
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> StandinProcess:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.standin", *self._arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            text=True,
        )
        assert self._process.stdout is not None
        too_late = threading.Timer(_START_SECONDS, self._process.kill)
        too_late.start()
        line = self._process.stdout.readline()
        too_late.cancel()
        if not line:
            raise RuntimeError("the stand-in did not start; its error stream says why")
        self.url = json.loads(line)["url"]
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process is not None
        self._process.terminate()
        self._process.wait(10)
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()

    def stats(self) -> dict[str, Any]:
        """What was asked for so far."""
        return dict(self._ask("stats"))

    def grant(self, page_size: int) -> None:
        """Grant pages of another size from now on."""
        self._ask("settings", {"page_size": page_size})

    def _ask(self, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            f"{self.url.removesuffix('/v1')}/_standin/{path}",
            data=None if body is None else json.dumps(body).encode(),
        )
        # No proxy of the environment stands between a benchmark and its own machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=60) as answer:
            return json.loads(answer.read())


def main() -> None:
    """Serve until the standard input is closed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.standin", description=__doc__)
    parser.add_argument("--counts", type=json.loads, required=True)
    parser.add_argument("--lists", type=json.loads, default={})
    parser.add_argument("--total-cap", type=json.loads, default=None)
    parser.add_argument("--per-minute", type=json.loads, default=None)
    parser.add_argument("--searches-per-minute", type=json.loads, default=None)
    parser.add_argument("--other-requests-per-minute", type=float, default=0.0)
    parser.add_argument("--other-searches-per-minute", type=float, default=0.0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--page-size", type=int, default=500)
    parser.add_argument("--record-bytes", type=int, default=2048)
    app = Standin(parser.parse_args())
    listener = socket.create_server(("127.0.0.1", 0), backlog=512)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # as servers do; or 40 ms more
    config = uvicorn.Config(
        app,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,
    )
    service = uvicorn.Server(config)

    def stop_with_stdin() -> None:
        sys.stdin.buffer.read()
        service.should_exit = True

    threading.Thread(target=stop_with_stdin, daemon=True).start()
    print(json.dumps({"url": f"http://127.0.0.1:{listener.getsockname()[1]}/v1"}), flush=True)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(service.serve(sockets=[listener]))


if __name__ == "__main__":
    main()
