"""Settings of all integration tests."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a file's tests in one worker, where they share a sandbox and what was read from it.

    All of acceptance/ looks at the same reads.
    """
    for item in items:
        if HERE in item.path.parents and not item.get_closest_marker("xdist_group"):
            path = item.path.relative_to(HERE)
            group = path.parts[0] if path.parts[0] == "acceptance" else str(path)
            item.add_marker(pytest.mark.xdist_group(group))
