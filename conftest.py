"""Settings of all tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).resolve().parent
SHARED = ("unit_tests/doctor", "unit_tests/sandbox", "unit_tests/streams")
"""Folders whose tests share a sandbox, and therefore a worker of pytest-xdist."""

settings.register_profile("quick", max_examples=40, deadline=None)
settings.register_profile("thorough", max_examples=1_000, deadline=None)
settings.load_profile("quick")  # `--hypothesis-profile` names another one


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number.

    gzip writes the time into them, and the workers of pytest-xdist must agree on all names.
    """
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker of pytest-xdist."""
    config.addinivalue_line("markers", "xdist_group: tests that run in one worker")


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that share a sandbox in one worker."""
    for item in items:
        folder = item.path.parent.relative_to(ROOT).as_posix()
        if folder in SHARED:
            item.add_marker(pytest.mark.xdist_group(folder))
