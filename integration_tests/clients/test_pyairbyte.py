"""`examples/pyairbyte_sync.py`: PyAirbyte into DuckDB and into PostgreSQL."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from demo.__main__ import has_pyairbyte
from demo.connector import launcher
from integration_tests.clients import account
from integration_tests.clients.postgres import PASSWORD, Postgres
from integration_tests.connector import ROOT, UNLIMITED, Connector
from kustomer_sandbox import Sandbox

SCRIPT = ROOT / "examples/pyairbyte_sync.py"
SECRET = "hush-hush"
DUMP = """
import json, sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=True)
for table in sys.argv[2:]:
    for (row,) in connection.execute(f'SELECT to_json(t) FROM kustomer."{table}" t').fetchall():
        print(json.dumps([table, json.loads(row)]))
"""


@pytest.fixture
def python(client: Callable[[str], Path]) -> Path:
    """The Python that has PyAirbyte."""
    python = client("PYAIRBYTE") / "python"
    if not has_pyairbyte(str(python)):
        pytest.skip("PyAirbyte does not run on this version of Python")
    return python


@dataclass
class Loader:
    """Runs the script on a sandbox, in a folder of its own."""

    python: Path
    folder: Path
    sandbox: Sandbox
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str, **config: Any) -> subprocess.CompletedProcess[str]:
        """Run it; a host that is neither the sandbox nor the database cannot be reached."""
        self.folder.mkdir(exist_ok=True)
        path = self.folder / "config.json"
        path.write_text(json.dumps(account.configuration(self.sandbox) | config))
        nowhere = "http" + "://127.0.0.1:9"
        proxy = {"HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere, "NO_PROXY": "127.0.0.1"}
        command: list[str | Path] = [self.python, SCRIPT, "--config", path]
        command += ["--folder", self.folder / "data"]
        return subprocess.run(
            [*command, "--connector", launcher(self.folder), *arguments],
            env=os.environ | {"KUSTOMER_API_URL": self.sandbox.url} | proxy | self.variables,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    def duckdb(self, tables: list[str]) -> dict[str, list[dict[str, Any]]]:
        """Return the rows of DuckDB's tables."""
        database = self.folder / "data/warehouse.duckdb"
        lines = subprocess.run(
            [self.python, "-c", DUMP, database, *tables],
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        ).stdout.splitlines()
        found: dict[str, list[dict[str, Any]]] = {table: [] for table in tables}
        for line in lines:
            table, row = json.loads(line)
            found[table].append(row)
        return found


def counts(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """The rows per table that a run has printed."""
    assert done.returncode == 0, done.stderr[-3000:]
    lines = done.stdout.splitlines()[1:-1]
    return {name: int(count.replace(",", "")) for name, count in map(str.split, lines)}


def read(done: subprocess.CompletedProcess[str]) -> int:
    """The rows that a run has read."""
    found = re.search(r"^([\d,]+) rows read", done.stdout, re.MULTILINE)
    assert found, done.stdout
    return int(found[1].replace(",", ""))


@pytest.mark.parametrize(
    "database",
    [
        pytest.param("duckdb", marks=pytest.mark.xdist_group("pyairbyte into duckdb")),
        pytest.param("postgres", marks=pytest.mark.xdist_group("pyairbyte into postgres")),
    ],
)
def test_two_syncs_of_a_changing_source_equal_the_truth(
    database: str, python: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with account.difficult_account(tmp_path) as sandbox:
        postgres: Postgres | None = None
        loader = Loader(python, tmp_path / "pyairbyte", sandbox)
        if database == "postgres":
            postgres = request.getfixturevalue("postgres")
            loader.variables["TO"] = postgres.url
        connector = Connector(tmp_path, sandbox.url, account.configuration(sandbox))
        names = account.streams_of(connector)

        account.go_live(sandbox)
        first = loader.run("--streams", ",".join(names))
        held = counts(first)
        sandbox.quiet()
        for name in account.SEARCHED:
            sandbox.change(name, updates=10, inserts=5, deletes=2)
        second = loader.run("--streams", ",".join(names))

        truth = account.true_rows(sandbox, connector, names)
    assert counts(second) == {name: len(truth[name]) for name in names}
    assert held.keys() == set(names)
    assert 30 <= read(second) < read(first)
    loaded = (
        {name: postgres.rows("kustomer", name) for name in names}
        if postgres
        else loader.duckdb(names)
    )
    for name in names:
        account.assert_same(name, loaded[name], truth[name])
    written = "".join(path.read_text() for path in (loader.folder / "data/logs").rglob("*.log"))
    for text in (first.stdout, first.stderr, second.stderr, written):
        assert "Traceback" not in text
        for secret in (sandbox.key, PASSWORD, "hush%3Ap%40ss%2Fword"):
            assert secret not in text


@pytest.fixture(scope="module")
def small() -> Iterator[Sandbox]:
    with Sandbox(50, **UNLIMITED) as sandbox:
        yield sandbox


@pytest.fixture
def loader(python: Path, tmp_path: Path, small: Sandbox) -> Loader:
    return Loader(python, tmp_path, small)


URL = f"postgresql://user:{SECRET}@127.0.0.1:9/kustomer"


@pytest.mark.parametrize(
    ("arguments", "config", "expected"),
    [
        (("--streams", "teams,nonsense"), {}, (2, "There is no stream nonsense")),
        ((), {"region": "Mars"}, (2, "region")),
        (("--to", URL.replace("postgresql", "mysql")), {}, (2, "than postgresql://")),
        (("--to", URL.replace(":9/", ":port/")), {}, (2, "than postgresql://")),
        (("--to", f"{URL}?nonsense=1"), {}, (2, "has the parameter nonsense")),
        (("--to", URL), {}, (1, "Connection refused")),
        (("--connector", "no-such-command"), {}, (2, "no-such-command was not found")),
    ],
    ids=["stream", "config", "database", "port", "parameter", "unreachable", "command"],
)
def test_what_cannot_be_used_is_one_clear_error(
    loader: Loader, arguments: tuple[str, ...], config: dict[str, Any], expected: tuple[int, str]
) -> None:
    done = loader.run("--streams", "teams", *arguments, **config)
    assert (done.returncode, done.stdout) == (expected[0], ""), done.stderr
    assert expected[1] in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr


def test_a_stream_that_the_key_may_not_read_is_skipped_and_the_others_are_loaded(
    loader: Loader, small: Sandbox
) -> None:
    with small.temporarily(forbidden={"tags": 0}):
        done = loader.run("--streams", "teams,tags")
    assert done.returncode == 0, done.stderr
    assert counts(done) == {"tags": 0, "teams": len(small.truth("teams"))}
    assert "tags" in done.stderr and "role" in done.stderr
