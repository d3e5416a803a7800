"""Settings of all tests."""

from __future__ import annotations


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name bytes by their number.

    gzip writes the time into them, and the workers of pytest-xdist must agree on all names.
    """
    return f"{len(val)} bytes" if isinstance(val, bytes) else None
