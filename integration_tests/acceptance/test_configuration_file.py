"""What Airbyte asks of acceptance-test-config.yml and the files that it names."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

from integration_tests.connector import ROOT, Output

SECTIONS = ("spec", "connection", "discovery", "basic_read", "full_refresh", "incremental")


@pytest.fixture(scope="module")
def sections() -> dict[str, Any]:
    config = yaml.safe_load((ROOT / "acceptance-test-config.yml").read_text())
    assert config["test_strictness_level"] == "high"
    return dict(config["acceptance_tests"])


def test_every_section_has_tests_or_a_reason_but_not_both(sections: dict[str, Any]) -> None:
    assert set(sections) == set(SECTIONS)
    for name, section in sections.items():
        assert ("tests" in section) != ("bypass_reason" in section), name


def test_no_stream_may_be_empty(sections: dict[str, Any]) -> None:
    for entry in sections["basic_read"]["tests"]:
        assert entry["empty_streams"] == []


def test_the_basic_read_takes_the_whole_catalog_and_validates_it(sections: dict[str, Any]) -> None:
    for entry in sections["basic_read"]["tests"]:
        assert "configured_catalog_path" not in entry
        assert entry.get("validate_schema", True) is True
        assert entry.get("validate_stream_statuses", True) is True


def test_every_file_that_is_named_exists_and_is_json(sections: dict[str, Any]) -> None:
    text = json.dumps(sections)
    named = [part for part in text.split('"') if part.startswith("integration_tests/")]
    assert named
    for path in named:
        json.loads((ROOT / path).read_text())


def test_the_future_state_covers_every_incremental_stream(sections: dict[str, Any]) -> None:
    (entry,) = sections["incremental"]["tests"]
    states = json.loads((ROOT / entry["future_state"]["future_state_path"]).read_text())
    catalog = json.loads((ROOT / entry["configured_catalog_path"]).read_text())
    assert all(state["type"] == "STREAM" for state in states)
    covered = {state["stream"]["stream_descriptor"]["name"] for state in states}
    incremental = {
        configured["stream"]["name"]
        for configured in catalog["streams"]
        if configured["sync_mode"] == "incremental"
    }
    assert covered == incremental


def test_the_configured_catalog_names_streams_that_exist_in_modes_they_support(
    discovered: Output,
) -> None:
    known = {stream["name"]: stream for stream in discovered.streams}
    catalog = json.loads((ROOT / "integration_tests/configured_catalog.json").read_text())
    for configured in catalog["streams"]:
        stream = known[configured["stream"]["name"]]
        assert configured["sync_mode"] in stream["supported_sync_modes"]
        assert configured["cursor_field"] == stream.get("default_cursor_field", [])
        assert configured["primary_key"] == stream["source_defined_primary_key"]
