"""What stands in examples/ works: the script is run, the schedulers' commands too."""

from __future__ import annotations

import ast
import fcntl
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from integration_tests.connector import ALL_SEARCHES, ROOT, UNLIMITED
from kustomer_sandbox import Sandbox
from source_kustomer import __version__
from source_kustomer.airbyte.source import API_URL_VARIABLE

EXAMPLES = ROOT / "examples"
SELECTED = ("conversations", "notes", "teams", "routing_statuses")
ALREADY_RUNNING = 75
DIES_AFTER = 40
"""Lines of the connector after which nobody reads any more."""
Row = dict[str, Any]
CONNECTOR = (sys.executable, str(ROOT / "main.py"))
DOCKER = Path(__file__).parent / "examples/docker"
"""Runs the connector as a process, with the mounts and options of a container; see there."""


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(300, **UNLIMITED) as sandbox:
        yield sandbox


def environment(sandbox: Sandbox, **variables: str) -> dict[str, str]:
    """As poor as cron's; its docker runs the connector as a process of this machine."""
    return {
        "PATH": f"{DOCKER.parent}{os.pathsep}{os.defpath}",
        "PYTHON": sys.executable,
        API_URL_VARIABLE: sandbox.url,
        **variables,
    }


def sync(
    sandbox: Sandbox, folder: Path, *command: str | Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [EXAMPLES / "sync.sh", folder, *command],
        env=environment(sandbox, **variables),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def script(path: Path, text: str) -> Path:
    path.write_text(text)
    path.chmod(0o755)
    return path


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
    config = {"api_key": sandbox.key, "start_date": "2015-01-01", **ALL_SEARCHES}
    (folder / "config.json").write_text(json.dumps(config))
    # Discovers, and fails to read: the catalog is made all the same.
    stub = script(
        folder / "connector",
        f'#!/bin/sh\n[ "$1" = discover ] || exit 3\nexec {shlex.join(CONNECTOR)} "$@"\n',
    )
    failed = sync(sandbox, folder, stub)
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
    dying = script(
        tmp_path / "connector",
        f'#!/bin/sh\n{shlex.join(CONNECTOR)} "$@" | head -n {DIES_AFTER}\nexit 1\n',
    )
    died = sync(sandbox, tmp_path, dying)
    assert died.returncode != 0
    written = sum(len(rows(tmp_path, path.stem)) for path in (tmp_path / "rows").glob("*.jsonl"))
    assert 0 < written < DIES_AFTER
    done = sync(sandbox, tmp_path)
    assert done.returncode == 0, done.stderr
    for stream in ("conversations", "notes", "teams"):
        assert newest(tmp_path, stream) == sandbox.truth_stamps(stream)


def test_a_failed_connector_is_reported_and_the_state_stays(sandbox: Sandbox, folder: Path) -> None:
    state = (folder / "state.json").read_text()
    failed = sync(sandbox, folder, "false")
    assert failed.returncode == 1
    assert (folder / "state.json").read_text() == state


def test_two_syncs_of_one_folder_do_not_overlap(sandbox: Sandbox, folder: Path) -> None:
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        refused = sync(sandbox, folder)
    assert refused.returncode == ALREADY_RUNNING
    assert "is running" in refused.stderr


def test_a_lock_that_is_a_symbolic_link_is_not_followed(sandbox: Sandbox, tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "acme", tmp_path / "elsewhere"
    folder.mkdir()
    (folder / ".lock").symlink_to(elsewhere)
    refused = sync(sandbox, folder)
    assert refused.returncode == 64
    assert "symbolic link" in refused.stderr
    assert not elsewhere.exists()


def keep(kind: str, folder: Path, *messages: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EXAMPLES / "keep.py", kind, folder],
        input="".join(json.dumps(message) + "\n" for message in messages),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def record(stream: str, **row: object) -> dict[str, Any]:
    return {"type": "RECORD", "record": {"stream": stream, "data": row}}


def state(stream: str, **blob: object) -> dict[str, Any]:
    content = {"stream_descriptor": {"name": stream}, "stream_state": blob}
    return {"type": "STATE", "state": {"type": "STREAM", "stream": content}}


def complete(stream: str) -> dict[str, Any]:
    status = {"stream_descriptor": {"name": stream}, "status": "COMPLETE"}
    return {"type": "TRACE", "trace": {"type": "STREAM_STATUS", "stream_status": status}}


def configure(folder: Path, **modes: str) -> None:
    streams = [{"stream": {"name": name}, "sync_mode": mode} for name, mode in modes.items()]
    (folder / "catalog.json").write_text(json.dumps({"streams": streams}))


def ids(folder: Path, stream: str) -> list[str]:
    return [row["id"] for row in rows(folder, stream)]


def test_rows_that_no_state_covers_yet_are_on_the_disk_before_the_next_state(
    tmp_path: Path,
) -> None:
    configure(tmp_path)
    saved = state("notes", updated_at="1")
    saved["state"]["sourceStats"] = {"recordCount": 1}
    assert not keep(
        "rows", tmp_path, record("notes", id="1"), saved, record("notes", id="2")
    ).stderr
    assert ids(tmp_path, "notes") == ["1", "2"]
    assert json.loads((tmp_path / "state.json").read_text()) == [
        state("notes", updated_at="1")["state"]
    ]


def test_streams_of_any_name_have_files_of_their_own_in_the_folder(tmp_path: Path) -> None:
    names = ("kobject_a/b", "kobject_a_b", "../../kobject", "kobject ü", "..")
    configure(tmp_path)
    keep("rows", tmp_path, *(record(name, id=name) for name in names))
    files = list((tmp_path / "rows").iterdir())
    assert sorted(json.loads(file.read_text())["id"] for file in files) == sorted(names)


REFRESHED = {"updated_at": "2026-05-01T00:00:00.000Z"}
UNFINISHED = {"until": "2026-05-01T00:00:00.000Z", "done": [], "refresh": True}


def test_a_full_refresh_that_is_killed_and_resumed_keeps_every_row(tmp_path: Path) -> None:
    configure(tmp_path, conversations="full_refresh")
    (tmp_path / "rows").mkdir()
    (tmp_path / "rows/conversations.jsonl").write_text('{"id": "deleted since"}\n')
    half = (record("conversations", id="1"), state("conversations", **UNFINISHED))
    keep("rows", tmp_path, *half, record("conversations", id="2"))
    assert ids(tmp_path, "conversations") == ["deleted since"]
    with (tmp_path / "rows/conversations.jsonl.new").open("a") as file:
        file.write('{"id": "half writ')

    assert not keep("prepare", tmp_path).stderr
    rest = (record("conversations", id="2"), state("conversations", **REFRESHED))
    assert not keep("rows", tmp_path, *rest, complete("conversations")).stderr

    assert set(ids(tmp_path, "conversations")) == {"1", "2"}


def test_a_full_refresh_of_the_connector_that_is_killed_is_resumed(
    folder: Path, tmp_path: Path
) -> None:
    """The connector is killed after its first state, and does not read again what that covers."""
    catalog = json.loads((folder / "catalog.json").read_text())
    (chosen,) = [c for c in catalog["streams"] if c["stream"]["name"] == "conversations"]
    chosen |= {"sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
    (tmp_path / "catalog.json").write_text(json.dumps({"streams": [chosen]}))
    dying = script(
        tmp_path / "connector",
        f'#!/bin/sh\n{shlex.join(CONNECTOR)} "$@" | sed \'/"type":"STATE"/q\'\nexit 1\n',
    )
    with Sandbox(3_000, **UNLIMITED) as larger:
        config = {"api_key": larger.key, "start_date": "2015-01-01", **ALL_SEARCHES}
        (tmp_path / "config.json").write_text(json.dumps(config))
        assert sync(larger, tmp_path, dying).returncode != 0
        (unfinished,) = json.loads((tmp_path / "state.json").read_text())
        assert unfinished["stream"]["stream_state"]["refresh"]
        done = sync(larger, tmp_path)
        assert done.returncode == 0, done.stderr
        truth = larger.truth_stamps("conversations")
    assert newest(tmp_path, "conversations") == truth
    assert len(rows(tmp_path, "conversations")) < 1.5 * len(truth)


def test_a_full_refresh_after_a_complete_one_begins_anew(tmp_path: Path) -> None:
    configure(tmp_path, conversations="full_refresh")
    for present in ("1", "2"):
        rest = (record("conversations", id=present), state("conversations", **REFRESHED))
        keep("prepare", tmp_path)
        keep("rows", tmp_path, *rest, complete("conversations"))
    assert ids(tmp_path, "conversations") == ["2"]


def test_a_full_refresh_that_was_killed_before_its_first_state_begins_anew(tmp_path: Path) -> None:
    configure(tmp_path, roles="full_refresh")
    keep("rows", tmp_path, record("roles", id="1"))
    keep("prepare", tmp_path)
    keep("rows", tmp_path, record("roles", id="2"), state("roles"), complete("roles"))
    assert ids(tmp_path, "roles") == ["2"]


def test_a_stream_that_is_empty_now_has_an_empty_file(tmp_path: Path) -> None:
    configure(tmp_path, roles="full_refresh")
    keep("rows", tmp_path, record("roles", id="1"), complete("roles"))
    keep("rows", tmp_path, complete("roles"))
    assert ids(tmp_path, "roles") == []


@pytest.mark.parametrize("mode", ["full_refresh", "incremental"])
def test_an_unfinished_refresh_without_its_rows_is_not_continued(tmp_path: Path, mode: str) -> None:
    """Its file was removed, or the stream is incremental now: the other file lacks its rows."""
    configure(tmp_path, conversations=mode, notes="incremental")
    kept = state("notes", updated_at="1")["state"]
    (tmp_path / "state.json").write_text(
        json.dumps([state("conversations", **UNFINISHED)["state"], kept])
    )
    keep("prepare", tmp_path)
    assert json.loads((tmp_path / "state.json").read_text()) == [kept]


def test_a_row_that_a_kill_left_half_written_is_removed(tmp_path: Path) -> None:
    configure(tmp_path, notes="incremental")
    keep("rows", tmp_path, record("notes", id="1"))
    with (tmp_path / "rows/notes.jsonl").open("a") as file:
        file.write('{"id": "2"')
    keep("rows", tmp_path, record("notes", id="2"))
    assert ids(tmp_path, "notes") == ["1", "2"]


def test_what_is_kept_is_for_its_owner_alone(tmp_path: Path) -> None:
    configure(tmp_path, roles="full_refresh")
    (tmp_path / "rows").mkdir(mode=0o755)
    (tmp_path / "rows/notes.jsonl").touch(mode=0o644)
    keep("rows", tmp_path, record("notes", id="1"), state("notes"), record("roles", id="1"))
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes.pop("rows") == 0o700
    assert modes == dict.fromkeys(
        ("catalog.json", "state.json", "notes.jsonl", "roles.jsonl.new"), 0o600
    )


@pytest.mark.parametrize(
    "link", ["rows", "rows/notes.jsonl", "rows/roles.jsonl.new", "state.json", "state.json.new"]
)
def test_a_symbolic_link_is_not_followed(tmp_path: Path, link: str) -> None:
    folder, elsewhere = tmp_path / "acme", tmp_path / "elsewhere"
    folder.mkdir()
    configure(folder, roles="full_refresh")
    if link == "rows":
        elsewhere.mkdir()
    else:
        (folder / "rows").mkdir()
        elsewhere.write_text("[]")
    (folder / link).symlink_to(elsewhere)
    done = keep("rows", folder, record("notes", id="1"), record("roles", id="1"), state("notes"))
    assert done.returncode == 1
    assert "symbolic links" in done.stderr
    assert "Traceback" not in done.stderr
    assert not list(elsewhere.iterdir()) if link == "rows" else elsewhere.read_text() == "[]"


def test_control_characters_of_the_source_do_not_reach_the_terminal(tmp_path: Path) -> None:
    configure(tmp_path)
    log = {"type": "LOG", "log": {"level": "INFO", "message": "a\x1b[31mb\u202ec\n"}}
    assert keep("rows", tmp_path, log).stderr == "INFO a\\x1b[31mb\\u202ec\\n\n"


HOSTILE = (
    "x --privileged --volume",
    " blanks  at the ends ",
    "--privileged",
    "colon:ro:rw",
    "$(touch injected)`touch injected`",
    "quote's * ? [a] \\",
)


READER = f"""
import json, sys
for path in sys.argv[3::2]:
    json.load(open(path))
print({json.dumps(json.dumps(record("notes", id="1")))})
print({json.dumps(json.dumps(state("notes", updated_at="1")))})
"""
"""A connector that opens the files it is given, and has one row."""


@pytest.mark.parametrize("name", HOSTILE)
def test_a_folders_name_is_only_a_name(sandbox: Sandbox, tmp_path: Path, name: str) -> None:
    hostile = tmp_path / name
    hostile.mkdir()
    configure(hostile, notes="incremental")
    (hostile / "config.json").write_text("{}")
    (tmp_path / "reader.py").write_text(READER)
    runs = tmp_path / "runs.jsonl"
    for _ in range(2):
        done = subprocess.run(
            [EXAMPLES / "sync.sh", name],
            cwd=tmp_path,
            env=environment(sandbox, RUNS=str(runs), MAIN=str(tmp_path / "reader.py")),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert ids(hostile, "notes") == ["1", "1"]
    assert not list(tmp_path.rglob("injected"))
    assert hostile.stat().st_mode & 0o777 == 0o700
    mounted = (("config", "catalog"), ("config", "catalog", "state"))
    for run, files in zip(map(json.loads, runs.open()), mounted, strict=True):
        assert run["mounts"] == {f"/files/{file}.json": f"{hostile}/{file}.json" for file in files}
        assert run["options"] == [
            *("--rm", "--user", f"{os.getuid()}:{os.getgid()}", "--read-only", "--cap-drop", "all"),
            *("--security-opt", "no-new-privileges", "--memory", "512m"),
        ]
        assert run["image"] == f"localhost/source-kustomer:{__version__}"


@pytest.mark.parametrize("name", ["a,readonly=false", 'a"b', "a\nb"])
def test_a_folders_name_that_the_engine_would_misread_is_refused(
    sandbox: Sandbox, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).mkdir()
    refused = sync(sandbox, tmp_path / name)
    assert refused.returncode == 64
    assert "rename it" in refused.stderr


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


def test_the_sample_configuration_is_valid_by_the_spec() -> None:
    sample = json.loads((EXAMPLES / "config.json").read_text())
    spec = json.loads((ROOT / "integration_tests/snapshots/spec.json").read_text())
    jsonschema.validate(sample, spec)
    assert sample["api_key"] == "YOUR_API_KEY"


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
    usage = subprocess.run(
        [sys.executable, "-m", "kustomer_sandbox", "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    switches = [one for one in compose["services"]["sandbox"]["command"] if one.startswith("--")]
    assert switches
    assert all(re.search(rf"^ +{switch} ", usage, re.MULTILINE) for switch in switches)


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
