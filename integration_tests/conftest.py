"""Settings of all integration tests."""

import pytest


def pytest_configure(config: pytest.Config) -> None:
    """Make known the markers that the CDK's standard tests carry."""
    config.addinivalue_line("markers", "image_tests: of the CDK; they need Docker")
    config.addinivalue_line("markers", "requires_creds: of the CDK; they need a key of your own")
