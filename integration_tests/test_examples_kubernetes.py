"""examples/kubernetes: the manifests are valid, locked down, and their command syncs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from integration_tests.connector import ALL_SEARCHES, ROOT, UNLIMITED
from kustomer_sandbox import Sandbox
from source_kustomer import __version__
from source_kustomer.airbyte.source import API_URL_VARIABLE

EXAMPLE = ROOT / "examples/kubernetes"
OLDEST, NEWEST = "1.30", kubernetes_validate.latest_version()
Manifest = dict[str, Any]


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, EXAMPLE / "generate.py", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def manifests_of(tmp_path: Path, organizations: str) -> list[Manifest]:
    path = tmp_path / "organizations.txt"
    path.write_text(organizations)
    done = generate("--organizations", path)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(scope="module")
def manifests() -> list[Manifest]:
    done = generate()
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def of_kind(manifests: list[Manifest], kind: str) -> dict[str, Manifest]:
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def pod_of(job: Manifest) -> Manifest:
    return dict(job["spec"]["jobTemplate"]["spec"]["template"]["spec"])


@pytest.mark.parametrize("version", [OLDEST, NEWEST])
def test_the_manifests_are_valid_by_the_schemas_of_kubernetes(
    manifests: list[Manifest], version: str
) -> None:
    for manifest in manifests:
        kubernetes_validate.validate(manifest, version, strict=True)


def test_the_schemas_find_a_mistake(manifests: list[Manifest]) -> None:
    (job, *_) = of_kind(manifests, "CronJob").values()
    mistaken = json.loads(json.dumps(job).replace("concurrencyPolicy", "concurencyPolicy"))
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate(mistaken, NEWEST, strict=True)


def test_each_organization_has_a_job_and_a_volume_of_its_own(manifests: list[Manifest]) -> None:
    lines = (EXAMPLE / "organizations.txt").read_text().splitlines()
    names = [line.split()[0] for line in lines if not line.startswith("#")]
    expected = {f"kustomer-{name}" for name in names}
    jobs = of_kind(manifests, "CronJob")
    assert set(jobs) == set(of_kind(manifests, "PersistentVolumeClaim")) == expected
    for name, job in jobs.items():
        volumes = {volume["name"]: volume for volume in pod_of(job)["volumes"]}
        assert volumes["data"]["persistentVolumeClaim"]["claimName"] == name
        assert volumes["secret"]["secret"]["secretName"] == name


def test_syncs_of_an_organization_do_not_overlap_and_are_locked_down(
    manifests: list[Manifest],
) -> None:
    for job in of_kind(manifests, "CronJob").values():
        assert job["spec"]["concurrencyPolicy"] == "Forbid"
        pod = pod_of(job)
        assert pod["automountServiceAccountToken"] is False
        assert pod["securityContext"]["runAsNonRoot"] is True
        (container,) = pod["containers"]
        assert container["image"] == f"localhost/source-kustomer:{__version__}"
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert container["resources"]["limits"] == {"cpu": "1", "memory": "512Mi"}
        writable = [mount["name"] for mount in container["volumeMounts"] if "readOnly" not in mount]
        assert writable == ["data"]


def test_names_that_yaml_reads_as_something_else_stay_names(tmp_path: Path) -> None:
    manifests = manifests_of(tmp_path, "123 0 * * * *\ntrue 0 * * * *\n")
    for manifest in manifests:
        kubernetes_validate.validate(manifest, NEWEST, strict=True)
    assert set(of_kind(manifests, "CronJob")) == {"kustomer-123", "kustomer-true"}


@pytest.mark.parametrize(
    "line",
    [
        "acme",
        "acme hourly",
        "Acme 0 * * * *",
        "-acme 0 * * * *",
        f"{'a' * 41} 0 * * * *",
        'acme 0 * * * *" #',
        "acme 0 * * * * *",
        "first 0 * * * *\nfirst 1 * * * *",
    ],
)
def test_a_line_that_is_not_an_organization_is_refused(tmp_path: Path, line: str) -> None:
    path = tmp_path / "organizations.txt"
    path.write_text(line)
    done = generate("--organizations", path)
    assert done.returncode == 1
    assert "of the organizations is not" in done.stderr
    assert not done.stdout


def test_an_image_that_would_inject_yaml_is_refused() -> None:
    done = generate("--image", 'x"\nprivileged: true')
    assert done.returncode == 1
    assert "not the name of an image" in done.stderr


def test_the_jobs_command_syncs(manifests: list[Manifest], tmp_path: Path) -> None:
    """As in the pod, with folders of this machine in the place of its volumes."""
    (job, *_) = of_kind(manifests, "CronJob").values()
    (container,) = pod_of(job)["containers"]
    for volume in ("data", "secret", "scripts"):
        (tmp_path / volume).mkdir()
    (scripts,) = of_kind(manifests, "ConfigMap").values()
    for name, text in scripts["data"].items():
        (tmp_path / "scripts" / name).write_text(text)
    command = [*container["command"], *container["args"]]
    for mount in container["volumeMounts"]:
        here = str(tmp_path / mount["name"])
        command = [part.replace(f" {mount['mountPath']}/", f" {here}/") for part in command]
    main = f"{sys.executable} {ROOT / 'main.py'}"
    command = [part.replace("python3 /airbyte/integration_code/main.py", main) for part in command]
    with Sandbox(50, **UNLIMITED) as sandbox:
        config = {"api_key": sandbox.key, "start_date": "2015-01-01", **ALL_SEARCHES}
        (tmp_path / "secret/config.json").write_text(json.dumps(config))
        for _ in range(2):
            done = subprocess.run(
                command,
                env={"PATH": os.defpath, API_URL_VARIABLE: sandbox.url},
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
            assert done.returncode == 0, done.stderr
        rows = (tmp_path / "data/organization/rows/teams.jsonl").read_text().splitlines()
        assert {json.loads(row)["id"] for row in rows} == {t["id"] for t in sandbox.truth("teams")}
    assert (tmp_path / "data/organization/state.json").is_file()
    assert not [path for path in (tmp_path / "data").rglob("config.json") if not path.is_symlink()]
