"""Settings of all integration tests."""

from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers of the CDK's standard tests."""
    config.addinivalue_line("markers", "image_tests: of the CDK; they need Docker")
    config.addinivalue_line("markers", "requires_creds: of the CDK; they need a key of your own")


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
