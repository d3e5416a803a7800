"""Bodies as they are received: compressed, large, deep, and not quite JSON."""

import gzip
import json
import marshal
import tracemalloc
import zlib

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.kustomer.body import (
    MAX_DEPTH,
    BodyTooLarge,
    BrokenBody,
    decode,
    decode_error,
)

MB = 1 << 20


def decoded(content, encoding=""):
    return decode(content, encoding)[0]


def nested(depth, inner=b"1", kind="object"):
    if kind == "list":
        return b"[" * depth + inner + b"]" * depth
    return b'{"a":' * depth + inner + b"}" * depth


# Compression


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b'{"a": 1}', ""),
        (b'{"a": 1}', "Identity"),
        (gzip.compress(b'{"a": 1}'), "gzip"),
        (gzip.compress(b'{"a": 1}'), " X-GZIP "),
        (zlib.compress(b'{"a": 1}'), "deflate"),
        (gzip.compress(b'{"a"') + gzip.compress(b": 1}"), "gzip"),
        (gzip.compress(b'{"a": 1}') + gzip.compress(b""), "gzip"),
        (gzip.compress(b'{"a": 1}') + b"\0" * 512, "gzip"),
    ],
)
def test_a_body_is_decompressed(content, encoding):
    assert decode(content, encoding) == ({"a": 1}, 8)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (gzip.compress(b'{"a": 1}')[:-4], "gzip"),
        (gzip.compress(b'{"a": 1}')[:-9], "gzip"),
        (gzip.compress(b'{"a": 1}')[:5], "gzip"),
        (gzip.compress(b'{"a"') + gzip.compress(b": 1}")[:-3], "gzip"),
        (b'{"a": 1}', "gzip"),
        (gzip.compress(b'{"a": 1}') + b"rest", "gzip"),
        (b"", "gzip"),
        (b'{"a": 1}', "br"),
        (b'{"a": 1}', "gzip, gzip"),
    ],
)
def test_a_body_that_cannot_be_decompressed_is_broken(content, encoding):
    with pytest.raises(BrokenBody):
        decode(content, encoding)


# Limits


def test_a_body_that_decompresses_to_much_more_is_refused_in_little_memory():
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    content = b"".join(packer.compress(b" " * MB) for _ in range(128)) + packer.flush()

    tracemalloc.start()
    with pytest.raises(BodyTooLarge, match="larger than 4 MB"):
        decode(content, "gzip", max_bytes=4 * MB)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 12 * MB


def test_a_body_of_many_small_members_is_limited():
    content = gzip.compress(b" " * 1_000) * 2_000

    with pytest.raises(BodyTooLarge):
        decode(content, "gzip", max_bytes=MB)


def test_a_body_is_limited_without_compression():
    with pytest.raises(BodyTooLarge):
        decode(b" " * 100, max_bytes=99)


@pytest.mark.parametrize("value", [b"[]", b"1"])
def test_a_body_of_too_many_values_is_refused(value):
    body = b'{"data":[' + b",".join([value] * 6_000_000) + b"]}"

    with pytest.raises(BodyTooLarge, match="more values"):
        decode(body)


def test_the_growth_of_a_body_is_reported():
    grown: list[int] = []
    decode(gzip.compress(b'{"a": "' + b"x" * 3 * MB + b'"}'), "gzip", on_growth=grown.append)

    assert grown == sorted(grown)
    assert grown[-1] >= 3 * MB
    assert len(grown) > 3


# Depth


@pytest.mark.parametrize("kind", ["object", "list"])
@pytest.mark.parametrize("depth", [1, 195, 300, 1_020])
def test_a_body_of_usual_depth_is_decoded_as_it_is(kind, depth):
    body = b'{"data":' + nested(depth, kind=kind) + b"}"

    assert marshal.dumps(decoded(body), 2) == marshal.dumps(orjson.loads(body), 2)


@pytest.mark.parametrize("kind", ["object", "list"])
@pytest.mark.parametrize("inner", [b"1", b'"]}[{\\""', b'"\\ud800"', b"1" * 400, b"\x00"])
@pytest.mark.parametrize("depth", [1_025, 1_100, 100_000])
def test_what_lies_deep_is_kept_as_json_text(kind, inner, depth):
    body = b'{"data":[' + nested(depth, inner, kind) + b',"after"]}'

    assert_deep_part_is_text(decoded(body), depth, inner, kind)


@pytest.mark.parametrize("depth", [201, 300, 600, 900])
def test_what_lies_deep_in_a_body_that_strict_json_rejects_is_kept_as_json_text(depth):
    body = b'{"data":[' + nested(depth, b'"\\ud800"') + b',"after"]}'

    assert_deep_part_is_text(decoded(body), depth, b'"\\ud800"', "object")


@pytest.mark.parametrize("depth", [201, 300, 900, 10_000])
def test_what_lies_deep_in_an_error_is_kept_as_json_text(depth):
    body = b'{"data":[' + nested(depth) + b',"after"]}'

    assert_deep_part_is_text(decode_error(body), depth, b"1", "object")


def assert_deep_part_is_text(document, depth, inner, kind):
    deep, after = document["data"]

    assert after == "after"
    orjson.dumps({"type": "RECORD", "record": {"data": {"column": deep}}})
    levels = 2
    while not isinstance(deep, str):
        deep = deep["a"] if isinstance(deep, dict) else deep[0]
        levels += 1
    assert levels == MAX_DEPTH
    assert deep.encode() == nested(depth + 2 - MAX_DEPTH, inner, kind).replace(b"\xff", b"")


def test_brackets_in_texts_do_not_count_as_depth():
    body = orjson.dumps({"data": [{"text": "[" * 5_000 + '"' + "{" * 5_000}]})

    assert decoded(body) == orjson.loads(body)


@pytest.mark.parametrize(
    "body", [b'{"a":' * 5_000, b"[" * 100_000, b'{"a":' * 300 + b'"\\"' * 100, b"{" + b"]" * 9_999]
)
def test_a_deep_body_that_is_not_json_is_broken(body):
    with pytest.raises(BrokenBody):
        decode(body)


# What strict JSON rejects


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b'"caf\xe9"', "caf\ufffd"),
        (b'"a\x00b"', "a\x00b"),
        (b'"a\nb"', "a\nb"),
        (b'"a\\ud800b\\u0000"', "a\ufffdb\0"),
        (b"NaN", "NaN"),
        (b"-Infinity", "-Infinity"),
        (b"1e400", "1e400"),
        (b"-1e400", "-1e400"),
        (b"1" * 400, int("1" * 400)),
        (b"-" + b"1" * 4_301, "-" + "1" * 4_301),
        (b"18446744073709551615", 18446744073709551615),
    ],
)
@pytest.mark.parametrize("other", [b"1", b"NaN", b'"\\ud800"'])
def test_one_value_that_strict_json_rejects_keeps_its_record(text, value, other):
    body = b'{"data": [{"id": "1", "value": ' + text + b', "other": ' + other + b"}]}"

    (row,) = decoded(body)["data"]

    assert (row["id"], row["value"]) == ("1", value)


def test_a_large_integer_keeps_its_digits_where_strict_json_rejects_its_body():
    body = b'{"a": 123456789012345678901234567890, "b": NaN}'

    assert decoded(body) == {"a": 123456789012345678901234567890, "b": "NaN"}


def test_a_large_error_body_is_broken():
    with pytest.raises(BrokenBody):
        decode_error(gzip.compress(b'{"a":"' + b"x" * 2 * MB + b'"}'), "gzip")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_a_byte_order_mark_and_other_encodings_of_unicode_are_read(encoding):
    assert decoded('{"a": "é"}'.encode(encoding)) == {"a": "é"}


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"null", b'"text"', b"1", b"<html>", b'{"a":', b"\xef\xbb\xbf", b"\x00"]
)
def test_a_body_that_is_not_a_json_object_is_broken(body):
    with pytest.raises(BrokenBody):
        decode(body)


INTEGERS = st.integers(-(2**63), 2**64 - 1)
"""Those that strict JSON writes. The row mapper converts larger ones to text."""
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | INTEGERS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=3))
def test_every_json_object_can_be_decoded_and_written_again(value):
    orjson.dumps(decoded(json.dumps(value).encode()))


@given(st.binary(), st.sampled_from(["", "gzip", "deflate", "br"]))
def test_any_bytes_are_an_object_or_broken(content, encoding):
    try:
        assert isinstance(decode(content, encoding)[0], dict)
    except BrokenBody:
        return
