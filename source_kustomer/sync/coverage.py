"""Which spans of update time a stream has completely read: the value that state is made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

Span = tuple[int, int]
"""Half-open `[start, end)` of timestamps, in microseconds."""


@dataclass(frozen=True)
class Coverage:
    """A set of timestamps, kept as ordered, disjoint, non-touching half-open spans."""

    spans: tuple[Span, ...] = ()

    @staticmethod
    def of(spans: Iterable[Span]) -> Coverage:
        """Build a coverage from spans in any order, overlapping or not."""
        merged: list[Span] = []
        for start, end in sorted(spans):
            if start >= end:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(merged[-1][1], end))
            else:
                merged.append((start, end))
        return Coverage(tuple(merged))

    def add(self, start: int, end: int) -> Coverage:
        """Return this coverage with `[start, end)` added."""
        return Coverage.of([*self.spans, (start, end)])

    def largest(self, count: int) -> Coverage:
        """Return this coverage with no more than some spans, the longest."""
        if len(self.spans) <= count:
            return self
        return Coverage.of(sorted(self.spans, key=lambda span: span[0] - span[1])[:count])

    def without(self, start: int, end: int) -> Coverage:
        """Return this coverage with `[start, end)` removed."""
        kept = [(first, min(last, start)) for first, last in self.spans]
        kept += [(max(first, end), last) for first, last in self.spans]
        return Coverage.of(kept)

    def before(self, timestamp: int) -> Coverage:
        """Return the part of this coverage that lies before a timestamp."""
        return Coverage.of((start, min(end, timestamp)) for start, end in self.spans)

    def gaps(self, start: int, end: int) -> Iterator[Span]:
        """Yield, oldest first, the spans of `[start, end)` that are not covered."""
        position = start
        for covered_start, covered_end in self.spans:
            if covered_start >= end:
                break
            if covered_start > position:
                yield (position, covered_start)
            position = max(position, covered_end)
        if position < end:
            yield (position, end)

    def reaches(self, start: int) -> int:
        """Return the end of the span that holds `start` without a gap, or `start` itself."""
        for covered_start, covered_end in self.spans:
            if covered_start <= start < covered_end:
                return covered_end
        return start


NOTHING = Coverage()
"""The coverage of a stream that has never been read."""
