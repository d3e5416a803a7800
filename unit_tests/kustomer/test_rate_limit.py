"""The rate limits in virtual time, against a server that counts in fixed minutes."""

import logging
import threading
from collections import defaultdict
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.virtual_time import MINUTE, UNIX, Client, simulate
from source_kustomer.config import Config
from source_kustomer.errors import Stopped
from source_kustomer.kustomer.budget import LimitHeaders
from source_kustomer.kustomer.clock import Clock
from source_kustomer.kustomer.rate_limit import SEARCH_LIMIT, Budgets, Kind, Permit

LIST, SEARCH = Kind.LIST, Kind.SEARCH
RESETS = ["always", "on 429", "never"]
PHASES = [0.0, 15.0, 30.0, 45.0]
MINUTES = [
    *((300, phase, reset) for phase in PHASES for reset in RESETS),
    *((1_000, phase, reset) for phase, reset in zip(PHASES, [*RESETS, "never"], strict=True)),
]
"""Limits, phases and resets: every pair of them with the limit of the smallest plan, and each phase
and each reset with a larger limit."""


@dataclass
class Server:
    """Counts requests per fixed minute and describes a limit in the headers of each answer."""

    organization: int = 300
    searches: int | None = 100
    phase: float = 17.3
    """Seconds of the server's minute that have passed when the simulation begins."""
    reset: str = "on 429"
    """Which answers have the reset header; or what it contains on every answer."""
    described: str = "tightest"
    """The limit in the headers of a search: tightest, search, organization, or none at all."""
    retry_after: bool = False
    skew: float = 0.0
    """Seconds that its clock is ahead of ours."""
    has_date: bool = True
    without_remaining: int = 0
    """One in so many answers has no `remaining`; 0: all have it."""
    noise: int = 0
    """So much the count in headers differs from one answer to the next."""
    later: tuple = ()
    """When other limits apply: seconds, the organization's, the searches'."""
    used: dict = field(default_factory=lambda: defaultdict(int))
    answers: int = 0

    def take(self, now, kind):
        if self.later and now >= self.later[0]:
            _, self.organization, self.searches = self.later
        minute = int((now + self.phase) // MINUTE)
        limits = {"organization": self.organization}
        if kind is SEARCH and self.searches is not None:
            limits["search"] = self.searches
        is_refused = any(self.used[minute, name] >= limit for name, limit in limits.items())
        if not is_refused:
            for name in limits:
                self.used[minute, name] += 1
        left = {name: limit - self.used[minute, name] for name, limit in limits.items()}
        name = (
            min(left, key=lambda each: left[each])
            if self.described == "tightest"
            else self.described
        )
        if name not in left:
            name = "organization"
        end = (minute + 1) * MINUTE - self.phase
        return is_refused, self.headers(now, limits[name], left[name], end, is_refused)

    def headers(self, now, limit, left, end, is_refused):
        self.answers += 1
        unix = UNIX + self.skew + now
        headers = {"date": http_date(int(unix))} if self.has_date else {}
        if is_refused and self.retry_after:
            headers["retry-after"] = str(int(end - now) + 1)
        if self.described == "none":
            return headers
        headers["x-ratelimit-limit"] = str(limit)
        if not self.without_remaining or self.answers % self.without_remaining:
            left += self.answers % 2 * self.noise
            headers["x-ratelimit-remaining"] = str(min(limit, max(0, left)))
        value: str | None
        if self.reset in ("always", "on 429"):
            value = str(int(UNIX + self.skew + end + 0.999))
        else:
            value = {
                "past": str(int(unix) - 60),
                "far future": str(int(unix) + 30 * 86_400),
                "garbage": "soon",
                "seconds": str(int(end - now)),
            }.get(self.reset)
        if value is not None and (self.reset != "on 429" or is_refused):
            headers["x-ratelimit-reset"] = value
        return headers


@cache
def http_date(unix):
    return formatdate(unix, usegmt=True)


def use(outcome, kind, allowed):
    """The lowest use of what is allowed in a whole minute of the server's."""
    return min(outcome.whole_minutes(kind)) / allowed


# Alone


@pytest.mark.parametrize(("limit", "phase", "reset"), MINUTES)
@pytest.mark.parametrize("kind", list(Kind))
def test_the_share_is_used_wherever_the_minutes_begin_and_without_a_refusal(
    kind, reset, phase, limit
):
    outcome = simulate(Server(limit, phase=phase, reset=reset), [kind], minutes=5)

    allowed = 0.8 * (limit if kind is LIST else 100)
    assert outcome.refused == 0
    assert use(outcome, kind, allowed) >= 0.95
    assert max(outcome.whole_minutes(kind)) <= allowed + 1


@pytest.mark.parametrize("described", ["tightest", "search", "organization"])
@pytest.mark.parametrize("phase", [*PHASES, 59.0])
def test_searches_use_their_share_whichever_limit_their_answers_describe(phase, described):
    server = Server(1_000, phase=phase, described=described)

    outcome = simulate(server, [SEARCH], minutes=5)

    assert outcome.refused == 0
    assert use(outcome, SEARCH, 80) >= 0.95


@pytest.mark.parametrize("latency", [0.01, 1.0, 2.5])
def test_latency_does_not_lower_the_use(latency):
    outcome = simulate(Server(1_000), [LIST], latency=latency, readers=64)

    assert outcome.refused == 0
    assert use(outcome, LIST, 800) >= 0.95


@pytest.mark.parametrize("phase", [1.0, 14.0, 27.0, 40.0, 53.0, 59.5])
@pytest.mark.parametrize("kind", list(Kind))
def test_the_first_two_minutes_of_a_sync_are_used(kind, phase):
    outcome = simulate(Server(phase=phase), [kind], minutes=2)

    assert outcome.refused == 0
    assert len(outcome.sent) >= 0.95 * 2 * (240 if kind is LIST else 80)


@pytest.mark.parametrize(
    "server",
    [
        Server(without_remaining=2),
        Server(without_remaining=1),
        Server(noise=4),
        Server(described="none"),
        Server(skew=7_200.0, has_date=False),
        Server(skew=-40.0, has_date=False, reset="always"),
        Server(skew=40.0, has_date=False, reset="always"),
        Server(skew=-7_200.0, reset="always"),
        *(Server(reset=reset) for reset in ("past", "far future", "garbage", "seconds")),
    ],
    ids=lambda server: f"{server.described}-{server.reset}-{server.skew:g}-{server.noise}",
)
@pytest.mark.parametrize("kind", list(Kind))
def test_headers_that_are_missing_or_wrong_cost_no_refusal(kind, server):
    copy = Server(**{**vars(server), "used": defaultdict(int)})

    outcome = simulate(copy, [kind])

    assert outcome.refused == 0
    assert sum(outcome.whole_minutes(kind)) >= 0.9 * 5 * (240 if kind is LIST else 80)


@pytest.mark.parametrize("kind", list(Kind))
@pytest.mark.parametrize("phase", PHASES)
def test_a_reset_header_is_enough_to_know_the_minutes(phase, kind):
    server = Server(phase=phase, reset="always", without_remaining=1)

    outcome = simulate(server, [kind], minutes=4)

    assert outcome.refused == 0
    assert use(outcome, kind, 240 if kind is LIST else 80) >= 0.95


@pytest.mark.parametrize("percent", [1, 2, 3, 4, 5, 29, 100])
@pytest.mark.parametrize(("kind", "limit"), [(LIST, 300), (SEARCH, 100)])
def test_a_share_is_kept_to_as_configured(kind, limit, percent):
    outcome = simulate(Server(), [kind], share=percent / 100)

    allowed = limit * percent / 100
    assert max(outcome.whole_minutes(kind)) == min(allowed, 0.97 * limit)
    per_minute = sum(outcome.whole_minutes(kind)) / len(outcome.whole_minutes(kind))
    assert outcome.refused == 0
    assert 0.95 * allowed <= per_minute <= allowed


def test_lists_do_not_wait_for_searches_and_searches_not_for_lists():
    outcome = simulate(Server(300), [LIST, SEARCH], minutes=5)

    assert use(outcome, SEARCH, 80) >= 0.95
    assert use(outcome, LIST, 160) >= 0.95


def test_without_a_limit_of_searches_the_whole_share_is_used_if_so_configured():
    outcome = simulate(Server(2_000, None), [SEARCH], searches_per_minute=2_000)

    assert use(outcome, SEARCH, 1_600) >= 0.95


@given(
    phase=st.floats(0, 60),
    reset=st.sampled_from(RESETS),
    described=st.sampled_from(["tightest", "search", "organization", "none"]),
    kinds=st.sampled_from([[LIST], [SEARCH], [LIST, SEARCH]]),
    latency=st.sampled_from([0.05, 0.3, 1.0]),
    switches=st.lists(st.floats(0, 300), max_size=12),
)
@settings(max_examples=25, deadline=None, derandomize=True)
def test_readers_that_pause_and_go_on_are_never_refused(
    *, phase, reset, described, kinds, latency, switches
):
    server = Server(phase=phase, reset=reset, described=described)

    outcome = simulate(
        server,
        kinds,
        minutes=5,
        latency=latency,
        is_wanted=lambda now: sum(at <= now for at in switches) % 2 == 0,
    )

    assert outcome.refused == 0
    assert all(
        used <= (270 if name == "organization" else 90) for (_, name), used in server.used.items()
    )


# With other clients


@pytest.mark.parametrize(("limit", "phase", "reset"), MINUTES)
@pytest.mark.parametrize("kind", list(Kind))
def test_other_clients_with_a_third_of_a_limit_are_not_refused(kind, reset, phase, limit):
    third = (limit if kind is LIST else 100) / 3
    others = Client.even(kind, third, 5)

    outcome = simulate(Server(limit, phase=phase, reset=reset), [kind], minutes=5, others=[others])

    assert (outcome.refused, outcome.others_refused) == (0, 0)
    assert use(outcome, kind, 2 * third) >= 0.9


@pytest.mark.parametrize("second", [0, 20, 50])
@pytest.mark.parametrize("reset", RESETS)
def test_a_client_that_sends_its_third_at_once_every_minute_gets_it(reset, second):
    times = [minute * MINUTE + second + i * 0.05 for minute in range(8) for i in range(100)]
    server = Server(300, phase=0.0, reset=reset)

    outcome = simulate(server, [LIST], minutes=8, others=[Client(LIST, times)])

    # The first time is a surprise. From the third minute on it is expected.
    assert outcome.refused <= 1
    assert outcome.others_refused <= 20
    assert min(outcome.whole_minutes(LIST)[2:]) >= 0.9 * 200


@pytest.mark.parametrize("latency", [0.05, 0.3, 1.0])
def test_another_client_with_half_of_both_limits_gets_its_half(latency):
    others = [Client.even(LIST, 100, 10), Client.even(SEARCH, 50, 10)]

    outcome = simulate(Server(300), [SEARCH], minutes=10, latency=latency, others=others)

    assert (outcome.refused, outcome.others_refused) == (0, 0)
    assert use(outcome, SEARCH, 50) >= 0.85


@pytest.mark.parametrize("reset", ["past", "far future", "never", "garbage", "seconds"])
def test_other_clients_are_seen_with_any_value_of_the_reset_header(reset):
    others = [Client.even(LIST, 100, 10), Client.even(SEARCH, 50, 10)]

    outcome = simulate(Server(300, reset=reset), [SEARCH], minutes=10, others=others)

    assert (outcome.refused, outcome.others_refused) == (0, 0)
    assert use(outcome, SEARCH, 50) >= 0.85


@pytest.mark.parametrize("reset", RESETS)
@pytest.mark.parametrize(
    ("kind", "share", "described"),
    [
        *((LIST, 240, described) for described in ("organization", "none")),
        *((SEARCH, 80, described) for described in ("tightest", "organization", "none")),
    ],
)
def test_two_minutes_after_the_burst_of_another_client_the_share_is_used_again(
    kind, share, reset, described
):
    burst = Client(kind, [125.0 + i * 0.05 for i in range(900)])
    server = Server(300, phase=0.0, reset=reset, described=described)

    outcome = simulate(server, [kind], minutes=8, others=[burst])

    by_minute = outcome.whole_minutes(kind)  # from minute 1 on; the burst is in minute 2
    assert by_minute[1] < 0.5 * share
    assert min(by_minute[3:]) >= 0.95 * share


def test_a_hidden_client_is_disturbed_ever_more_rarely():
    server = Server(1_000, described="organization")

    outcome = simulate(server, [SEARCH], minutes=40, others=[Client.even(SEARCH, 50, 40)])

    gaps = [
        b - a for a, b in zip(outcome.refusals, outcome.refusals[1:], strict=False) if b > a + 5
    ]
    assert outcome.refused <= 0.01 * len(outcome.sent)
    assert gaps[0] < 3 * MINUTE
    assert gaps[-1] > 8 * MINUTE
    assert use(outcome, SEARCH, 50) >= 0.3


@pytest.mark.parametrize(
    ("later", "pace"),
    [
        ((150, 500, 100), 70),
        ((150, 2_000, 100), 70),
        ((150, 300, 50), 30),
        ((150, 60, 100), 35),
        ((150, 1_000, 20), 12),
    ],
)
@pytest.mark.parametrize(
    ("kind", "described"),
    [(LIST, "organization"), (SEARCH, "tightest"), (SEARCH, "organization")],
)
def test_limits_that_change_are_followed(kind, later, pace, described):
    outcome = simulate(Server(1_000, described=described, later=later), [kind], minutes=10)

    assert outcome.refused <= 0.02 * len(outcome.sent)
    assert len(outcome.sent) / 10 >= pace


# One request at a time


class Steps:
    """Budgets with a clock that a test sets."""

    def __init__(self, share=0.8, **options):
        self.now = 0.0
        clock = Clock(monotonic=lambda: self.now, unix=lambda: UNIX + self.now, wait=self.wait)
        self.budgets = Budgets(share, clock=clock, **options)

    def wait(self, _event, seconds):
        self.now += seconds
        return False

    def send(self, kind=LIST):
        permit = self.budgets.try_acquire(kind)
        assert isinstance(permit, Permit)
        return permit

    def wait_of(self, kind=LIST):
        permit = self.budgets.try_acquire(kind)
        return 0.0 if isinstance(permit, Permit) else permit

    def answer(self, permit, used=None, limit=300, *, refused=False, **more):
        headers = (
            {}
            if used is None
            else {
                "x-ratelimit-limit": str(limit),
                "x-ratelimit-remaining": str(limit - used),
            }
        )
        more = {name.replace("_", "-"): value for name, value in more.items()}
        self.budgets.answered(permit, headers | more, refused=refused)

    def spend(self, kind=LIST):
        """Send all that may be sent at once."""
        permits = []
        while isinstance(permit := self.budgets.try_acquire(kind), Permit):
            permits.append(permit)
        return permits


def test_a_small_sync_does_not_wait():
    steps = Steps()

    assert len(steps.spend(SEARCH)) == 20
    assert len(steps.spend(LIST)) == 40  # of the same 60 requests


def test_a_search_that_waits_for_its_limit_leaves_lists_alone():
    steps = Steps()
    steps.spend(SEARCH)

    assert steps.wait_of(SEARCH) > 0
    assert steps.wait_of(LIST) == 0


def test_answers_may_come_in_any_order_without_a_minute_being_taken_for_new():
    steps = Steps()
    permits = [steps.send() for _ in range(50)]
    steps.now = 5.0
    for number in (50, 2, 40, 1, 49, 25):
        steps.answer(permits[number - 1], used=number)
    # All fifty count in this minute still, so ten more are sent at once.
    assert len(steps.spend()) == 10


def test_an_answer_of_the_minute_before_is_not_taken_for_the_use_of_others():
    steps = Steps()
    first = [steps.send() for _ in range(40)]
    steps.now = 1.0
    for number, permit in enumerate(first[:-1], start=1):
        steps.answer(permit, used=8 + number)
    steps.now = 20.0
    steps.answer(steps.send(), used=1)  # a new minute
    steps.answer(first[-1], used=200)

    assert steps.budgets.requests_per_second() == pytest.approx(240 / 60)


def test_what_others_use_is_left_to_them():
    steps = Steps()
    permits = [steps.send() for _ in range(10)]
    steps.now = 1.0
    steps.answer(permits[-1], used=160)

    assert steps.budgets.requests_per_second() * 60 == pytest.approx(300 - 9 - 150)


def test_a_request_is_counted_halfway_between_its_sending_and_its_answer():
    steps = Steps()
    first = steps.send()
    steps.now = 6.0
    for _ in range(20):
        steps.send()
    steps.now = 8.0
    steps.answer(first, used=151)

    assert steps.budgets.requests_per_second() * 60 == pytest.approx(300 - 9 - 150)


def test_a_minute_that_was_begun_too_early_is_not_remembered_as_a_busy_one():
    steps = Steps()
    steps.answer(steps.send(), used=1, x_ratelimit_reset=str(int(UNIX) + 10))
    steps.now = 1.0
    permits = [steps.send() for _ in range(58)]
    steps.now = 2.0
    steps.answer(permits[-1], used=59)
    steps.now = 12.0  # the reset header was wrong: the server's minute goes on
    steps.answer(steps.send(), used=60)
    assert steps.budgets.requests_per_second() < 240 / 60
    steps.now = 35.0
    steps.answer(steps.send(), used=1)

    assert steps.budgets.requests_per_second() == pytest.approx(240 / 60)


@pytest.mark.parametrize("reset", ["0", "1", "9999999999", "soon", "", "-5", "nan", "inf", None])
@pytest.mark.parametrize("limit", ["300", "zero", "0", "-1", "nan", None])
@pytest.mark.parametrize("retry_after", [None, "-1", "86400", "soon"])
def test_a_429_with_unusable_headers_is_waited_for_a_minute(limit, reset, retry_after):
    steps = Steps()
    headers = {"x-ratelimit-limit": limit, "x-ratelimit-reset": reset, "retry-after": retry_after}
    headers = {name: value for name, value in headers.items() if value is not None}

    steps.budgets.answered(steps.send(SEARCH), headers, refused=True)

    assert 59 <= steps.wait_of(SEARCH) <= 62
    assert steps.wait_of(LIST) == 0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": formatdate(UNIX + 9, usegmt=True)}, 9),
        ({"x_ratelimit_reset": str(int(UNIX) + 12)}, 13),
        ({"x_ratelimit_reset": str(int(UNIX) + 12), "retry_after": "20"}, 20),
    ],
)
def test_a_429_is_waited_for_as_long_as_its_headers_ask(headers, seconds):
    steps = Steps()

    steps.answer(steps.send(), used=300, refused=True, **headers)

    assert steps.wait_of() == pytest.approx(seconds)


def test_a_429_without_a_reset_is_waited_for_until_the_minute_ends_if_that_is_known():
    steps = Steps()
    steps.answer(steps.send(), used=200)
    steps.now = 20.0
    steps.answer(steps.send(), used=1)  # a new minute
    steps.now = 50.0
    steps.answer(steps.send(), used=300, refused=True)

    assert steps.wait_of() == pytest.approx(20 + 60 + 1 - 50)


def test_the_reset_of_a_429_replaces_what_was_known_of_the_minute():
    steps = Steps()
    steps.answer(steps.send(), used=1, x_ratelimit_reset=str(int(UNIX) + 10))

    steps.answer(steps.send(), used=300, refused=True, x_ratelimit_reset=str(int(UNIX) + 40))

    assert steps.wait_of() == pytest.approx(41)


def test_a_search_refused_for_the_organizations_limit_holds_lists_up_as_well():
    steps = Steps()
    steps.answer(steps.send(LIST), used=299)
    steps.answer(steps.send(SEARCH), used=300, refused=True)

    assert steps.wait_of(LIST) > 50


def test_a_search_refused_while_the_organization_has_requests_left_holds_no_list_up():
    steps = Steps()
    steps.answer(steps.send(LIST), used=2)
    steps.answer(steps.send(SEARCH), used=3, refused=True)

    assert steps.wait_of(LIST) == 0
    assert steps.wait_of(SEARCH) > 50


def test_a_request_without_an_answer_changes_nothing():
    steps = Steps()
    steps.budgets.answered(steps.send(SEARCH), None, refused=False)

    assert steps.budgets.searches_per_second() == pytest.approx(80 / 60)


def test_a_reset_is_compared_with_the_clock_of_the_server():
    shown = LimitHeaders.of(
        {"x-ratelimit-reset": "1000000030", "date": "Sun, 09 Sep 2001 01:46:40 GMT"}, UNIX
    )

    assert shown.reset_in == pytest.approx(30)


def test_the_configured_limit_of_searches_is_the_documented_one_by_default():
    assert Config(api_key="a-key-1").searches_per_minute == SEARCH_LIMIT


# What the log reports


@pytest.fixture
def warnings(caplog):
    caplog.set_level(logging.WARNING, logger="airbyte.source-kustomer")
    return lambda: [record.getMessage() for record in caplog.records]


def test_a_lower_limit_of_searches_in_headers_is_used_and_reported_once(warnings):
    steps = Steps()
    for used in (1, 2):
        steps.answer(steps.send(SEARCH), used=used, limit=50)

    assert steps.budgets.searches_per_second() == pytest.approx(40 / 60)
    (message,) = warnings()
    assert "limit of 50 per minute" in message
    assert "searches_per_minute is configured as 100" in message


def test_a_higher_limit_of_searches_in_headers_is_reported_and_not_used(warnings):
    steps = Steps()
    steps.answer(steps.send(LIST), used=1, limit=1_000)
    for used in (1, 2):
        steps.answer(steps.send(SEARCH), used=used, limit=250)

    assert steps.budgets.searches_per_second() == pytest.approx(80 / 60)
    (message,) = warnings()
    assert "limit of 250 per minute" in message


def test_a_refused_search_far_below_the_configured_limit_is_reported(warnings):
    steps = Steps(searches_per_minute=500)
    steps.answer(steps.send(LIST), used=1, limit=1_000)
    for used, permit in enumerate([steps.send(SEARCH), steps.send(SEARCH)], start=2):
        steps.answer(permit, used=used, limit=1_000, refused=True)

    (message,) = warnings()
    assert "HTTP 429" in message
    assert "searches_per_minute (500)" in message


def test_a_refused_search_is_not_a_contradiction_when_headers_show_who_used_the_rest(warnings):
    steps = Steps()
    steps.answer(steps.send(SEARCH), used=100, limit=100, refused=True)

    assert warnings() == []


# Threads


def test_a_wait_is_as_long_as_the_permit_shows():
    steps = Steps()
    steps.spend()

    permit = steps.budgets.acquire(LIST)

    assert 0 < permit.waited == pytest.approx(steps.now)


class Threads:
    """Budgets that have no permits left, whose waits end only when they are woken."""

    def __init__(self):
        self.now = 0.0
        self.waits = []
        self.has_waited = threading.Semaphore(0)
        clock = Clock(monotonic=lambda: self.now, unix=lambda: UNIX + self.now, wait=self.wait)
        self.budgets = Budgets(0.8, clock=clock)
        self.order = []
        self.threads = {}

    def wait(self, event, seconds):
        self.waits.append(seconds)
        self.has_waited.release()
        assert event.wait(30), "nobody woke this thread"
        return True

    def start(self, name, kind):
        self.threads[name] = threading.Thread(target=self.ask, args=(name, kind))
        self.threads[name].start()

    def ask(self, name, kind):
        try:
            self.budgets.acquire(kind)
        except Stopped:
            self.order.append(f"{name} stopped")
        else:
            self.order.append(name)

    def await_wait(self):
        assert self.has_waited.acquire(timeout=30), "no thread waits"

    def join(self, name):
        self.threads.pop(name).join(30)


def test_many_threads_get_no_more_permits_than_there_are():
    threads = Threads()
    for number in range(70):
        threads.start(number, LIST)
    for _ in range(10):
        threads.await_wait()
    threads.budgets.stop()
    for number in range(70):
        threads.join(number)

    assert len(threads.order) == 70
    assert sum(str(name).endswith("stopped") for name in threads.order) == 10


def test_threads_are_permitted_in_the_order_in_which_they_ask():
    threads = Threads()
    while isinstance(threads.budgets.try_acquire(SEARCH), Permit):
        pass
    threads.start("search", SEARCH)
    threads.await_wait()
    threads.start("second search", SEARCH)
    threads.await_wait()
    threads.start("list", LIST)
    threads.join("list")
    assert threads.order == ["list"]
    threads.await_wait()  # the first search has looked again, and waits

    threads.now += 1.5  # enough for one search
    permit = threads.budgets.try_acquire(LIST)
    assert isinstance(permit, Permit)
    threads.budgets.answered(permit, None, refused=False)
    threads.join("search")
    threads.await_wait()  # the second search is the first now, and knows how long it has to wait
    assert threads.waits[-1] < 2.0
    threads.budgets.stop()
    threads.join("second search")

    assert threads.order == ["list", "search", "second search stopped"]


def test_after_a_stop_nothing_is_permitted():
    steps = Steps()
    steps.budgets.stop()

    for ask in (steps.budgets.acquire, steps.budgets.try_acquire):
        with pytest.raises(Stopped):
            ask(LIST)
