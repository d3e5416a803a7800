"""Start the sandbox: `python -m kustomer_sandbox --help`."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import socket
import sys
import threading
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from kustomer_sandbox.control import dialects
from kustomer_sandbox.control.like import Likeness
from kustomer_sandbox.control.live import Live
from kustomer_sandbox.control.routes import Control
from kustomer_sandbox.control.settings import Settings, switches
from kustomer_sandbox.data import structure
from kustomer_sandbox.data.dataset import Dataset
from kustomer_sandbox.data.organization import Organization
from kustomer_sandbox.data.timestamps import now_ms, to_ms
from kustomer_sandbox.server.api import Api
from kustomer_sandbox.server.gate import Gate, Protocol
from kustomer_sandbox.server.keys import Keyring


def main(arguments: list[str] | None = None) -> None:
    """Generate the data, serve, and print one line of JSON when ready."""
    options = _parser().parse_args(arguments)
    if options.list_dialects:
        print(dialects.listing())
        return
    settings = Settings()
    try:
        like = Likeness.read(options.like) if options.like else None
        if like is not None:
            structure.use(like.klasses(), like.attributes())
            settings.change(like.settings)
            options.counts = {**like.counts(options.records), **options.counts}
        settings.change(
            {name: getattr(options, name) for name, _, _ in switches() if hasattr(options, name)}
        )
        dataset = _dataset(options)
    except ValueError as error:
        sys.exit(f"kustomer_sandbox: {error}")
    listener = socket.create_server((options.host, options.port), backlog=512)
    # Otherwise the body of an answer waits 40 ms for the acknowledgement of its headers: asyncio
    # sets this only for connections to a listener that it has created.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(options, settings, dataset, listener))


async def _serve(
    options: argparse.Namespace, settings: Settings, dataset: Dataset, listener: socket.socket
) -> None:
    organization = Organization(dataset, settings)
    keys = Keyring(settings, options.key)
    gate = Gate(Api(organization, settings), keys, dataset.seed)
    gate.start_outage()
    live = Live(organization, settings)
    control = Control(organization, settings, keys, gate, live)
    app = Starlette(routes=[Mount("/_sandbox", routes=control.routes()), Mount("/", app=gate)])
    config = uvicorn.Config(
        app,
        http=Protocol,
        log_level="critical",
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_keep_alive=75,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=1,
    )
    # The generated data stays until the end: the garbage collector need not visit it.
    gc.collect()
    gc.freeze()
    host, port = listener.getsockname()[:2]
    running = asyncio.create_task(live.run())
    service = uvicorn.Server(config)
    if options.stop_with_stdin:
        threading.Thread(target=_stop_with_stdin, args=(service,), daemon=True).start()
    try:
        print(json.dumps({"url": f"http://{host}:{port}/v1", "key": options.key}), flush=True)
        await service.serve(sockets=[listener])
    finally:
        running.cancel()
        organization.close()


def _stop_with_stdin(service: uvicorn.Server) -> None:
    """Stop when the other end of the standard input is closed, also by a kill."""
    sys.stdin.buffer.read()
    service.should_exit = True


def _dataset(options: argparse.Namespace) -> Dataset:
    since = to_ms(options.since) if options.since else None
    until = to_ms(options.until) if options.until else None
    if until is not None and (since is None or until <= since):
        raise ValueError("--until must lie after --since")
    return Dataset(options.records, options.seed, now_ms(), options.counts, since, until)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m kustomer_sandbox",
        description="An emulated Kustomer API. Prints its address and a key when it is ready.",
        epilog="Every switch may also be changed while it runs: POST /_sandbox/settings.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=0, help="port; 0: any free port")
    parser.add_argument("--key", default="sandbox-key", help="the API key that may read everything")
    parser.add_argument(
        "--stop-with-stdin", action="store_true", help="stop when the standard input is closed"
    )
    parser.add_argument(
        "--list-dialects", action="store_true", help="print the switches of --dialect, and exit"
    )
    parser.add_argument(
        "--like",
        metavar="REPORT",
        help="behave like an account: a report of `source-kustomer doctor`. Switches, counts and "
        "--records of the command line have precedence",
    )
    data = parser.add_argument_group("data")
    data.add_argument(
        "--records", type=int, default=10_000, help="records of all search objects together"
    )
    data.add_argument("--seed", type=int, default=1, help="the same seed makes the same records")
    data.add_argument(
        "--counts",
        type=json.loads,
        default={},
        help='how many records of single objects, as JSON: {"messages": 20000, "users": 700}',
    )
    data.add_argument("--since", help="place every updatedAt evenly from this time on")
    data.add_argument("--until", help="... and before this time; without it: before now")
    group = parser.add_argument_group("switches", 'values are JSON: true, null, 5, ["html"]')
    for name, default, meaning in switches():
        group.add_argument(
            f"--{name.replace('_', '-')}",
            dest=name,
            type=_json_or_text,
            default=argparse.SUPPRESS,
            metavar=type(default).__name__ if default is not None else "value",
            help=meaning if name == "dialect" else f"{meaning}; default: {json.dumps(default)}",
        )
    return parser


def _json_or_text(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text


if __name__ == "__main__":
    main()
