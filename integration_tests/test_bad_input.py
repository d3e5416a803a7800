"""Bad input ends with a sentence that says what and where, and nothing but messages on stdout."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from integration_tests.connector import UNLIMITED, Connector, Output, with_deadline
from kustomer_sandbox import Sandbox

Make = Callable[..., Connector]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(300, **UNLIMITED) as sandbox:
        yield sandbox


@pytest.fixture
def make(sandbox: Sandbox, tmp_path: Path) -> Make:
    """Make a connector whose configuration is usable but for what is given."""

    def make(**config: Any) -> Connector:
        return Connector(tmp_path, sandbox.url, {"api_key": sandbox.key, **config})

    return make


def catalog(*names: str) -> dict[str, Any]:
    return {
        "streams": [
            {
                "stream": {
                    "name": name,
                    "json_schema": {},
                    "supported_sync_modes": ["full_refresh", "incremental"],
                },
                "sync_mode": "incremental",
                "destination_sync_mode": "append",
            }
            for name in names
        ]
    }


def state(name: str, blob: Any) -> list[dict[str, Any]]:
    stream = {"stream_descriptor": {"name": name}, "stream_state": blob}
    return [{"type": "STREAM", "stream": stream}]


def assert_failed(output: Output, *words: str, kind: str = "config_error") -> None:
    """It ended with one error of its kind, whose sentence holds the words, and no traceback."""
    assert output.code == 1, output
    sentences = [error["message"] for error in output.errors if error["failure_type"] == kind]
    assert sentences, output.errors
    for word in words:
        assert word in sentences[-1]
    assert sentences[-1].endswith((".", '"'))
    assert "Traceback" not in output.stdout + output.stderr
    assert not any(error.get("stack_trace") for error in output.errors)


def assert_check_failed(output: Output, *words: str) -> None:
    """Check that there is one FAILED status, whose message contains the words."""
    (status,) = output.of("CONNECTION_STATUS")
    assert status["status"] == "FAILED"
    for word in words:
        assert word in status["message"]
    assert output.errors == []
    assert "Traceback" not in output.stdout + output.stderr


TOMORROW = f"{datetime.now(timezone.utc) + timedelta(days=2):%Y-%m-%d}"
UNUSABLE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "no key": ({"region": "US"}, ("api_key", "missing")),
    "a misspelt key": (
        {"api_key": "a-key-1", "start_dat": "2024-01-01"},
        ("start_dat", "start_date"),
    ),
    "a start date that is none": (
        {"api_key": "a-key-1", "start_date": "last week"},
        ("start_date", "YYYY-MM-DD"),
    ),
    "a start date in the future": (
        {"api_key": "a-key-1", "start_date": TOMORROW},
        (TOMORROW, "future"),
    ),
}
"""More of them, without processes, in unit_tests/test_config.py."""


@pytest.mark.parametrize(("config", "words"), UNUSABLE.values(), ids=UNUSABLE)
def test_an_unusable_configuration_fails_the_check_with_a_sentence(
    sandbox: Sandbox, tmp_path: Path, config: dict[str, Any], words: tuple[str, ...]
) -> None:
    output = Connector(tmp_path, sandbox.url, config).command("check")
    assert_check_failed(output, *words)
    assert output.code == 1


@pytest.mark.parametrize("name", ["a start date that is none"])
def test_an_unusable_configuration_ends_discover_with_a_config_error(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    config, words = UNUSABLE[name]
    assert_failed(Connector(tmp_path, sandbox.url, config).command("discover"), *words)


@pytest.mark.parametrize("name", ["a start date in the future"])
def test_an_unusable_configuration_ends_read_with_a_config_error(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    config, words = UNUSABLE[name]
    assert_failed(Connector(tmp_path, sandbox.url, config).read(catalog("teams")), *words)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, ("config.json",)),
        ("{not json", ("config.json", "JSON")),
    ],
    ids=["missing", "no JSON"],
)
def test_a_configuration_file_that_cannot_be_used_is_named(
    tmp_path: Path, content: str | None, words: tuple[str, ...]
) -> None:
    path = tmp_path / "config.json"
    if content is not None:
        path.write_text(content)
    output = Connector(tmp_path, None, None).run("check", "--config", str(path))
    assert_failed(output, *words)


def test_a_folder_in_the_place_of_a_file_is_named(make: Make, tmp_path: Path) -> None:
    connector = make()
    assert_failed(connector.run("check", "--config", str(tmp_path)), str(tmp_path))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", ("catalog.json", "JSON")),
        ('{"streams": [{"stream": {"name": "teams"}}]}', ("catalog.json",)),
    ],
)
def test_a_catalog_file_that_cannot_be_used_is_named(
    make: Make, content: str, words: tuple[str, ...]
) -> None:
    connector = make()
    path = connector.write("catalog.json", content)
    assert_failed(connector.command("read", "--catalog", path), *words)


def test_a_missing_catalog_file_is_named(make: Make, tmp_path: Path) -> None:
    path = str(tmp_path / "nothing.json")
    assert_failed(make().command("read", "--catalog", path), path)


def test_a_catalog_that_names_an_unknown_stream_is_refused(make: Make) -> None:
    output = make().read(catalog("teams", "tickets"))
    assert_failed(output, '"tickets"', "does not exist")
    assert output.of("RECORD") == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", ("state.json", "JSON")),
        (json.dumps([{"type": "STREAM"}]), ("state.json", "stream_descriptor")),
    ],
    ids=["no JSON", "no descriptor"],
)
def test_a_state_file_that_cannot_be_used_is_named(
    make: Make, content: str, words: tuple[str, ...]
) -> None:
    connector = make()
    files = ["--catalog", connector.write("catalog.json", catalog("teams"))]
    files += ["--state", connector.write("state.json", content)]
    assert_failed(connector.command("read", *files), *words)


def test_a_state_of_an_unknown_stream_is_ignored_with_a_warning(make: Make) -> None:
    output = make().read(catalog("teams"), state("tickets", {"updated_at": "2024-01-01T00:00:00Z"}))
    assert output.code == 0
    assert [line for line in output.warnings if "tickets" in line]
    assert output.rows("teams")


@pytest.mark.parametrize("cursor", ["yesterday", 17])
def test_a_garbage_cursor_is_refused_with_the_stream_named(make: Make, cursor: Any) -> None:
    output = make().read(catalog("teams"), state("teams", {"updated_at": cursor}))
    assert_failed(output, '"teams"')
    assert output.of("RECORD") == []


def test_no_command_is_answered_with_the_commands_there_are(make: Make) -> None:
    output = make().run()
    assert output.code not in (0, None)
    assert {message["type"] for message in output.messages} <= {"LOG"}
    assert "spec, check, discover or read" in output.stderr


@pytest.mark.parametrize("arguments", [["fetch"], ["read"]])
def test_wrong_arguments_are_answered_with_the_usage(make: Make, arguments: list[str]) -> None:
    output = make().run(*arguments)
    assert output.code not in (0, None)
    assert {message["type"] for message in output.messages} <= {"LOG"}
    assert "usage" in output.stderr
    assert "Traceback" not in output.stderr


def test_a_wrong_key_is_reported_by_every_command_and_never_shown(make: Make) -> None:
    connector = make(api_key="wrong-key-4711")
    check, discover = connector.command("check"), connector.command("discover")
    read = connector.read(catalog("teams", "messages"))
    assert_check_failed(check, "does not accept the API key")
    assert_failed(discover, "does not accept the API key")
    assert_failed(read, "does not accept the API key", "messages", "teams")
    for output in (check, discover, read):
        assert "wrong-key-4711" not in output.stdout + output.stderr


def test_an_expired_key_is_distinguished_from_a_wrong_one(sandbox: Sandbox, make: Make) -> None:
    connector = make(api_key=sandbox.new_key(expires_in=-1.0))
    assert_check_failed(connector.command("check"), "expired")
    assert_failed(connector.read(catalog("teams")), "expired")


def test_a_key_of_another_region_is_reported_with_the_title_of_the_region(
    sandbox: Sandbox, make: Make
) -> None:
    connector = make(api_key=sandbox.new_key(pod="prod2"))
    assert_check_failed(connector.command("check"), "EU", "US")


def test_a_key_that_may_read_nothing_is_reported_with_the_roles_it_lacks(
    sandbox: Sandbox, make: Make
) -> None:
    connector = make(api_key=sandbox.new_key(roles=["org.permission.nothing.read"]))
    assert_check_failed(
        connector.command("check"), "may read none of the streams", "org.permission."
    )


def test_a_key_that_lacks_some_roles_succeeds_and_the_log_names_the_streams_and_roles(
    sandbox: Sandbox, make: Make
) -> None:
    connector = make(api_key=sandbox.new_key(roles=["org.permission.team.read"]))
    check = connector.command("check")
    assert check.of("CONNECTION_STATUS")[0]["status"] == "SUCCEEDED"
    warnings = [log["message"] for log in check.of("LOG") if log["level"] == "WARN"]
    warning = next(line for line in warnings if "Stream users cannot be read" in line)
    assert re.search(r"org\.(permission|user)\.\S*", warning)
    assert not any("Stream teams" in line for line in warnings)

    discover = connector.command("discover")
    assert discover.code == 0
    assert "messages" in {stream["name"] for stream in discover.streams}


def test_a_stream_that_may_not_be_read_is_skipped_with_a_warning_and_the_others_are_synced(
    sandbox: Sandbox, make: Make
) -> None:
    connector = make(api_key=sandbox.new_key(roles=["org.permission.team.read"]))
    output = connector.read(catalog("teams", "users"))
    assert output.code == 0
    warnings = [log["message"] for log in output.of("LOG") if log["level"] == "WARN"]
    (warning,) = [line for line in warnings if "Stream users is skipped" in line]
    assert "org.permission.user.read" in warning
    assert len(output.rows("teams")) == len(sandbox.truth("teams"))
    assert output.rows("users") == []

    states = [
        state
        for state in output.last_states
        if state["stream"]["stream_descriptor"]["name"] == "users"
    ]
    granted = make().read(catalog("users"), states)
    assert len(granted.rows("users")) == len(sandbox.truth("users")), "nothing is skipped for good"


def test_no_network_is_reported_as_a_transient_error(tmp_path: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/v1"
    connector = Connector(tmp_path, url, {"api_key": "a-key-1"}, main=with_deadline(1))
    assert_check_failed(connector.command("check"), "Kustomer")
