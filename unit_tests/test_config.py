"""The configuration: what it accepts, what it refuses in which words, and the form."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from source_kustomer.config import REGION_HOSTS, Config, specification
from source_kustomer.errors import InvalidConfig
from source_kustomer.timestamps import DAY, MINUTE, parse_timestamp

NOW = parse_timestamp("2024-06-01T00:00:00Z") or 0


def parse(**values: Any) -> Config:
    return Config.parse({"api_key": "a-key-1", **values})


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


def test_an_organization_decides_the_host_in_every_region() -> None:
    config = parse(organization="Acme-2", region="EU")
    assert config.base_url == "https://acme-2.api.kustomerapp.com/v1"


@pytest.mark.parametrize("empty", [None, "", "  "])
@pytest.mark.parametrize("name", [name for name in Config.model_fields if name != "api_key"])
def test_null_and_empty_mean_not_given_for_every_optional_field(name: str, empty: Any) -> None:
    assert parse(**{name: empty}) == parse()


@pytest.mark.parametrize(
    "text",
    [
        "acme", " acme ", "ACME\n", "acme.kustomerapp.com", "https://acme.kustomerapp.com",
        "https://acme.kustomerapp.com/app/customers?x=1#y", "https://acme.api.kustomerapp.com/v1",
    ],
)  # fmt: skip
def test_an_organization_may_be_pasted_with_spaces_or_as_an_address(text: str) -> None:
    config = parse(organization=text)
    assert config.base_url == "https://acme.api.kustomerapp.com/v1"
    pattern = specification()["properties"]["organization"]["pattern"]
    assert re.match(pattern, text), "the form accepts it too"


@pytest.mark.parametrize(
    "text",
    [
        "acme.example.com", "acme.kustomerapp.com.example.com", "https://example.com/acme",
        "https://acme@example.com/.kustomerapp.com", "a b", "-acme", "acme/..", "acme#", "acme:80",
        "https://acme.kustomerapp.com\n.example.com",
    ],
)  # fmt: skip
def test_an_organization_never_leads_to_another_host(text: str) -> None:
    assert "subdomain" in refusal(api_key="a-key-1", organization=text)


def test_blanks_around_the_key_are_dropped() -> None:
    assert parse(api_key=" a-key-1 \n").api_key.get_secret_value() == "a-key-1"


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
    with pytest.raises(InvalidConfig, match='"2024-06-02" is in the future'):
        parse(start_date="2024-06-02").start(NOW)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, ("api_key", "API Key", "missing")),
        ({"api_key": " "}, ("api_key", "is empty")),
        ({"api_key": None}, ("api_key", "string")),
        ({"api_key": "a-key\n-2"}, ("api_key", "control characters")),
        ({"api_key": "a-key\x00-2"}, ("api_key", "control characters")),
        ({"api_key": "a-key\u202e-2"}, ("api_key", "control characters")),
        ({"api_key": "a key 2"}, ("api_key", "spaces")),
        ({"api_key": "schlüssel"}, ("api_key", "API keys do not have")),
        ({"api_key": "abcde"}, ("api_key", "fewer than 6 characters")),
        ({"api_key": 5}, ("api_key",)),
        ({"api_key": "a-key-1", "region": "Mars"}, ("region", "US")),
        ({"api_key": "a-key-1", "organization": "acme.example.com"}, ("organization", "subdomain")),
        ({"api_key": "a-key-1", "start_date": "last week"}, ("start_date", "YYYY-MM-DD")),
        (
            {"api_key": "a-key-1", "start_date": "2024-02-31"},
            ("start_date", "not a date of the calendar"),
        ),
        ({"api_key": "a-key-1", "rate_limit_share": 0}, ("rate_limit_share", "1")),
        ({"api_key": "a-key-1", "rate_limit_share": 101}, ("rate_limit_share", "100")),
        ({"api_key": "a-key-1", "searches_per_minute": 0}, ("searches_per_minute", "1")),
        ({"api_key": "a-key-1", "lookback_minutes": -1}, ("lookback_minutes", "0")),
        ({"api_key": "a-key-1", "num_workers": "many"}, ("num_workers", "integer")),
    ],
)
def test_an_unusable_value_is_named_with_the_reason(
    values: dict[str, Any], words: tuple[str, ...]
) -> None:
    message = refusal(**values)
    for word in words:
        assert word in message
    assert message.endswith(".")


def test_several_mistakes_are_reported_together() -> None:
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
    message = refusal(**{"api_key": "a-key-1", wrong: "x"})
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
