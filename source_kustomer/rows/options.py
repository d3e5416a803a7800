"""What the user chooses about the columns of all streams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

MISFIT_VALUES: Final = "misfit_values"
"""The column for values that fit no other. They can be free text, so it is left out with it."""

CDC_DELETED_AT: Final = "_ab_cdc_deleted_at"
"""Airbyte's column for deletions. A destination that deduplicates deletes a row where it is set."""


@dataclass(frozen=True)
class RowOptions:
    """Which columns rows and schemas have."""

    has_free_text: bool = True
    """Whether columns that are marked as free text are among them."""
    has_cdc_deleted_at: bool = False
    """Whether `_ab_cdc_deleted_at` is among them, where a stream has `deleted`."""


ALL_COLUMNS: Final = RowOptions()
"""The columns that the row models declare."""
