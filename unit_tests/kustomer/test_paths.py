"""Paths that are built from ids of the API."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.errors import InvalidId
from source_kustomer.kustomer.paths import MAX_LENGTH, is_safe, segment, segments


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ("5f00", "/queues/5f00"),
        (17, "/queues/17"),
        ("../../auth/tokens?x=", "/queues/..%2F..%2Fauth%2Ftokens%3Fx%3D"),
        ("a/b#c d%2e", "/queues/a%2Fb%23c%20d%252e"),
        ("ü\n", "/queues/%C3%BC%0A"),
        ("\ud800", "/queues/%3F"),
        ("...", "/queues/..."),
    ],
)
def test_an_id_stays_one_segment(value, path):
    assert f"/queues/{segment(value)}" == path
    assert is_safe(path)


@pytest.mark.parametrize("value", ["", ".", "..", " ", " .. ", "\n", None, True, 1.5, [], {}])
def test_a_value_that_cannot_be_a_segment_is_refused(value):
    with pytest.raises(InvalidId, match="cannot be used in a request"):
        segment(value)


def test_several_ids_are_one_segment():
    assert segments(["a", "b,c", 3]) == "a,b%2Cc,3"
    with pytest.raises(InvalidId):
        segments(["a", ".."])


@given(st.text() | st.integers())
def test_every_segment_makes_a_safe_path(value):
    try:
        path = f"/queues/{segment(value)}/work-items"
    except InvalidId:
        return
    assert is_safe(path)
    assert path.count("/") == 3


def test_an_id_that_is_too_long_is_refused_with_a_short_message():
    with pytest.raises(InvalidId, match="too long") as caught:
        segment("x" * (MAX_LENGTH + 1))
    assert len(caught.value.message) < 1_000
