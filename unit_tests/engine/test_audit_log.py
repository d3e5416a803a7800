"""The audit log is read completely in either order, with bounds of either kind."""

from typing import Any

import pytest

from source_kustomer.engine.stream_sync import Status
from source_kustomer.errors import TimestampTooDense, UnorderedPage
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.timeline import AuditLogs
from source_kustomer.timestamps import MILLISECOND, SECOND, format_timestamp, parse_timestamp
from unit_tests.engine.harness import NOW, OneSync
from unit_tests.in_memory import InMemoryTransport, client_of, reply

DAY = 86_400 * SECOND


class Log:
    """Entries, and how the API lists them."""

    def __init__(
        self,
        times: list[int],
        *,
        newest_first: bool = True,
        inclusive: bool = True,
        links: bool = True,
        granted: int = 1_000,
    ) -> None:
        self.times = times
        self.entries: list[dict[str, Any]] = [
            {"id": f"{number:05}", "attributes": {"createdAt": format_timestamp(at)}}
            for number, at in enumerate(times)
        ]
        self.newest_first = newest_first
        self.inclusive = inclusive
        self.links = links
        self.granted = granted
        self.transport = InMemoryTransport(self._answer)

    def _answer(self, request: Request) -> Answer:
        start, end = (parse_timestamp(request.params.get(f"filter[{n}]")) for n in ("start", "end"))
        reach = 0 if self.inclusive else MILLISECOND
        low, high = (start or 0) + reach, NOW + DAY if end is None else end - reach
        before = request.params.get("before", "z")
        found = [
            entry
            for entry, at in zip(self.entries, self.times, strict=True)
            if low <= at <= high and entry["id"] < before
        ]
        found.sort(key=lambda entry: entry["id"], reverse=self.newest_first)
        count = min(self.granted, int(request.params["count"]))
        links = {"next": "next" if len(found) > count else None} if self.links else {}
        return reply({"data": found[:count], "meta": {}, "links": links})


def one_sync(log: Log, **settings: Any) -> OneSync:
    return OneSync(AuditLogs(), client_of(log.transport), start=NOW - 30 * DAY, **settings)


@pytest.mark.parametrize("newest_first", [True, False])
@pytest.mark.parametrize("inclusive", [True, False])
@pytest.mark.parametrize("links", [True, False])
@pytest.mark.parametrize("step", [SECOND, MILLISECOND])
def test_every_entry_is_read_once(
    *, newest_first: bool, inclusive: bool, links: bool, step: int
) -> None:
    times = [NOW - DAY + number * step for number in range(3_000)]
    log = Log(times, newest_first=newest_first, inclusive=inclusive, links=links)

    sync = one_sync(log)
    output = sync.run()

    assert sync.sync.status is Status.COMPLETE
    assert sorted(output.ids) == [entry["id"] for entry in log.entries]
    assert len(log.transport.requests) <= 6


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_page_size_that_is_smaller_than_requested_ends_nothing(newest_first: bool) -> None:
    log = Log(
        [NOW - DAY + number * SECOND for number in range(950)],
        newest_first=newest_first,
        granted=100,
    )

    output = one_sync(log).run()

    assert len(set(output.ids)) == 950


def test_entries_in_no_order_fail_the_stream() -> None:
    log = Log([NOW - DAY, NOW - 2 * DAY, NOW - DAY + SECOND, NOW - 3 * DAY])

    sync = one_sync(log)
    sync.run()

    assert isinstance(sync.sync.failure, UnorderedPage)


@pytest.mark.parametrize(("newest_first", "is_read"), [(True, True), (False, False)])
def test_a_page_of_equal_timestamps_is_read_on_or_fails(newest_first: bool, is_read: bool) -> None:
    log = Log([NOW - DAY] * 2_500, newest_first=newest_first)

    sync = one_sync(log)
    output = sync.run()

    if is_read:
        assert len(set(output.ids)) == 2_500
    else:
        assert isinstance(sync.sync.failure, TimestampTooDense)


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_state_of_a_log_that_was_cut_off_covers_what_was_read(newest_first: bool) -> None:
    log = Log([NOW - DAY + number * SECOND for number in range(3_000)], newest_first=newest_first)
    sync = one_sync(log)
    replies = log.transport.replies
    assert callable(replies)
    log.transport.replies = lambda request: (
        reply({}, 403) if len(log.transport.requests) > 2 else replies(request)
    )
    first = sync.run()
    log.transport.replies = replies

    second = one_sync(log, state=sync.sync.cursor.state()).run()

    assert {*first.ids, *second.ids} == {entry["id"] for entry in log.entries}
    assert len(second.ids) < 1_200
