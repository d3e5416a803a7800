"""Names of custom columns and klass streams: distinct in every destination, stable over time."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.rows.names import (
    COLUMN_PREFIX,
    DIGEST_LENGTH,
    IDENTIFIER_LENGTH,
    MAX_LENGTH,
    attribute_of_column,
    camel_case,
    column_of_attribute,
    fold,
    has_digest,
    klass_of_stream,
    klasses_of_streams,
    snake_case,
    stream_of_klass,
)

names = (
    st.text("abAB_-@ é.1", min_size=1, max_size=6)
    | st.text(min_size=1, max_size=80)
    | st.from_regex(r"[a-z]{1,3}([A-Z_-][a-z0-9]{1,3}){0,3}(Str|Num|At)?", fullmatch=True)
    | st.from_regex(r"orderNumberOfTheOldestOpenOrderOfThisCustomer[a-zA-Z]{0,40}", fullmatch=True)
)
sets_of_names = st.lists(names, max_size=30, unique=True)
rules = pytest.mark.parametrize("rule", [column_of_attribute, stream_of_klass])


def folded(name):
    """Fold a name as destinations do: lower case, other characters replaced, 63 bytes."""
    return re.sub(r"[^a-z0-9_]", "_", name.lower()).encode()[:63]


@pytest.mark.parametrize(
    ("attribute", "column"),
    [
        ("planStr", "custom_plan_str"),
        ("orderNumberStr", "custom_order_number_str"),
        ("line2Str", "custom_line2_str"),
        ("plan", "custom_plan"),
    ],
)
def test_an_attribute_in_camel_case_has_a_column_in_snake_case(attribute, column):
    assert column_of_attribute(attribute) == column
    assert attribute_of_column(column) == attribute


@pytest.mark.parametrize(
    ("klass", "stream"),
    [
        ("order", "kobject_order"),
        ("shopify-order", "kobject_shopify__order"),
        ("call_back", "kobject_call_back"),
        ("loop_returns_7f3a-return-item", "kobject_loop_returns_7f3a__return__item"),
    ],
)
def test_a_klass_in_lower_case_has_a_stream_of_its_name(klass, stream):
    assert stream_of_klass(klass) == stream
    assert klass_of_stream(stream) == klass


@pytest.mark.parametrize(
    "name", ["cust-refStr", "cust_refStr", "größeStr", "数量Num", "Plan Str", "@acme.valueNum", ""]
)
def test_any_other_name_ends_in_a_digest(name):
    for rule in (column_of_attribute, stream_of_klass):
        assert re.fullmatch(r"(custom|kobject)_([a-z0-9]+_)*[0-9a-f]{8}", rule(name))


def test_the_readable_part_of_a_name_with_a_digest_comes_from_the_name():
    assert re.fullmatch(r"custom_cust_ref_str_[0-9a-f]{8}", column_of_attribute("cust-refStr"))
    assert re.fullmatch(r"kobject_call_back_[0-9a-f]{8}", stream_of_klass("Call-Back"))


@rules
@given(found=sets_of_names)
def test_names_are_distinct_when_folded_and_cut(rule, found):
    assert len({folded(rule(name)) for name in found}) == len(found)


@rules
@given(name=names)
def test_a_name_is_made_of_at_most_53_characters_that_no_destination_changes(rule, name):
    assert re.fullmatch(r"[a-z0-9_]{1,53}", rule(name))


@rules
@given(found=sets_of_names)
def test_names_to_which_a_loader_appends_ten_characters_are_distinct_when_cut(rule, found):
    everything = {folded(rule(name) + tail) for name in found for tail in ("", "_01KXYZ012")}
    assert len(everything) == 2 * len(found)


def test_names_stay_distinct_among_ten_thousand_long_ones():
    attributes = [f"theNumberOfTheOrderThatTheCustomerHasAskedAbout{n}Str" for n in range(10_000)]

    assert len({column_of_attribute(name) for name in attributes}) == len(attributes)
    assert all(len(column_of_attribute(name)) <= MAX_LENGTH for name in attributes)


def test_a_plain_name_never_equals_a_name_with_a_digest():
    columns = (column_of_attribute(f"plan_str{number}") for number in range(100))
    column = next(one for one in columns if one[-DIGEST_LENGTH].isalpha())
    lookalike = camel_case(column.removeprefix(COLUMN_PREFIX))

    assert f"{COLUMN_PREFIX}{snake_case(lookalike)}" == column
    assert column_of_attribute(lookalike) != column


def test_a_stream_with_a_digest_does_not_name_its_klass():
    assert has_digest(stream_of_klass("Call-Back"))
    assert klass_of_stream(stream_of_klass("Call-Back")) is None


@given(before=sets_of_names, after=sets_of_names)
def test_a_configured_stream_means_the_same_klass_when_klasses_come_and_go(before, after):
    found = klasses_of_streams(map(stream_of_klass, before), after)

    assert found == {stream_of_klass(name): name for name in before if name in after}


@pytest.mark.parametrize("klass", ["order", "shopify-order", "legacy_warranty-claim", "Order"])
def test_a_stream_that_version_0_1_0_named_means_the_same_klass(klass):
    stream = f"kobject_{klass}"

    assert klasses_of_streams([stream], ["other", klass]) == {stream: klass}
    assert klass_of_stream(stream) == klass


def test_a_klass_that_does_not_exist_is_not_found():
    assert klasses_of_streams(["kobject_order"], ["ticket"]) == {}


def test_names_are_folded_as_destinations_do():
    assert fold("Cust-Réf") == "cust_r_f"
    assert len(fold("a" * 100)) == IDENTIFIER_LENGTH
