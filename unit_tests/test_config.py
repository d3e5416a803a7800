"""The configuration: what it accepts, what it refuses in which words, and the form."""

from __future__ import annotations

import json
from typing import Any

import pytest

from source_kustomer.config import REGION_HOSTS, Config, specification
from source_kustomer.errors import InvalidConfig
from source_kustomer.timestamps import DAY, MINUTE, parse_timestamp

NOW = parse_timestamp("2024-06-01T00:00:00Z") or 0


def parse(**values: Any) -> Config:
    return Config.parse({"api_key": "k", **values})


def refusal(**values: Any) -> str:
    with pytest.raises(InvalidConfig) as caught:
        Config.parse(values)
    return caught.value.message


def test_a_key_alone_is_enough() -> None:
    config = parse()
    assert config.base_url == "https://api.kustomerapp.com/v1"
    assert config.include_deleted
    assert config.rate_limit_share == 80
    assert config.searches_per_minute == 100
    assert config.lookback == 10 * MINUTE


@pytest.mark.parametrize("region", list(REGION_HOSTS))
def test_each_region_has_its_host(region: str) -> None:
    assert parse(region=region).base_url == f"https://{REGION_HOSTS[region]}/v1"


def test_an_organization_decides_the_host_whatever_the_region() -> None:
    config = parse(organization="Acme-2", region="EU")
    assert config.base_url == "https://acme-2.api.kustomerapp.com/v1"


def test_empty_optional_texts_count_as_missing() -> None:
    config = parse(organization="", start_date="  ")
    assert config.organization is None
    assert config.start_date is None


def test_blanks_around_the_key_are_dropped() -> None:
    assert parse(api_key=" k \n").api_key.get_secret_value() == "k"


def test_keys_that_airbyte_adds_are_ignored() -> None:
    parse(__injected_declarative_manifest={}, _secret="x", workspace=5)


def test_without_a_start_date_the_first_sync_goes_one_year_back() -> None:
    assert parse().start(NOW) == NOW - 365 * DAY


@pytest.mark.parametrize(
    "text",
    ["2024-01-02", "2024-01-02T00:00:00", "2024-01-02T00:00:00Z", "2024-01-02T02:00:00+02:00"],
)
def test_a_start_date_is_understood_in_every_form_that_the_pattern_allows(text: str) -> None:
    assert parse(start_date=text).start(NOW) == parse_timestamp("2024-01-02T00:00:00Z")


def test_a_start_date_in_the_future_is_refused_with_the_date() -> None:
    with pytest.raises(InvalidConfig, match='"2024-06-02" lies in the future'):
        parse(start_date="2024-06-02").start(NOW)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ("api_key", "API Key", "missing")),
        ({"api_key": " "}, ("api_key", "is empty")),
        ({"api_key": "a\nb"}, ("api_key", "blanks")),
        ({"api_key": "schlüssel"}, ("api_key", "no API key has")),
        ({"api_key": 5}, ("api_key",)),
        ({"api_key": "k", "region": "Mars"}, ("region", "US")),
        ({"api_key": "k", "organization": "acme.kustomerapp.com"}, ("organization", "subdomain")),
        ({"api_key": "k", "start_date": "last week"}, ("start_date", "YYYY-MM-DD")),
        ({"api_key": "k", "start_date": "2024-02-31"}, ("start_date", "no date of the calendar")),
        ({"api_key": "k", "rate_limit_share": 0}, ("rate_limit_share", "1")),
        ({"api_key": "k", "rate_limit_share": 101}, ("rate_limit_share", "100")),
        ({"api_key": "k", "searches_per_minute": 0}, ("searches_per_minute", "1")),
        ({"api_key": "k", "lookback_minutes": -1}, ("lookback_minutes", "0")),
        ({"api_key": "k", "num_workers": "many"}, ("num_workers", "integer")),
    ],
)
def test_an_unusable_value_is_named_with_the_reason(
    values: dict[str, Any], words: tuple[str, ...]
) -> None:
    message = refusal(**values)
    for word in words:
        assert word in message
    assert message.endswith(".")


def test_several_mistakes_are_all_told_at_once() -> None:
    message = refusal(region="Mars", start_date="soon")
    assert "api_key" in message
    assert "region" in message
    assert "start_date" in message


@pytest.mark.parametrize(
    ("wrong", "right"),
    [("apikey", "api_key"), ("API-Key", "api_key"), ("start_dat", "start_date"),
     ("startDate", "start_date"), ("organisation", "organization"), ("regions", "region")],
)  # fmt: skip
def test_a_misspelt_field_is_answered_with_the_right_one(wrong: str, right: str) -> None:
    message = refusal(**{"api_key": "k", wrong: "x"})
    assert f'"{wrong}"' in message
    assert f'"{right}"' in message


@pytest.mark.parametrize("key", ["my-secret\n4711", "4711-sécret"])
def test_no_refusal_shows_the_key(key: str) -> None:
    assert "4711" not in refusal(api_key=key, region="Mars")


def test_no_text_of_a_configuration_shows_the_key() -> None:
    config = parse(api_key="4711-secret")
    assert "4711" not in f"{config!r} {config}"


def test_the_form_is_plain_json_and_names_every_field_of_the_model() -> None:
    form = specification()
    assert json.loads(json.dumps(form)) == form
    assert list(form["properties"]) == list(Config.model_fields)
    assert form["properties"]["api_key"]["airbyte_secret"] is True
    assert "default" not in form["properties"]["start_date"]
