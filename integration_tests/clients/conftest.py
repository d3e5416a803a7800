"""The clients' environments, which the Makefile prepares, and a PostgreSQL server."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration_tests.clients import postgres as postgresql

EVERY_CLIENT = bool(os.environ.get("EVERY_CLIENT"))
"""Set by `make clients`: a client that is not installed is a failure, not a reason to skip."""


def missing(text: str, *, is_required: bool = EVERY_CLIENT) -> None:
    """End a test whose client is not installed."""
    if is_required:
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
        is_required = EVERY_CLIENT or os.environ.get("CI") == "true"
        missing("PostgreSQL is not installed: install postgresql.", is_required=is_required)
        return
    with postgresql.server(programs) as running:
        yield running
