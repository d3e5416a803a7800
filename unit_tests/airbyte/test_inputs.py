"""The files that Airbyte hands over: every form that is understood, every one that is not."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from source_kustomer.airbyte.inputs import read_catalog, read_config, read_state, states_by_stream
from source_kustomer.errors import InvalidCatalog, InvalidConfig, InvalidState

BLOB = {"updated_at": "2024-01-01T00:00:00.000Z"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.json"


def message(name: str, blob: Any) -> dict[str, Any]:
    stream = {"stream_descriptor": {"name": name}, "stream_state": blob}
    return {"type": "STREAM", "stream": stream}


def states(path: Path, content: Any) -> dict[str, Any]:
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return {name: dict(blob) for name, blob in states_by_stream(read_state(str(path))).items()}


def test_a_configuration_is_a_json_object(path: Path) -> None:
    path.write_text('{"api_key": "k"}')
    assert read_config(str(path)) == {"api_key": "k"}


@pytest.mark.parametrize("content", ["", "{", "[1]", "3", "null", "\x00"])
def test_anything_else_is_not_a_configuration(path: Path, content: str) -> None:
    path.write_text(content)
    with pytest.raises(InvalidConfig, match=r"file\.json"):
        read_config(str(path))


def test_a_configuration_that_is_not_utf_8_is_refused(path: Path) -> None:
    path.write_bytes(b'{"api_key": "\xff\xfe"}')
    with pytest.raises(InvalidConfig, match=r"file\.json"):
        read_config(str(path))


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    for place in (tmp_path / "nothing", tmp_path):
        with pytest.raises(InvalidConfig, match=str(place)):
            read_config(str(place))


def test_a_configured_catalog_is_understood(path: Path) -> None:
    stream = {"name": "teams", "json_schema": {}, "supported_sync_modes": ["full_refresh"]}
    entry = {"stream": stream, "sync_mode": "full_refresh", "destination_sync_mode": "append"}
    path.write_text(json.dumps({"streams": [entry]}))
    assert [one.stream.name for one in read_catalog(str(path)).streams] == ["teams"]


@pytest.mark.parametrize("schema", [True, False])
def test_a_boolean_schema_names_no_columns(path: Path, schema: bool) -> None:
    stream = {"name": "teams", "json_schema": schema, "supported_sync_modes": ["full_refresh"]}
    path.write_text(json.dumps({"streams": [{"stream": stream, "sync_mode": "full_refresh"}]}))
    [found] = read_catalog(str(path)).streams
    assert found.stream.json_schema == {}


@pytest.mark.parametrize(
    ("mode", "counts_as"),
    [
        ("overwrite", "overwrite"),
        ("overwrite_dedup", "overwrite"),
        ("append_dedup", "append_dedup"),
        ("a_mode_of_the_future", "append"),
        (None, "append"),
    ],
)
def test_a_mode_newer_than_the_protocol_counts_as_one_that_replaces_the_table_or_not(
    path: Path, mode: str | None, counts_as: str
) -> None:
    entry = {"stream": {"name": "teams"}, "sync_mode": "full_refresh"}
    path.write_text(json.dumps({"streams": [{**entry, "destination_sync_mode": mode}]}))
    [found] = read_catalog(str(path)).streams
    assert found.destination_sync_mode.value == counts_as


def test_every_file_may_begin_with_a_byte_order_mark(path: Path) -> None:
    path.write_text('\ufeff{"api_key": "k"}')
    assert read_config(str(path)) == {"api_key": "k"}
    path.write_text('\ufeff{"streams": []}')
    assert read_catalog(str(path)).streams == []
    assert states(path, "\ufeff" + json.dumps([message("teams", BLOB)])) == {"teams": BLOB}


def test_output_of_discover_in_the_place_of_a_catalog_is_answered_with_the_command(
    path: Path,
) -> None:
    path.write_text('{"type": "CATALOG", "catalog": {"streams": []}}')
    with pytest.raises(InvalidCatalog, match="source-kustomer catalog --config"):
        read_catalog(str(path))


def test_a_file_without_permission_is_answered_with_the_user(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(InvalidConfig, match=rf"uid {os.getuid()}\b.*--user"):
        read_config(str(path))


def test_control_characters_in_names_are_escaped(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig) as caught:
        read_config(str(tmp_path / "a\x1b\u202e"))
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    "entry",
    [
        {"stream": {"name": "teams"}, "sync_mode": "full_refresh"},
        {
            "stream": {"name": "teams", "json_schema": None, "supported_sync_modes": []},
            "sync_mode": "full_refresh",
            "destination_sync_mode": "a_mode_of_the_future",
        },
    ],
)
def test_what_a_source_does_not_need_may_be_missing_from_a_catalog(path: Path, entry: Any) -> None:
    path.write_text(json.dumps({"streams": [entry]}))
    [found] = read_catalog(str(path)).streams
    assert (found.stream.name, found.stream.json_schema) == ("teams", {})


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "{}", '{"streams": 1}', '{"streams": [1]}', '{"streams": [{"name": "x"}]}',
        '{"streams": [{"stream": {"name": "teams"}, "sync_mode": "sometimes"}]}',
    ],
)  # fmt: skip
def test_anything_else_is_not_a_catalog_and_the_reason_is_one_line(
    path: Path, content: str
) -> None:
    path.write_text(content)
    with pytest.raises(InvalidCatalog, match=r"file\.json") as caught:
        read_catalog(str(path))
    assert "\n" not in caught.value.message


def test_no_state_is_an_empty_one(path: Path) -> None:
    assert read_state(None) == []
    assert states(path, "") == {}
    assert states(path, "[]") == {}
    assert states(path, "null") == {}


@pytest.mark.parametrize(
    "content",
    [
        [message("teams", BLOB)],
        message("teams", BLOB),
        {"type": "STATE", "state": message("teams", BLOB)},
        [{"type": "STATE", "state": message("teams", BLOB)}],
        {"teams": BLOB},
        {"type": "LEGACY", "data": {"teams": BLOB}},
        {"bookmarks": {"teams": BLOB}},
        {"bookmarks": {"teams": BLOB["updated_at"]}, "currently_syncing": "teams"},
        {
            "bookmarks": {
                "teams": {
                    "replication_key": "updated_at",
                    "replication_key_value": BLOB["updated_at"],
                }
            }
        },
        [{**message("teams", BLOB), "global": None, "data": None}],
    ],
    ids=[
        "list",
        "one",
        "output",
        "list of output",
        "plain",
        "legacy",
        "Singer",
        "tap-kustomer",
        "Singer's SDK",
        "official models",
    ],
)
def test_every_form_of_state_that_is_in_use_is_understood(path: Path, content: Any) -> None:
    assert states(path, content) == {"teams": BLOB}


def test_a_singer_bookmark_without_a_timestamp_is_an_empty_state(path: Path) -> None:
    found = states(path, {"bookmarks": {"tags": {}, "users": {"replication_key": "updated_at"}}})
    assert found == {"tags": {}, "users": {}}


@pytest.mark.parametrize("separator", ["\u2028", "\u2029", "\x85"])
def test_a_line_of_output_may_contain_any_separator_but_the_line_feed(
    path: Path, separator: str
) -> None:
    blob = {**BLOB, "note": f"a{separator}b"}
    line = json.dumps({"type": "STATE", "state": message("teams", blob)}, ensure_ascii=False)
    assert states(path, f"{line}\r\n{line}\n") == {"teams": blob}


def test_messages_of_other_types_between_the_states_are_skipped(path: Path) -> None:
    lines = [{"type": "LOG", "log": {}}, {"type": "STATE", "state": message("teams", BLOB)}]
    assert states(path, "\n".join(map(json.dumps, lines))) == {"teams": BLOB}


def test_lines_of_output_are_understood_and_the_last_one_counts(path: Path) -> None:
    older = {"updated_at": "2023-01-01T00:00:00.000Z"}
    lines = [{"type": "STATE", "state": message("teams", blob)} for blob in (older, BLOB)]
    assert states(path, "\n".join(map(json.dumps, lines))) == {"teams": BLOB}


@pytest.mark.parametrize(
    "content",
    [
        "{", "3", '"text"', "[3]", '[{"type": "STREAM"}]',
        json.dumps([{"type": "GLOBAL", "global": {}}]),
        json.dumps([message("teams", 5)]),
        json.dumps([{"type": "STREAM", "stream": {"stream_state": {}}}]),
    ],
)  # fmt: skip
def test_anything_else_is_not_a_state(path: Path, content: str) -> None:
    with pytest.raises(InvalidState):
        states(path, content)
