from datetime import datetime, timedelta, timezone
from itertools import chain
from typing import Any

import pytest

ANY_TIME = "2015-01-01T00:00:00.000Z"
ALL_MESSAGES = {"and": [{"message_updated_at": {"gte": ANY_TIME}}], "includeDeleted": True}
SORTED = {"sort": [{"message_updated_at": "asc"}]}


def iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def ago(**span: float) -> str:
    return iso(datetime.now(timezone.utc) - timedelta(**span))


def test_standard_and_archive_search_together_hold_exactly_the_truth(ask, sandbox):
    for context, name in (
        ("message", "messages"),
        ("company", "companies"),
        ("kobject", "kobjects"),
    ):
        body = {"includeDeleted": True, "sort": [{f"{context}_updated_at": "asc"}]}
        found = ask.everything(context, **body) + ask.everything(context, archive=True, **body)
        assert sorted(found) == sorted(r["id"] for r in sandbox.truth(name))


def test_a_page_comes_in_order_and_within_its_range(ask):
    since, until = ago(days=90), ago(days=1)
    body = {"and": [{"message_updated_at": {"gte": since, "lt": until}}], **SORTED}
    reply = ask.search("message", 1, 500, **body)
    stamps = [r["attributes"]["updatedAt"] for r in reply.json["data"]]
    assert stamps == sorted(stamps)
    assert since <= stamps[0] <= stamps[-1] < until
    assert reply.json["meta"]["total"] >= len(stamps)


def test_deleted_records_come_only_when_asked_for(ask):
    assert any(
        r["attributes"].get("deleted")
        for r in ask.search("message", 1, 500, **ALL_MESSAGES).json["data"]
    )
    fewer = ask.search("message", 1, 500, **{**ALL_MESSAGES, "includeDeleted": False}).json
    assert not any(r["attributes"].get("deleted") for r in fewer["data"])


def test_bounds_are_inclusive_or_exclusive_as_their_names_say(ask, sandbox):
    at = ago(hours=2)
    ids = set(sandbox.ties("notes", 5, at))

    def found(**bounds):
        return set(ask.everything("note", **{"and": [{"note_updated_at": bounds}]})) & ids

    assert found(gte=at) == found(lte=at) == found(equals=at) == ids
    assert found(gt=at) == found(lt=at) == set()


def test_equal_timestamps_come_in_another_order_at_every_call(ask, sandbox):
    at = ago(hours=3)
    ids = sandbox.ties("messages", 300, at)
    body = {"and": [{"message_updated_at": {"equals": at}}], **SORTED}
    first, second = (ask.search("message", 1, 300, **body).ids for _ in range(2))
    assert first != second
    assert sorted(first) == sorted(second) == sorted(ids)
    sandbox.control(shuffle_ties=False)
    pages = [ask.search("message", page, 100, **body).ids for page in (1, 2, 3)]
    assert sorted(chain(*pages)) == sorted(ids)


def test_a_tie_can_be_split_by_created_at_unless_that_is_equal_too(ask, sandbox):
    at = ago(hours=4)
    sandbox.ties("messages", 50, at)
    body: dict[str, Any] = {
        "and": [{"message_updated_at": {"equals": at}}],
        "sort": [{"message_created_at": "asc"}],
    }
    created = [r["attributes"]["createdAt"] for r in ask.search("message", **body).json["data"]]
    assert created == sorted(set(created)) and len(created) == 50
    half = {"and": [*body["and"], {"message_created_at": {"gte": created[25]}}]}
    assert ask.search("message", **half).json["meta"]["total"] == 25
    sandbox.ties("notes", 9, at, same_created=True)
    same = ask.search("note", **{"and": [{"note_updated_at": {"equals": at}}]}).json["data"]
    assert len({r["attributes"]["createdAt"] for r in same}) == 1


def test_the_page_past_the_caps_is_refused_though_next_points_to_it(ask, sandbox):
    sandbox.control(page_cap=2)
    assert (
        ask.search("message", 2, **ALL_MESSAGES)
        .json["links"]["next"]
        .endswith("page=3&pageSize=100")
    )
    assert ask.search("message", 3, **ALL_MESSAGES).status == 400
    sandbox.control(page_cap=100, record_cap=1_000)
    assert ask.search("message", 2, 500, **ALL_MESSAGES).json["links"]["next"]
    assert ask.search("message", 3, 500, **ALL_MESSAGES).status == 400


def test_a_larger_page_than_granted_is_answered_as_the_dialect_says(ask, sandbox):
    sandbox.control(max_page_size=200)
    assert ask.search("message", 1, 500).json["meta"]["pageSize"] == 200
    sandbox.dialect(larger_page="refused")
    assert ask.search("message", 1, 500).status == 400
    sandbox.dialect(larger_page="500")
    assert ask.search("message", 1, 500).status == 500


@pytest.mark.parametrize(
    "body",
    [
        {"unknown": 1},
        {
            "and": [
                {"message_updated_at": {"gte": f"2026-01-01T00:00:00.{n:03d}Z"}} for n in range(21)
            ]
        },
        {"sort": [{"message_updated_at": "asc"}] * 6},
        {"and": [{"customer_updated_at": {"gte": ANY_TIME}}]},
        {"and": [{"message_updated_at": {"like": ANY_TIME}}]},
        {"and": [{"message_updated_at": {"gte": "yesterday"}}]},
        {"queryContext": "team"},
        {"includeDeleted": "true"},
    ],
)
def test_a_body_that_is_not_as_documented_is_refused(ask, body):
    reply = (
        ask.search(
            **{"context": "message", **{k: v for k, v in body.items() if k != "queryContext"}}
        )
        if "queryContext" not in body
        else ask.search(body["queryContext"])
    )
    assert reply.status == 400
    assert reply.json["errors"][0]["code"] == "bad_request"


def test_contexts_know_only_their_own_attributes(ask, sandbox):
    assert (
        ask.search("conversation_time", sort=[{"conversation_time_created_at": "asc"}]).status
        == 200
    )
    assert (
        ask.search("conversation_time", sort=[{"conversation_time_updated_at": "asc"}]).status
        == 400
    )
    assert ask.search("note", archive=True).status == 400
    assert ask.search("company", sort=[{"company_updated_at": "asc"}]).status == 200
    sandbox.control(refused_attributes=["company_updated_at"])
    assert ask.search("company", sort=[{"company_updated_at": "asc"}]).status == 400
    assert ask.search("company", archive=True, sort=[{"company_updated_at": "asc"}]).status == 200


def test_kobjects_are_searched_all_at_once_or_by_klass(ask, sandbox):
    everything = ask.everything("kobject", sort=[{"kobject_updated_at": "asc"}])
    klasses = {r["type"].removeprefix("kobject.") for r in sandbox.truth("kobjects")}
    assert len(klasses) > 3
    apart = [
        found
        for klass in klasses
        for found in ask.everything(f"kobject_{klass}", sort=[{"kobject_updated_at": "asc"}])
    ]
    assert sorted(apart) == sorted(everything)


def test_the_archives_links_point_at_the_standard_search(ask):
    links = ask.search("message", 1, 10, archive=True).json["links"]
    assert links["next"].startswith("/v1/customers/search?")


def test_a_record_crosses_the_two_year_edge_when_the_edge_moves(ask, sandbox):
    before = ask.search("message", **ALL_MESSAGES).json["meta"]["total"]
    sandbox.control(edge_offset=600 * 86_400)
    after = ask.search("message", **ALL_MESSAGES).json["meta"]["total"]
    archived = ask.search("message", archive=True, **ALL_MESSAGES).json["meta"]["total"]
    assert after < before
    assert after + archived == len(sandbox.truth("messages"))


def test_a_write_appears_after_the_lag_with_its_earlier_timestamp(ask, sandbox):
    sandbox.control(index_lag=0.5)
    old = sandbox.truth("companies")[0]
    [me] = sandbox.change("companies", ids=[old["id"]], set={"name": "new"})["updated"]
    condition = {"and": [{"company_id": {"equals": me}}], "includeDeleted": True}
    [shown] = ask.search("company", **condition).json["data"]
    assert shown == old
    assert ask.get(f"/companies/{me}").json["data"]["attributes"]["name"] == "new"
    sandbox.control(index_lag=0.0)
    [shown] = ask.search("company", **condition).json["data"]
    assert shown["attributes"]["name"] == "new"


def test_ids_only_and_fields_make_records_smaller(ask):
    [record] = ask.search("message", 1, 1, query="&idsOnly=true").json["data"]
    assert set(record) == {"type", "id"}
    [record] = ask.search("message", 1, 1, fields=["updatedAt"]).json["data"]
    assert set(record["attributes"]) == {"updatedAt"}


def test_or_not_in_and_contains_are_understood(ask, sandbox):
    some = [r["id"] for r in sandbox.truth("notes")[:3]]
    any_age = {"includeDeleted": True}
    found = ask.everything("note", **{"and": [{"note_id": {"in": some}}]}, **any_age)
    assert set(found) <= set(some)
    done = ask.search("conversation", **{"or": [{"conversation_status": {"equals": "done"}}]}).json
    rest = ask.search("conversation", **{"not": [{"conversation_status": {"equals": "done"}}]}).json
    assert (
        done["meta"]["total"] + rest["meta"]["total"]
        == ask.search("conversation").json["meta"]["total"]
    )


def test_odd_pages_come_once_per_query(ask, sandbox):
    sandbox.control(page_quirks=["empty_page", "duplicates", "larger_page", "null_data"])
    body = {"and": [{"message_updated_at": {"gte": ago(days=300)}}], **SORTED}
    empty, twice, larger, null, normal = (
        ask.search("message", 1, 50, **body).json for _ in range(5)
    )
    assert empty["data"] == [] and empty["links"]["next"]
    assert len({r["id"] for r in twice["data"]}) < len(twice["data"])
    assert len(larger["data"]) > larger["meta"]["pageSize"]
    assert null["data"] is None
    assert len({r["id"] for r in normal["data"]}) == 50
