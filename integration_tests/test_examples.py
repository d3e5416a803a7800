"""What stands in examples/ works: the script is run, the schedulers' commands too."""

from __future__ import annotations

import ast
import fcntl
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration_tests.connector import ROOT
from kustomer_sandbox import Sandbox
from source_kustomer.airbyte.source import API_URL_VARIABLE

EXAMPLES = ROOT / "examples"
SELECTED = ("conversations", "notes", "teams", "routing_statuses")
ALREADY_UNDER_WAY = 75
DIES_AFTER = 40
"""So many lines the connector can say before nobody listens any more."""
Row = dict[str, Any]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(300, organization_per_minute=1_000_000, searches_per_minute=1_000_000) as sandbox:
        yield sandbox


def environment(sandbox: Sandbox) -> dict[str, str]:
    """As poor as cron's, with the connector as a process of this machine."""
    return {
        "PATH": os.defpath,
        "CONNECTOR": f"{sys.executable} {ROOT / 'main.py'}",
        API_URL_VARIABLE: sandbox.url,
    }


def sync(sandbox: Sandbox, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EXAMPLES / "sync.sh", folder],
        env={**environment(sandbox), **variables},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def rows(folder: Path, stream: str) -> list[Row]:
    return [json.loads(line) for line in (folder / f"rows/{stream}.jsonl").open()]


def newest(folder: Path, stream: str) -> dict[str, str | None]:
    return {row["id"]: row["updated_at"] for row in rows(folder, stream)}


def select(folder: Path, streams: tuple[str, ...]) -> None:
    path = folder / "catalog.json"
    catalog = json.loads(path.read_text())
    chosen = [c for c in catalog["streams"] if c["stream"]["name"] in streams]
    path.write_text(json.dumps({"streams": chosen}))


@pytest.fixture(scope="module")
def folder(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that has been synced once, with a catalog that was cut down between the steps."""
    folder = tmp_path_factory.mktemp("acme")
    config = {"api_key": sandbox.key, "start_date": "2015-01-01"}
    (folder / "config.json").write_text(json.dumps(config))
    # Discovers, and fails to read: the catalog is made all the same.
    stub = folder / "connector"
    command = environment(sandbox)["CONNECTOR"]
    stub.write_text(f'#!/bin/sh\n[ "$1" = discover ] || exit 3\nexec {command} "$@"\n')
    stub.chmod(0o755)
    failed = sync(sandbox, folder, CONNECTOR=str(stub))
    assert failed.returncode == 3, failed.stderr
    assert not (folder / "state.json").exists()
    select(folder, SELECTED)
    done = sync(sandbox, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_first_sync_discovers_and_brings_every_record(sandbox: Sandbox, folder: Path) -> None:
    for stream in ("conversations", "notes", "teams"):
        assert newest(folder, stream) == sandbox.truth_stamps(stream)
    states = json.loads((folder / "state.json").read_text())
    assert {s["stream"]["stream_descriptor"]["name"] for s in states} == set(SELECTED)


def test_the_next_sync_brings_only_what_changed_and_replaces_what_is_read_whole(
    sandbox: Sandbox, folder: Path
) -> None:
    whole = rows(folder, "routing_statuses")
    before = len(rows(folder, "conversations"))
    sandbox.change("conversations", updates=5)
    done = sync(sandbox, folder)
    assert done.returncode == 0, done.stderr
    added = rows(folder, "conversations")[before:]
    assert 5 <= len(added) < before
    assert newest(folder, "conversations") == sandbox.truth_stamps("conversations")
    assert {row["id"] for row in rows(folder, "routing_statuses")} == {row["id"] for row in whole}
    assert len(rows(folder, "routing_statuses")) == len(whole)


def test_a_sync_that_died_in_the_middle_is_continued_without_loss(
    sandbox: Sandbox, folder: Path, tmp_path: Path
) -> None:
    for name in ("config.json", "catalog.json"):
        (tmp_path / name).write_text((folder / name).read_text())
    dying = tmp_path / "connector"
    command = environment(sandbox)["CONNECTOR"]
    dying.write_text(f'#!/bin/bash\nset -o pipefail\n{command} "$@" | head -n {DIES_AFTER}\n')
    dying.chmod(0o755)
    died = sync(sandbox, tmp_path, CONNECTOR=str(dying))
    assert died.returncode != 0
    written = sum(len(rows(tmp_path, path.stem)) for path in (tmp_path / "rows").glob("*.jsonl"))
    assert 0 < written < DIES_AFTER
    done = sync(sandbox, tmp_path)
    assert done.returncode == 0, done.stderr
    for stream in ("conversations", "notes", "teams"):
        assert newest(tmp_path, stream) == sandbox.truth_stamps(stream)


def test_a_connector_that_fails_is_told_and_the_state_stays(sandbox: Sandbox, folder: Path) -> None:
    state = (folder / "state.json").read_text()
    failed = sync(sandbox, folder, CONNECTOR="false")
    assert failed.returncode == 1
    assert (folder / "state.json").read_text() == state


def test_two_syncs_of_one_folder_do_not_overlap(sandbox: Sandbox, folder: Path) -> None:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = sync(sandbox, folder)
    assert refused.returncode == ALREADY_UNDER_WAY
    assert "under way" in refused.stderr


def test_rows_that_no_state_covers_yet_are_on_the_disk_before_the_next_state(
    tmp_path: Path,
) -> None:
    (tmp_path / "catalog.json").write_text('{"streams": []}')
    state = {"stream_descriptor": {"name": "kobject_a/b"}, "stream_state": {"updated_at": "1"}}
    said = [
        {"type": "RECORD", "record": {"stream": "kobject_a/b", "data": {"id": "1"}}},
        {"type": "STATE", "state": {"type": "STREAM", "stream": state, "sourceStats": {}}},
        {"type": "RECORD", "record": {"stream": "kobject_a/b", "data": {"id": "2"}}},
    ]
    subprocess.run(
        [sys.executable, EXAMPLES / "keep.py", "rows", tmp_path],
        input="\n".join(map(json.dumps, said)),
        text=True,
        check=True,
        timeout=60,
    )
    assert [row["id"] for row in rows(tmp_path, "kobject_a_b")] == ["1", "2"]
    assert json.loads((tmp_path / "state.json").read_text()) == [
        {"type": "STREAM", "stream": state}
    ]


def test_the_containers_command_is_the_one_that_locks_it_down() -> None:
    script = (EXAMPLES / "sync.sh").read_text()
    for option in ("--read-only", "--cap-drop all", "--memory 512m", ":/files:ro", "--user"):
        assert option in script


def cron_command() -> str:
    line: str
    (line,) = re.findall(
        r"^(?:[\d*/,-]+ ){5}\S+ (.*)$", (EXAMPLES / "crontab").read_text(), re.MULTILINE
    )
    return line


def kestra_command() -> str:
    flow = yaml.safe_load((EXAMPLES / "kestra.yaml").read_text())
    assert flow["concurrency"]["limit"] == 1
    (task,) = flow["tasks"]
    (command,) = task["commands"]
    return str(command)


def airflow_command() -> str:
    module = ast.parse((EXAMPLES / "airflow_dag.py").read_text())
    (call,) = [
        node
        for node in ast.walk(module)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "BashOperator"
    ]
    (command,) = [keyword.value for keyword in call.keywords if keyword.arg == "bash_command"]
    return str(eval(f"{ast.unparse(command)}", {"organization": "acme"}))


@pytest.mark.parametrize("command", [cron_command, kestra_command, airflow_command])
def test_a_schedulers_command_syncs(
    sandbox: Sandbox, folder: Path, tmp_path: Path, command: Any
) -> None:
    acme = tmp_path / "acme"
    acme.mkdir()
    for name in ("config.json", "catalog.json"):
        (acme / name).write_text((folder / name).read_text())
    select(acme, ("teams",))
    text = command()
    for place, here in (
        ("/opt/source-kustomer", ROOT),
        ("/var/lib/kustomer", tmp_path),
        ("/var/log/kustomer", tmp_path),
    ):
        text = text.replace(place, str(here))
    done = subprocess.run(
        ["/bin/sh", "-c", text],
        env=environment(sandbox),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert newest(acme, "teams") == sandbox.truth_stamps("teams")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((EXAMPLES / "compose.yaml").read_text()))


def test_the_compose_file_builds_from_files_that_exist(compose: dict[str, Any]) -> None:
    for service in compose["services"].values():
        context = EXAMPLES / service["build"]["context"]
        assert (context / service["build"].get("dockerfile", "Dockerfile")).is_file()
    (mount,) = compose["services"]["connector"]["volumes"]
    assert json.loads((EXAMPLES / mount.split(":")[0] / "config.json").read_text())["api_key"]


def test_the_composed_connector_asks_the_composed_sandbox_with_its_key(
    compose: dict[str, Any],
) -> None:
    connector, sandbox = (compose["services"][name] for name in ("connector", "sandbox"))
    port = re.search(r'"--port", "(\d+)"', (EXAMPLES / "sandbox.Dockerfile").read_text())
    assert port is not None
    assert connector["environment"] == {API_URL_VARIABLE: f"http://sandbox:{port[1]}/v1"}
    config = json.loads((EXAMPLES / "files/config.json").read_text())
    assert config["api_key"] in sandbox["command"]
    assert config["api_key"] in sandbox["healthcheck"]["test"][-1]
    assert connector["depends_on"]["sandbox"]["condition"] == "service_healthy"
    assert connector["read_only"] and connector["cap_drop"] == ["ALL"]


def test_the_composed_sandbox_is_started_with_switches_that_it_has(
    compose: dict[str, Any],
) -> None:
    told = subprocess.run(
        [sys.executable, "-m", "kustomer_sandbox", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    switches = [one for one in compose["services"]["sandbox"]["command"] if one.startswith("--")]
    assert switches
    assert all(re.search(rf"^ +{switch} ", told, re.MULTILINE) for switch in switches)


def test_the_sandboxs_image_has_all_that_the_sandbox_imports() -> None:
    (command,) = re.findall(r"(sed -n .*?) > req", (EXAMPLES / "sandbox.Dockerfile").read_text())
    pins = subprocess.run(
        ["sh", "-c", command], cwd=ROOT, capture_output=True, text=True, check=True, timeout=10
    ).stdout
    installed = {line.partition("==")[0] for line in pins.splitlines()}
    imported = {
        name.partition(".")[0]
        for path in (ROOT / "kustomer_sandbox").rglob("*.py")
        for name in re.findall(r"^\s*(?:from|import) ([a-z0-9_.]+)", path.read_text(), re.MULTILINE)
        if not name.startswith(".")
    }
    foreign = imported - set(sys.stdlib_module_names) - {"kustomer_sandbox"}
    assert foreign <= installed
