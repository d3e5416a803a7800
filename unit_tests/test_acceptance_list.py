"""docs/acceptance.md is true: every check that it names exists, and no demand is left out."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGE = (ROOT / "docs/acceptance.md").read_text()
DEMANDS = 80
"""How many checks the connector acceptance tests have, as the page numbers them."""
NAMED = sorted(set(re.findall(r"`([\w/]+\.py)(?:::(\w+))?`", PAGE)))


@pytest.mark.parametrize(("file", "test"), NAMED)
def test_a_check_that_is_named_exists(file: str, test: str) -> None:
    path = ROOT / file if "/" in file else ROOT / "integration_tests/acceptance" / file
    assert path.is_file()
    assert not test or f"def {test}(" in path.read_text()


def test_many_checks_are_named() -> None:
    assert len(NAMED) > 40


def test_every_demand_has_its_row_in_order_and_an_answer() -> None:
    rows = re.findall(r"^\| (\d+) \| (.+) \| (.+) \|$", PAGE, flags=re.MULTILINE)
    assert [int(number) for number, _, _ in rows] == list(range(1, DEMANDS + 1))


def test_the_same_refers_to_a_row_that_names_a_check() -> None:
    answers = re.findall(r"^\| \d+ \| .+ \| (.+) \|$", PAGE, flags=re.MULTILINE)
    for before, answer in itertools.pairwise(answers):
        if "the same" in answer and "`" not in answer:
            assert "`" in before or "the same" in before
