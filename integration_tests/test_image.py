"""The image as a program that we did not write would run it: locked down, against the sandbox."""

import json
import os
import shlex
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta, timezone

import pytest
import yaml
from packaging.utils import canonicalize_name

from kustomer_sandbox import Sandbox
from source_kustomer import __version__
from tools.lock import LOCK, read_lock

IMAGE = os.environ.get("KUSTOMER_IMAGE", "")
ENGINE = os.environ.get("CONTAINER_ENGINE", "podman")
STREAMS = ("conversations", "customers", "messages", "notes", "kobjects", "tags", "teams", "users")

pytestmark = pytest.mark.skipif(not IMAGE, reason="make image-test builds the image first")


def locked_down(*, memory="512m", name=None):
    options = ["run", "--rm", "--network", "host", "--read-only", "--cap-drop", "all"]
    options += ["--security-opt", "no-new-privileges", "--memory", memory]
    if ENGINE == "podman":
        options += ["--runtime", "runc", "--ulimit", "nofile=1024:1024"]
        options += ["--ulimit", "nproc=4096:4096"]
    return [ENGINE, *options, *(["--name", name] if name else [])]


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(
        records=4_000, seed=3, organization_per_minute=100_000, searches_per_minute=None
    ) as sandbox:
        yield sandbox


@pytest.fixture
def files(tmp_path, sandbox):
    tmp_path.chmod(0o755)
    (tmp_path / "config.json").write_text(
        json.dumps(
            {
                "api_key": sandbox.key,
                "start_date": "2015-01-01",
                "searches_per_minute": 100_000,
            }
        )
    )
    return tmp_path


def command(sandbox, files, *arguments, **limits):
    return [
        *locked_down(**limits),
        "--volume",
        f"{files}:/files:ro",
        "--env",
        f"KUSTOMER_API_URL={sandbox.url}",
        IMAGE,
        *arguments,
    ]


def run(sandbox, files, *arguments, **limits):
    done = subprocess.run(
        command(sandbox, files, *arguments, **limits), capture_output=True, timeout=120, check=False
    )
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def discovered(sandbox, files):
    done, messages = run(sandbox, files, "discover", "--config", "/files/config.json")
    assert done.returncode == 0, done.stderr
    [catalog] = [message["catalog"] for message in messages if message["type"] == "CATALOG"]
    return catalog


def configure(files, catalog, streams):
    configured = [
        {"stream": stream, "sync_mode": "incremental", "destination_sync_mode": "append_dedup"}
        for stream in catalog["streams"]
        if stream["name"] in streams
    ]
    (files / "catalog.json").write_text(json.dumps({"streams": configured}))


READ = ("read", "--config", "/files/config.json", "--catalog", "/files/catalog.json")


def rows_of(messages):
    rows = {}
    for message in messages:
        if message["type"] == "RECORD":
            record = message["record"]
            rows[record["stream"], record["data"]["id"]] = record["data"]
    return rows


def last_states(messages):
    states = {}
    for message in messages:
        if message["type"] == "STATE":
            stream = message["state"]["stream"]
            states[stream["stream_descriptor"]["name"]] = {"type": "STREAM", "stream": stream}
    return list(states.values())


def truth_of(sandbox):
    return {
        (stream, resource["id"]): resource["attributes"].get("updatedAt")
        for stream in STREAMS
        for resource in sandbox.truth(stream)
        if not is_out_of_reach(stream, resource["attributes"])
    }


def is_out_of_reach(stream, attributes):
    """Notes have no archive, and their list drops what is deleted (docs/reliability.md)."""
    two_years_ago = (datetime.now(timezone.utc) - timedelta(days=730)).isoformat()
    return (
        stream == "notes" and attributes.get("deleted") and attributes["updatedAt"] < two_years_ago
    )


def inspected(template):
    return json.loads(
        subprocess.run(
            [ENGINE, "inspect", "--format", "{{json " + template + "}}", IMAGE],
            capture_output=True,
            check=True,
        ).stdout
    )


def test_spec_is_one_message():
    done = subprocess.run([*locked_down(), IMAGE, "spec"], capture_output=True, check=True)
    messages = [json.loads(line) for line in done.stdout.splitlines()]

    assert [message["type"] for message in messages if message["type"] != "LOG"] == ["SPEC"]


def test_check_reports_that_the_key_is_good(sandbox, files):
    _, messages = run(sandbox, files, "check", "--config", "/files/config.json")

    [status] = [m["connectionStatus"] for m in messages if m["type"] == "CONNECTION_STATUS"]
    assert status["status"] == "SUCCEEDED"


def test_the_doctor_prints_its_table(sandbox, files):
    arguments = command(sandbox, files, "doctor", "--config", "/files/config.json")
    done = subprocess.run(arguments, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode in (0, 2), done.stderr
    assert done.stdout.startswith("Assumption ")
    assert "Traceback" not in done.stderr


def test_two_reads_bring_every_row(sandbox, files):
    configure(files, discovered(sandbox, files), STREAMS)

    done, messages = run(sandbox, files, *READ)
    assert done.returncode == 0, done.stderr
    rows = rows_of(messages)
    assert {key: row.get("updated_at") for key, row in rows.items()} == truth_of(sandbox)

    for stream in ("conversations", "customers", "messages", "notes"):
        sandbox.change(stream, updates=20, inserts=5, deletes=3)
    (files / "state.json").write_text(json.dumps(last_states(messages)))
    done, messages = run(sandbox, files, *READ, "--state", "/files/state.json")

    assert done.returncode == 0, done.stderr
    assert len(rows_of(messages)) < len(rows) / 4
    rows |= rows_of(messages)
    assert {key: row.get("updated_at") for key, row in rows.items()} == truth_of(sandbox)


def test_sigterm_ends_it_soon_and_what_is_finished_is_kept(sandbox, files):
    configure(files, discovered(sandbox, files), STREAMS)
    sandbox.control(latency_ms=400)
    try:
        name = f"kustomer-sigterm-{os.getpid()}"
        with subprocess.Popen(
            command(sandbox, files, *READ, name=name), stdout=subprocess.PIPE
        ) as process:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(json.loads(line))
                if lines[-1]["type"] == "STATE":
                    break
            began = time.monotonic()
            subprocess.run([ENGINE, "kill", "--signal", "TERM", name], check=True)
            lines += [json.loads(line) for line in process.stdout.read().splitlines()]
            code = process.wait(15)
            seconds = time.monotonic() - began
    finally:
        sandbox.control(latency_ms=0)

    assert code == 128 + signal.SIGTERM
    assert seconds < 12  # the sync's own ten seconds, and the engine's
    rows = rows_of(lines)
    (files / "state.json").write_text(json.dumps(last_states(lines)))
    _, messages = run(sandbox, files, *READ, "--state", "/files/state.json")
    rows |= rows_of(messages)
    assert {key: row.get("updated_at") for key, row in rows.items()} == truth_of(sandbox)


def test_the_example_syncs_with_this_image_a_folder_with_a_hostile_name(sandbox, files, tmp_path):
    """The engine's options that this machine needs stand before those of sync.sh."""
    configure(files, discovered(sandbox, files), ("teams",))
    folder = tmp_path / "x --privileged --volume : $(id)"
    folder.mkdir()
    for name in ("config.json", "catalog.json"):
        (folder / name).write_text((files / name).read_text())
    docker = tmp_path / "docker"
    run = shlex.join([*locked_down(), "--env", f"KUSTOMER_API_URL={sandbox.url}"])
    docker.write_text(f'#!/bin/sh\nshift\nexec {run} "$@"\n')
    docker.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "IMAGE": IMAGE}

    for _ in range(2):
        done = subprocess.run(
            [LOCK.parent / "examples/sync.sh", folder],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr

    rows = [json.loads(line) for line in (folder / "rows/teams.jsonl").open()]
    assert {row["id"] for row in rows} == {team["id"] for team in sandbox.truth("teams")}
    assert (folder / "rows").stat().st_mode & 0o777 == 0o700


def test_the_command_of_the_kubernetes_example_runs_in_this_image(sandbox, files, tmp_path):
    examples = LOCK.parent / "examples"
    generated = subprocess.run(
        [sys.executable, examples / "kubernetes/generate.py"],
        capture_output=True,
        text=True,
        check=True,
    )
    job = next(one for one in yaml.safe_load_all(generated.stdout) if one["kind"] == "CronJob")
    (container,) = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    secret, data = tmp_path / "secret", tmp_path / "data"
    secret.mkdir()
    (secret / "config.json").write_text((files / "config.json").read_text())
    (data / "organization").mkdir(parents=True)
    configure(files, discovered(sandbox, files), ("teams",))
    (data / "organization/catalog.json").write_text((files / "catalog.json").read_text())

    done = subprocess.run(
        [
            *locked_down(),
            *("--user", f"{os.getuid()}:{os.getgid()}", "--env", f"KUSTOMER_API_URL={sandbox.url}"),
            *("--volume", f"{data}:/data", "--volume", f"{secret}:/secret:ro"),
            *("--volume", f"{examples}:/scripts:ro", "--entrypoint", container["command"][0]),
            *(IMAGE, *container["command"][1:], *container["args"]),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (data / "organization/rows/teams.jsonl").open()]
    assert {row["id"] for row in rows} == {team["id"] for team in sandbox.truth("teams")}


def test_too_little_memory_ends_it_without_spoiling_what_is_checkpointed(sandbox, files):
    configure(files, discovered(sandbox, files), STREAMS)

    done = subprocess.run(
        command(sandbox, files, *READ, memory="48m"),
        capture_output=True,
        timeout=120,
        check=False,
        cwd=files,  # the engine may note there that memory ran out
    )
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.endswith(b"}")]

    assert done.returncode != 0
    rows = rows_of(lines)
    (files / "state.json").write_text(json.dumps(last_states(lines)))
    _, messages = run(sandbox, files, *READ, "--state", "/files/state.json")
    rows |= rows_of(messages)
    assert {key: row.get("updated_at") for key, row in rows.items()} == truth_of(sandbox)


def test_labels_and_entrypoint_are_what_airbyte_expects():
    config = inspected(".Config")

    assert config["Labels"]["io.airbyte.name"] == "airbyte/source-kustomer"
    assert config["Labels"]["io.airbyte.version"] == __version__
    assert f"AIRBYTE_ENTRYPOINT={' '.join(config['Entrypoint'])}" in config["Env"]


def test_it_runs_as_nobody_in_particular():
    assert inspected(".Config.User") not in ("", "0", "root", "0:0")


def test_nothing_of_the_build_is_left_behind():
    config = inspected(".Config")
    listing = subprocess.run(
        [
            *locked_down(),
            "--entrypoint",
            "sh",
            IMAGE,
            "-c",
            "find /site /airbyte /tmp /root /etc -name '*.whl' -o -name pip.conf; ls /wheels",
        ],
        capture_output=True,
        text=True,
        check=False,
    ).stdout

    assert listing.strip() == ""
    assert not [entry for entry in config["Env"] if entry.startswith("PIP_")]


def test_the_bill_of_materials_lists_what_is_installed_and_all_of_it_is_locked(tmp_path):
    listing = subprocess.run(
        [*locked_down(), "--entrypoint", "sh", IMAGE, "-c", "cd /site && ls -d *.dist-info"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    names = [line.removesuffix(".dist-info").partition("-") for line in listing.split()]
    installed = {(canonicalize_name(name), version) for name, _, version in names}
    file = tmp_path / "sbom.json"
    subprocess.run([LOCK.parent / "containers/sbom", IMAGE, file], check=True)
    listed = {
        (canonicalize_name(one["name"]), one["version"])
        for one in json.loads(file.read_text())["components"]
    }

    assert "airbyte-cdk" in dict(listed)
    assert listed == installed
    assert listed <= {(pin.name, pin.version) for pin in read_lock(LOCK.read_text())}


def test_there_is_no_compiler():
    done = subprocess.run(
        [*locked_down(), "--entrypoint", "sh", IMAGE, "-c", "command -v gcc cc g++ make"],
        capture_output=True,
        check=False,
    )

    assert done.stdout == b""


def test_what_is_ours_stays_well_below_150_megabytes():
    done = subprocess.run(
        [*locked_down(), "--entrypoint", "sh", IMAGE, "-c", "du -sm /site"],
        capture_output=True,
        check=True,
    )
    megabytes = int(done.stdout.split()[0])

    print(f"the connector and its libraries: {megabytes} MB")
    assert megabytes < 110
