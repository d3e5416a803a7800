"""The state of one stream, as it stands in Airbyte's state messages.

Three forms are read, two are written:

    {"updated_at": "2026-05-01T00:00:00.000Z"}      read completely up to there
    {"updated_at": …, "until": …, "done": [[…, …]]} a sync that reads up to `until` has not finished
    {}                                              nothing read yet

The first is also what older Kustomer connectors leave. In the second, everything before
`updated_at` is read (it is missing while the beginning is not) and so are the spans of `done`.
Each can have `ids` as well: the ids that the last complete read of a list found.
That of a search can have `"deleted": {"before": …, "count": …}`, a count of deleted records.
"""

from __future__ import annotations

import reprlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from source_kustomer.errors import InvalidState
from source_kustomer.sync.coverage import NOTHING, Coverage, Span
from source_kustomer.sync.known_ids import decode_ids
from source_kustomer.timestamps import format_timestamp, parse_timestamp

BEGINNING: Final = -(1 << 62)
"""Before every record: state does not say where reading once began."""

MAX_SPANS: Final = 200
"""Spans in one state, so that a state stays below 16 KB. What is left out is read again. The same
limit holds for a state that is read, since each gap between two spans costs a search."""

NO_CURSOR_STATE: Final = "__ab_no_cursor_state_message"
FULL_REFRESH_DONE: Final = "__ab_full_refresh_sync_complete"
"""What Airbyte's connectors write for streams without a cursor."""
SYNC_ID: Final = "sync_id"
"""Airbyte's number of the job that a full refresh belongs to."""
IDS: Final = "ids"
"""The ids of a list's records, as `known_ids.encode_ids` writes them."""
DELETED: Final = "deleted"
"""The last count of deleted records."""


@dataclass(frozen=True)
class DeletedCount:
    """How many deleted records the search had, of those updated before a timestamp."""

    before: int
    count: int


@dataclass(frozen=True)
class StreamState:
    """What of a stream has been read, and by a sync up to which moment."""

    coverage: Coverage = NOTHING
    until: int | None = None
    refresh: bool = False
    """Whether a full refresh wrote it: another attempt may resume it, a later job reads anew."""
    sync_id: int | None = None
    """The job of that full refresh; None when Airbyte did not number it."""
    ids: str | None = None
    """The ids that the last complete read of a list found, encoded; None when they are not kept."""
    deleted: DeletedCount | None = None
    """The last count of deleted records; None when they were not counted yet."""

    @property
    def complete_until(self) -> int | None:
        """The end of what is read without a gap from the beginning; None if there is a gap."""
        reached = self.coverage.reaches(BEGINNING)
        return None if reached == BEGINNING else reached

    @property
    def is_complete(self) -> bool:
        """Whether the sync that wrote this state was complete."""
        return self.until is not None and self.complete_until == self.until

    def is_of_refresh(self, sync_id: int | None) -> bool:
        """Return whether a full refresh with this number may continue from this state.

        Attempts of one job share a number: a later one continues, and repeats nothing that an
        earlier one completed. Without numbers, only a refresh that was interrupted is continued.

        Args:
            sync_id: Airbyte's number of the job; None when Airbyte does not number it.
        """
        if not self.refresh:
            return False
        if sync_id is None or self.sync_id is None:
            return not self.is_complete
        return self.sync_id == sync_id

    def resumable(self, lookback: int) -> StreamState:
        """Forget the last stretch, where records may still have been on their way to the index.

        Args:
            lookback: its length, in microseconds.
        """
        if self.until is None:
            return self
        return replace(self, coverage=self.coverage.before(self.until - lookback))

    def to_json(self, cursor_field: str) -> dict[str, Any]:
        """Write the state as it stands in a state message."""
        if self.until is None:
            return {}
        reached = self.complete_until
        blob: dict[str, Any] = {} if reached is None else {cursor_field: format_timestamp(reached)}
        if self.refresh:
            blob["refresh"] = True
            if self.sync_id is not None:
                blob[SYNC_ID] = self.sync_id
        if self.deleted is not None:
            before = format_timestamp(self.deleted.before)
            blob[DELETED] = {"before": before, "count": self.deleted.count}
        ids = {} if self.ids is None else {IDS: self.ids}
        if self.is_complete:
            return blob | ids
        blob["until"] = format_timestamp(self.until)
        blob["done"] = [
            [format_timestamp(start), format_timestamp(end)]
            for start, end in self.coverage.largest(MAX_SPANS).spans
            if start != BEGINNING
        ]
        return blob | ids


def is_refresh_done(blob: Mapping[str, Any], sync_id: int | None) -> bool:
    """Return whether an earlier attempt of the same job completed the stream's full refresh.

    Args:
        blob: the stream's state.
        sync_id: the number of this job; None when Airbyte does not number it.
    """
    return (
        bool(blob.get(FULL_REFRESH_DONE)) and sync_id is not None and blob.get(SYNC_ID) == sync_id
    )


def parse_state(stream: str, cursor_field: str, blob: Mapping[str, Any]) -> StreamState:
    """Read the state of a stream.

    Args:
        stream: its name, for the error.
        cursor_field: the column that orders it.
        blob: what stands in the state message.

    Raises:
        InvalidState: when it cannot be understood; a guess could skip records or read all again.
    """
    fields = {key: value for key, value in blob.items() if value is not None}
    if fields.keys() & {NO_CURSOR_STATE, FULL_REFRESH_DONE} or not blob:
        return StreamState()
    if cursor_field not in fields and "until" not in fields:
        found = ", ".join(sorted(map(str, fields)))[:200] or "nothing"
        raise InvalidState(stream, f'it has no "{cursor_field}" (it has: {found})')
    reached = _instant(stream, cursor_field, fields.get(cursor_field))
    until = _instant(stream, "until", fields.get("until"))
    if reached is not None and until is not None and until < reached:
        raise InvalidState(stream, f'its "until" lies before its "{cursor_field}"')
    spans: list[Span] = [] if reached is None else [(BEGINNING, reached)]
    spans += _spans(stream, fields.get("done", []))
    return StreamState(
        coverage=Coverage.of(spans).largest(MAX_SPANS),
        until=reached if until is None else until,
        refresh=fields.get("refresh") is True,
        sync_id=fields[SYNC_ID] if type(fields.get(SYNC_ID)) is int else None,
        ids=_ids(stream, fields.get(IDS)),
        deleted=_deleted_count(fields.get(DELETED)),
    )


def _ids(stream: str, value: object) -> str | None:
    if value is None:
        return None
    try:
        decode_ids(value)
    except ValueError as error:
        raise InvalidState(stream, f'its "{IDS}" cannot be read ({error})') from None
    return str(value)


def _deleted_count(value: object) -> DeletedCount | None:
    """Read the count of deleted records; without a usable one they are counted anew."""
    if not isinstance(value, Mapping):
        return None
    before, count = parse_timestamp(value.get("before")), value.get("count")
    if before is None or type(count) is not int:
        return None
    return DeletedCount(before, count)


def _instant(stream: str, name: str, value: object) -> int | None:
    if value is None:
        return None
    timestamp = parse_timestamp(value)
    if timestamp is None:
        raise InvalidState(stream, f'its "{name}" is {_shown(value)}, which is not a timestamp')
    return timestamp


def _shown(value: object) -> str:
    """Return the beginning of a value, for a message."""
    return reprlib.repr(value)


def _spans(stream: str, value: object) -> list[Span]:
    if not isinstance(value, list):
        raise InvalidState(stream, f'its "done" is {_shown(value)}, not a list of spans')
    spans: list[Span] = []
    for pair in value:
        bounds = [parse_timestamp(bound) for bound in pair] if isinstance(pair, list) else []
        start, end = bounds if len(bounds) == len(("start", "end")) else (None, None)
        if start is None or end is None:
            raise InvalidState(stream, f'its "done" holds {_shown(pair)}, not a pair of timestamps')
        spans.append((start, end))
    return spans
