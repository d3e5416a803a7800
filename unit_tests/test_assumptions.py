"""docs/assumptions.md, the sandbox's switches, the doctor's probes and their tests agree."""

import ast
import re
from pathlib import Path

import pytest

from integration_tests.dialects.expectations import DOCUMENTED
from kustomer_sandbox.control.dialects import BY_ID as SWITCHES
from source_kustomer.doctor.assumptions import BY_ID as ASSUMPTIONS
from source_kustomer.doctor.assumptions import Outcome
from source_kustomer.doctor.probes import PROBES
from unit_tests.doctor import test_probes

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "docs/assumptions.md").read_text()
MATRIX = "dialects"


def rows():
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `"):
            assert len(cells) == 5, line
            yield cells[0].strip("`"), cells[3], cells[4].strip("`")


LEDGER = {name: (outcome, test) for name, outcome, test in rows()}
SHOWN_BY_THE_MATRIX = {name for name, (_, test) in LEDGER.items() if test == MATRIX}


def test_each_assumption_has_one_row():
    assert len(LEDGER) == len(list(rows()))


def test_the_switches_are_the_assumptions_that_the_matrix_shows():
    assert SWITCHES.keys() == SHOWN_BY_THE_MATRIX


def test_each_assumption_has_a_probe_or_a_reason_why_it_cannot_be_observed():
    section = PAGE.partition("## What `doctor` does not observe")[2]
    not_observed = re.findall(r"^\* `([a-z-]+)`: ", section, re.MULTILINE)
    assert sorted([*PROBES, *not_observed]) == sorted(LEDGER)


@pytest.mark.parametrize("name", sorted(LEDGER.keys() - SHOWN_BY_THE_MATRIX))
def test_the_test_of_an_assumption_exists(name):
    outcome, test = LEDGER[name]
    if not test:
        assert outcome.startswith("**limit**"), "what is handled or fails has a test"
        return
    path, _, function = test.partition("::")
    tree = ast.parse((ROOT / path).read_text())
    functions = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    assert function in functions if function else any(f.startswith("test_") for f in functions)


@pytest.mark.parametrize("name", sorted(SHOWN_BY_THE_MATRIX))
def test_the_outcome_is_the_one_that_the_matrix_expects(name):
    outcome, _ = LEDGER[name]
    expected = {
        word
        for (switch, _), documented in DOCUMENTED.items()
        for word, applies in (("fails", documented.error), ("limit", documented.incomplete))
        if switch == name and applies
    }
    words = set(re.findall(r"\*\*(handled|fails|limit)\*\*", outcome))
    assert words - {"handled"} == expected
    assert words


def test_assumptions_switches_and_probes_have_the_same_ids_and_values():
    assert list(ASSUMPTIONS) == list(SWITCHES)
    assert PROBES.keys() == SWITCHES.keys()
    for name, switch in SWITCHES.items():
        assert list(ASSUMPTIONS[name].values) == list(switch.values), name


def test_the_assumed_answer_is_the_default_of_the_switch_and_only_it_is_as_assumed():
    for name, assumption in ASSUMPTIONS.items():
        first, *others = assumption.values.items()
        assert first[0] == SWITCHES[name].default
        assert first[1].outcome is Outcome.AS_ASSUMED
        assert all(meaning.outcome is not Outcome.AS_ASSUMED for _, meaning in others), name


def test_what_matters_is_what_the_matrix_documents_and_comes_with_advice():
    meanings = {
        (name, value): meaning
        for name, assumption in ASSUMPTIONS.items()
        for value, meaning in assumption.values.items()
    }
    mattering = {pair for pair, one in meanings.items() if one.outcome is Outcome.MATTERS}
    assert mattering == DOCUMENTED.keys()
    assert mattering == {pair for pair, one in meanings.items() if one.action}


def test_every_value_has_a_test_of_its_probe():
    tested = {switch for switch, _ in test_probes.VALUES} | test_probes.NEEDS_MANY_RECORDS
    assert tested | test_probes.NEEDS_429 == SWITCHES.keys()


def test_every_value_that_has_an_outcome_of_its_own_is_a_value():
    values = {(name, value) for name, switch in SWITCHES.items() for value in switch.values}
    assert DOCUMENTED.keys() <= values
