"""The limits of one query of Kustomer's search."""

from __future__ import annotations

from typing import Final

MAX_PAGES: Final = 100
"""Pages of one query (OpenAPI, POST /customers/search)."""
MAX_RECORDS: Final = 10_000
"""Records of one query (AWS Glue's documentation of its Kustomer connector)."""
