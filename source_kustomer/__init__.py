"""Airbyte source connector for Kustomer.

`SourceKustomer` is imported when it is asked for, so that reading the version costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from source_kustomer.airbyte.source import SourceKustomer

__version__ = "0.1.0"
__all__ = ["SourceKustomer", "__version__"]


def __getattr__(name: str) -> Any:
    if name == "SourceKustomer":
        from source_kustomer.airbyte.source import SourceKustomer

        return SourceKustomer
    raise AttributeError(name)
