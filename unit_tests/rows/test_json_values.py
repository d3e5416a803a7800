"""Values that not every destination can store are rewritten, and nothing else is touched."""

import json

import orjson
import pytest

from source_kustomer.rows.json_values import (
    MAX_DEPTH,
    Rewriter,
    TooDeep,
    is_storable,
    storable,
    write_json,
)
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.streams.conversations import ConversationRow, MessageRow


def nested(depth, value: object = 1, *, in_list=True):
    for _ in range(depth):
        value = [value] if in_list else {"a": value}
    return value


def row_of(model=ConversationRow, **attributes):
    """Return the row of a record, after making sure that it can be written."""
    row = RowMapper(model).flatten({"id": "a1", "attributes": attributes})
    orjson.dumps({"type": "RECORD", "record": {"stream": "x", "data": row, "emitted_at": 1}})
    return row


@pytest.mark.parametrize(
    "value", ["ä\U0001f600\x01\u2028", 2**63 - 1, -(2**63), 1.5, None, True, {"a": [{}]}]
)
def test_other_values_are_not_rewritten(value):
    resource = {"id": "a1", "attributes": {"name": value}}

    assert storable(resource) is resource


@pytest.mark.parametrize("character", ["\0", "\ud800", "\udfff"])
def test_characters_that_cannot_be_stored_are_replaced_in_values_and_keys(character):
    text, key = f"a{character}b", f"x{character}"
    row = row_of(name=text, meta={key: [text]}, custom={key: text}, **{key: {key: text}})

    assert row["name"] == "a\ufffdb"
    assert row["custom"] == {"x\ufffd": "a\ufffdb"}
    assert row["x\ufffd"] == {"x\ufffd": "a\ufffdb"}
    assert character not in str(row)


def test_the_characters_that_were_replaced_are_counted():
    mapper = RowMapper(ConversationRow)

    mapper.flatten({"id": "a\0", "attributes": {"name": "\0\0", "custom": {"k\0": "plain"}}})
    mapper.flatten({"id": "b", "attributes": {"name": "\ud800", "preview": "plain"}})
    mapper.flatten({"id": "c", "attributes": {"name": r"\u0000"}})

    assert mapper.replaced_characters == 5


def test_characters_before_a_value_that_is_too_deep_are_counted_once():
    mapper = RowMapper(ConversationRow)

    mapper.flatten(
        {"id": "a", "attributes": {"name": "\0", "custom": {"a": "\0", "b": nested(300)}}}
    )

    assert mapper.replaced_characters == 2


def test_the_text_of_an_escape_is_not_a_character():
    assert row_of(name=r"\u0000")["name"] == r"\u0000"


def test_keys_that_become_equal_stay_apart():
    keys = ["a\0", "a\ufffd", "a\ud800"]

    row = row_of(custom=dict(zip(keys, [1, 2, 3], strict=True)))

    assert row["custom"] == {"a\ufffd": 1, "a\ufffd_": 2, "a\ufffd__": 3}


@pytest.mark.parametrize("digits", [20, 400, 4_301, 10_000])
def test_an_integer_of_many_digits_is_delivered_as_text(digits):
    text = "9" * digits
    integer = 10**digits - 1

    row = row_of(priority=integer, name=integer, satisfaction=-integer, other=[integer])

    assert row["priority"] is None
    assert row["satisfaction"] is None
    assert row["misfit_values"] == {
        "priority": text,
        "satisfaction": f"-{text}",
        "other": [text],
    }
    assert row["name"] == text
    assert row["other"] == [text]


@pytest.mark.parametrize("in_list", [True, False])
@pytest.mark.parametrize("innermost", ["plain", "\ud800"])
@pytest.mark.parametrize("depth", [MAX_DEPTH + 1, 260, 300, 600, 1_100, 50_000])
def test_a_value_that_is_nested_too_deeply_is_delivered_as_text(depth, innermost, in_list):
    value = nested(depth, innermost, in_list=in_list)

    row = row_of(status="open", suggested_tags=1, tags=value, other=value, sentiment=value)

    assert row["status"] == "open"
    assert (row["tags"], row["other"], row["sentiment"]) == (None, None, None)
    text = row["misfit_values"]["other"]
    assert text == row["misfit_values"]["tags"] == row["misfit_values"]["sentiment"]
    opening, closing = ("[", "]") if in_list else ('{"a": ', "}")
    assert text == opening * depth + json.dumps(innermost) + closing * depth


@pytest.mark.parametrize("depth", [1, 20, MAX_DEPTH])
def test_a_value_of_less_depth_is_kept(depth):
    row = row_of(other=nested(depth), custom={"a": nested(depth - 1)})

    assert row["other"] == nested(depth)
    assert row["custom"] == {"a": nested(depth - 1)}


def test_one_custom_attribute_that_is_too_deep_leaves_the_others():
    row = row_of(custom={"planStr": "free", "deep": nested(300)})

    assert row["custom"] == {"planStr": "free", "deep": None}
    assert row["misfit_values"] == {"custom.deep": json.dumps(nested(300))}


def test_one_relationship_that_is_too_deep_leaves_the_others():
    customer = {"data": {"type": "customer", "id": "c1"}}
    deep = {"data": nested(300)}

    row = RowMapper(MessageRow).flatten(
        {
            "id": "a1",
            "relationships": {"customer": customer, "conversation": deep, "custom": deep},
        }
    )

    assert row["customer"] == customer["data"]
    assert row["misfit_values"] == {
        "relationships.conversation": write_json(deep),
        "relationships.custom": write_json(deep),
    }


@pytest.mark.parametrize("name", ["links", "type", "meta", "attributes", "relationships"])
def test_a_member_that_is_too_deep_is_delivered_as_text(name):
    row = RowMapper(ConversationRow).flatten({"id": "a1", name: nested(300)})

    assert row["misfit_values"] == {name: write_json(nested(300))}


def test_an_id_that_is_too_deep_is_text():
    row = RowMapper(ConversationRow).flatten({"id": nested(300)})

    assert row == {"id": write_json(nested(300))}


def test_content_that_is_too_deep_identifies_a_record_too():
    mapper = RowMapper(ConversationRow)
    first, second = ({"attributes": {"x": nested(300, value)}} for value in (1, 2))

    assert mapper.flatten(first)["id"] == mapper.flatten(dict(first))["id"]
    assert mapper.flatten(first)["id"] != mapper.flatten(second)["id"]


@pytest.mark.parametrize(
    "value",
    [{}, [], {"a": [], "b": {}}, [None, True, 1.5, -7, 'ä\n"\\\0\ud800', [[1, [2]], {"c": 3}]]],
)
def test_json_is_written_as_the_standard_library_does(value):
    assert write_json(value) == json.dumps(value)


def test_a_rewriter_does_not_change_its_input():
    resource = {"id": "a\0", "attributes": {"x": nested(300), "y": {"k\0": 2**70}}}

    rewritten = Rewriter().rewrite(resource)

    assert resource == {"id": "a\0", "attributes": {"x": nested(300), "y": {"k\0": 2**70}}}
    assert type(rewritten["attributes"]["x"]) is TooDeep
    assert rewritten["attributes"]["x"].text == write_json(nested(300))
    assert rewritten["attributes"]["y"] == {"k\ufffd": str(2**70)}
    assert not is_storable(resource)
