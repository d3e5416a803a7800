"""One stream in one sync, on one thread: tasks wait in a list, output is kept in order."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from source_kustomer.engine.progress import Progress
from source_kustomer.engine.reader_pool import ReaderPool
from source_kustomer.engine.stream import Stream
from source_kustomer.engine.stream_sync import StreamSync, Sync
from source_kustomer.errors import KustomerError
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.sync.cursor import CoverageCursor, Cursor, RefreshCursor
from source_kustomer.sync.state import BEGINNING, parse_state
from source_kustomer.timestamps import DAY, MINUTE, SECOND

NOW = 1_900_000_000 * SECOND
START = NOW - 1_200 * DAY
LOOKBACK = 10 * MINUTE
EAGERNESS = 0.7


class EagerPool(ReaderPool):
    """Welcomes more readers at random, at any pace."""

    def __init__(self, chance: random.Random) -> None:
        super().__init__(8, pace=lambda: 1.0, latency=lambda: 1.0)
        self._chance = chance

    def vacancies(self, reader: object, pages_left: int) -> int:
        return self._chance.randint(0, 3)


@dataclass
class Collected:
    """The engine's output: everything in the order in which it was put in."""

    items: list[tuple[str, Any]] = field(default_factory=list)

    def put_rows(self, stream: str, rows: Iterable[Mapping[str, Any]]) -> int:
        before = len(self.items)
        self.items += [("row", row) for row in rows]
        return len(self.items) - before

    def put_state(self, stream: str, state: Mapping[str, Any]) -> None:
        self.items.append(("state", dict(state)))

    def put_estimate(self, stream: str, rows: int) -> None:
        self.items.append(("estimate", rows))

    def put_started(self, stream: str) -> None:
        self.items.append(("status", "started"))

    def put_complete(self, stream: str) -> None:
        self.items.append(("status", "complete"))

    def put_failed(self, stream: str, error: KustomerError) -> None:
        self.items.append(("failed", error))

    @property
    def rows(self) -> list[dict[str, Any]]:
        return [item for kind, item in self.items if kind == "row"]

    @property
    def ids(self) -> list[str]:
        return [row["id"] for row in self.rows]

    @property
    def states(self) -> list[dict[str, Any]]:
        return [item for kind, item in self.items if kind == "state"]


class OneSync:
    """A stream that is read on the calling thread."""

    def __init__(
        self,
        stream: Stream,
        client: Any = None,
        *,
        state: Mapping[str, Any] | None = None,
        start: int = START,
        end: int = NOW,
        now: Callable[[], int] = lambda: NOW + 1,
        refresh: bool = False,
        replaces_table: bool = False,
        sync_id: int | None = None,
        include_deleted: bool = True,
        seed: int = 0,
        eager: bool = False,
    ) -> None:
        self._is_eager = eager
        self.output = Collected()
        self.tasks: list[Callable[[], None]] = []
        self.has_ended = False
        self._chance = random.Random(seed)
        sync = Sync(
            client=client,
            output=self.output,
            pool=EagerPool(self._chance),
            list_pool=EagerPool(self._chance),
            progress=Progress(
                self.output.put_estimate,
                seconds=lambda: 0.0,
                searches_per_minute=lambda: 1.0,
                requests_per_minute=lambda: 1.0,
            ),
            submit=self._submit,
            start=start,
            end=end,
            settled=end - LOOKBACK,
            begun=end + SECOND,
            now=now,
            include_deleted=include_deleted,
        )
        emit = partial(self.output.put_state, stream.name)
        cursor: Cursor
        if stream.cursor_field is None:
            cursor = RefreshCursor(found=state or {}, emit=emit, sync_id=sync_id)
        else:
            cursor = CoverageCursor(
                stream.cursor_field,
                found=parse_state(stream.name, stream.cursor_field, state or {}),
                start=BEGINNING if stream.whole_at_first else start,
                end=end,
                lookback=LOOKBACK,
                emit=emit,
                refresh=refresh,
                sync_id=sync_id,
            )
        self.stream = stream
        self.sync = StreamSync(
            stream.name,
            sync,
            cursor,
            RowMapper(stream.row),
            prepare=stream.prepare,
            replaces_table=replaces_table,
        )

    def run(self) -> Collected:
        """Read the stream; tasks run one after the other, in an order by chance."""
        self.sync.start(partial(self.stream.read, self.sync), self._end)
        while self.tasks:
            self.tasks.pop(self._chance.randrange(len(self.tasks)))()
        return self.output

    def _submit(self, task: Callable[[], None]) -> None:
        """Keep a task for later; an eager sync begins some at once, while another one waits."""
        if self._is_eager and self._chance.random() < EAGERNESS:
            task()
        else:
            self.tasks.append(task)

    def _end(self) -> None:
        assert not self.has_ended, "a stream ends once"
        self.has_ended = True
