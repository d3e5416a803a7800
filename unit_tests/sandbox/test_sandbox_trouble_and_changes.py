import http.client
import json
import socket
import subprocess
import sys
import time

import pytest

from kustomer_sandbox import Sandbox

ANY_TIME = "2015-01-01T00:00:00.000Z"
POLLS = 10_000
"""So often a test asks for what happens in another process, before it fails."""


def test_faults_replace_answers_in_the_order_asked_for(ask, sandbox):
    sandbox.control(fault_next=["500", "502", "503", "504", "html", "ok"])
    replies = [ask.get("/teams") for _ in range(7)]
    assert [r.status for r in replies] == [500, 502, 503, 504, 200, 200, 200]
    assert replies[4].body.startswith(b"<html>") and replies[1].body.startswith(b"<html>")
    assert replies[5].json["data"]


def test_connections_are_reset_cut_and_silent(ask, sandbox):
    sandbox.control(fault_next=["reset"])
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask.get("/teams")
    sandbox.control(fault_next=["cut"])
    with pytest.raises(http.client.IncompleteRead):
        ask.get("/teams")
    sandbox.control(fault_next=["silence"], silence_seconds=0.3)
    began = time.monotonic()
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask.get("/teams")
    assert time.monotonic() - began >= 0.3
    assert ask.get("/teams").status == 200


def test_faults_have_a_rate_and_keep_to_paths(ask, sandbox):
    sandbox.control(fault_rate=1.0, fault_kinds=["503"], fault_paths=["/search"])
    assert ask.search("note").status == 503
    assert ask.get("/teams").status == 200


def test_an_outage_ends_after_its_time(ask, sandbox):
    sandbox.outage(600)
    assert ask.get("/teams").status == 503
    sandbox.control(clock_ahead=600)
    assert ask.get("/teams").status == 200
    sandbox.outage(600, kind="reset")
    with pytest.raises((ConnectionResetError, http.client.RemoteDisconnected)):
        ask.get("/teams")


def test_latency_slows_answers(ask, sandbox):
    sandbox.control(latency_ms=200)
    began = time.monotonic()
    ask.get("/teams")
    assert time.monotonic() - began >= 0.2


def test_answers_are_compressed_when_asked(ask):
    plain = ask.request("GET", "/v1/teams")
    packed = ask.request("GET", "/v1/teams", **{"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.unpacked == plain.body


def test_changes_move_updated_at_and_deletes_leave_a_mark(sandbox):
    before = {r["id"]: r for r in sandbox.truth("notes")}
    made = sandbox.change("notes", updates=3, inserts=2, deletes=1)
    after = {r["id"]: r for r in sandbox.truth("notes")}
    assert len(after) == len(before) + 2 and set(made["inserted"]) == set(after) - set(before)
    for changed in made["updated"] + made["deleted"]:
        assert (
            after[changed]["attributes"]["updatedAt"] > before[changed]["attributes"]["updatedAt"]
        )
        assert before[changed] in sandbox.truth_versions("notes")
    [gone] = made["deleted"]
    assert after[gone]["attributes"]["deleted"] and after[gone]["attributes"]["deletedAt"]


def test_a_deleted_record_leaves_the_lists_and_the_plain_search(ask, sandbox):
    [gone] = sandbox.change("companies", deletes=1)["deleted"]
    sort = [{"company_updated_at": "desc"}]
    assert gone not in ask.everything("company", sort=sort)
    assert ask.search("company", 1, 1, sort=sort, includeDeleted=True).ids == [gone]


def test_small_objects_change_as_well(ask, sandbox):
    made = sandbox.change("teams", updates=1, inserts=1)
    assert set(made["updated"] + made["inserted"]) <= set(ask.get("/teams", pageSize=500).ids)


def test_live_changes_go_on_until_quiet(sandbox):
    sandbox.live(1_000, inserts=200, deletes=100)
    for _ in range(POLLS):
        made = sandbox.stats()["changes"]
        if made["updates"] > 20 and made["inserts"] > 4:
            break
    else:
        pytest.fail(f"only {made} were made")
    sandbox.quiet()
    before = sandbox.stats()["changes"]
    assert [sandbox.stats()["changes"] for _ in range(100)] == [before] * 100


def test_strange_records_come_through_the_search_as_raw_json(ask, sandbox):
    made = sandbox.strange("customers")
    reply = ask.search(
        "customer", 1, 100, includeDeleted=True, sort=[{"customer_updated_at": "desc"}]
    )
    found = {r["id"]: r for r in reply.json["data"]}
    assert set(made.values()) <= set(found)
    assert found[made["null_updated_at"]]["attributes"]["updatedAt"] is None
    assert "updatedAt" not in found[made["no_updated_at"]]["attributes"]
    assert found[made["lone_surrogate"]]["attributes"]["name"] == "a\ud800b"
    assert rb"\ud800" in reply.body and rb"\u0000" in reply.body
    assert len(reply.body) > 5_000_000
    assert found[made["masked"]]["attributes"]["name"]["isMasked"]
    assert set(sandbox.strange("messages", ["to_text"])) == {"to_text"}


def test_the_log_lists_the_requests(ask, sandbox):
    sandbox.forget_requests()
    ask.search("note", 2, 7, **{"and": [{"note_updated_at": {"gte": ANY_TIME}}]})
    ask.get("/teams")
    ask.request("PUT", "/v1/teams/1", {"name": "x"})
    search, teams, write = sandbox.requests()
    assert (search["context"], search["page"], search["page_size"], search["rows"]) == (
        "note",
        2,
        7,
        7,
    )
    assert search["and"] == [{"note_updated_at": {"gte": ANY_TIME}}]
    assert (teams["object"], teams["status"], teams["key"]) == ("teams", 200, "default")
    assert (write["method"], write["status"]) == ("PUT", 405)
    stats = sandbox.stats()
    assert stats["by_status"] == {"200": 2, "405": 1}
    assert "PUT /teams/1" in stats["ever_asked"]


def test_records_can_be_placed_in_a_range():
    since, until = "2026-03-01T00:00:00.000Z", "2026-03-02T00:00:00.000Z"
    with Sandbox(records=200, since=since, until=until) as sandbox:
        stamps = [r["attributes"]["updatedAt"] for r in sandbox.truth("messages")]
    assert len(stamps) == 98 and since <= min(stamps) <= max(stamps) < until


def test_the_same_seed_makes_the_same_records():
    def make():
        with Sandbox(records=60, seed=3) as sandbox:
            return [r["attributes"]["preview"] for r in sandbox.truth("messages")]

    assert make() == make()


def test_it_ends_with_whoever_started_it():
    code = (
        "import os, sys, time\nfrom kustomer_sandbox import Sandbox\n"
        "s = Sandbox(records=20); s.start(); print(s.url, s.pid, flush=True); os._exit(1)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    url, _ = done.stdout.split()
    host, port = url.split("//")[1].split("/")[0].split(":")
    for _ in range(POLLS):
        with socket.socket() as probe:
            if probe.connect_ex((host, int(port))):
                return
    pytest.fail("the sandbox outlived its parent")


def test_help_explains_every_switch():
    done = subprocess.run(
        [sys.executable, "-m", "kustomer_sandbox", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    with Sandbox(records=10) as sandbox:
        for name in sandbox.settings():
            assert f"--{name.replace('_', '-')}" in done.stdout
    assert json.loads(json.dumps(done.stdout))
