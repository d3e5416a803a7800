import time

import pytest

from kustomer_sandbox import Sandbox
from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.server.limits import Limits

WINDOW = 60


def now(sandbox):
    return time.time() + sandbox.settings()["clock_ahead"]


def next_window(sandbox):
    """Put the sandbox's clock to the start of the next window, which the test does not outlast."""
    ahead = sandbox.settings()["clock_ahead"]
    sandbox.control(clock_ahead=ahead + WINDOW - (time.time() + ahead) % WINDOW)


def test_a_wrong_key_and_an_expired_key_are_refused(ask, sandbox):
    assert ask.get("/teams", key="nobody").status == 401
    expired = ask.get("/teams", key=sandbox.new_key(expires_in=-1))
    assert expired.status == 401 and b"Expired token" in expired.body
    key = sandbox.new_key(expires_in=100)
    assert ask.get("/teams", key=key).status == 200
    sandbox.control(clock_ahead=101)
    assert ask.get("/teams", key=key).status == 401
    key = sandbox.new_key(expires_after_requests=2)
    assert [ask.get("/teams", key=key).status for _ in range(3)] == [200, 200, 401]


def test_a_key_of_another_region_is_refused_with_the_reason(ask, sandbox):
    reply = ask.get("/teams", key=sandbox.new_key(pod="prod2"))
    assert reply.status == 401
    assert b"pod prod2 but request is being handled by prod1" in reply.body


@pytest.mark.parametrize(
    "role", ["org.user.message.read", "org.permission.message.read", "org.user"]
)
def test_any_one_of_an_endpoints_roles_suffices(ask, sandbox, role):
    key = sandbox.new_key(roles=[role])
    assert ask.get("/messages", key=key).status == 200
    assert ask.get("/auth/tokens/current", key=key).status == 200
    refused = ask.get("/hooks/web", key=key)
    assert refused.status == 403 and b"org." not in refused.body


def test_search_needs_a_role_of_its_own(ask, sandbox):
    assert ask.search("message", key=sandbox.new_key(roles=["org.user.message.read"])).status == 403
    assert (
        ask.search("message", key=sandbox.new_key(roles=["org.permission.search.create"])).status
        == 200
    )


def test_errors_come_in_three_shapes(ask, sandbox):
    key = sandbox.new_key(roles=[])
    assert set(ask.get("/brands", key=key).json["errors"][0]) == {"code", "message", "meta"}
    assert "detail" in ask.get("/messages", key=key).json["errors"][0]
    assert set(ask.get("/tags", key=key).json) == {"error", "message"}


def test_an_object_can_be_forbidden_midway_or_absent(ask, sandbox):
    sandbox.control(forbidden={"notes": 2}, absent=["cards", "/kb/tags"])
    assert [ask.search("note").status for _ in range(3)] == [200, 200, 403]
    assert ask.search("message").status == 200
    assert ask.get("/cards").status == ask.get("/kb/tags").status == 404


def test_the_organizations_limit_counts_all_keys(ask, sandbox):
    sandbox.control(organization_per_minute=5)
    next_window(sandbox)
    other = sandbox.new_key()
    replies = [ask.get("/teams", key=key) for key in (None, other) * 3]
    assert [r.status for r in replies] == [200] * 5 + [429]
    assert [r.headers["x-ratelimit-remaining"] for r in replies] == ["4", "3", "2", "1", "0", "0"]
    assert "retry-after" not in {name.lower() for name in replies[-1].headers}
    assert 0 <= int(replies[-1].headers["x-ratelimit-reset"]) - now(sandbox) <= WINDOW
    next_window(sandbox)
    assert ask.get("/teams").status == 200


def test_searches_have_a_limit_inside_the_other(ask, sandbox):
    sandbox.control(organization_per_minute=10, searches_per_minute=2)
    next_window(sandbox)
    replies = [ask.search("note", 1, 1) for _ in range(3)]
    assert [r.status for r in replies] == [200, 200, 429]
    assert [r.headers["x-ratelimit-limit"] for r in replies] == ["2"] * 3
    reply = ask.get("/teams")
    assert (reply.status, reply.headers["x-ratelimit-remaining"]) == (200, "7")
    sandbox.dialect(limit_headers="organization")
    assert ask.search("note", 1, 1).headers["x-ratelimit-limit"] == "10"


@pytest.mark.parametrize("mode", ["past", "far_future", "garbage"])
def test_the_reset_header_may_be_odd(ask, sandbox, mode):
    sandbox.dialect(reset="always")
    sandbox.control(organization_per_minute=1_000, reset_header=mode)
    reset = ask.get("/teams").headers.get("x-ratelimit-reset")
    assert {
        "past": reset and reset.isdigit() and int(reset) < time.time(),
        "far_future": reset and reset.isdigit() and int(reset) > time.time() + 86_400,
        "garbage": reset == "soon",
    }[mode]


def test_another_client_draws_on_the_same_budget_and_is_counted():
    with Sandbox(
        records=100, organization_per_minute=50, other_requests_per_minute=6_000
    ) as sandbox:
        sandbox.stats()
        sandbox.control(clock_ahead=WINDOW)
        stats = sandbox.stats()
        assert stats["other_requests_refused"] > 5_000
        assert 50 <= stats["other_requests_allowed"] <= 150


def test_what_others_used_in_a_window_that_has_ended_counts_in_no_later_one():
    settings = Settings(other_requests_per_minute=100.0, other_searches_per_minute=50.0)
    limits = Limits(settings)
    limits.take(600.0, search=True)
    verdict = limits.take(719.0, search=True)
    assert verdict.allowed
    assert 45 <= int(verdict.headers["x-ratelimit-remaining"]) <= 50
