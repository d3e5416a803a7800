"""One sandbox and one run of each command, which all acceptance tests look at."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration_tests.connector import UNLIMITED, Connector, Message, Output, configured
from kustomer_sandbox import Sandbox

OBSERVED = {"queue_metrics": ("id", "synced_at", "read_at")}
"""Streams of observations, and the columns that every read changes."""


def key_of(record: Message) -> tuple[str, str]:
    """The stream and the id of a record; the ids of observations end in their time."""
    return record["stream"], record["data"]["id"].partition("@")[0]


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(500, **UNLIMITED) as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def connector(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Connector:
    config = {"api_key": sandbox.key, "start_date": "2015-01-01"}
    return Connector(tmp_path_factory.mktemp("acceptance"), sandbox.url, config)


@pytest.fixture(scope="session")
def spec(connector: Connector) -> Output:
    return connector.run("spec")


@pytest.fixture(scope="session")
def discovered(connector: Connector) -> Output:
    return connector.command("discover")


@pytest.fixture(scope="session")
def full_refresh(connector: Connector, discovered: Output) -> Output:
    """A full refresh of every stream."""
    return connector.read(configured(discovered.streams, "full_refresh"))


@pytest.fixture(scope="session")
def incremental(connector: Connector, discovered: Output, full_refresh: Output) -> Output:
    """A first incremental read of every stream; after the full refresh, whose rows it repeats."""
    return connector.read(configured(discovered.streams))
