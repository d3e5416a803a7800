"""The four commands by each of the doors there are, and what reaches stdout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from integration_tests.connector import ROOT, UNLIMITED, Connector, Output
from kustomer_sandbox import Sandbox
from source_kustomer.airbyte.source import API_URL_VARIABLE
from source_kustomer.streams import STREAMS

DOORS = {
    "the console script": [str(Path(sys.executable).parent / "source-kustomer")],
    "main.py": [sys.executable, str(ROOT / "main.py")],
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_spec_comes_by_every_door_as_one_message_among_nothing_but_messages(
    door: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*door, "spec"], capture_output=True, text=True, check=True, cwd=tmp_path, timeout=60
    )
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    assert [message["type"] for message in messages if message["type"] != "LOG"] == ["SPEC"]


def test_a_configuration_may_be_a_pipe_which_can_be_read_only_once() -> None:
    with Sandbox(10, **UNLIMITED) as sandbox:
        command = f'{sys.executable} main.py check --config <(printf %s "$CONFIG")'
        environment = {
            API_URL_VARIABLE: sandbox.url,
            "CONFIG": json.dumps({"api_key": sandbox.key}),
        }
        done = subprocess.run(
            ["bash", "-c", command],
            env={**os.environ, **environment},
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            timeout=60,
        )
    assert '"SUCCEEDED"' in done.stdout
    assert done.returncode == 0, done.stderr


def run_catalog(tmp_path: Path, *arguments: str) -> Output:
    with Sandbox(10, **UNLIMITED) as sandbox:
        connector = Connector(tmp_path, sandbox.url, {"api_key": sandbox.key})
        done = connector.command("catalog", *arguments)
        if done.code == 0:
            path = connector.write("catalog.json", done.stdout)
            assert connector.command("read", "--catalog", path).code == 0, "read accepts it"
        return done


def test_catalog_writes_a_configured_catalog_of_the_selected_streams(tmp_path: Path) -> None:
    done = run_catalog(tmp_path, "--streams", "teams, chat_settings")
    assert done.stderr == ""
    teams, settings = json.loads(done.stdout)["streams"]
    assert teams["stream"]["name"] == "teams"
    assert teams["stream"]["json_schema"]["properties"]["id"]
    assert (teams["sync_mode"], teams["destination_sync_mode"]) == ("incremental", "append_dedup")
    assert teams["cursor_field"] == ["updated_at"]
    assert teams["primary_key"] == [["id"]]
    assert settings["stream"]["name"] == "chat_settings"


def test_catalog_writes_the_suggested_streams_by_default(tmp_path: Path) -> None:
    done = run_catalog(tmp_path)
    names = [entry["stream"]["name"] for entry in json.loads(done.stdout)["streams"]]
    assert names == [stream.name for stream in STREAMS if stream.suggested]


@pytest.mark.parametrize(("streams", "words"), [("teams,tickets", "tickets"), (" ", "--streams")])
def test_catalog_refuses_a_selection_that_is_not_one_of_streams(
    tmp_path: Path, streams: str, words: str
) -> None:
    done = run_catalog(tmp_path, "--streams", streams)
    assert (done.code, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("arguments", [["spec"], ["check", "--config", "missing.json"]])
def test_a_full_disk_below_stdout_ends_the_process_with_a_message_on_stderr(
    arguments: list[str],
) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, ROOT / "main.py", *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=60,
        )
    assert done.returncode == 1
    assert "stdout cannot be written: No space left on device" in done.stderr
    assert "Traceback" not in done.stderr


def test_the_image_and_main_py_have_the_same_entrypoint() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert 'ENTRYPOINT ["python3", "/airbyte/integration_code/main.py"]' in dockerfile
    assert "COPY main.py /airbyte/integration_code/main.py" in dockerfile
