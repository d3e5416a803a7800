"""Load an organization into DuckDB or PostgreSQL through PyAirbyte; the next run loads changes.

It runs in PyAirbyte's own virtual environment and starts the connector as a command. It connects
only to Kustomer and to the database: no container, no connector registry, no telemetry. Progress
and errors go to stderr, the tables to stdout. Exit code 0: all streams were read. 1: the sync
failed; the rows that were read are kept, and the next sync continues after them. 2: an argument or
the configuration cannot be used.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import shutil
import subprocess
import sys
import warnings
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

SOURCE = "source-kustomer"
DATABASE = "warehouse.duckdb"
POSTGRES_PORT = 5432
LIBPQ = {
    "channel_binding": "PGCHANNELBINDING",
    "sslmode": "PGSSLMODE",
    "sslrootcert": "PGSSLROOTCERT",
}
"""Parameters of a URL, and the environment variables from which libpq reads them."""


class UnusableArgument(Exception):
    """An argument or the configuration cannot be used."""


def main() -> int:
    """Sync once; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--config", required=True, type=Path, help="the connector's configuration")
    parser.add_argument(
        "--streams", default="suggested", help="names with commas between them, suggested or all"
    )
    parser.add_argument(
        "--to",
        metavar="URL",
        default=os.environ.get("TO") or None,
        help="postgresql://user:password@host/database; also as the environment variable TO, which "
        f"other users of the machine cannot see. Default: the file {DATABASE} in the folder",
    )
    parser.add_argument("--folder", default="kustomer-data", type=Path, help="of all files")
    parser.add_argument("--schema", default="kustomer", help="of the tables in the database")
    parser.add_argument("--connector", default=SOURCE, help="the connector's command or its path")
    arguments = parser.parse_args()
    try:
        sync(arguments)
    except UnusableArgument as error:
        print(f"Not synced: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("Interrupted. The next sync continues after the rows read so far.", file=sys.stderr)
        return 130
    except Exception as error:  # PyAirbyte's errors and the databases' have no common class
        print(f"The sync failed: {reason(error, arguments.to)}", file=sys.stderr)
        return 1
    return 0


def sync(arguments: argparse.Namespace) -> None:
    """Read the streams into the database and print the tables."""
    postgres = postgres_of(arguments.to) if arguments.to else None
    folder = private_folder(arguments.folder)
    streams = stream_names(arguments)
    # PyAirbyte reads these when it is imported: no requests to Airbyte, plain lines as progress.
    os.environ.update(AIRBYTE_OFFLINE_MODE="1", DO_NOT_TRACK="1", NO_LIVE_PROGRESS="1")
    os.environ["AIRBYTE_LOGGING_ROOT"] = str(folder / "logs")
    warnings.simplefilter("ignore")
    with redirect_stdout(sys.stderr):
        import airbyte
        from airbyte.caches import DuckDBCache, PostgresCache

        common = {"schema_name": arguments.schema, "cache_dir": folder / "files"}
        cache = (
            PostgresCache(**postgres, **common)
            if postgres
            else DuckDBCache(db_path=folder / DATABASE, **common)
        )
        cache.get_sql_engine().connect().close()  # fails before anything is read
        source = airbyte.get_source(
            SOURCE,
            config=json.loads(arguments.config.read_text(encoding="utf-8-sig")),
            local_executable=arguments.connector,
        )
        show_log()
        source.select_streams(streams)
        result = source.read(cache=cache)
        rows = [(name, len(result[name])) for name in sorted(result)]
    print_tables(rows)
    where = f"PostgreSQL {postgres['host']}" if postgres else folder / DATABASE
    print(
        f"{result.processed_records:,} rows read in this sync; schema {cache.schema_name}, {where}"
    )


def private_folder(path: Path) -> Path:
    """Make the folder, which only its owner can read: it has the organization's records."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path.resolve()


def stream_names(arguments: argparse.Namespace) -> list[str]:
    """Return the names of the selected streams; the connector reports what is wrong with them."""
    if shutil.which(arguments.connector) is None:
        raise UnusableArgument(
            f"the command {arguments.connector} was not found. Install the connector, or give the "
            "path of its command with --connector."
        )
    command = (arguments.connector, "catalog", "--config", str(arguments.config))
    done = subprocess.run(
        [*command, "--streams", arguments.streams], stdout=subprocess.PIPE, check=False
    )
    if done.returncode:
        raise UnusableArgument("the connector reported the error above.")
    return [one["stream"]["name"] for one in json.loads(done.stdout)["streams"]]


def postgres_of(url: str) -> dict[str, Any]:
    """Return the settings of a PostgreSQL database.

    Raises:
        UnusableArgument: when the URL is not one of PostgreSQL, or has an unknown parameter.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or POSTGRES_PORT
    except ValueError:
        parts, port = urlsplit(""), POSTGRES_PORT
    host, user, name = parts.hostname, parts.username, parts.path.strip("/")
    if parts.scheme not in {"postgresql", "postgres"} or not (host and user and name):
        raise UnusableArgument(
            "the URL of the database has another form than postgresql://user:password@host/database"
            ". Write @, / and : in the password as %40, %2F and %3A."
        )
    for parameter in filter(None, parts.query.split("&")):
        key, _, value = parameter.partition("=")
        if key not in LIBPQ:
            raise UnusableArgument(
                f"the URL of the database has the parameter {key}; only {', '.join(LIBPQ)} are "
                "known. Set others in the environment, such as PGCONNECT_TIMEOUT."
            )
        os.environ[LIBPQ[key]] = unquote(value)
    return {
        "host": f"[{host}]" if ":" in host else host,
        "port": port,
        # PyAirbyte puts these into a URL as they are, so they stay encoded.
        "username": user,
        "password": parts.password or "",
        "database": name,
    }


def show_log() -> None:
    """Write the connector's log to stderr too: its progress and its warnings."""
    handler = logging.StreamHandler(sys.stderr)
    # PyAirbyte logs an error twice: its text, and the message that had it.
    handler.addFilter(lambda record: not record.getMessage().startswith('{"type":'))
    handler.setFormatter(logging.Formatter("%(message)s"))
    logging.getLogger(f"airbyte.{SOURCE}").addHandler(handler)


def print_tables(rows: Sequence[tuple[str, int]]) -> None:
    """Print the number of rows of each table."""
    width = max((len(name) for name, _ in rows), default=0)
    for name, count in [("table", "rows"), *rows]:
        text = count if isinstance(count, str) else f"{count:,}"
        print(f"{name:<{width}}  {text:>12}")


def reason(error: BaseException, url: str | None) -> str:
    """Return what an error says, and its cause, without the password of the URL."""
    error = getattr(error, "orig", None) or error  # without the statement, which has values
    message = getattr(error, "get_message", error.__str__)()
    context = getattr(error, "context", None) or {}
    cause = getattr(error, "original_exception", None) or error.__cause__
    parts = [message, str(context.get("failure_reason", "")), reason(cause, url) if cause else ""]
    text = " ".join(" ".join(dict.fromkeys(filter(None, parts))).split())
    password = urlsplit(url or "").password
    for secret in filter(None, (password, unquote(password or ""))):
        text = text.replace(secret, "****")
    return text


if __name__ == "__main__":
    sys.exit(main())
