"""The one logger of the connector."""

from __future__ import annotations

import logging
from typing import Final

LOGGER: Final = logging.getLogger("airbyte.source-kustomer")
"""Airbyte's entry point formats the records of loggers below `airbyte` as log messages."""
