"""Each dialect switch changes the answers that it is about, and no value is without a test."""

import itertools
import subprocess
import sys
import time

import pytest

from kustomer_sandbox.control.dialects import BY_ID, DEFAULT, SWITCHES, dialect, parse

TESTED: set[tuple[str, str]] = set()


def shows(switch, *values):
    """Mark a test as the one of these values of a switch."""
    TESTED.update((switch, value) for value in values)
    return lambda test: test


def deleted(sandbox, name):
    return next(r["id"] for r in sandbox.truth(name) if r["attributes"].get("deleted"))


def stamps(reply, name="updatedAt"):
    return [r["attributes"][name] for r in reply.json["data"]]


def test_a_dialect_is_written_as_pairs_and_has_every_switch():
    assert parse("reset=never, totals=capped") == {
        **DEFAULT,
        "reset": "never",
        "totals": "capped",
    }
    assert parse("") == DEFAULT
    for wrong in ("reset", "reset=sometimes", "nothing=never"):
        with pytest.raises(ValueError, match="dialect"):
            parse(wrong)
    with pytest.raises(ValueError, match="--list-dialects"):
        dialect({"nothing": "never"})


def test_the_command_line_lists_every_switch_and_value():
    done = subprocess.run(
        [sys.executable, "-m", "kustomer_sandbox", "--list-dialects"],
        capture_output=True,
        text=True,
        check=True,
    )
    for switch in SWITCHES:
        assert f"{switch.id}: {switch.question}" in done.stdout
        assert f"{switch.default} (default)" in done.stdout
        assert all(meaning in done.stdout for meaning in switch.values.values())


def test_an_unknown_dialect_is_refused_and_changes_nothing(sandbox):
    before = sandbox.settings()
    with pytest.raises(Exception, match="no dialect switch 'rest'"):
        sandbox.dialect(rest="never")
    assert sandbox.settings() == before


@shows("reset", "on-429", "always", "never")
@shows("retry-after", "on-429", "never")
def test_rate_limit_headers(ask, sandbox):
    sandbox.control(organization_per_minute=1, window_seconds=3_600.0)
    ask.get("/teams")
    found = {}
    for reset, retry in (("on-429", "never"), ("always", "on-429"), ("never", "never")):
        sandbox.control(organization_per_minute=100, dialect={"reset": reset, "retry-after": retry})
        granted = ask.get("/teams").headers
        sandbox.control(organization_per_minute=1)
        refused = ask.get("/teams")
        assert refused.status == 429
        found[reset] = ("x-ratelimit-reset" in granted, "x-ratelimit-reset" in refused.headers)
        assert "retry-after" not in granted
        assert ("retry-after" in refused.headers) == (retry == "on-429")
        if retry == "on-429":
            assert 0 < int(refused.headers["retry-after"]) <= 3_600
            wait = float(refused.headers["x-ratelimit-reset"]) - time.time()
            assert abs(int(refused.headers["retry-after"]) - wait) <= 2
    assert found == {"on-429": (False, True), "always": (True, True), "never": (False, False)}


@shows("limit-headers", "tightest", "organization")
def test_limit_headers(ask, sandbox):
    sandbox.control(organization_per_minute=1_000, searches_per_minute=100)
    assert ask.search("note", 1, 1).headers["x-ratelimit-limit"] == "100"
    sandbox.dialect(limit_headers="organization")
    assert ask.search("note", 1, 1).headers["x-ratelimit-limit"] == "1000"


@shows("role", "401", "403")
def test_role(ask, sandbox):
    key = sandbox.new_key(roles=["org.permission.team.read"])
    for status in ("401", "403"):
        sandbox.dialect(role=status)
        assert ask.get("/brands", key=key).status == int(status)
        assert ask.search("note", key=key).status == int(status)
        assert ask.get("/teams", key=key).status == 200
    assert ask.get("/auth/tokens/current", key=key).json["data"]["attributes"]["roles"] == [
        "org.permission.team.read"
    ]


@shows("plan-feature", "included", "401", "403")
def test_plan_feature(ask, sandbox):
    for value, status in (("included", 200), ("401", 401), ("403", 403)):
        sandbox.dialect(plan_feature=value)
        assert ask.get("/ai/automations").status == status
        assert ask.get("/teams").status == 200


@shows("unauthorized", "passing", "never")
def test_unauthorized(ask, sandbox):
    assert [ask.get("/teams").status for _ in range(3)] == [200, 200, 200]
    sandbox.dialect(unauthorized="passing")
    assert [ask.get("/teams").status for _ in range(3)] == [200, 401, 200]


@shows("body", "data", "errors", "message", "empty", "always-errors")
def test_body(ask, sandbox):
    members = {"errors": {"errors"}, "message": {"message"}, "empty": set()}
    for value, keys in members.items():
        sandbox.dialect(body=value)
        replies = [ask.get("/teams") for _ in range(3)]
        assert [reply.status for reply in replies] == [200] * 3
        assert set(replies[0].json) == keys
        assert all("data" in reply.json for reply in replies[1:])
        assert set(ask.search("note").json) == keys
    sandbox.dialect(body="always-errors")
    assert all(set(ask.get("/teams").json) == {"errors"} for _ in range(3))
    sandbox.dialect()
    assert "data" in ask.get("/teams").json


@shows("masked-values", "objects", "texts")
def test_masked_values(ask, sandbox):
    mask = {"isMasked": True, "maskedPresentation": "********"}
    [identity] = sandbox.change("customers", inserts=1)["inserted"]
    sandbox.change("customers", ids=[identity], set={"birthdayAt": mask})
    newest = [{"customer_updated_at": "desc"}]
    for value, expected in (("objects", mask), ("texts", "********")):
        sandbox.dialect(masked_values=value)
        single = ask.get(f"/customers/{identity}").json["data"]
        searched = ask.search("customer", sort=newest).json["data"]
        for records in ([single], searched, sandbox.truth("customers")):
            [shown] = [one for one in records if one["id"] == identity]
            assert shown["attributes"]["birthdayAt"] == expected


@shows("partial", "never", "passing", "always")
def test_partial(ask, sandbox):
    def ask_three_times():
        return [ask.search("note", 1, 20).json for _ in range(3)]

    whole = ask_three_times()[0]
    assert whole["meta"]["timed_out"] is False
    for value, expected in (("passing", [True, False, False]), ("always", [True] * 3)):
        sandbox.dialect(partial=value)
        found = ask_three_times()
        assert [reply["meta"]["timed_out"] for reply in found] == expected
        assert len(found[0]["data"]) == 10
        assert found[0]["meta"]["total"] < whole["meta"]["total"]
    assert "timed_out" not in ask.get("/teams").json["meta"]


@shows("empty-page", "never", "passing")
def test_empty_page(ask, sandbox):
    newest = ask.get("/audit-logs", count=1).ids[0]
    asked = {
        "search": lambda: ask.search("note"),
        "later": lambda: ask.get("/tags", page=2, pageSize=10),
        "first": lambda: ask.get("/teams"),
        "audit": lambda: ask.get("/audit-logs", count=5, before=newest),
    }
    for value, expected in (("passing", [True, False, True]), ("never", [True] * 3)):
        sandbox.dialect(empty_page=value)
        for name, one in asked.items():
            found = [bool(one().json["data"]) for _ in range(3)]
            assert found == ([True] * 3 if name == "first" else expected)


@pytest.mark.parametrize("value", ["never", "403", "404", "501", "502"])
@shows("gateway", "never", "403", "404", "501", "502")
def test_gateway(ask, sandbox, value):
    sandbox.dialect(gateway=value)
    first, second = ask.get("/teams"), ask.get("/teams")
    assert second.status == 200
    assert first.status == (200 if value == "never" else int(value))
    assert (b"<html>" in first.body) == (value != "never")


@shows("totals", "exact", "capped", "tracked", "untracked", "missing")
def test_totals(ask, sandbox):
    sandbox.control(total_cap=100)
    exact = ask.search("note", 1, 1).json["meta"]["total"]
    assert exact > 100
    tracked = "&trackTotalHits=true"
    found = {}
    for value in ("exact", "capped", "tracked", "untracked", "missing"):
        sandbox.dialect(totals=value)
        answers = [ask.search("note", 1, 1, query=query) for query in ("", tracked)]
        found[value] = [
            one.json["meta"].get("total") if one.status == 200 else one.status for one in answers
        ]
    assert found == {
        "exact": [exact, exact],
        "capped": [100, 100],
        "tracked": [100, exact],
        "untracked": [100, 400],
        "missing": [None, None],
    }


@shows("page-size", "documented", "by-object")
def test_page_size(ask, sandbox):
    def sizes():
        contexts = ("customer", "conversation", "message", "note", "company", "kobject")
        searched = [ask.search(one, 1, 500).json["meta"]["pageSize"] for one in contexts]
        return searched + [ask.get(one, pageSize=100).json["meta"]["pageSize"] for one in LISTS]

    assert sizes() == [500] * 6 + [100] * len(LISTS)
    sandbox.dialect(page_size="by-object")
    assert set(sizes()[:6]) <= {50, 100, 300, 500} and len(set(sizes()[:6])) > 1
    assert set(sizes()[6:]) <= {10, 20, 60, 100} and len(set(sizes()[6:])) > 1
    sandbox.control(max_list_page=10, dialect={})
    assert sizes()[6:] == [10] * len(LISTS)


LISTS = ("/teams", "/brands", "/cards", "/notes", "/customers")


@shows("larger-page", "clamped", "refused", "500")
def test_larger_page(ask, sandbox):
    for value, status in (("clamped", 200), ("refused", 400), ("500", 500)):
        sandbox.dialect(larger_page=value)
        assert ask.search("note", 1, 501).status == status
        assert ask.search("note", 1, 500).status == 200


@shows("search-cap", "10000", "100-pages")
def test_search_cap(ask, sandbox):
    sandbox.control(record_cap=50)
    assert ask.search("note", 3, 20).status == 400
    sandbox.dialect(search_cap="100-pages")
    assert ask.search("note", 3, 20).status == 200
    assert ask.search("note", 101, 1).status == 400


@shows("precision", "milliseconds", "seconds")
def test_precision(ask, sandbox):
    [made] = sandbox.ties("notes", 1, "2026-03-01T10:00:00.500Z", same_created=True)

    def found(**bounds):
        return made in ask.everything(
            "note", **{"and": [{"note_updated_at": bounds}, {"note_created_at": bounds}]}
        )

    bounds = [
        {"gte": "2026-03-01T10:00:00.501Z"},
        {"gt": "2026-03-01T10:00:00.500Z"},
        {"lt": "2026-03-01T10:00:00.501Z"},
        {"lte": "2026-03-01T10:00:00.500Z"},
    ]
    assert [found(**one) for one in bounds] == [False, False, True, True]
    sandbox.dialect(precision="seconds")
    assert [found(**one) for one in bounds] == [True, False, False, True]


@shows("search-bounds", "gte", "both", "neither")
def test_search_bounds(ask, sandbox):
    at = "2026-03-01T10:00:00.500Z"
    [made] = sandbox.ties("notes", 1, at, same_created=True)

    def found(operator):
        return made in ask.everything("note", **{"and": [{"note_updated_at": {operator: at}}]})

    for value, expected in (
        ("gte", (True, False)),
        ("both", (True, True)),
        ("neither", (False, False)),
    ):
        sandbox.dialect(search_bounds=value)
        assert (found("gte"), found("lt")) == expected
        assert (found("gt"), found("lte")) == (False, True)


@shows("from-date", "created", "updated", "ignored", "refused")
def test_from_date(ask, sandbox):
    everything = ask.get("/klasses/order", pageSize=100).json["data"]
    since = max(row["attributes"]["createdAt"] for row in everything)
    later = everything[0]["id"]
    sandbox.change("kobjects", ids=[later], at="2099-01-01T00:00:00.000Z")

    def listed():
        reply = ask.get("/klasses/order", pageSize=100, fromDate=since)
        return {row["id"] for row in reply.json["data"]}

    created = listed()
    assert created
    assert later not in created
    sandbox.dialect(from_date="updated")
    assert listed() >= {later, *created}
    assert len(listed()) < len(everything)
    sandbox.dialect(from_date="ignored")
    assert listed() == {row["id"] for row in everything}
    sandbox.dialect(from_date="refused")
    assert ask.get("/klasses/order", fromDate=since).status == 400


@shows("search-sort", "obeyed", "ignored")
def test_search_sort(ask, sandbox):
    def is_sorted():
        found = stamps(ask.search("note", 1, 200, sort=[{"note_updated_at": "asc"}]))
        return found == sorted(found)

    assert is_sorted()
    sandbox.dialect(search_sort="ignored")
    assert not is_sorted()


@shows("unknown-attribute", "refused", "ignored")
@shows("company-search", "served", "refused")
def test_unknown_attribute(ask, sandbox):
    body = {
        "and": [{"company_updated_at": {"gte": "2999-01-01T00:00:00.000Z"}}],
        "sort": [{"company_updated_at": "asc"}],
    }
    assert ask.search("company", **body).json["data"] == []
    sandbox.dialect(company_search="refused")
    assert ask.search("company", **body).status == 400
    sandbox.dialect(company_search="refused", unknown_attribute="ignored")
    reply = ask.search("company", **body)
    assert reply.json["data"] and stamps(reply) != sorted(stamps(reply))


@shows("work-contexts", "served", "refused")
def test_work_contexts(ask, sandbox):
    for value, status in (("served", 200), ("refused", 400)):
        sandbox.dialect(work_contexts=value)
        for context in ("work_session", "work_item"):
            assert ask.search(context, sort=[{f"{context}_updated_at": "asc"}]).status == status


@shows("klass-contexts", "both", "generic", "own", "refused")
def test_klass_contexts(ask, sandbox):
    accepted = {
        "both": (200, 200),
        "generic": (200, 400),
        "own": (400, 200),
        "refused": (400, 400),
    }
    for value, expected in accepted.items():
        sandbox.dialect(klass_contexts=value)
        found = tuple(
            ask.search("kobject_order", sort=[{attribute: "asc"}]).status
            for attribute in ("kobject_updated_at", "kobject_order_updated_at")
        )
        assert found == expected
        assert ask.search("kobject", sort=[{"kobject_updated_at": "asc"}]).status == 200


@shows("schema", "served", "missing")
def test_schema(ask, sandbox):
    def sortable():
        attributes = ask.get("/customers/searches/schema").json["data"]["attributes"]
        return set(attributes["sort"]["properties"]["fields"]["enum"])

    assert {"customer_updated_at", "work_item_updated_at", "kobject_updated_at"} <= sortable()
    assert "kobject_order_updated_at" in sortable()
    sandbox.dialect(klass_contexts="generic")
    assert "kobject_order_updated_at" not in sortable()
    sandbox.dialect(work_contexts="refused", company_search="refused")
    assert not {"work_item_updated_at", "company_updated_at"} & sortable()
    sandbox.dialect(schema="missing")
    assert ask.get("/customers/searches/schema").status == 404


@shows("archive-edge", "updated", "created")
def test_archive_edge(ask, sandbox):
    at = "2026-04-01T10:00:00.000Z"
    [old] = sandbox.change("messages", inserts=1, at="2020-01-01T00:00:00.000Z")["inserted"]
    sandbox.change("messages", ids=[old], at=at)
    body = {"and": [{"message_updated_at": {"equals": at}}], "includeDeleted": True}

    def found():
        return [old in ask.search("message", archive=one, **body).ids for one in (False, True)]

    assert found() == [True, False]
    sandbox.dialect(archive_edge="created")
    assert found() == [False, True]


@shows("index", "prompt", "stalled")
def test_index(ask, sandbox):
    sandbox.dialect(index="stalled")
    [made] = sandbox.change("customers", inserts=1)["inserted"]
    sort = [{"customer_updated_at": "desc"}]
    assert made not in ask.search("customer", sort=sort).ids
    assert ask.get("/customers", sort="-updatedAt").ids[0] == made
    sandbox.dialect()
    assert ask.search("customer", sort=sort).ids[0] == made


@shows("deletes", "move", "keep")
def test_deletes(sandbox):
    def moved():
        before = {r["id"]: r["attributes"]["updatedAt"] for r in sandbox.truth("notes")}
        [gone] = sandbox.change("notes", deletes=1)["deleted"]
        [after] = [r["attributes"] for r in sandbox.truth("notes") if r["id"] == gone]
        assert after["deleted"] and after["deletedAt"] > before[gone]
        return after["updatedAt"] != before[gone]

    assert moved()
    sandbox.dialect(deletes="keep")
    assert not moved()


@shows("links", "present", "missing")
def test_links(ask, sandbox):
    assert ask.get("/tags", pageSize=10).json["links"]["next"]
    sandbox.dialect(links="missing")
    assert "links" not in ask.get("/tags", pageSize=10).json
    assert "links" not in ask.search("note", 1, 10).json
    assert len(ask.get("/tags", pageSize=10, page=2).ids) == 10


@shows("past-end", "empty", "404", "400")
def test_past_end(ask, sandbox):
    for value, status in (("empty", 200), ("404", 404), ("400", 400)):
        sandbox.dialect(past_end=value)
        assert ask.get("/teams", page=1).status == 200
        assert ask.get("/teams", page=2).status == status
        assert ask.search("company", 2, 500).status == status


@shows("list-order", "oldest-first", "newest-first", "growing")
def test_list_order(ask, sandbox):
    oldest = ask.get("/teams", pageSize=500).ids
    sandbox.dialect(list_order="newest-first")
    assert ask.get("/teams", pageSize=500).ids == oldest[::-1]
    assert ask.get("/conversations", sort="asc").ids != ask.get("/conversations").ids
    assert ask.get("/conversations", sort="desc").ids == ask.get("/conversations").ids
    sandbox.dialect(list_order="growing")
    for grown in (0, 1, 2, 3, 3):
        found = ask.get("/teams", pageSize=500).ids
        assert found[grown:] == oldest[::-1]


@shows("list-cap", "none", "empty", "400", "404")
def test_list_cap(ask, sandbox):
    sandbox.control(list_record_cap=20)
    for value, status in (("none", 200), ("empty", 200), ("400", 400), ("404", 404)):
        sandbox.dialect(list_cap=value)
        second, third = (ask.get("/tags", page=page, pageSize=10) for page in (2, 3))
        assert bool(second.json["links"]["next"]) == (value != "empty")
        assert third.status == status
        assert bool(third.json.get("data")) == (value == "none")


@shows("list-scope", "all", "narrow")
def test_list_scope(ask, sandbox):
    def count(path, **query):
        pages = [ask.get(path, pageSize=500, page=page, **query) for page in (1, 2)]
        assert [page.status for page in pages] == [200, 200]
        return sum(len(page.ids) for page in pages)

    asked = {
        "/routing/queues": [{"all": "true"}],
        "/schedules": [{}, {"enabled": "false"}],
        "/routing/queue-rules": [{}, {"enabled": "false"}],
        "/snoozes": [{}, {"resource": "kobject"}],
        "/kviews": [{}, {"appDisabled": "true"}],
        "/customers/searches": [{"filter": "all"}],
        "/users": [{}, {"userType": "machine"}, {"pending": "true"}],
        "/routing/work-sessions": [{"user": "false", "active": "false"}],
    }
    whole = {path: count(path) for path in asked}
    sandbox.dialect(list_scope="narrow")
    for path, queries in asked.items():
        assert count(path) < whole[path], path
        assert sum(count(path, **query) for query in queries) == whole[path], path


@shows("deleted-lists", "included", "served", "ignored", "refused")
def test_deleted_lists(ask, sandbox):
    asked = {
        "/tags": {"deleted": "true"},
        "/teams": {"deleted": "true"},
        "/shortcuts": {"deleted": "true"},
        "/spam/senders": {"includeDeleted": "true"},
        "/users": {"deleted": "true"},
    }

    def ids(path, **query):
        pages = [ask.get(path, pageSize=500, page=page, **query) for page in (1, 2, 3)]
        return {record_id for page in pages for record_id in page.ids}

    for path, query in asked.items():
        sandbox.dialect(deleted_lists="included")
        everything = ids(path)
        sandbox.dialect(deleted_lists="served")
        plain, gone = ids(path), ids(path, **query)
        assert gone != plain and (everything > plain) == (path != "/users")
        if path == "/spam/senders":
            assert plain < gone
        else:
            assert gone and not plain & gone
        sandbox.dialect(deleted_lists="ignored")
        assert ids(path, **query) == plain
        sandbox.dialect(deleted_lists="refused")
        assert ask.get(path, **query).status == 400
        assert ask.get(path).status == 200
    sandbox.dialect(deleted_lists="served")
    both = ask.get("/shortcuts", deleted="all").ids
    assert set(both) == {r["id"] for r in sandbox.truth("shortcuts")}


@shows("include", "served", "ignored")
def test_include(ask, sandbox):
    asked = [
        ("/messages", {"include": "attachments"}),
        ("/slas", {"versions": "all"}),
        ("/schedules", {"include": "holidays"}),
    ]
    for value, expected in (("served", True), ("ignored", False)):
        sandbox.dialect(include=value)
        for path, query in asked:
            assert ("included" in ask.get(path, **query).json) is expected
        single = ask.get("/schedules/default", include="holidays")
        assert "included" in single.json, "only lists may ignore it"


@shows("customers-list", "obeyed", "seconds", "ignored", "refused")
def test_customers_list(ask, sandbox):
    since, until = "2026-05-01T10:00:00.200Z", "2026-05-01T10:00:00.800Z"
    [first] = sandbox.ties("customers", 1, "2026-05-01T10:00:00.100Z")
    [middle] = sandbox.ties("customers", 1, since)
    [last] = sandbox.ties("customers", 1, until)
    query = {"sort": "updatedAt", "filter[updatedAt][gte]": since, "filter[updatedAt][lt]": until}
    assert ask.get("/customers", **query).ids == [middle]
    newest = ask.get("/customers", sort="-updatedAt", pageSize=100)
    assert stamps(newest) == sorted(stamps(newest), reverse=True)
    created = ask.get("/customers", **{"sort": "createdAt", "filter[createdAt][lte]": since})
    assert stamps(created, "createdAt") == sorted(stamps(created, "createdAt"))
    assert max(stamps(created, "createdAt")) <= since
    sandbox.dialect(customers_list="seconds")
    assert ask.get("/customers", **query).ids == []
    wider = {**query, "filter[updatedAt][lt]": "2026-05-01T10:00:01.000Z"}
    assert ask.get("/customers", **wider).ids == [first, middle, last]
    sandbox.dialect(customers_list="ignored")
    assert ask.get("/customers", **query).ids == ask.get("/customers").ids
    sandbox.dialect(customers_list="refused")
    assert ask.get("/customers", **query).status == 400
    assert ask.get("/customers", sort="-updatedAt").status == 400
    assert ask.get("/customers").status == 200


@shows("ids-per-path", "any", "20")
def test_ids_per_path(ask, sandbox):
    records = sandbox.truth("conversations")
    ids = [r["id"] for r in records if not r["attributes"].get("deleted")][:21]
    for value, status in (("any", 200), ("20", 400)):
        sandbox.dialect(ids_per_path=value)
        assert ask.get(f"/conversations/{','.join(ids)}").status == status
        assert len(ask.get(f"/conversations/{','.join(ids[:20])}").ids) == 20


@shows("inbound-attachments", "served", "not-found", "left-out")
def test_inbound_attachments(ask, sandbox):
    direction = {r["id"]: r["attributes"]["direction"] for r in sandbox.truth("messages")}
    files: dict[str, list[tuple[str, str]]] = {"in": [], "out": []}
    for file in sandbox.truth("attachments"):
        message = file["relationships"]["message"]["data"]["id"]
        files[direction[message]].append((message, file["id"]))
    (message, inbound), (_, outbound) = files["in"][0], files["out"][0]

    def found(*ids):
        reply = ask.get(f"/attachments/{','.join(ids)}")
        data = reply.json.get("data", [])
        return {one["id"] for one in (data if isinstance(data, list) else [data])}

    expected = {
        "served": ({inbound}, {outbound}, {inbound, outbound}),
        "not-found": (set(), {outbound}, set()),
        "left-out": (set(), {outbound}, {outbound}),
    }
    for value, wanted in expected.items():
        sandbox.dialect(inbound_attachments=value)
        assert (found(inbound), found(outbound), found(inbound, outbound)) == wanted
        single = ask.get(f"/messages/{message}/attachments/{inbound}")
        assert single.json["data"]["id"] == inbound


@shows("deleted-parents", "not-found", "served")
@shows("removed-records", "not-found", "served")
def test_deleted_records(ask, sandbox):
    gone = deleted(sandbox, "conversations")
    for value, status in (("not-found", 404), ("served", 200)):
        sandbox.dialect(deleted_parents=value)
        assert ask.get(f"/conversations/{gone}/events").status == status
        sandbox.dialect(removed_records=value)
        assert ask.get(f"/conversations/{gone}").status == status
    sandbox.dialect()
    [removed] = sandbox.change("queues", deletes=1)["deleted"]
    assert removed not in ask.get("/routing/queues", all="true").ids
    assert removed not in {r["id"] for r in sandbox.truth("queues")}
    assert set(sandbox.removed("queues")) >= {removed}


@shows("kb-paths", "both", "v1", "v3")
def test_kb_paths(ask, sandbox):
    expected = {"both": (200, 200), "v1": (200, 404), "v3": (404, 200)}
    for value, wanted in expected.items():
        sandbox.dialect(kb_paths=value)
        for name in ("tags", "templates", "themes"):
            found = tuple(ask.request("GET", f"/{v}/kb/{name}").status for v in ("v1", "v3"))
            assert found == wanted
        assert ask.get("/kb/articles").status == 200


@shows("audit-order", "newest-first", "oldest-first")
@shows("audit-bounds", "inclusive", "exclusive")
def test_audit_log(ask, sandbox):
    def walk(**query):
        reply = ask.get("/audit-logs", count=700, **query)
        found = stamps(reply, "createdAt")
        while reply.json["links"]["next"]:
            reply = ask.request("GET", reply.json["links"]["next"])
            found += stamps(reply, "createdAt")
        return found

    newest = walk()
    assert newest == sorted(newest, reverse=True) and len(newest) > 700
    sandbox.dialect(audit_order="oldest-first")
    assert walk() == newest[::-1]
    span = {"filter[start]": newest[10], "filter[end]": newest[5]}
    for value, length in (("inclusive", 6), ("exclusive", 4)):
        sandbox.dialect(audit_bounds=value)
        assert len(walk(**span)) == length


def test_every_value_of_every_switch_has_its_test():
    every = {(switch.id, value) for switch in SWITCHES for value in switch.values}
    assert every == TESTED
    assert len(BY_ID) == len(SWITCHES)
    assert all(len(switch.values) > 1 for switch in SWITCHES)
    assert not [a for a, b in itertools.combinations(SWITCHES, 2) if a.question == b.question]
