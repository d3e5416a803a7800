from itertools import chain

import pytest

from kustomer_sandbox.data.workspace import is_deleted
from kustomer_sandbox.server.endpoints import LIST_ENDPOINTS

LISTS = """
    /brands /schedules /spam/senders /teams /shortcuts /shortcuts/categories /role-groups
    /auth/tokens /auth/roles /routing/queues /routing/queue-rules /routing/settings
    /routing/statuses /routing/work-sessions /snoozes /notifications /customers/searches
    /customers/searches/pinned /customers/searches/positions /cards /kviews /hooks/email
    /hooks/form /kb/articles /kb/categories /kb/forms /kb/routes /kb/tags /kb/templates
    /kb/themes /notes /companies /conversations /klasses/order
"""


def walk(ask, path, **query):
    """Every page of a list, by its links."""
    reply = ask.get(path, **query)
    pages = [reply]
    while reply.json.get("links", {}).get("next"):
        reply = ask.request("GET", reply.json["links"]["next"])
        pages.append(reply)
    return pages


def test_a_list_is_walked_by_its_links(ask, sandbox):
    pages = walk(ask, "/tags", pageSize=100)
    assert [len(page.json["data"]) for page in pages] == [100, 100, 50]
    assert [r for page in pages for r in page.json["data"]] == sandbox.truth("tags")
    assert pages[0].json["meta"] == {"page": 1, "pageSize": 100}


@pytest.mark.parametrize(
    ("path", "size"), [("/tags", 100), ("/users", 500), ("/customers", 100), ("/hooks/web", 99)]
)
def test_a_larger_page_than_granted_is_cut(ask, path, size):
    reply = ask.get(path, pageSize=1_000).json
    assert len(reply["data"]) == reply["meta"]["pageSize"] == size


def test_customers_come_by_thirty_and_with_a_total(ask):
    assert ask.get("/customers").json["meta"]["pageSize"] == 30
    assert ask.get("/customers").json["meta"]["total"] > 30


def test_hooks_end_after_ten_pages(ask):
    assert sum(len(page.json["data"]) for page in walk(ask, "/hooks/web")) == 990


def test_some_lists_lack_links_or_meta(ask):
    assert "links" not in ask.get("/satisfaction").json
    accounts = ask.get("/outboundAccounts").json
    assert accounts["meta"] == {} and set(accounts["links"]) == {"self"}


def test_deactivated_users_are_listed_apart_and_filters_do_not_combine(ask, sandbox):
    active = [i for page in walk(ask, "/users", pageSize=500) for i in page.ids]
    gone = [i for page in walk(ask, "/users", deleted="true") for i in page.ids]
    assert not set(active) & set(gone) and gone
    assert len(active) + len(gone) == len(sandbox.truth("users"))
    assert ask.get("/users", deleted="true", userType="user").status == 400


def test_klasses_of_other_statuses_are_hidden_unless_asked_for(ask, sandbox):
    found = [
        ask.get("/klasses", status=status).ids
        for status in ("enabled", "existing_only", "disabled")
    ]
    assert all(found) and ask.get("/klasses").ids == found[0]
    assert len(list(chain(*found))) == len(sandbox.truth("klasses"))


def test_included_records_come_along(ask, sandbox):
    assert len(ask.get("/slas", versions="all").json["included"]) == len(
        sandbox.truth("sla_versions")
    )
    assert "included" not in ask.get("/slas").json
    schedule = sandbox.truth("business_schedules")[0]["id"]
    [first, second] = ask.get(f"/schedules/{schedule}", include="holidays").json["included"]
    assert first["type"] == second["type"] == "holiday"
    pages = [ask.get("/messages", include="attachments", page=page).json for page in (1, 2, 3)]
    assert any(page["included"] for page in pages)


def test_audit_logs_are_walked_backwards_by_id(ask, sandbox):
    path, seen = "/v1/audit-logs?count=1000", []
    while path:
        reply = ask.request("GET", path)
        seen += reply.json["data"]
        path = reply.json["links"]["next"]
    assert seen == sandbox.truth("audit_logs")
    stamps = [log["attributes"]["createdAt"] for log in seen]
    assert stamps == sorted(stamps, reverse=True)
    some = ask.get("/audit-logs", **{"filter[start]": stamps[20], "filter[end]": stamps[10]}).json
    assert [log["attributes"]["createdAt"] for log in some["data"]] == stamps[10:21]


def test_children_are_found_below_their_parents(ask, sandbox):
    names = {"events": "conversation_events", "forwards": "forwards", "times": "conversation_times"}
    conversations = [
        c for c in sandbox.truth("conversations") if not c["attributes"].get("deleted")
    ]
    for below, name in names.items():
        truth = sandbox.truth(name)
        wanted = truth[0]["relationships"]["conversation"]["data"]["id"]
        found = ask.get(f"/conversations/{wanted}/{below}").json["data"]
        assert truth[0] in found
    assert conversations
    session = sandbox.truth("customer_sessions")[0]
    owner = session["relationships"]["customer"]["data"]["id"]
    assert session in ask.get(f"/customers/{owner}/sessions").json["data"]
    events = ask.get(f"/customers/{owner}/sessions/{session['attributes']['sessionId']}/events")
    assert len(events.json["data"]) == 2
    assert ask.get(f"/customers/{owner}/sessions/{session['id']}/events").status == 404
    assert ask.get(f"/customers/{owner}/events").status == 404


def test_children_of_deleted_parents_are_not_found_unless_served(ask, sandbox):
    gone = next(r["id"] for r in sandbox.truth("conversations") if r["attributes"].get("deleted"))
    assert ask.get(f"/conversations/{gone}/events").status == 404
    sandbox.dialect(deleted_parents="served")
    assert ask.get(f"/conversations/{gone}/events").status == 200


def test_several_ids_are_asked_for_at_once(ask, sandbox):
    for path, name in (
        ("/conversations/times", "conversation_times"),
        ("/users", "users"),
        ("/attachments", "attachments"),
        ("/conversations", "conversations"),
    ):
        records = sandbox.truth(name)[:3]
        ids = ",".join(r["id"] for r in records)
        assert ask.get(f"{path}/{ids}").json["data"] == records


def test_metadata_describes_the_custom_attributes_that_records_carry(ask, sandbox):
    for resource, name in (("customer", "customers"), ("kobject.order", "kobjects")):
        properties = ask.get(f"/metadata/{resource}").json["data"]["attributes"]["properties"]
        kind = resource if "." in resource else name[:-1]
        carried = [r["attributes"]["custom"] for r in sandbox.truth(name) if r["type"] == kind]
        assert set().union(*carried) <= set(properties)
    assert ask.get("/metadata/note").status == 404


@pytest.mark.parametrize(
    "path",
    [
        "/brands",
        "/schedules",
        "/spam/senders",
        "/teams",
        "/shortcuts",
        "/shortcuts/categories",
        "/role-groups",
        "/auth/tokens",
        "/auth/roles",
        "/routing/queues",
        "/routing/queue-rules",
        "/routing/settings",
        "/routing/statuses",
        "/routing/work-sessions",
        "/snoozes",
        "/notifications",
        "/customers/searches",
        "/customers/searches/pinned",
        "/customers/searches/positions",
        "/cards",
        "/kviews",
        "/hooks/email",
        "/hooks/form",
        "/kb/articles",
        "/kb/categories",
        "/kb/forms",
        "/kb/routes",
        "/kb/tags",
        "/kb/templates",
        "/kb/themes",
        "/notes",
        "/companies",
        "/conversations",
        "/klasses/order",
    ],
)
def test_every_list_answers_with_records(ask, path):
    reply = ask.get(path)
    assert reply.status == 200
    assert all({"type", "id", "attributes"} <= set(r) for r in reply.json["data"])
    assert reply.json["data"]


def test_article_tags_are_also_at_their_newer_path(ask):
    reply = ask.request("GET", "/v3/kb/tags")
    assert reply.json["links"]["self"].startswith("/v3/kb/tags")
    assert reply.ids == ask.get("/kb/tags").ids


def test_lists_may_have_a_limit_of_records(ask, sandbox):
    sandbox.control(list_record_cap=200)
    assert ask.get("/messages", page=3).json["data"]
    for cap, status in (("400", 400), ("404", 404), ("empty", 200)):
        sandbox.dialect(list_cap=cap)
        beyond = ask.get("/messages", page=3)
        assert beyond.status == status and not beyond.json.get("data")


@pytest.mark.parametrize(
    "path",
    [
        "/brands",
        "/cards",
        "/companies",
        "/conversations",
        "/customers",
        "/hooks/email",
        "/hooks/form",
        "/hooks/web",
        "/kb/articles",
        "/kb/categories",
        "/kb/forms",
        "/kb/routes",
        "/kb/tags",
        "/kb/templates",
        "/kb/themes",
        "/messages",
        "/notes",
        "/role-groups",
        "/routing/queue-rules",
        "/routing/queues",
        "/routing/settings",
        "/routing/statuses",
        "/routing/work-items",
        "/routing/work-sessions",
        "/schedules",
        "/shortcuts",
        "/shortcuts/categories",
        "/slas",
        "/snoozes",
        "/tags",
        "/teams",
        "/users",
        "/customers/searches",
        "/ai/automations",
    ],
)
def test_a_record_is_found_by_its_id_until_it_is_removed(ask, sandbox, path):
    record = [each for each in ask.get(path).json["data"] if not is_deleted(each)][-1]
    assert ask.get(f"{path}/{record['id']}").json["data"] == record
    assert ask.get(f"{path}/ffffffffffffffffffffffff").status == 404
    name = next(e.object for e in LIST_ENDPOINTS if e.path == path)
    if path != "/users":
        sandbox.change(name, ids=[record["id"]], deletes=1)
        assert ask.get(f"{path}/{record['id']}").status == 404
    sandbox.dialect(deleted_lists="served")
    # Users have not been deleted. A deleted article stays in its list, with a mark.
    assert (record["id"] in ask.get(path).ids) == (path in ("/users", "/kb/articles"))


def test_several_ids_in_a_path_are_served_where_they_are_documented(ask, sandbox):
    users, teams = (
        [r["id"] for r in ask.get(f"/{name}").json["data"][:2]] for name in ("users", "teams")
    )
    assert ask.get(f"/users/{','.join(users)}").ids == users
    assert ask.get(f"/teams/{','.join(teams)}").status == 404


@pytest.mark.parametrize("backwards", [False, True])
def test_notes_are_sorted_by_creation(ask, backwards):
    def notes(**query):
        return [note for page in walk(ask, "/notes", **query) for note in page.json["data"]]

    found = notes(sort="desc" if backwards else "asc")

    stamps = [note["attributes"]["createdAt"] for note in found]
    assert stamps[0] != stamps[-1]
    assert stamps == sorted(stamps, reverse=backwards)
    assert sorted(note["id"] for note in found) == sorted(note["id"] for note in notes())
