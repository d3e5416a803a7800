"""The streams, one module per product area: row models and stream classes side by side.

A stream is offered as soon as its class is declared in a module of this package.
"""

from __future__ import annotations

import importlib
import pkgutil
from typing import Final

from source_kustomer.engine.stream import Stream, declared_streams

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{_module.name}")

STREAMS: Final[tuple[type[Stream], ...]] = declared_streams()
"""Every stream that does not depend on the organization, in the order of the catalog: streams to
start with first, then the others, both by name."""
