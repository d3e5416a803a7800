"""The ids of a list in the state: every id comes back, and the text stays short."""

import base64
import random
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.errors import InvalidState
from source_kustomer.sync.known_ids import MAX_BYTES, MAX_LENGTH, decode_ids, encode_ids
from source_kustomer.sync.state import parse_state

HEX_IDS = st.from_regex(r"[0-9a-f]{24}", fullmatch=True)


@given(st.frozensets(HEX_IDS | st.text()))
def test_ids_of_any_form_come_back(ids):
    assert decode_ids(encode_ids(ids)) == ids


def test_what_earlier_versions_wrote_is_read():
    text = "eNpjYGBgik9aVfllzjKXVyt58rbU94hd4GgwkZbcPydaKb8oXa+0OLVIryg1MUUpFgCRSBFZ"

    assert decode_ids(text) == {
        "5faaf4a6ea0cb48cd0801bbf",
        "62799c44a96e7f160834199c",
        "org.user.read",
    }


def test_four_thousand_ids_of_the_usual_form_fit():
    chance = random.Random(1)
    ids = [f"{0x5F000000 + 9_000 * n:08x}{chance.getrandbits(64):016x}" for n in range(4_000)]

    assert len(encode_ids(ids) or "") in range(1, MAX_LENGTH + 1)


def test_ids_that_do_not_fit_are_not_encoded():
    chance = random.Random(1)

    assert encode_ids(f"{chance.getrandbits(96):024x}" for _ in range(6_000)) is None


@pytest.mark.parametrize("text", ["", "AAAA", "no base64!", "eJwDAAAAAAE=", 7, ["a"]])
def test_any_other_text_is_an_error_that_names_the_stream(text):
    with pytest.raises(InvalidState, match=r'"brands".*its "ids" cannot be read'):
        parse_state("brands", "updated_at", {"updated_at": "2026-05-01", "ids": text})


def test_ids_stay_in_every_form_of_the_state():
    ids = encode_ids(["a"])
    blobs: list[dict[str, object]] = [
        {"updated_at": "2026-05-01T00:00:00.000Z", "ids": ids},
        {
            "updated_at": "2026-05-01T00:00:00.000Z",
            "until": "2026-05-02T00:00:00.000Z",
            "done": [],
            "ids": ids,
        },
    ]
    for blob in blobs:
        assert parse_state("brands", "updated_at", blob).to_json("updated_at") == blob


def compressed(content: bytes) -> str:
    return base64.b64encode(zlib.compress(content, 9)).decode()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (bytes(4) + b'["' + b"a" * (40 << 20) + b'"]', "its ids have more than 1 MB"),
        (bytes(4) + b'["' + b"a" * (80 << 20) + b'"]', "it is longer than 65,536 characters"),
        (bytes(4) + b"[" * 40_000 + b"]" * 40_000, "recursion"),
    ],
)
def test_a_text_that_decompresses_to_very_much_is_an_error(content: bytes, reason: str):
    text = compressed(content)

    tracemalloc.start()
    with pytest.raises(InvalidState, match=reason):
        parse_state("brands", "updated_at", {"updated_at": "2026-05-01", "ids": text})
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 20 << 20


@pytest.mark.parametrize("end", [1, 10, -1])
def test_a_text_that_was_cut_is_an_error(end: int):
    content = base64.b64decode(encode_ids(["a" * 24, "b"]) or "")
    with pytest.raises(ValueError, match="incomplete"):
        decode_ids(base64.b64encode(content[:end]).decode())


def test_what_is_encoded_can_be_decoded_also_if_it_compresses_well():
    fits = ["a" * (MAX_BYTES - 100)]

    assert decode_ids(encode_ids(fits)) == set(fits)
    assert encode_ids(["a" * MAX_BYTES]) is None
