"""The clients' environments, which `make clients` prepares, and a PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration_tests.clients import postgres as postgresql

IN_CI = os.environ.get("CI") == "true" or bool(os.environ.get("EVERY_CLIENT"))
"""Where a client that is not installed is a failure, and elsewhere a reason to skip."""


def missing(text: str) -> None:
    """End a test whose client is not installed."""
    if IN_CI:
        pytest.fail(text)
    pytest.skip(text)


@pytest.fixture(scope="session")
def client() -> Callable[[str], Path]:
    """Find the folder `bin` of a client's environment, from a variable that the Makefile sets."""

    def find(variable: str) -> Path:
        folder = Path(os.environ.get(variable, ""), "bin")
        if not os.environ.get(variable) or not folder.is_dir():
            missing(f"{variable} names no virtual environment; `make clients` prepares it.")
        return folder

    return find


@pytest.fixture(scope="session")
def postgres() -> Iterator[postgresql.Postgres]:
    programs = postgresql.programs()
    if programs is None:
        missing("PostgreSQL is not installed: Debian's package is postgresql.")
        return
    with postgresql.server(programs) as running:
        yield running
