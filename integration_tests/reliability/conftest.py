"""Short versions of the reliability tests run always; `--chaos` runs the long ones."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integration_tests.connector import ROOT, Connector, Message
from kustomer_sandbox import Sandbox


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--chaos", action="store_true", help="run the long reliability tests")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "chaos: only with --chaos, for it takes minutes")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes minutes, unless it is asked for."""
    if config.getoption("--chaos", default=False):
        return
    left_out = [item for item in items if item.get_closest_marker("chaos")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]


@pytest.fixture(scope="session")
def chaos(pytestconfig: pytest.Config) -> bool:
    """Whether the long versions run: the same tests, with the full figures."""
    return bool(pytestconfig.getoption("--chaos", default=False))


@pytest.fixture(scope="session")
def catalog() -> dict[str, Message]:
    """Every stream that the sandbox's organization has, by its name, as discovered."""
    snapshot = json.loads((ROOT / "integration_tests/snapshots/catalog.json").read_text())
    return {stream["name"]: stream for stream in snapshot["streams"]}


@pytest.fixture
def connector(sandbox: Sandbox, tmp_path: Path) -> Connector:
    """A connection to the file's sandbox that reads everything."""
    return Connector(tmp_path, sandbox.url, {"api_key": sandbox.key, "start_date": "2015-01-01"})
