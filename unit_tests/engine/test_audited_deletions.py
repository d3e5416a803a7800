"""Deletions that only the audit log reports are confirmed, and emitted once."""

from __future__ import annotations

from typing import Any

import pytest

from source_kustomer.engine.deletion_log import DeletionLog
from source_kustomer.engine.stream_sync import Status
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams.conversations import Conversations
from source_kustomer.timestamps import DAY, MINUTE, format_timestamp, parse_timestamp
from unit_tests.engine.api import Api, record
from unit_tests.engine.harness import LOOKBACK, NOW, OneSync
from unit_tests.in_memory import reply

SINCE = NOW - DAY
STATE = {"updated_at": format_timestamp(SINCE + LOOKBACK)}
AT = format_timestamp(NOW)
NOT_FOUND = {"errors": [{"title": "Not found"}]}


def entry(identity: str, at: int, *, verb: str = "delete", kind: str = "conversation") -> Any:
    attributes = {"eventVerb": verb, "objectType": kind, "objectId": identity}
    return {
        "id": f"e-{identity}-{at}",
        "attributes": {**attributes, "createdAt": format_timestamp(at)},
    }


class Audited(Api):
    """An API with an audit log, newest first, and single conversations."""

    def __init__(self, *entries: Any, status: int = 200, page: int = 1_000) -> None:
        super().__init__([record(1, age=3_600)])
        self.entries = sorted(entries, key=lambda one: one["attributes"]["createdAt"])[::-1]
        self.status = status
        self.page = page
        self.single: dict[str, Answer] = {}
        self.override = self._override

    def _override(self, request: Request) -> Answer | None:
        if request.path == "/audit-logs":
            return self._log(request)
        if request.path.startswith("/conversations/"):
            found = self.single.get(request.path.rpartition("/")[2])
            return found or reply(NOT_FOUND, 404)
        return None

    def _log(self, request: Request) -> Answer:
        if self.status != 200:
            return reply({"errors": [{"title": "no"}]}, self.status)
        kind = request.params.get("filter[objectType]")
        bounds = [parse_timestamp(request.params.get(f"filter[{end}]")) for end in ("start", "end")]
        found = [
            one
            for one in self.entries
            if kind in (None, one["attributes"]["objectType"])
            and (bounds[0] or 0) <= (parse_timestamp(one["attributes"]["createdAt"]) or 0)
            and (parse_timestamp(one["attributes"]["createdAt"]) or 0) <= (bounds[1] or NOW)
        ]
        following = "/next" if len(found) > self.page else None
        return reply({"data": found[: self.page], "links": {"next": following}})


def synced(api: Audited, **settings: Any) -> OneSync:
    one = OneSync(Conversations(), api.client(), **{"state": STATE, **settings})
    one.run()
    assert one.sync.status is Status.COMPLETE
    return one


def deleted(one: OneSync) -> list[str]:
    return [row["id"] for row in one.output.rows if row.get("deleted")]


def test_a_deletion_that_the_search_does_not_report_is_emitted() -> None:
    one = synced(Audited(entry("gone", NOW - 60 * MINUTE)))

    assert one.output.rows[-1] == {
        "id": "gone",
        "deleted": True,
        "deleted_at": AT,
        "updated_at": AT,
    }


def test_a_deletion_that_the_search_reports_is_not_emitted_again() -> None:
    api = Audited(entry("r2", NOW - 60 * MINUTE))
    api.records.append(record(2, age=3_600, deleted=True))

    one = synced(api)

    assert deleted(one) == ["r2"]
    assert api.requests_of("/conversations/") == []


@pytest.mark.parametrize(
    "answer",
    [
        reply({"data": record(7)}),
        reply({"message": "Not Found"}, 404),
        reply(NOT_FOUND, 403),
        reply(NOT_FOUND, 400),
    ],
    ids=["restored", "gateway", "403", "400"],
)
def test_a_deletion_that_is_not_confirmed_is_not_emitted(answer: Answer) -> None:
    api = Audited(entry("r7", NOW - 60 * MINUTE))
    api.single["r7"] = answer

    assert deleted(synced(api)) == []


def test_a_record_that_is_still_returned_as_deleted_is_emitted_as_it_is() -> None:
    api = Audited(entry("r7", NOW - 60 * MINUTE))
    api.single["r7"] = reply({"data": record(7, name="Refund", deleted=True)})

    one = synced(api)

    assert [(row["id"], row["name"]) for row in one.output.rows if row.get("deleted")] == [
        ("r7", "Refund")
    ]


@pytest.mark.parametrize(
    "one",
    [
        entry("x", NOW - 60 * MINUTE, verb="update"),
        entry("x", NOW - 60 * MINUTE, kind="customer"),
        entry("x", SINCE - MINUTE),
        entry("x", NOW - MINUTE),
    ],
    ids=["update", "other object", "earlier sync", "within the lookback"],
)
def test_other_entries_delete_nothing(one: Any) -> None:
    assert deleted(synced(Audited(one))) == []


def test_consecutive_syncs_read_the_log_without_a_gap_and_without_an_overlap() -> None:
    moments = [SINCE + number * 60 * MINUTE for number in range(48)]
    api = Audited(*(entry(f"g{number}", at) for number, at in enumerate(moments)))

    first = synced(api)
    second = synced(api, state=first.output.states[-1], end=NOW + DAY)

    found = deleted(first) + deleted(second)
    assert sorted(found) == sorted(f"g{number}" for number in range(48))


@pytest.mark.parametrize("status", [400, 403, 404])
def test_without_the_role_nothing_changes_and_nothing_is_warned_of(
    status: int, caplog: pytest.LogCaptureFixture
) -> None:
    one = synced(Audited(entry("gone", NOW - 60 * MINUTE), status=status))

    assert deleted(one) == []
    assert one.output.ids == ["r1"]
    assert not [log for log in caplog.records if log.levelname in {"WARNING", "ERROR"}]


@pytest.mark.parametrize("settings", [{"state": None}, {"include_deleted": False}])
def test_the_log_is_not_read_where_no_deletion_is_wanted(settings: dict[str, Any]) -> None:
    api = Audited(entry("gone", NOW - 60 * MINUTE))

    synced(api, **settings)

    assert api.requests_of("/audit-logs") == []


def test_the_streams_of_a_quiet_sync_share_one_request() -> None:
    api = Audited(entry("c", NOW - 5 * MINUTE), entry("p", NOW - MINUTE, kind="customer"))
    log, client = DeletionLog(), api.client()

    found = [log.deleted(client, kind, SINCE, NOW) for kind in ("conversation", "customer")]

    assert found == [["c"], ["p"]]
    assert len(api.requests_of("/audit-logs")) == 1


def test_a_long_log_is_read_for_each_kind_of_record() -> None:
    others = [entry(f"m{n}", NOW - n * MINUTE, verb="update", kind="message") for n in range(9)]
    found = [entry(f"c{n}", NOW - n * 60 * MINUTE) for n in range(7)]
    api = Audited(*others, *found, page=5)
    log, client = DeletionLog(), api.client()

    assert sorted(log.deleted(client, "conversation", SINCE, NOW + MINUTE)) == [
        f"c{n}" for n in range(7)
    ]
    assert log.deleted(client, "customer", SINCE, NOW + MINUTE) == []
