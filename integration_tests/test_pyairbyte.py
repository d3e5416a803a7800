"""The connector under PyAirbyte, a client that we did not write, into DuckDB."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from demo.__main__ import has_pyairbyte
from demo.connector import launcher
from integration_tests.connector import ROOT
from kustomer_sandbox import Sandbox

PYTHON = os.environ.get("PYAIRBYTE_PYTHON", "")
STREAMS = ("conversations", "customers", "messages", "teams", "users")
DUMP = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for table in sys.argv[2:]:
    rows = connection.execute(
        f"SELECT id, strftime(updated_at, '%Y-%m-%dT%H:%M:%S.%g'), deleted FROM kustomer.{table}"
    ).fetchall()
    print(json.dumps([table, rows]))
"""

pytestmark = pytest.mark.skipif(
    not PYTHON or not Path(PYTHON).exists() or not has_pyairbyte(PYTHON),
    reason="PYAIRBYTE_PYTHON names no Python that has PyAirbyte; `make test` prepares one",
)


class Warehouse:
    """PyAirbyte and its DuckDB, as processes of their own environment."""

    def __init__(self, folder: Path, sandbox: Sandbox) -> None:
        self._folder = folder
        self._sandbox = sandbox
        (folder / "config.json").write_text(
            json.dumps(
                {
                    "api_key": sandbox.key,
                    "start_date": "2015-01-01",
                    "searches_per_minute": 100_000,
                }
            )
        )
        self._executable = str(launcher(folder))

    def sync(self) -> int:
        """Sync all streams; return how many rows came."""
        script = str(ROOT / "demo" / "warehouse.py")
        answer = self._run(script, "sync", str(self._folder), self._executable, *STREAMS)
        return int(json.loads(answer)["rows"])

    def rows(self) -> dict[str, list[Any]]:
        """Return id, time of update and deletion of every row, by table."""
        lines = self._run("-c", DUMP, str(self._folder / "warehouse.duckdb"), *STREAMS)
        return dict(json.loads(line) for line in lines.splitlines())

    @property
    def log(self) -> str:
        """What PyAirbyte reported."""
        return (self._folder / "pyairbyte.log").read_text()

    def _run(self, *arguments: str) -> str:
        # A proxy that is not there: a request to another machine than this one fails.
        nowhere = "http" + "://127.0.0.1:9"
        environment = {
            **os.environ,
            "KUSTOMER_API_URL": self._sandbox.url,
            "HTTPS_PROXY": nowhere,
            "HTTP_PROXY": nowhere,
            "NO_PROXY": "127.0.0.1,localhost",
        }
        done = subprocess.run(
            [PYTHON, *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(
        2_000, organization_per_minute=100_000, searches_per_minute=100_000, shuffle_ties=True
    ) as sandbox:
        yield sandbox


def assert_equals_the_truth(warehouse: Warehouse, sandbox: Sandbox) -> None:
    for table, rows in warehouse.rows().items():
        assert len({row[0] for row in rows}) == len(rows), f"{table} holds an id twice"
        assert {row[0]: row[1] for row in rows} == {
            resource["id"]: resource["attributes"]["updatedAt"].removesuffix("Z")
            for resource in sandbox.truth(table)
        }, table


def test_two_syncs_into_duckdb_equal_the_truth_deduplicated(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    warehouse = Warehouse(tmp_path, sandbox)
    first = warehouse.sync()
    assert_equals_the_truth(warehouse, sandbox)

    changed = {
        name: sandbox.change(name, updates=20, inserts=7, deletes=3)
        for name in ("conversations", "customers", "messages")
    }
    second = warehouse.sync()

    assert_equals_the_truth(warehouse, sandbox)
    deleted = {row[0] for rows in warehouse.rows().values() for row in rows if row[2]}
    assert {record for one in changed.values() for record in one["deleted"]} <= deleted
    assert 90 <= second < first / 2, "the second sync is to bring little more than what changed"
    assert "Traceback" not in warehouse.log
    assert sandbox.key not in warehouse.log
