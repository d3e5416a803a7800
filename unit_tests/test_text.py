"""Text that leaves the process."""

import base64
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.text import MASK, MIN_KEY_LENGTH, KeyMask, printable

KEY = "Canary-Key/5fd1=="
MASKED = KeyMask(f" {KEY}\n")


@given(st.text())
def test_a_printable_text_is_printable_and_keeps_what_was(text):
    shown = printable(text)

    assert shown.isprintable()
    assert shown == text or not text.isprintable()
    shown.encode()


def test_control_characters_and_overrides_of_direction_are_escaped():
    assert printable("a\x1b[31m\r\nb\u202ec\u2066\u2028\x9b\ud800 é 漢") == (
        r"a\x1b[31m\r\nb\u202ec\u2066\u2028\x9b\ud800 é 漢"
    )


@pytest.mark.parametrize(
    "encoded",
    [
        KEY,
        KEY.lower(),
        KEY.upper(),
        quote(KEY),
        quote(KEY, safe=""),
        quote(KEY, safe="").lower(),
        KEY.encode().hex(),
        base64.b64encode(KEY.encode()).decode(),
        base64.urlsafe_b64encode(KEY.encode()).decode(),
    ],
)
def test_a_key_is_masked_in_its_usual_encodings(encoded):
    masked = MASKED.mask(f"token {encoded}.")

    assert masked.startswith(f"token {MASK}")
    assert encoded[:-4] not in masked


@pytest.mark.parametrize("before", ["", "x", "xy", "Bearer ", "user:"])
def test_a_key_is_masked_in_base64_of_a_longer_text(before):
    encoded = base64.b64encode(f"{before}{KEY} and more".encode()).decode()

    masked = MASKED.mask(encoded)

    assert MASK in masked
    assert len(masked) < len(encoded) - 12


def test_a_key_is_masked_everywhere_in_a_json_value():
    value = {"a": [KEY, 1, None, {KEY: f"x{KEY}"}], "b": True}

    assert MASKED.mask_all(value) == {"a": [MASK, 1, None, {MASK: f"x{MASK}"}], "b": True}


@pytest.mark.parametrize("key", ["", "e", "key", "x" * (MIN_KEY_LENGTH - 1)])
def test_a_key_that_could_be_part_of_any_word_is_not_masked(key):
    assert KeyMask(key).mask(f"the key is {key}") == f"the key is {key}"


@given(st.text(min_size=MIN_KEY_LENGTH), st.text(), st.text())
def test_any_key_can_be_masked(key, before, after):
    stripped = key.strip()
    if len(stripped) >= MIN_KEY_LENGTH:
        assert stripped not in KeyMask(key).mask(before + stripped + after).replace(MASK, "")
