"""Each probe observes the dialect that the sandbox speaks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from kustomer_sandbox.control.dialects import SWITCHES
from kustomer_sandbox.data.masks import MASKED
from source_kustomer.doctor.assumptions import ASSUMPTIONS, BY_ID, Outcome
from source_kustomer.doctor.probes import PROBES
from source_kustomer.doctor.report import observe
from unit_tests.doctor.conftest import PLENTY, account_of, ago, report_of, with_every_sight
from unit_tests.doctor.in_process import KEY, InProcessSandbox

SEARCH_ROLE = "org.permission.search.create"

SEEN_AS = {("reset", "never"): "on-429"}
"""Without a 429 they look alike."""
UNSEEN = {("list-order", "growing")}
"""A list that changes with every request has no order to see."""

NEEDS_MANY_RECORDS = {"list-cap", "search-cap", "totals"}
NEEDS_429 = {"retry-after"}
OF_ALL_ANSWERS = {
    "reset",
    "limit-headers",
    "role",
    "unauthorized",
    "body",
    "partial",
    "empty-page",
    "gateway",
}
"""Switches that show in the answers to all requests together."""
OF_CHANGES = {"deletes", "index"}
"""Switches that concern how records change."""

VALUES = [
    (switch.id, value)
    for switch in SWITCHES
    for value in switch.values
    if switch.id not in NEEDS_MANY_RECORDS | NEEDS_429 and (switch.id, value) not in UNSEEN
]


def value_of(report: dict[str, Any], assumption: str) -> str:
    seen = report["assumptions"][assumption]
    is_seen = seen["outcome"] != Outcome.NOT_OBSERVED.value
    return str(seen["value"] if is_seen else seen["observed"])


@pytest.fixture(scope="module")
def small() -> Iterator[InProcessSandbox]:
    """A sandbox whose records stay as they are."""
    made = InProcessSandbox(300)
    with_every_sight(made)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("switch", "value"), [case for case in VALUES if case[0] not in OF_CHANGES | OF_ALL_ANSWERS]
)
def test_a_probe_observes_the_dialect(small: InProcessSandbox, switch: str, value: str) -> None:
    small.settings.change({"dialect": {switch: value}})
    finding = observe(account_of(small), BY_ID[switch])
    assert (finding.value or finding.observed) == value
    assert finding.outcome is BY_ID[switch].values[value].outcome


@pytest.mark.parametrize(
    ("switch", "value"), [case for case in VALUES if case[0] in OF_ALL_ANSWERS]
)
def test_an_examination_observes_what_all_answers_show(
    small: InProcessSandbox, switch: str, value: str
) -> None:
    small.settings.change({"dialect": {switch: value}})
    small.gate.disturbances.start_counting()
    small.key = small.new_key(SEARCH_ROLE) if switch == "role" else KEY
    report = report_of(small, limit=PLENTY)
    small.key = KEY
    assert value_of(report, switch) == SEEN_AS.get((switch, value), value)


@pytest.mark.parametrize(("switch", "value"), [case for case in VALUES if case[0] in OF_CHANGES])
def test_a_probe_observes_how_records_change(switch: str, value: str) -> None:
    sandbox = InProcessSandbox(300, dialect={switch: value})
    with_every_sight(sandbox)
    finding = observe(account_of(sandbox), BY_ID[switch])
    sandbox.close()
    assert (finding.value or finding.observed) == value


def test_no_dialect_of_one_switch_hides_that_another_is_as_assumed(
    sandbox: InProcessSandbox,
) -> None:
    report = report_of(sandbox)
    unseen = {
        name
        for name, one in report["assumptions"].items()
        if one["outcome"] == Outcome.NOT_OBSERVED.value
    }
    assert unseen == {"list-cap", "retry-after", "role"}
    seen = {name: one for name, one in report["assumptions"].items() if name not in unseen}
    assert {one["outcome"] for one in seen.values()} == {Outcome.AS_ASSUMED.value}
    assert all(one["value"] == next(iter(BY_ID[name].values)) for name, one in seen.items())


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"emails": [{"email": "****"}]}, "texts"),
        ({"custom": {"numberStr": "\u2022\u2022\u2022\u2022"}}, "texts"),
        ({"emails": [{"email": MASKED}]}, "objects"),
        ({"custom": {"numberStr": MASKED}}, "objects"),
        ({"name": {**MASKED, "isMasked": False}}, None),
        ({"name": "*"}, None),
        ({"name": "** Ada **"}, None),
    ],
)
def test_masks_are_recognized_by_their_form(
    attributes: dict[str, Any], expected: str | None
) -> None:
    sandbox = InProcessSandbox(0, counts={"customers": 1})
    organization = sandbox.organization
    organization.update(
        "customers", organization.some("customers", 1), {"birthdayAt": None, **attributes}, ago()
    )
    finding = observe(account_of(sandbox), BY_ID["masked-values"])
    sandbox.close()
    assert finding.value == expected
    assert not {"*", "\u2022"} & set(finding.observed)


def test_asterisks_that_somebody_wrote_are_not_a_mask() -> None:
    sandbox = InProcessSandbox(0, counts={"messages": 1})
    organization = sandbox.organization
    organization.update("messages", organization.some("messages", 1), {"preview": "*****"}, ago())
    finding = observe(account_of(sandbox), BY_ID["masked-values"])
    sandbox.close()
    assert finding.outcome is Outcome.NOT_OBSERVED


def test_every_assumption_has_a_probe() -> None:
    assert [one.id for one in ASSUMPTIONS if one.id not in PROBES] == []
    assert PROBES.keys() <= BY_ID.keys()


@pytest.fixture(scope="module")
def large() -> Iterator[InProcessSandbox]:
    """More messages than a query reaches, and than a list serves."""
    made = InProcessSandbox(200, counts={"messages": 10_700})
    with_every_sight(made)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("switch", "value"),
    [(s.id, value) for s in SWITCHES if s.id in NEEDS_MANY_RECORDS for value in s.values],
)
def test_limits_of_10_000_records(large: InProcessSandbox, switch: str, value: str) -> None:
    large.settings.change({"dialect": {switch: value}})
    assert observe(account_of(large), BY_ID[switch]).value == value


@pytest.mark.parametrize("value", ["exact", "capped", "tracked", "untracked", "missing"])
def test_totals_below_the_limit_are_compared_with_the_records(
    sandbox: InProcessSandbox, value: str
) -> None:
    sandbox.settings.change({"dialect": {"totals": value}, "total_cap": 50})
    assert observe(account_of(sandbox), BY_ID["totals"]).value == value


@pytest.mark.parametrize("value", ["10000", "100-pages"])
def test_the_reach_of_a_query_is_seen_with_few_records(
    sandbox: InProcessSandbox, value: str
) -> None:
    sandbox.settings.change({"dialect": {"search-cap": value}})
    assert observe(account_of(sandbox), BY_ID["search-cap"]).value == value


@pytest.mark.parametrize(
    ("switch", "value"),
    [(s.id, value) for s in SWITCHES if s.id in ("reset", *NEEDS_429) for value in s.values],
)
def test_the_expensive_probe_sees_a_429(sandbox: InProcessSandbox, switch: str, value: str) -> None:
    sandbox.settings.change(
        {"dialect": {switch: value}, "searches_per_minute": 60, "window_seconds": 86_400.0}
    )
    report = report_of(sandbox, expensive=True, limit=60)
    assert value_of(report, switch) == value
