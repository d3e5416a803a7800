"""A destination that takes syncs as Airbyte's do, and is compared with the sandbox's truth."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from integration_tests.connector import Connector, Message, Output, configured
from kustomer_sandbox import Sandbox

Row = Mapping[str, Any]

"""Switches of a sandbox where the rate limit is not what is tested."""

_HAS_OFFSET = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?[+-]\d\d:\d\d").fullmatch
"""Match a timestamp that is not in UTC; rows have all in UTC."""

RESHAPED = frozenset({"type", "meta", "from"})
"""Attributes whose columns have another name or form on purpose; `unit_tests` test them."""


@dataclass
class Comparison:
    """How a stream's newest row per id differs from the truth; nothing at all is expected."""

    records: int
    absent: list[str] = field(default_factory=list)
    """Ids that never arrived."""
    stale: dict[str, str] = field(default_factory=dict)
    """Ids whose newest row is not the record as it is now, with the first column that differs."""
    unknown: list[str] = field(default_factory=list)
    """Ids that arrived but do not exist."""
    columns: int = 0
    """How many values were compared."""

    @property
    def is_exact(self) -> bool:
        """Whether every record is there as it is, and nothing else."""
        return not self.absent and not self.stale and not self.unknown

    def __str__(self) -> str:
        """Sum it up, with an example of each kind."""
        examples = [*self.absent[:2], *list(self.stale.items())[:2], *self.unknown[:2]]
        return (
            f"{self.records:,} records: {len(self.absent)} absent, {len(self.stale)} stale, "
            f"{len(self.unknown)} unknown {examples or ''}".rstrip()
        )


class Destination:
    """Keeps the newest row per stream and id, and the last state of every stream."""

    def __init__(self, streams: Iterable[Message], sync_mode: str = "incremental") -> None:
        """Configure a connection.

        Args:
            streams: discovered streams, all of them selected.
            sync_mode: how they are read, where they can be read in that way.
        """
        self.catalog = configured(streams, sync_mode)
        self.cursors = {
            entry["stream"]["name"]: (entry["cursor_field"] or [None])[0]
            for entry in self.catalog["streams"]
        }
        self.rows: dict[str, dict[str, Row]] = {name: {} for name in self.cursors}
        self.taken: Counter[str] = Counter()
        """Rows that arrived, by stream, repeated ones included."""
        self.states: dict[str, Message] = {}
        self.state_counts: Counter[str] = Counter()
        """States that arrived, by stream."""
        self._covered: dict[str, Covered] = {}

    def begin(self) -> None:
        """Forget what the states of an earlier read cover: a new one reads its end again."""
        self._covered = {}

    def sync(self, connector: Connector, *, succeeds: bool = True) -> Output:
        """Read from the last states, and take what comes.

        Args:
            connector: what reads.
            succeeds: whether it is to end well; a failing read leaves its rows and states too.
        """
        self.begin()
        output = connector.read(self.catalog, self.last_states)
        if succeeds:
            assert output.code == 0, (output.code, output.errors, output.stderr[-2000:])
        self.take(output.stdout.splitlines(keepends=True))
        return output

    @property
    def last_states(self) -> Sequence[Message] | None:
        """What the next read is given: nothing before the first state."""
        return list(self.states.values()) or None

    @property
    def finished(self) -> frozenset[str]:
        """Streams whose last state says that they were read to the end of a sync."""
        blobs = {name: state["stream"]["stream_state"] for name, state in self.states.items()}
        return frozenset(name for name, blob in blobs.items() if blob and "until" not in blob)

    def take(self, lines: Iterable[str]) -> None:
        """Take the lines of a read; a last one that is cut short, by a kill, is dropped.

        Fails when a row comes after a state that covers it: a process that is killed in between
        would have lost it.
        """
        for message in messages(lines):
            if message["type"] == "RECORD":
                self._put(message["record"]["stream"], message["record"]["data"])
            elif message["type"] == "STATE":
                state = message["state"]
                stream = state["stream"]["stream_descriptor"]["name"]
                self.states[stream] = state
                self.state_counts[stream] += 1
                self._covered[stream] = Covered.by(state, self.cursors[stream])

    def _put(self, stream: str, row: Row) -> None:
        self.taken[stream] += 1
        cursor, rows = self.cursors[stream], self.rows[stream]
        before = rows.get(row["id"])
        covered = self._covered.get(stream)
        if cursor is not None and covered is not None and row.get(cursor):
            is_new = before is None or (before.get(cursor) or "") < row[cursor]
            is_late = is_new and row[cursor] in covered
            assert not is_late, f"{stream}: {row['id']} came after a state that covers it"
        # Among versions of one update time the one that came last counts, as in Airbyte.
        stamps = [] if cursor is None else [one.get(cursor) or "" for one in (before or {}, row)]
        if before is None or stamps == sorted(stamps):
            rows[row["id"]] = row

    def compare(self, sandbox: Sandbox, stream: str) -> Comparison:
        """Compare every column of every row of a stream with the truth."""
        rows, truth = self.rows[stream], sandbox.truth(stream)
        comparison = Comparison(len(truth))
        for resource in truth:
            row = rows.get(resource["id"])
            if row is None:
                comparison.absent.append(resource["id"])
                continue
            differing, compared = differing_column(resource, row)
            comparison.columns += compared
            if differing is not None:
                comparison.stale[resource["id"]] = differing
        comparison.unknown = sorted(rows.keys() - {resource["id"] for resource in truth})
        return comparison

    def assert_is_exact(self, sandbox: Sandbox, *, some: int = 1) -> None:
        """Fail unless every stream equals the truth.

        Args:
            sandbox: what was read.
            some: how many records each stream has at the least.
        """
        for stream in self.rows:
            comparison = self.compare(sandbox, stream)
            assert comparison.is_exact, f"{stream}: {comparison}"
            assert comparison.records >= some, f"{stream}: {comparison}"
            assert comparison.columns >= 3 * comparison.records, f"{stream}: hardly compared"


@dataclass(frozen=True)
class Covered:
    """The moments that a state says are read; as text, which the connector writes in one form."""

    until: str
    spans: Sequence[Sequence[str]]

    @staticmethod
    def by(state: Message, cursor: str | None) -> Covered:
        """Read a state message."""
        blob = state["stream"]["stream_state"]
        return Covered(blob.get(cursor) or "", blob.get("done", []))

    def __contains__(self, moment: str) -> bool:
        """Tell whether a moment is covered."""
        return moment < self.until or any(start <= moment < end for start, end in self.spans)


def messages(lines: Iterable[str]) -> Iterator[Message]:
    """Parse a read's lines, whole ones only."""
    for line in lines:
        if line.endswith("\n"):
            yield json.loads(line)


def differing_column(resource: Message, row: Row) -> tuple[str | None, int]:
    """Find the first column of a row that does not have its record's value.

    Names are compared without case and underscores, so that this knows nothing of how the
    connector spells its columns.

    Returns:
        The attribute or relationship that differs, if any, and how many were compared.
    """
    columns = {_plain(name): value for name, value in row.items()}
    columns |= {_plain(name): value for name, value in row.get("misfit_values", {}).items()}
    compared = 0
    for name, value in resource["attributes"].items():
        if name in RESHAPED:
            continue
        if _plain(name) not in columns or _fold(columns[_plain(name)]) != _fold(value):
            return name, compared
        compared += 1
    for name, relationship in (resource.get("relationships") or {}).items():
        if not relationship or "data" not in relationship:
            continue
        column = columns.get(_plain(name) + "data", columns.get(_plain(name)))
        if _fold(column) != _fold(relationship["data"]):
            return name, compared
        compared += 1
    return None, compared


def _plain(name: str) -> str:
    return name.replace("_", "").lower()


def _fold(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain(key): _fold(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_fold(item) for item in value]
    if isinstance(value, str) and _HAS_OFFSET(value):
        utc = datetime.fromisoformat(value).astimezone(timezone.utc)
        return f"{utc:%Y-%m-%dT%H:%M:%S}{value[19:-6]}Z"
    return value
