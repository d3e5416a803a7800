"""Assumptions, dialect switches, probes, documentation and tests have the same ids and values."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integration_tests.dialects.expectations import DOCUMENTED
from kustomer_sandbox.control.dialects import BY_ID as SWITCHES
from source_kustomer.doctor.assumptions import BY_ID, Outcome
from source_kustomer.doctor.probes import PROBES
from unit_tests.doctor import test_probes

PAGE = Path(__file__).resolve().parents[2] / "docs/assumptions.md"


def test_assumptions_switches_and_probes_have_the_same_ids_and_values() -> None:
    assert list(BY_ID) == list(SWITCHES)
    assert set(PROBES) == set(SWITCHES)
    for name, switch in SWITCHES.items():
        assert list(BY_ID[name].values) == list(switch.values), name


def test_the_assumed_answer_is_the_default_of_the_switch_and_only_it_is_as_assumed() -> None:
    for name, assumption in BY_ID.items():
        first, *others = assumption.values.items()
        assert first == (SWITCHES[name].default, assumption.values[SWITCHES[name].default])
        assert first[1].outcome is Outcome.AS_ASSUMED
        assert all(meaning.outcome is not Outcome.AS_ASSUMED for _, meaning in others), name


def test_what_matters_comes_with_advice_and_nothing_else_does() -> None:
    for assumption in BY_ID.values():
        for value, meaning in assumption.values.items():
            is_advised = bool(meaning.action)
            assert is_advised == (meaning.outcome is Outcome.MATTERS), (assumption.id, value)


def test_a_dialect_under_which_streams_fail_matters() -> None:
    for (name, value), outcome in DOCUMENTED.items():
        if outcome.error:
            assert BY_ID[name].values[value].outcome is Outcome.MATTERS, (name, value)


def test_every_value_has_a_test_of_its_probe() -> None:
    tested = {switch for switch, _ in test_probes.VALUES} | test_probes.NEEDS_MANY_RECORDS
    assert tested | test_probes.NEEDS_429 == set(SWITCHES)


@pytest.mark.skipif(not PAGE.exists(), reason="the page comes with the dialect matrix")
def test_the_page_of_assumptions_names_the_same_ids() -> None:
    named = set(re.findall(r"`([a-z0-9-]+)`", PAGE.read_text()))
    assert set(SWITCHES) <= named
