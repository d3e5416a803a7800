"""Whether a search counts beyond 10,000 on request, by object."""

from __future__ import annotations

import threading
from enum import Enum
from typing import Final

from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS


class _Support(Enum):
    """What is known of `trackTotalHits` for one object."""

    WANTED = "wanted"
    """A total was exactly 10,000, so the next search tries the parameter."""
    TRYING = "trying"
    ACCEPTED = "accepted"
    USELESS = "useless"
    """It is refused, or totals stop at 10,000 all the same."""


_SENT: Final = (_Support.WANTED, _Support.ACCEPTED)


class TotalHits:
    """Tries `trackTotalHits` once per object, after a total that may be capped.

    The vendor's operations of 2026 have the parameter; no source shows that it is accepted. Safe to
    use from many threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._support: dict[str, _Support] = {}

    def is_sent(self, context: str) -> bool:
        """Return whether the next search of an object sends the parameter.

        Args:
            context: the object, Kustomer's `queryContext`.
        """
        with self._lock:
            support = self._support.get(context)
            if support is _Support.WANTED:
                self._support[context] = _Support.TRYING
            return support in _SENT

    def answered(self, context: str, total: int | None, *, was_sent: bool) -> None:
        """Note the total of an answer.

        Args:
            context: the object.
            total: the total.
            was_sent: whether the parameter was sent.
        """
        with self._lock:
            if was_sent:
                is_capped = total == MAX_RECORDS
                self._support[context] = _Support.USELESS if is_capped else _Support.ACCEPTED
            elif total == MAX_RECORDS:
                self._support.setdefault(context, _Support.WANTED)

    def refused(self, context: str) -> None:
        """Note that a search with the parameter was answered with 400."""
        with self._lock:
            self._support[context] = _Support.USELESS
        LOGGER.info("Totals of %s stop at 10,000: trackTotalHits is not accepted.", context)
