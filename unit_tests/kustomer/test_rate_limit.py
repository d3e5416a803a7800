"""The rate limit, simulated in virtual time against a server that counts in fixed windows."""

import heapq
import itertools
import random
from dataclasses import dataclass, field
from datetime import datetime, timezone
from email.utils import format_datetime, formatdate

import pytest

from source_kustomer.kustomer import rate_limit
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import WINDOW, Budget, Budgets, Kind, Told

UNIX = 1_800_000_000.0


@dataclass
class Server:
    """Counts requests per fixed window, as Kustomer does, and tells it in headers."""

    organization: int = 300
    search: int | None = 100
    headers: str = "tightest"
    offset: float = 17.3
    reset: str = "normal"
    skew: float = 0.0
    """How far its clock is ahead of ours, in seconds."""
    dated: bool = False
    later: tuple | None = None
    """From when on other limits apply: seconds, the organization's, the searches'."""
    used: dict = field(default_factory=dict)

    def take(self, now, kind):
        if self.later is not None and now >= self.later[0]:
            _, self.organization, self.search = self.later
        window = int((now + self.offset) // WINDOW)
        limits = {"organization": self.organization}
        if kind is Kind.SEARCH and self.search is not None:
            limits["search"] = self.search
        counts = {name: self.used.get((window, name), 0) for name in limits}
        refused = any(counts[name] >= limits[name] for name in limits)
        if not refused:
            for name in limits:
                counts[name] += 1
                self.used[(window, name)] = counts[name]
        left = {name: limits[name] - counts[name] for name in limits}
        told = (
            min(left, key=lambda name: left[name]) if self.headers == "tightest" else "organization"
        )
        return refused, self.tell(now, limits[told], left[told], (window + 1) * WINDOW)

    def tell(self, now, limit, left, end):
        if self.headers == "none":
            return {}
        unix = UNIX + self.skew
        reset = {
            "normal": str(int(unix + end - self.offset)),
            "past": str(int(unix + now) - 60),
            "far_future": str(int(unix + now) + 30 * 86_400),
            "missing": None,
            "garbage": "soon",
            "seconds": str(int(end - self.offset - now)),
        }[self.reset]
        return {
            "x-ratelimit-limit": str(max(limit, 0)),
            "x-ratelimit-remaining": str(max(left, 0)),
            **({} if reset is None else {"x-ratelimit-reset": reset}),
            **({"date": formatdate(unix + now, usegmt=True)} if self.dated else {}),
        }


@dataclass
class Outcome:
    sent: int = 0
    refused: int = 0
    others_sent: int = 0
    others_refused: int = 0
    minutes: float = 0.0


def simulate(
    server, *, kind=Kind.SEARCH, minutes=10.0, latency=0.3, others=(0, 0), share=0.8, readers=32
):
    """Let readers ask as fast as they may, beside another client with an even pace."""
    now = 0.0
    clock = Clock(monotonic=lambda: now, unix=lambda: UNIX + now)
    budgets = Budgets(share, clock=clock)
    rng = random.Random(5)
    events: list[tuple] = []
    idle, outcome = readers, Outcome(minutes=minutes)
    for other_kind, per_minute in zip((Kind.LIST, Kind.SEARCH), others, strict=True):
        for number in range(int(per_minute * minutes)):
            heapq.heappush(events, (number * 60 / per_minute, rng.random(), "other", other_kind))
    while now < minutes * 60:
        free = budgets._next_free(kind, now) if idle else float("inf")
        if free <= now:
            budgets._send(kind, now)
            idle -= 1
            heapq.heappush(events, (now + latency / 2, rng.random(), "arrives", None))
            continue
        upcoming = events[0][0] if events else float("inf")
        now = min(free, upcoming)
        while events and events[0][0] <= now:
            at, _, what, detail = heapq.heappop(events)
            if what == "other":
                refused, _ = server.take(at, detail)
                outcome.others_sent += 1
                outcome.others_refused += refused
            elif what == "arrives":
                answer = server.take(at, kind)
                outcome.sent += 1
                outcome.refused += answer[0]
                heapq.heappush(events, (at + latency / 2, rng.random(), "answered", answer))
            else:
                budgets.answered(kind, detail[1], refused=detail[0])
                idle += 1
    return outcome


@pytest.mark.parametrize(
    ("server", "kind", "per_minute"),
    [
        (Server(300, 100), Kind.SEARCH, 80),
        (Server(2_000, 100), Kind.SEARCH, 80),
        (Server(300, None), Kind.SEARCH, 240),
        (Server(2_000, None), Kind.SEARCH, 1_600),
        (Server(2_000, None), Kind.LIST, 1_600),
        (Server(1_000, 100), Kind.LIST, 800),
    ],
)
@pytest.mark.parametrize("latency", [0.01, 0.3, 1.0])
def test_alone_the_share_is_used_up_without_a_single_refusal(server, kind, per_minute, latency):
    outcome = simulate(Server(server.organization, server.search), kind=kind, latency=latency)

    assert outcome.refused == 0
    assert 0.95 * per_minute * outcome.minutes <= outcome.sent
    assert outcome.sent <= per_minute * (outcome.minutes + 1)


@pytest.mark.parametrize("offset", [1.0, 14.0, 27.0, 40.0, 53.0, 59.0])
@pytest.mark.parametrize("latency", [0.05, 0.3])
def test_the_first_minutes_are_used_up_wherever_in_a_window_the_sync_begins(offset, latency):
    outcome = simulate(Server(offset=offset), minutes=2.0, latency=latency)

    assert outcome.refused == 0
    assert outcome.sent >= 0.95 * 80 * outcome.minutes


def test_where_headers_hide_the_search_limit_it_is_found_out_by_at_most_one_refusal():
    outcome = simulate(Server(1_000, 100, headers="organization"))

    assert outcome.refused <= 1
    assert outcome.sent / outcome.minutes >= 0.9 * 80


def test_where_headers_speak_only_of_the_organization_and_no_search_limit_exists_it_is_dropped():
    outcome = simulate(Server(1_000, None, headers="organization"), latency=0.1)

    assert outcome.refused == 0
    assert outcome.sent / outcome.minutes >= 0.9 * 800


def test_an_absent_search_limit_is_dropped_within_a_minute_although_the_reset_wavers():
    class Coarse(Server):
        """Its clock is told in whole seconds, up to a second late."""

        def take(self, now, kind):
            refused, headers = super().take(now, kind)
            told = datetime.fromtimestamp(int(UNIX + now - now // 8 % 2), timezone.utc)
            return refused, {**headers, "date": format_datetime(told, usegmt=True)}

    outcome = simulate(Coarse(2_000, None, headers="organization"), minutes=2.0, readers=2)

    assert outcome.refused == 0
    assert outcome.sent >= 600


def test_while_a_search_limit_is_on_trial_more_readers_are_wanted_than_it_would_feed():
    now = 0.0
    budgets = Budgets(0.8, clock=Clock(monotonic=lambda: now, unix=lambda: UNIX + now))
    assert budgets.searches_per_second() <= 80 / 60

    for _ in range(4):
        budgets._send(Kind.SEARCH, now)
        budgets.answered(Kind.SEARCH, answer(900), refused=False)

    assert budgets.searches_per_second() > 10


@pytest.mark.parametrize("latency", [0.05, 0.3, 1.0])
def test_another_client_with_half_of_each_limit_gets_its_half(latency):
    outcome = simulate(Server(300, 100), others=(100, 50), latency=latency, minutes=20)

    assert outcome.others_refused <= 0.01 * outcome.others_sent
    assert outcome.refused <= 0.01 * outcome.sent
    assert outcome.sent / outcome.minutes >= 40


def test_another_client_that_headers_hide_costs_few_refusals():
    outcome = simulate(
        Server(1_000, 100, headers="organization"), others=(0, 50), minutes=30, latency=0.3
    )

    assert outcome.refused <= 0.02 * outcome.sent


@pytest.mark.parametrize("reset", ["0", "1", "9999999999", "soon", "", "-5", "nan", "inf", None])
@pytest.mark.parametrize("limit", ["300", "zero", "0", "-1", "nan", None])
def test_headers_that_make_no_sense_hold_nothing_up(reset, limit):
    now = 0.0
    budgets = Budgets(0.8, clock=Clock(monotonic=lambda: now, unix=lambda: UNIX))
    headers = {"x-ratelimit-reset": reset, "x-ratelimit-limit": limit}
    headers = {name: value for name, value in headers.items() if value is not None}

    budgets._send(Kind.SEARCH, now)
    budgets.answered(Kind.SEARCH, headers, refused=True)

    assert budgets._next_free(Kind.SEARCH, now) <= WINDOW + 2
    assert budgets._next_free(Kind.LIST, now) <= WINDOW + 2


def test_a_reset_is_measured_against_the_answers_own_clock():
    told = Told.of(
        {"x-ratelimit-reset": "1000000030", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}, UNIX
    )

    assert told.reset_in == pytest.approx(30)


def test_lists_do_not_wait_for_searches():
    now = 0.0
    budgets = Budgets(0.8, clock=Clock(monotonic=lambda: now, unix=lambda: UNIX))
    while budgets._next_free(Kind.SEARCH, now) <= now:
        budgets._send(Kind.SEARCH, now)

    assert budgets._next_free(Kind.LIST, now) <= now


def test_a_small_sync_is_not_slowed_down():
    budget = Budget(100, 0.8)
    sent = 0
    while budget.next_free(0.0) <= 0.0:
        budget.send(0.0)
        sent += 1

    assert sent >= rate_limit.HEAD_START * 80


@pytest.mark.parametrize("offset", [1.0, 14.0, 27.0, 40.0, 53.0, 59.5])
@pytest.mark.parametrize("latency", [0.05, 0.3])
def test_a_hidden_search_limit_is_not_taken_for_absent_wherever_its_windows_begin(offset, latency):
    outcome = simulate(Server(1_000, 100, headers="organization", offset=offset), latency=latency)

    assert outcome.refused <= 1
    assert outcome.sent / outcome.minutes <= 90


def test_slow_answers_do_not_keep_an_absent_search_limit_in_force():
    outcome = simulate(Server(1_000, None, headers="organization"), latency=2.5)

    assert outcome.refused == 0
    assert outcome.sent / outcome.minutes >= 400


def answer(remaining, *, limit=1_000, reset=UNIX + 60):
    return {
        "x-ratelimit-limit": str(limit),
        "x-ratelimit-remaining": str(remaining),
        "x-ratelimit-reset": str(int(reset)),
    }


def test_searches_that_fail_prove_nothing_about_the_search_limit():
    now = 0.0
    budgets = Budgets(0.8, clock=Clock(monotonic=lambda: now, unix=lambda: UNIX + now))
    for number in range(150):
        budgets._send(Kind.SEARCH, now)
        now = 10.0
        headers = answer(1_000 - number) if number < 10 else None
        budgets.answered(Kind.SEARCH, headers, refused=False)

    assert budgets._is_search_limited


def test_counts_prove_nothing_where_the_end_of_a_window_is_not_told():
    now = 0.0
    budgets = Budgets(0.8, clock=Clock(monotonic=lambda: now, unix=lambda: UNIX + now))
    for number in range(150):
        budgets._send(Kind.SEARCH, now)
        now = 10.0
        budgets.answered(Kind.SEARCH, answer(1_000 - number, reset=0), refused=False)

    assert budgets._is_search_limited


def test_a_search_limit_thought_absent_comes_back_with_the_first_refusal():
    now = 0.0
    budgets = Budgets(0.8, clock=Clock(monotonic=lambda: now, unix=lambda: UNIX + now))
    for number in range(110):
        budgets._send(Kind.SEARCH, now)
        now = 10.0
        budgets.answered(Kind.SEARCH, answer(1_000 - number), refused=False)
    assert not budgets._is_search_limited

    budgets._send(Kind.SEARCH, now)
    budgets.answered(Kind.SEARCH, answer(880), refused=True)

    assert budgets._is_search_limited
    assert budgets._next_free(Kind.SEARCH, now) > 59.0
    assert budgets._next_free(Kind.LIST, now) < 59.0


def test_after_repeated_refusals_more_is_tried_ever_more_rarely():
    budget = Budget(100, 0.8)
    refusals = []
    for window in range(60):
        now = window * (WINDOW + 1) + 1.0
        sent = 0
        while sent < budget.quota(now) - 1:
            budget.send(now)
            budget.answered()
            sent += 1
            if sent > 50:
                refusals.append(window)
                budget.refuse(now, Told(None, None, None))
                break

    gaps = [later - earlier for earlier, later in itertools.pairwise(refusals)]
    assert gaps == sorted(gaps)
    assert gaps[-1] > 2 * gaps[0]


RESETS = ["past", "far_future", "missing", "garbage", "seconds"]


@pytest.mark.parametrize("reset", RESETS)
def test_resets_that_cannot_be_believed_cost_few_refusals_beside_another_client(reset):
    outcome = simulate(Server(300, 100, reset=reset), others=(100, 50), minutes=20)

    assert outcome.refused <= 0.01 * outcome.sent
    assert outcome.others_refused <= 0.01 * outcome.others_sent
    assert outcome.sent / outcome.minutes >= 30


@pytest.mark.parametrize("limits", [(300, 100), (1_000, 100), (1_000, None)])
@pytest.mark.parametrize("kind", list(Kind))
def test_a_server_without_any_headers_is_read_at_the_documented_pace(limits, kind):
    outcome = simulate(Server(limits[0], limits[1], headers="none"), kind=kind, minutes=20)

    assert outcome.refused <= 0.01 * outcome.sent
    assert outcome.sent / outcome.minutes >= (70 if kind is Kind.SEARCH else 200)


@pytest.mark.parametrize("others", [(0, 50), (100, 50)])
def test_without_any_headers_another_client_is_noticed_by_refusals_only(others):
    outcome = simulate(Server(300, 100, headers="none"), others=others, minutes=60)

    assert outcome.refused <= 0.02 * outcome.sent
    assert outcome.sent / outcome.minutes >= 30


@pytest.mark.parametrize("skew", [-7_200.0, -40.0, 40.0, 7_200.0])
@pytest.mark.parametrize("dated", [True, False])
def test_clocks_that_differ_cost_no_refusals(skew, dated):
    outcome = simulate(Server(300, 100, skew=skew, dated=dated), others=(100, 50), minutes=20)

    assert outcome.refused <= 0.01 * outcome.sent
    assert outcome.sent / outcome.minutes >= 30


@pytest.mark.parametrize("headers", ["tightest", "organization"])
@pytest.mark.parametrize(
    ("later", "pace"),
    [
        ((300, 500, 100), 70),
        ((300, 2_000, 100), 70),
        ((300, 300, 50), 30),
        ((300, 60, 100), 35),
        ((300, 1_000, 20), 12),
    ],
)
@pytest.mark.parametrize("kind", list(Kind))
def test_limits_that_change_in_mid_sync_are_followed(headers, later, pace, kind):
    server = Server(1_000, 100, headers=headers, later=later)
    outcome = simulate(server, kind=kind, minutes=40)

    assert outcome.refused <= 0.02 * outcome.sent
    assert outcome.sent / outcome.minutes >= pace
