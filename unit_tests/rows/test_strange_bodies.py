"""Answers with odd JSON, from the bytes of the body to the row: no record keeps others out."""

import json

import orjson
import pytest

from source_kustomer.kustomer.body import decode
from source_kustomer.kustomer.documents import document_of
from source_kustomer.rows.mapper import RowMapper
from source_kustomer.streams.conversations import ConversationRow


def rows_of(*members: str) -> list[dict[str, object]]:
    """Return the rows of an answer with a record per text, which is its members except the id."""
    records = [f'{{"id": "a{place}", {text}}}' for place, text in enumerate(members)]
    body, _ = decode(f'{{"data": [{", ".join(records)}]}}'.encode())
    mapper = RowMapper(ConversationRow)
    rows = [mapper.flatten(resource) for resource in document_of(body).data]
    for row in rows:
        orjson.dumps({"type": "RECORD", "record": {"stream": "x", "data": row, "emitted_at": 1}})
    return rows


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("9" * 400, "9" * 400),
        (f"-{'9' * 4_301}", f"-{'9' * 4_301}"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("1e999", "1e999"),
    ],
)
def test_a_number_that_no_column_can_hold_is_text(value: str, text: str) -> None:
    before, row, after = rows_of(
        '"attributes": {"priority": 1}',
        f'"attributes": {{"priority": {value}, "satisfaction": {value}, "other": {value}}}',
        '"attributes": {"priority": 2}',
    )

    assert (before["priority"], after["priority"]) == (1, 2)
    assert (row["priority"], row["satisfaction"], row["other"]) == (None, None, text)
    assert row["misfit_values"] == {"priority": text, "satisfaction": text, "other": text}


@pytest.mark.parametrize("opening", ["[", '{"a": '])
@pytest.mark.parametrize("depth", [300, 600, 1_100, 20_000])
@pytest.mark.parametrize("innermost", ['"x"', r'"\ud800"', r'"\u0000"'])
def test_a_value_that_is_nested_too_deeply_is_text(
    opening: str, depth: int, innermost: str
) -> None:
    closing = "]" if opening == "[" else "}"
    value = opening * depth + innermost + closing * depth

    row, after = rows_of(f'"attributes": {{"tags": {value}, "status": "open"}}', '"type": "x"')

    assert (row["tags"], row["status"], after["type"]) == (None, "open", "x")
    assert row["misfit_values"]["tags"].startswith(opening * 150)  # type: ignore[index]


@pytest.mark.parametrize("attributes", ['["a"]', '"a"', "7", "true", "null", "[]"])
def test_attributes_that_are_not_an_object_do_not_keep_other_records_out(attributes: str) -> None:
    row, after = rows_of(f'"attributes": {attributes}', '"attributes": {"status": "open"}')

    expected = json.loads(attributes)
    assert row.get("misfit_values") == (None if expected is None else {"attributes": expected})
    assert after["status"] == "open"


def test_a_byte_that_is_not_utf_8_is_replaced() -> None:
    body, _ = decode(b'{"data": [{"id": "a", "attributes": {"name": "a\xffb\x00c"}}]}')

    row = RowMapper(ConversationRow).flatten(document_of(body).data[0])

    assert row["name"] == "a\ufffdb\ufffdc"
