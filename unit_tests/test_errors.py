"""What the user reads."""

import pytest

from source_kustomer import errors
from source_kustomer.errors import detail_of, error_for

POD = "Auth token associated with pod prod2 but request is being handled by prod1"


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"code": "c", "message": "it broke", "meta": {}}]},
        {"errors": [{"status": 400, "code": "c", "title": "t", "detail": "it broke"}]},
        {"error": "Bad Request", "message": "it broke"},
        {"errors": {"detail": "it broke"}},
        {"errors": ["it broke"]},
        {"errors": [{"detail": " it\n broke "}]},
    ],
)
def test_each_shape_of_error_body_is_understood(body):
    assert detail_of(body) == "it broke"


@pytest.mark.parametrize(
    "body", [None, "<html>", [], 5, {}, {"errors": None}, {"errors": [None]}, {"message": {}}]
)
def test_a_body_that_says_nothing_is_no_detail(body):
    assert detail_of(body) == ""


def test_markup_is_left_out_and_long_texts_are_cut():
    detail = detail_of({"message": "<html><b>it broke</b></html>" + " and" * 500})

    assert detail.startswith("it broke and")
    assert len(detail) <= 300


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("shape", ["errors", "old"])
def test_a_key_of_another_region_is_told_whatever_the_status(status, shape):
    body = {"errors": [{"detail": POD}]} if shape == "errors" else {"message": POD}

    error = error_for(status, body, "GET /teams")

    assert isinstance(error, errors.NotAuthorised)
    assert "belongs to the EU region, but the US region was asked" in error.message


def test_an_expired_key_is_told_apart_from_a_wrong_one():
    expired = error_for(401, {"errors": [{"title": "Expired token"}]}, "GET /teams")
    wrong = error_for(401, {"errors": [{"title": "Unauthorized"}]}, "GET /teams")

    assert "has expired" in expired.message
    assert "does not accept" in wrong.message


@pytest.mark.parametrize(
    ("status", "error", "failure_type"),
    [
        (400, errors.BadRequest, "system_error"),
        (401, errors.NotAuthorised, "config_error"),
        (402, errors.NotPermitted, "config_error"),
        (403, errors.NotPermitted, "config_error"),
        (404, errors.NotFound, "config_error"),
        (405, errors.NotFound, "config_error"),
        (410, errors.NotFound, "config_error"),
        (501, errors.NotFound, "config_error"),
        (408, errors.KustomerUnavailable, "transient_error"),
        (409, errors.UnexpectedDocument, "system_error"),
        (413, errors.UnexpectedDocument, "system_error"),
        (422, errors.BadRequest, "system_error"),
        (429, errors.RateLimited, "transient_error"),
        (500, errors.KustomerUnavailable, "transient_error"),
        (503, errors.KustomerUnavailable, "transient_error"),
    ],
)
def test_each_status_has_its_failure_type(status, error, failure_type):
    made = error_for(status, None, "GET /teams")

    assert type(made) is error
    assert made.failure_type == failure_type
    assert made.message.endswith(".")


def test_too_many_equals_are_told_with_their_timestamp_and_count():
    error = errors.TimestampTooDense("2024-01-01T00:00:00.000Z", 12_000)

    assert (error.timestamp, error.count) == ("2024-01-01T00:00:00.000Z", 12_000)
    assert "12,000 records" in error.message
    assert "2024-01-01T00:00:00.000Z" in error.message
