"""The committed example reports are what the doctor reports now."""

from __future__ import annotations

import json

import pytest

from integration_tests.reports.examples import EXAMPLES, FOLDER, example
from kustomer_sandbox.control.dialects import DEFAULT
from kustomer_sandbox.control.like import Likeness
from source_kustomer.doctor.asker import MAX_REQUESTS
from source_kustomer.doctor.assumptions import BY_ID
from source_kustomer.doctor.report import json_of

MOST_REQUESTS = 125
"""Of an examination without faults."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_is_current(name: str) -> None:
    text = (FOLDER / f"{name}.json").read_text()
    committed, now = json.loads(text), example(name)
    assert text == json_of(committed)
    assert committed.keys() == now.keys()
    answers = [
        {one: (seen["value"], seen["outcome"]) for one, seen in report["assumptions"].items()}
        for report in (committed, now)
    ]
    assert answers[0] == answers[1], "run `python -m integration_tests.reports`"
    for report in (committed, now):
        assert report["requests"]["sent"] <= MOST_REQUESTS < MAX_REQUESTS
    assert committed["streams"].keys() == now["streams"].keys()


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_shows_its_dialect(name: str) -> None:
    shown = Likeness.read(FOLDER / f"{name}.json").dialect
    assert shown == {one: {**DEFAULT, **EXAMPLES[name]}[one] for one in shown}
    assert {one: shown.get(one) for one in EXAMPLES[name]} == EXAMPLES[name]


def test_every_file_is_an_example_and_the_default_is_one() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(EXAMPLES)
    assert {one: next(iter(BY_ID[one].values)) for one in BY_ID} == DEFAULT
