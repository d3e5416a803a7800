"""Meltano: a Singer tap on Singer's SDK into target-jsonl and MeltanoLabs' target-postgres."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from demo.connector import launcher
from integration_tests.clients import account
from integration_tests.clients.postgres import Postgres
from integration_tests.connector import Connector

TAP = Path(__file__).with_name("singer_tap.py")
STREAMS = ["customers", "messages", "teams"]
SCHEMA = "meltano"


@dataclass(frozen=True)
class Project:
    """A Meltano project with the tap and one target."""

    meltano: Path
    folder: Path
    url: str

    def write(self, streams: list[str], tap: Path, target: Path, settings: dict[str, Any]) -> None:
        """Write the project's file; nothing is installed, both plugins are programs."""
        script = self.folder / "tap"
        python = shlex.quote(str(tap / "python"))
        script.write_text(f'#!/bin/sh\nexec {python} {shlex.quote(str(TAP))} "$@"\n')
        script.chmod(0o755)
        extractor = {
            "name": "tap-kustomer",
            "namespace": "tap_kustomer",
            "executable": str(script),
            "capabilities": ["catalog", "discover", "state"],
            "config": {
                "connector": str(launcher(self.folder)),
                "connector_config": str(self.folder / "config.json"),
                "streams": streams,
            },
        }
        loader = {
            "name": "target",
            "namespace": "target",
            "executable": str(target),
            "config": settings,
        }
        project = {
            "default_environment": "dev",
            "environments": [{"name": "dev"}],
            "project_id": "kustomer",
            "send_anonymous_usage_stats": False,
            "plugins": {"extractors": [extractor], "loaders": [loader]},
        }
        (self.folder / "meltano.yml").write_text(yaml.safe_dump(project))

    def run(self) -> str:
        """Sync; return the log."""
        nowhere = "http" + "://127.0.0.1:9"
        proxy = {"HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "127.0.0.1"}
        done = subprocess.run(
            [self.meltano, "run", "tap-kustomer", "target"],
            cwd=self.folder,
            env=os.environ | proxy | {"KUSTOMER_API_URL": self.url, "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
        return done.stdout + done.stderr


@pytest.mark.parametrize(
    "target",
    [
        pytest.param("jsonl", marks=pytest.mark.xdist_group("meltano into jsonl")),
        pytest.param("postgres", marks=pytest.mark.xdist_group("meltano into postgres")),
    ],
)
def test_two_syncs_of_a_changing_source_equal_the_truth(
    target: str, client: Callable[[str], Path], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    meltano, singer = client("MELTANO") / "meltano", client("SINGER")
    rows = tmp_path / "rows"
    rows.mkdir()
    with account.difficult_account(tmp_path) as sandbox:
        connector = Connector(tmp_path, sandbox.url, account.configuration(sandbox))
        klasses = [name for name in account.streams_of(connector) if name.startswith("kobject")]
        names = [*STREAMS, *klasses[:2]]
        project = Project(meltano, tmp_path, sandbox.url)
        postgres: Postgres | None = None
        if target == "postgres":
            postgres = request.getfixturevalue("postgres")
            settings = {
                "sqlalchemy_url": postgres.url.replace("postgresql:", "postgresql+psycopg:")
            }
            settings["default_target_schema"] = SCHEMA
            project.write(names, singer, singer / "target-postgres", settings)
        else:
            program = client("JSONL") / "target-jsonl"
            to = {"destination_path": str(rows), "do_timestamp_file": False}
            project.write(names, singer, program, to)

        account.go_live(sandbox)
        log = project.run()
        sandbox.quiet()
        sandbox.change("customers", updates=10, inserts=5, deletes=2)
        log += project.run()
        truth = account.true_rows(sandbox, connector, names)
    for name in names:
        loaded = postgres.rows(SCHEMA, name) if postgres else newest(rows / f"{name}.jsonl")
        account.assert_same(name, loaded, truth[name])
    assert sandbox.key not in log


def newest(path: Path) -> list[dict[str, Any]]:
    """Return the last row of each id; target-jsonl appends."""
    found = (json.loads(line) for line in path.read_text().splitlines())
    return list({row["id"]: row for row in found}.values())
