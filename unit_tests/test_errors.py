"""The errors of the API's answers, and their messages."""

import pytest

from source_kustomer import errors
from source_kustomer.errors import Retry, detail_of, error_for, rule_for

POD = "Auth token associated with pod prod2 but request is being handled by prod1"


@pytest.mark.parametrize(
    "body",
    [
        {"errors": [{"code": "c", "message": "it broke", "meta": {}}]},
        {"errors": [{"status": 400, "code": "c", "title": "t", "detail": "it broke"}]},
        {"error": "Bad Request", "message": "it broke"},
        {"errors": {"detail": "it broke"}},
        {"errors": ["it broke"]},
        {"errors": "it broke"},
        {"errors": [{"detail": " it\n broke "}]},
    ],
)
def test_each_form_of_error_body_is_read(body):
    assert detail_of(body) == "it broke"


@pytest.mark.parametrize(
    "body", [None, "<html>", [], 5, {}, {"errors": None}, {"errors": [None]}, {"message": {}}]
)
def test_a_body_without_a_text_has_no_detail(body):
    assert detail_of(body) == ""


def test_markup_is_left_out_and_long_texts_are_shortened():
    detail = detail_of({"message": "<html><b>it broke</b></html>" + " and" * 500})

    assert detail.startswith("it broke and")
    assert len(detail) <= 300


def test_control_characters_and_bidirectional_overrides_are_escaped():
    detail = detail_of({"message": "a\x1b[2Jb\x00c\u202ed\u2066e\u2028f\ud800g é"})

    assert detail == r"a\x1b[2Jb\x00c\u202ed\u2066e f\ud800g é"


@pytest.mark.parametrize("status", [400, 401, 403])
@pytest.mark.parametrize("form", ["errors", "old"])
def test_a_key_of_another_region_is_reported_with_any_status(status, form):
    body = {"errors": [{"detail": POD}]} if form == "errors" else {"message": POD}

    error = error_for(status, body, "GET /teams", is_key_accepted=True)

    assert isinstance(error, errors.NotAuthorised)
    assert "belongs to the EU region, but the request went to the US region" in error.message


def test_an_expired_key_is_distinguished_from_a_wrong_one():
    body = {"errors": [{"title": "Expired token"}]}
    expired = error_for(401, body, "GET /teams", is_key_accepted=True)
    wrong = error_for(401, {"errors": [{"title": "Unauthorized"}]}, "GET /teams")

    assert "has expired" in expired.message
    assert "does not accept" in wrong.message


@pytest.mark.parametrize("status", [401, 403])
def test_a_missing_role_may_be_401_or_403(status):
    body = {"errors": [{"title": "Unauthorized"}]}

    error = error_for(status, body, "GET /teams", is_key_accepted=True)

    assert isinstance(error, errors.NotPermitted)
    assert "lacks a role" in error.message


@pytest.mark.parametrize("status", [401, 402, 403])
@pytest.mark.parametrize("text", ["Not in your plan", "Billing feature missing", "Please upgrade"])
def test_a_missing_plan_feature_may_be_401_402_or_403(status, text):
    error = error_for(status, {"message": text}, "GET /ai/x", is_key_accepted=True)

    assert isinstance(error, errors.NotPermitted)
    assert "plan does not include GET /ai/x" in error.message
    assert text in error.message


@pytest.mark.parametrize(
    ("status", "error", "failure_type", "retry"),
    [
        (302, errors.ConfigError, "config_error", Retry.NEVER),
        (400, errors.BadRequest, "system_error", Retry.NEVER),
        (401, errors.NotAuthorised, "config_error", Retry.NEVER),
        (402, errors.NotPermitted, "config_error", Retry.NEVER),
        (403, errors.NotPermitted, "config_error", Retry.NEVER),
        (404, errors.NotFound, "config_error", Retry.NEVER),
        (405, errors.NotFound, "config_error", Retry.NEVER),
        (408, errors.KustomerUnavailable, "transient_error", Retry.BACKOFF),
        (409, errors.UnexpectedDocument, "system_error", Retry.NEVER),
        (410, errors.NotFound, "config_error", Retry.NEVER),
        (413, errors.UnexpectedDocument, "system_error", Retry.NEVER),
        (422, errors.BadRequest, "system_error", Retry.NEVER),
        (425, errors.KustomerUnavailable, "transient_error", Retry.BACKOFF),
        (429, errors.RateLimited, "transient_error", Retry.RESET),
        (500, errors.KustomerUnavailable, "transient_error", Retry.BACKOFF),
        (501, errors.KustomerUnavailable, "transient_error", Retry.BACKOFF),
        (503, errors.KustomerUnavailable, "transient_error", Retry.BACKOFF),
        (520, errors.KustomerUnavailable, "transient_error", Retry.BACKOFF),
        (599, errors.KustomerUnavailable, "transient_error", Retry.BACKOFF),
    ],
)
def test_each_status_has_an_error_a_failure_type_and_a_retry_policy(
    status, error, failure_type, retry
):
    made = error_for(status, None, "GET /teams")

    assert type(made) is error
    assert made.failure_type == failure_type
    assert made.message.endswith(".")
    assert rule_for(status).retry is retry


def test_too_many_equal_timestamps_are_reported_with_their_number():
    error = errors.TimestampTooDense("2024-01-01T00:00:00.000Z", 12_000)

    assert (error.timestamp, error.count) == ("2024-01-01T00:00:00.000Z", 12_000)
    assert "12,000 records" in error.message
    assert "2024-01-01T00:00:00.000Z" in error.message
