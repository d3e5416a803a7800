"""Runs in PyAirbyte's own environment: syncs into DuckDB, then answers a support lead.

    python demo/warehouse.py sync FOLDER EXECUTABLE STREAM...
    python demo/warehouse.py ask FOLDER

It prints one JSON object; all output of PyAirbyte goes to the file pyairbyte.log.
"""

from __future__ import annotations

import json
import os
import sys
import time
import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

# Before PyAirbyte is imported: it asks nobody, and tells nobody, anything.
os.environ.update(AIRBYTE_OFFLINE_MODE="1", DO_NOT_TRACK="1", NO_COLOR="1", NO_LIVE_PROGRESS="1")
warnings.simplefilter("ignore")

SCHEMA = "kustomer"
CHART = "support.png"

OPEN_PER_TEAM = f"""
    SELECT coalesce(teams.name, '(no team)') AS team,
           count(DISTINCT conversations.id) AS open_conversations
    FROM {SCHEMA}.conversations AS conversations
    LEFT JOIN unnest(CAST(conversations.assigned_teams AS VARCHAR[])) AS assigned(team_id) ON true
    LEFT JOIN {SCHEMA}.teams AS teams ON teams.id = assigned.team_id
    WHERE conversations.status = 'open' AND conversations.deleted IS NOT true
    GROUP BY team
    ORDER BY open_conversations DESC, team
"""
FIRST_RESPONSE_PER_WEEK = f"""
    SELECT strftime(date_trunc('week', created_at), '%Y-%m-%d') AS week,
           count(*) AS conversations,
           median(CAST(json_extract_string(first_response, '$.time') AS BIGINT)) / 60000.0
    FROM {SCHEMA}.conversations
    WHERE deleted IS NOT true AND json_extract_string(first_response, '$.time') IS NOT NULL
    GROUP BY week
    ORDER BY week DESC
    LIMIT 10
"""


def database(folder: Path) -> Path:
    """Return where the DuckDB database lies."""
    return folder / "warehouse.duckdb"


def sync(folder: Path, executable: str, streams: Sequence[str]) -> dict[str, Any]:
    """Check the connection and sync streams into DuckDB.

    Args:
        folder: holds config.json, and takes the database and the log.
        executable: the connector's console script.
        streams: their names.
    """
    begin = time.monotonic()
    os.environ["AIRBYTE_LOGGING_ROOT"] = str(folder / "pyairbyte-logs")
    with (folder / "pyairbyte.log").open("a") as log, redirect_stdout(log), redirect_stderr(log):
        import airbyte
        from airbyte.caches import DuckDBCache

        source = airbyte.get_source(
            "source-kustomer",
            config=json.loads((folder / "config.json").read_text()),
            local_executable=executable,
        )
        source.check()
        source.select_streams(list(streams))
        cache = DuckDBCache(
            db_path=database(folder), schema_name=SCHEMA, cache_dir=folder / "pyairbyte"
        )
        result = source.read(cache=cache)
    return {"rows": result.processed_records, "seconds": time.monotonic() - begin}


def ask(folder: Path) -> dict[str, Any]:
    """Query the database, and draw the answers."""
    import duckdb

    with duckdb.connect(str(database(folder)), read_only=True) as connection:
        tables = connection.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = ? "
            r"AND table_name NOT LIKE '\_%' ESCAPE '\' ORDER BY table_name",
            [SCHEMA],
        ).fetchall()
        counts = [
            connection.execute(
                f'SELECT count(*), count(DISTINCT id) FROM {SCHEMA}."{name}"'
            ).fetchone()
            for (name,) in tables
        ]
        teams = connection.execute(OPEN_PER_TEAM).fetchall()
        weeks = connection.execute(FIRST_RESPONSE_PER_WEEK).fetchall()[::-1]
    draw(folder / CHART, teams, weeks)
    return {
        "tables": [(name, *count) for (name,), count in zip(tables, counts, strict=True) if count],
        "teams": teams,
        "weeks": weeks,
        "chart": str(folder / CHART),
    }


def draw(path: Path, teams: Sequence[Any], weeks: Sequence[Any]) -> None:
    """Draw both answers side by side."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.2), layout="constrained")
    bars = left.barh([row[0] for row in teams][::-1], [row[1] for row in teams][::-1])
    left.bar_label(bars, padding=3)
    left.margins(x=0.12)
    left.set_title("Open conversations per team")
    right.plot([row[0][5:] for row in weeks], [row[2] for row in weeks], marker="o")
    right.set_title("Median first response per week")
    right.set_xlabel("week of (month-day)")
    right.set_ylabel("minutes")
    right.set_ylim(0, 1.1 * max((row[2] for row in weeks), default=1))
    for axes in (left, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


def main(arguments: Sequence[str]) -> None:
    """Do one of the two commands."""
    command, folder, *more = arguments
    answer = ask(Path(folder)) if command == "ask" else sync(Path(folder), more[0], more[1:])
    print(json.dumps(answer))


if __name__ == "__main__":
    main(sys.argv[1:])
