"""The command `source-kustomer doctor`."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from source_kustomer.config import Config
from source_kustomer.doctor.account import Account
from source_kustomer.doctor.asker import MAX_REQUESTS, Asker, NotObserved, Reply
from source_kustomer.doctor.report import (
    Report,
    in_order_of_probes,
    json_of,
    mattering,
    observe,
    report_of,
    text_of,
)
from source_kustomer.doctor.survey import streams_of, survey
from source_kustomer.errors import KustomerError
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.kustomer.requests_transport import RequestsTransport
from source_kustomer.kustomer.transport import Answer, Request, Transport
from source_kustomer.text import KeyMask, printable
from source_kustomer.timestamps import from_unix_seconds

COMMAND: Final = "doctor"
EXIT_MATTERS: Final = 2
"""Something was observed that matters for a sync."""
EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 130
RETRY_SECONDS: Final = 15.0


def examine(
    config: Config,
    transport: Transport,
    *,
    clock: Clock | None = None,
    budgets: Budgets | None = None,
    expensive: bool = False,
    anonymous: bool = False,
    limit: int = MAX_REQUESTS,
    progress: Callable[[str], None] = lambda line: None,
) -> Report:
    """Examine an account, and return the report.

    Args:
        config: how to reach it.
        transport: sends the requests.
        clock: the time, for tests.
        budgets: the rate limits; by default those of the configuration.
        expensive: whether to exceed the limit of searches on purpose, with up to 101 searches.
        anonymous: whether to number the names of custom objects and attributes.
        limit: the number of requests after which no more are sent.
        progress: takes a line for the user from time to time.

    Raises:
        KustomerError: when the key is refused, or there is no answer at all.
    """
    clock = clock or Clock()
    client = Client(
        transport.host,
        config.api_key.get_secret_value(),
        budgets=budgets
        or Budgets(
            share=config.rate_limit_share / 100, searches_per_minute=config.searches_per_minute
        ),
        clock=clock,
        retry_seconds=RETRY_SECONDS,
        transport=transport,
    )
    asker = Asker(client, clock=clock, limit=limit)
    account = Account(asker, config, from_unix_seconds(clock.unix()))
    config.start(account.now)
    progress("Requesting a record of each stream.")
    access = streams_of(account)
    progress(f"{asker.sent} requests. Probing the assumptions.")
    if expensive:
        _exceed_limit(asker, transport, config.searches_per_minute + 1, progress)
    findings = []
    for assumption in in_order_of_probes():
        findings.append(observe(account, assumption))
        progress(f"{asker.sent} of at most {limit} requests: {assumption.id}")
    found = survey(account, access)
    progress(f"{asker.sent} requests. Done.")
    return report_of(account, findings, found, anonymous=anonymous)


def _exceed_limit(
    asker: Asker, transport: Transport, searches: int, progress: Callable[[str], None]
) -> None:
    """Send searches outside of the rate limits until one is refused with a 429."""
    progress(f"Sending up to {searches} searches, to exceed the limit.")
    body = b'{"queryContext": "customer"}'
    request = Request("POST", "/customers/search", {"page": 1, "pageSize": 1}, body, "doctor")
    for _ in range(searches):
        outcome = transport.send(request)
        if not isinstance(outcome, Answer):
            return
        asker.replies.append((request, Reply(request.name, outcome.status, outcome.headers)))
        if outcome.status == 429:  # noqa: PLR2004
            return


def main(
    arguments: Sequence[str],
    *,
    read_config: Callable[[str], Mapping[str, Any]],
    base_url: str | None = None,
    stdout: TextIO | None = None,
    stderr: TextIO | None = None,
) -> int:
    """Run the command.

    Args:
        arguments: without the name of the command.
        read_config: reads the configuration file.
        base_url: an address of the API that replaces the configured one.
        stdout: takes the table.
        stderr: takes progress and errors.

    Returns:
        The exit code: 0 when nothing matters, 2 when something does, 1 for an error.
    """
    out, errors = stdout or sys.stdout, stderr or sys.stderr
    options = _parser().parse_args(arguments)
    began = time.monotonic()
    mask = KeyMask("")

    def shown(text: str) -> str:
        return "\n".join(map(printable, mask.mask(text).split("\n")))

    def progress(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {shown(line)}", file=errors, flush=True)

    try:
        config = Config.parse(read_config(options.config))
        mask = KeyMask(config.api_key.get_secret_value())
        transport = RequestsTransport(
            base_url or config.base_url, config.api_key.get_secret_value(), clock=Clock()
        )
        report = examine(
            config,
            transport,
            expensive=options.expensive,
            anonymous=options.anonymous,
            progress=progress,
        )
        if options.output:
            Path(options.output).write_text(mask.mask(json_of(report)))
    except KustomerError as error:
        print(f"doctor: {shown(error.message)}", file=errors)
        return EXIT_FAILED
    except NotObserved as error:
        print(f"doctor: {error}", file=errors)
        return EXIT_FAILED
    except OSError as error:
        reason = error.strerror or "it failed"
        print(f"doctor: {options.output} cannot be written: {reason}.", file=errors)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Exception as error:
        text = f"failed unexpectedly ({type(error).__name__}). Please report this."
        print(f"doctor: {text}", file=errors)
        return EXIT_FAILED
    try:
        print(shown(text_of(report)), file=out, flush=True)
    except OSError as error:
        # What is left in the buffer would fail again when the process ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        print(f"doctor: stdout cannot be written: {error.strerror}.", file=errors)
        return EXIT_FAILED
    return EXIT_MATTERS if mattering(report) else os.EX_OK


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=f"source-kustomer {COMMAND}",
        description="Observe how the API behaves in your account, with about 120 requests that "
        "only read. The report contains no data of customers.",
    )
    parser.add_argument("--config", required=True, help="the configuration, as for check")
    parser.add_argument("--output", help="also write the report to this file, as JSON")
    parser.add_argument(
        "--expensive",
        action="store_true",
        help="also send searches until one is refused by the rate limit, to see the headers of a "
        "429; other integrations wait meanwhile",
    )
    parser.add_argument(
        "--anonymous",
        action="store_true",
        help="number custom objects and attributes instead of naming them",
    )
    return parser
