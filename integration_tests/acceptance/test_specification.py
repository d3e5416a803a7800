"""What Airbyte asks of a specification."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import jsonschema
import pytest
from airbyte_cdk.test.standard_tests._spec_compatibility import compare_specs
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from integration_tests.connector import Connector, Output
from integration_tests.snapshots.__main__ import TESTS, files, text_of

FORBIDDEN = {
    "not", "anyOf", "patternProperties", "prefixItems", "allOf", "if", "then", "else",
    "dependentSchemas", "dependentRequired", "oneOf", "$ref",
}  # fmt: skip
PICKER = "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}:[0-9]{2})?$"
SECRET_NAMES = {
    "client_token", "access_token", "api_token", "token", "secret", "client_secret", "password",
    "key", "service_account", "service_account_info", "tenant_id", "certificate", "jwt",
    "credentials", "app_id", "appid", "refresh_token",
}  # fmt: skip


@pytest.fixture(scope="module")
def form(spec: Output) -> dict[str, Any]:
    (specification,) = spec.of("SPEC")
    return dict(specification["connectionSpecification"])


@pytest.fixture(scope="module")
def fields(form: dict[str, Any]) -> dict[str, Any]:
    return dict(form["properties"])


def schemas_in(schema: object, path: str = "#") -> Iterator[tuple[str, Mapping[str, Any]]]:
    if isinstance(schema, dict):
        yield path, schema
        for key, value in schema.items():
            yield from schemas_in(value, f"{path}/{key}")
    elif isinstance(schema, list):
        for index, value in enumerate(schema):
            yield from schemas_in(value, f"{path}/{index}")


def test_spec_is_exactly_one_message_and_ends_well(spec: Output) -> None:
    assert [message["type"] for message in spec.messages if message["type"] != "LOG"] == ["SPEC"]
    assert spec.code == 0


def test_spec_has_a_documentation_url_and_supports_incremental(spec: Output) -> None:
    (specification,) = spec.of("SPEC")
    assert specification["documentationUrl"].startswith("https://")
    assert specification["supportsIncremental"] is True


@pytest.mark.parametrize(
    "config",
    [
        {"api_key": "a-key-1"},
        {"api_key": "a-key-1", "region": "EU", "organization": "acme", "start_date": "2024-01-01"},
        {"api_key": "a-key-1", "start_date": "2024-01-01T00:00:00Z", "something_airbyte_adds": 1},
        {
            "api_key": "a-key-1",
            "rate_limit_share": 50,
            "searches_per_minute": 60,
            "lookback_minutes": 0,
            "num_workers": 4,
        },
    ],
)
def test_usable_configurations_validate_against_the_spec(
    form: dict[str, Any], config: dict[str, Any]
) -> None:
    jsonschema.Draft7Validator(form).validate(config)


def test_the_spec_is_a_valid_schema_without_keywords_that_airbyte_cannot_show(
    form: dict[str, Any],
) -> None:
    jsonschema.Draft7Validator.check_schema(form)
    used = [f"{path}/{key}" for path, schema in schemas_in(form) for key in schema]
    assert not [path for path in used if path.rsplit("/", 1)[1] in FORBIDDEN]


def test_the_values_of_an_enumeration_differ(fields: dict[str, Any]) -> None:
    for name, field in fields.items():
        values = field.get("enum", [])
        assert len(set(values)) == len(values), name


def test_every_field_has_one_plain_type(fields: dict[str, Any]) -> None:
    for name, field in fields.items():
        assert field["type"] in ("string", "boolean", "integer", "number"), name


def test_additional_properties_are_allowed_wherever_they_are_mentioned(
    form: dict[str, Any],
) -> None:
    for path, schema in schemas_in(form):
        assert schema.get("additionalProperties", True) is True, path


def test_the_key_is_secret_and_nothing_else_is(fields: dict[str, Any]) -> None:
    assert [name for name, field in fields.items() if field.get("airbyte_secret")] == ["api_key"]
    assert not SECRET_NAMES & set(fields)


def test_only_the_key_is_required(form: dict[str, Any]) -> None:
    assert form["required"] == ["api_key"]


def test_every_field_has_a_title_in_capitalised_words_and_a_description(
    fields: dict[str, Any],
) -> None:
    small = {"of", "the", "per", "a", "(percent)"}
    for name, field in fields.items():
        words = field["title"].split()
        assert all(word[0].isupper() or word[0] == "(" or word in small for word in words), name
        assert field["description"], name


def test_the_order_of_the_fields_is_unique_in_their_group(fields: dict[str, Any]) -> None:
    places = [(field["group"], field["order"]) for field in fields.values()]
    assert len(set(places)) == len(places)


def test_groups_stand_on_top_level_fields_only_and_are_declared(
    form: dict[str, Any], fields: dict[str, Any]
) -> None:
    declared = {group["id"] for group in form["groups"]}
    assert {field["group"] for field in fields.values()} == declared
    grouped = [path for path, schema in schemas_in(form) if isinstance(schema.get("group"), str)]
    assert all(path.count("/") == 2 for path in grouped)


def test_no_field_asks_for_a_display_without_variants(fields: dict[str, Any]) -> None:
    assert not [name for name, field in fields.items() if "display_type" in field]


def test_date_fields_have_a_format_and_a_pattern_that_takes_what_the_date_picker_gives(
    fields: dict[str, Any],
) -> None:
    field = fields["start_date"]
    assert field["format"] == "date-time"
    for picked in ("2024-01-31", "2024-01-31T23:59:59"):
        jsonschema.Draft7Validator({"pattern": PICKER}).validate(picked)
        jsonschema.Draft7Validator(field).validate(picked)


def test_examples_and_defaults_validate(fields: dict[str, Any]) -> None:
    for field in fields.values():
        defaults = [field["default"]] if "default" in field else []
        for value in [*field.get("examples", []), *defaults]:
            jsonschema.Draft7Validator(field).validate(value)


def test_no_message_of_any_command_holds_the_key(
    connector: Connector, discovered: Output, full_refresh: Output
) -> None:
    for output in (connector.command("check"), discovered, full_refresh):
        assert "sandbox-key" not in output.stdout + output.stderr


@pytest.mark.parametrize("path", sorted(files()))
def test_the_recorded_files_are_what_the_code_says(path: str) -> None:
    now, recorded = text_of(files()[path]), (TESTS / path).read_text()
    difference = "\n".join(
        difflib.unified_diff(recorded.splitlines(), now.splitlines(), path, "the code", lineterm="")
    )
    assert not difference, f"Review this, then `make snapshots`:\n{difference}"


def recorded_spec() -> dict[str, Any]:
    return dict(json.loads((TESTS / "snapshots/spec.json").read_text()))


def saved_configurations() -> st.SearchStrategy[dict[str, Any]]:
    """Configurations that the recorded specification allowed."""
    spec = recorded_spec()
    fields = {name: values_of(field) for name, field in spec["properties"].items()}
    required = {name: fields.pop(name) for name in spec["required"]}
    return st.fixed_dictionaries(required, optional=fields)


def values_of(field: dict[str, Any]) -> st.SearchStrategy[Any]:
    if "enum" in field:
        return st.sampled_from(field["enum"])
    if "pattern" in field:
        return st.from_regex(field["pattern"])
    return {
        "string": st.text(min_size=field.get("minLength", 0)),
        "boolean": st.booleans(),
        "integer": st.integers(field.get("minimum"), field.get("maximum")),
    }[field["type"]]


def test_configurations_that_users_have_saved_stay_valid(form: dict[str, Any]) -> None:
    comparison = compare_specs(
        {"connectionSpecification": recorded_spec()}, {"connectionSpecification": form}
    )
    assert not comparison.breaking


@given(config=saved_configurations())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_any_configuration_that_was_valid_is_valid_still(
    form: dict[str, Any], config: dict[str, Any]
) -> None:
    assert not list(jsonschema.Draft7Validator(form).iter_errors(config))


def test_users_sign_in_with_a_key_and_are_not_asked_for_a_grant(spec: Output) -> None:
    (specification,) = spec.of("SPEC")
    assert not specification.get("advanced_auth")
