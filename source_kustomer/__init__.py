"""Airbyte source connector for Kustomer.

Airbyte's tools look for `source_kustomer.SourceKustomer`. It is imported when it is asked for, so
that the version can be read without the CDK.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if not TYPE_CHECKING:  # or type checkers would accept any name

    def __getattr__(name: str) -> Any:
        if name == "SourceKustomer":
            return import_module("source_kustomer.airbyte.source").SourceKustomer
        raise AttributeError(name)
