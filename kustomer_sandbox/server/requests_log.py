"""The request log: one entry per request, and sums of them."""

from __future__ import annotations

import re
from collections import Counter, deque
from typing import Any

_KEPT = 200_000
_ID = re.compile(r"[0-9a-f]{24}(,[0-9a-f]{24})*")


class RequestsLog:
    """Keeps the latest requests, and counts all of them."""

    def __init__(self) -> None:
        self.entries: deque[dict[str, Any]] = deque(maxlen=_KEPT)
        # Never cleared: tests ask whether a client ever tried to write.
        self.ever_asked: Counter[str] = Counter()
        self._statuses: Counter[str] = Counter()
        self._objects: Counter[str] = Counter()
        self._rows: Counter[str] = Counter()
        self._bytes = 0

    def add(self, entry: dict[str, Any], answer_bytes: int) -> None:
        """Add a request."""
        self.entries.append(entry)
        self.ever_asked[f"{entry['method']} {_ID.sub('{id}', entry['path'])}"] += 1
        self._statuses[str(entry["status"])] += 1
        self._bytes += answer_bytes
        if entry["object"]:
            self._objects[entry["object"]] += 1
            self._rows[entry["object"]] += entry["rows"]

    def clear(self) -> None:
        """Remove all entries and sums, but not `ever_asked`."""
        self.entries.clear()
        for counter in (self._statuses, self._objects, self._rows):
            counter.clear()
        self._bytes = 0

    def sums(self) -> dict[str, Any]:
        """Counts by status and by object."""
        return {
            "requests": sum(self._statuses.values()),
            "by_status": dict(self._statuses),
            "requests_by_object": dict(self._objects),
            "rows_by_object": dict(self._rows),
            "answer_bytes": self._bytes,
            "ever_asked": dict(self.ever_asked),
        }
