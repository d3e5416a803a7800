"""An account that is difficult for destinations, and the rows that they must have."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from integration_tests.connector import ALL_SEARCHES, UNLIMITED, Connector
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox

STREAMS = ("conversations", "customers", "messages", "notes", "companies", "teams", "users")
SEARCHED = STREAMS[:5]
CHANGED = {"lone_surrogate", "nul", "changed_type", "masked", "misspelt_external_id"} | {
    *("long_integer", "deep")
}
_LONG = "a very long name of a custom object that differs only in its last letter "
KLASSES = (f"{_LONG}a", f"{_LONG}b", "Größe", "cust-ref", "cust_ref")
_LONG_ATTRIBUTE = "anExtremelyLongNameOfAnAttributeThatDiffersOnlyInItsLastLetter"
_ATTRIBUTES = (
    *("cust-refStr", "cust_refStr", "custRefStr", "größeStr", "grösseStr"),
    *(f"{_LONG_ATTRIBUTE}AStr", f"{_LONG_ATTRIBUTE}BStr"),
)
_SHARED_RATE = 4.0
"""Changes of each kind in a second."""
Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, Row]]


@contextmanager
def difficult_account(folder: Path) -> Iterator[Sandbox]:
    """Serve names that are long or fold into one another, and one strange record of each kind."""
    attributes = [{"name": name, "type": "string"} for name in _ATTRIBUTES]
    report = {
        "format": 1,
        "klasses": [
            {"name": name, "status": "enabled", "records": 1, "attributes": attributes}
            for name in KLASSES
        ],
        "attributes": {"customer": attributes, "conversation": attributes},
    }
    (folder / "report.json").write_text(json.dumps(report))
    # Deleted notes older than two years are in no search and on no list.
    since = datetime.now(timezone.utc) - timedelta(days=700)
    with Sandbox(
        0,
        seed=7,
        counts={
            **dict.fromkeys((*SEARCHED, "kobjects"), 120),
            "teams": 12,
            "users": 20,
            "klasses": len(KLASSES),
        },
        since=f"{since:%Y-%m-%dT%H:%M:%SZ}",
        like=folder / "report.json",
        **UNLIMITED,
    ) as sandbox:
        for name in SEARCHED:
            sandbox.strange(name)
        yield sandbox


def configuration(sandbox: Sandbox) -> dict[str, Any]:
    """The connector's configuration: everything, custom attributes as columns too."""
    wanted = {"api_key": sandbox.key, "start_date": "2015-01-01"}
    return {**wanted, "custom_attribute_columns": True, **ALL_SEARCHES}


def go_live(sandbox: Sandbox) -> None:
    """Change records all the time, until `sandbox.quiet()`."""
    sandbox.live(_SHARED_RATE, inserts=_SHARED_RATE, deletes=1.0, objects=list(SEARCHED))


def streams_of(connector: Connector) -> list[str]:
    """The streams to sync: those above and one per custom object."""
    names = [stream["name"] for stream in connector.command("discover").streams]
    klasses = [name for name in names if name.startswith("kobject_") and name != "kobject_"]
    assert len(klasses) == len(KLASSES)
    return [*STREAMS, *klasses]


def true_rows(sandbox: Sandbox, connector: Connector, names: list[str]) -> Rows:
    """Read everything, and assert that it equals the sandbox's records.

    Returns:
        Stream -> id -> the columns that the stream's schema declares. Others reach a destination
        in `misfit_values` only.
    """
    discovered = connector.command("discover").streams
    selected = [stream for stream in discovered if stream["name"] in names]
    destination = Destination(selected, "full_refresh")
    destination.sync(connector)
    rows = {}
    for stream in selected:
        name = stream["name"]
        assert destination.rows[name], name
        if name in STREAMS:
            comparison = destination.compare(sandbox, name)
            assert (comparison.absent, comparison.unknown) == ([], []), name
            assert len(comparison.stale) <= len(CHANGED), (name, comparison)
        columns = stream["json_schema"]["properties"]
        rows[name] = {
            id: {column: row.get(column) for column in columns}
            for id, row in destination.rows[name].items()
        }
    return rows


def assert_same(name: str, loaded: Sequence[Row], truth: Mapping[str, Row]) -> None:
    """Compare all rows and columns of a table with the rows of `true_rows`."""
    ids = [row["id"] for row in loaded]
    assert len(ids) == len(set(ids)), f"{name} has an id twice"
    assert not set(ids) ^ truth.keys(), (name, sorted(set(ids) ^ truth.keys())[:5])
    for row in loaded:
        expected = truth[row["id"]]
        for column, wanted in expected.items():
            got = row.get(column)
            assert is_same(got, wanted), (name, row["id"], column, str(got)[:99], str(wanted)[:99])


def is_same(got: Any, wanted: Any) -> bool:
    """Compare values, where a database has timestamps and numbers in other forms."""
    if got == wanted:
        return True
    if isinstance(got, float) and isinstance(wanted, int | float):
        return math.isclose(got, wanted)  # PyAirbyte changes the last digit
    if isinstance(wanted, dict) and isinstance(got, dict):
        return all(is_same(got.get(key), wanted.get(key)) for key in got.keys() | wanted.keys())
    if isinstance(wanted, list) and isinstance(got, list):
        return len(got) == len(wanted) and all(map(is_same, got, wanted))
    if isinstance(got, str) and isinstance(wanted, str):
        times = [_timestamp(text) for text in (got, wanted)]
        return None not in times and times[0] == times[1]
    if isinstance(got, str) and isinstance(wanted, dict | list):
        try:
            return is_same(json.loads(got), wanted)
        except ValueError:
            return False
    return False


def _timestamp(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(_padded(text.replace("Z", "+00:00")))
    except ValueError:
        return None
    return time if time.tzinfo else time.replace(tzinfo=timezone.utc)


def _padded(text: str) -> str:
    """Give a fraction of a second six digits, which Python 3.10 needs."""
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    return head + dot + tail[:digits].ljust(6, "0")[:6] + tail[digits:] if dot else text
