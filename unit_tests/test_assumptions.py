"""docs/assumptions.md, the sandbox's switches and the tests that show them agree."""

import ast
import re
from pathlib import Path

import pytest

from integration_tests.dialects.expectations import DOCUMENTED, KNOWN_FAILURES
from kustomer_sandbox.control.dialects import SWITCHES

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
    assert {switch.id for switch in SWITCHES} == SHOWN_BY_THE_MATRIX


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
    known = any(switch == name for switch, _ in KNOWN_FAILURES)
    words = set(re.findall(r"\*\*(handled|fails|limit)\*\*", outcome))
    assert words - {"handled"} == expected or known
    assert words


def test_every_value_that_has_an_outcome_of_its_own_is_a_value():
    values = {(switch.id, value) for switch in SWITCHES for value in switch.values}
    assert {*DOCUMENTED, *KNOWN_FAILURES} <= values
