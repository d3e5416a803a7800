"""Answer two questions of a support lead from the database that PyAirbyte has loaded.

    python demo/warehouse.py FOLDER

It runs in PyAirbyte's environment, draws a chart and prints one JSON object.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

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


def ask(folder: Path) -> dict[str, Any]:
    """Query the database, and draw the answers."""
    import duckdb

    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        teams = connection.execute(OPEN_PER_TEAM).fetchall()
        weeks = connection.execute(FIRST_RESPONSE_PER_WEEK).fetchall()[::-1]
    draw(folder / CHART, teams, weeks)
    return {"teams": teams, "weeks": weeks, "chart": str(folder / CHART)}


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


if __name__ == "__main__":
    print(json.dumps(ask(Path(sys.argv[1]))))
