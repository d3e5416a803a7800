"""The form that users fill in, as a real browser shows it."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from integration_tests.form.browser import Form, NoBrowser, Seen
from integration_tests.snapshots.__main__ import spec

GOOD = {
    "api_key": "a-key",
    "region": "EU",
    "organization": "acme",
    "start_date": "2024-01-31T23:59:59Z",
    "include_deleted": False,
    "exclude_free_text": True,
    "rate_limit_share": 50,
    "searches_per_minute": 200,
    "lookback_minutes": 0,
    "num_workers": "16",
}
BAD = {
    "organization": "acme/support",
    "start_date": "last week",
    "rate_limit_share": 101,
    "searches_per_minute": 0,
    "lookback_minutes": -1,
    "num_workers": "many",
}


@pytest.fixture(scope="module")
def specification() -> dict[str, Any]:
    return spec()


@pytest.fixture(scope="module")
def form(tmp_path_factory: pytest.TempPathFactory, specification: dict[str, Any]) -> Iterator[Form]:
    try:
        yield Form(tmp_path_factory.mktemp("form"), specification)
    except NoBrowser as missing:
        if os.environ.get("CI") == "true":
            pytest.fail(f"The form was not tested: {missing}.")
        warnings.warn(f"*** THE FORM WAS NOT TESTED: {missing}. ***", stacklevel=1)
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def opened(form: Form) -> Seen:
    return form.show()


@pytest.fixture(scope="module")
def filled(form: Form) -> Seen:
    return form.show(GOOD, unfolded=True)


def test_the_page_has_no_errors_of_its_own(opened: Seen) -> None:
    assert opened.console == []


def test_the_form_shows_every_field_in_its_group_and_order(
    filled: Seen, specification: dict[str, Any]
) -> None:
    titles = [title for title in filled.cards if title != "Optional fields"]
    assert titles == [group["title"] for group in specification["groups"]]
    assert all(field.is_visible for field in filled.fields.values())
    from_above = sorted(filled.fields.values(), key=lambda field: field.top)
    assert [field.name for field in from_above] == list(specification["properties"])
    for name, field in specification["properties"].items():
        assert filled.fields[name].card.split(".")[1] == field["group"]


def test_only_what_a_new_user_must_see_is_unfolded(
    opened: Seen, specification: dict[str, Any]
) -> None:
    in_view = [name for name, field in opened.fields.items() if field.is_visible]
    assert in_view == ["api_key", "region", "organization", "start_date"]
    unfolded = [n for n, field in specification["properties"].items() if field.get("always_show")]
    assert in_view == [*specification["required"], *unfolded]


def test_the_key_is_masked_and_all_else_is_readable(opened: Seen) -> None:
    masked = [name for name, field in opened.fields.items() if field.type == "password"]
    assert masked == ["api_key"]


def test_fields_have_their_titles_and_all_but_the_key_are_marked_optional(
    opened: Seen, specification: dict[str, Any]
) -> None:
    for name, field in specification["properties"].items():
        optional = "" if name in specification["required"] else " Optional"
        assert opened.fields[name].label == field["title"] + optional


def test_help_texts_are_shown_to_the_letter(opened: Seen, specification: dict[str, Any]) -> None:
    """A text with angle brackets would lose what stands between them."""
    for name, field in specification["properties"].items():
        assert opened.fields[name].help == field["description"], name


def test_defaults_are_filled_in_and_examples_are_shown(
    opened: Seen, specification: dict[str, Any]
) -> None:
    for name, field in specification["properties"].items():
        default = field.get("default", "")
        expected = default if isinstance(default, bool) else str(default)
        assert opened.fields[name].value == expected, name
        if field.get("examples"):
            assert opened.fields[name].placeholder == str(field["examples"][0]), name


def test_regions_and_deletion_modes_are_lists_to_choose_from(opened: Seen) -> None:
    assert opened.fields["region"].choices == ["US", "EU", "India"]
    assert opened.fields["deletions"].choices == ["mark", "remove"]
    assert [name for name, field in opened.fields.items() if field.choices] == [
        "region",
        "deletions",
    ]


def test_the_key_is_all_that_an_untouched_form_asks_for(opened: Seen) -> None:
    assert opened.problems == {"connection": "Object is missing the required property 'API Key'"}


def test_usable_values_are_accepted(filled: Seen) -> None:
    assert filled.problems == {}
    assert filled.fields["region"].value == "EU"


def test_unusable_values_are_refused_next_to_their_field_with_the_expected_format(
    form: Form, specification: dict[str, Any]
) -> None:
    seen = form.show({**GOOD, **BAD}, unfolded=True)
    assert set(seen.problems) == set(BAD)
    for name in ("organization", "start_date"):
        assert specification["properties"][name]["pattern_descriptor"] in seen.problems[name]
