"""A PostgreSQL server in a temporary folder, from Debian's package or any other installation."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PASSWORD = "hush:p@ss/word"
_QUOTED = "hush%3Ap%40ss%2Fword"
_USER = "kustomer"
_CONNECT = ("-h", "127.0.0.1", "-U", _USER)
_UNPRIVILEGED = "postgres"
"""The user of Debian's package; the server refuses to run as root."""
_OPTIONS = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off"


def programs() -> Path | None:
    """Find the folder of initdb and pg_ctl; None when PostgreSQL is not installed."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = shutil.which("initdb") or (debian[-1] if debian else None)
    return Path(found).resolve().parent if found else None


@dataclass(frozen=True)
class Postgres:
    """A running server."""

    port: int
    programs: Path

    @property
    def url(self) -> str:
        """The URL of the database, with its password."""
        return f"postgresql://{_USER}:{_QUOTED}@127.0.0.1:{self.port}/{_USER}"

    def query(self, sql: str) -> list[str]:
        """Run a statement; return its rows, each as text."""
        options = ["--no-psqlrc", "--tuples-only", "--no-align", "--set=ON_ERROR_STOP=1"]
        done = subprocess.run(
            [self.programs / "psql", *options, f"-p{self.port}", *_CONNECT, "-c", sql, _USER],
            env={**os.environ, "PGPASSWORD": PASSWORD},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    def rows(self, schema: str, table: str) -> list[dict[str, Any]]:
        """Return the rows of a table, JSON values decoded."""
        return [
            json.loads(line) for line in self.query(f'SELECT to_json(t) FROM {schema}."{table}" t')
        ]


@contextmanager
def server(programs: Path) -> Iterator[Postgres]:
    """Run a server with one database, which is reached over TCP with a password."""
    folder = Path(tempfile.mkdtemp(prefix="postgres-"))
    try:
        as_user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(folder, _UNPRIVILEGED)
            as_user = [
                "setpriv",
                f"--reuid={_UNPRIVILEGED}",
                f"--regid={_UNPRIVILEGED}",
                "--clear-groups",
            ]
        password = folder / "password"
        password.write_text(PASSWORD)
        password.chmod(0o644)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]

        def run(program: str, *arguments: str) -> None:
            command = [*as_user, str(programs / program), *arguments]
            done = subprocess.run(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=(folder / "output").open("w"),
                stderr=subprocess.STDOUT,
                check=False,
            )
            assert done.returncode == 0, (folder / "output").read_text()

        data = str(folder / "data")
        run("initdb", "-D", data, "-U", _USER, "-A", "scram-sha-256", "--pwfile", str(password))
        listen = f"-h 127.0.0.1 -p {port} -k {folder} {_OPTIONS}"
        run("pg_ctl", "start", "-D", data, "-w", "-l", str(folder / "data/log"), "-o", listen)
        try:
            postgres = Postgres(port, programs)
            subprocess.run(
                [programs / "createdb", f"-p{port}", *_CONNECT, _USER],
                env={**os.environ, "PGPASSWORD": PASSWORD},
                check=True,
            )
            yield postgres
        finally:
            run("pg_ctl", "stop", "-D", data, "-w", "-m", "immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
