"""Every stream is synced against the sandbox, and its rows validated against its schema."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from kustomer_sandbox import Sandbox
from source_kustomer.source import API_URL_VARIABLE
from source_kustomer.streams import STREAMS
from source_kustomer.streams.apps import SECRETS


def run(url: str, *arguments: str) -> list[dict[str, Any]]:
    """Run the connector and return its messages."""
    done = subprocess.run(
        [sys.executable, "-c", "from source_kustomer.run import run; run()", *arguments],
        env={**os.environ, API_URL_VARIABLE: url},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    messages = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return messages


@pytest.fixture(scope="module")
def synced(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[dict[str, dict[str, Any]], dict[str, list[dict[str, Any]]]]:
    """Return the schemas and the rows of a sync of everything, by stream."""
    folder: Path = tmp_path_factory.mktemp("every_stream")
    config, catalog = folder / "config.json", folder / "catalog.json"
    with Sandbox(records=300, seed=4) as sandbox:
        config.write_text(json.dumps({"api_key": sandbox.key, "start_date": "2015-01-01"}))
        messages = run(sandbox.url, "discover", "--config", str(config))
        streams = next(m["catalog"]["streams"] for m in messages if m["type"] == "CATALOG")
        configured = [
            {"stream": s, "sync_mode": "full_refresh", "destination_sync_mode": "overwrite"}
            for s in streams
        ]
        catalog.write_text(json.dumps({"streams": configured}))
        messages = run(sandbox.url, "read", "--config", str(config), "--catalog", str(catalog))
    rows: dict[str, list[dict[str, Any]]] = {s["name"]: [] for s in streams}
    for message in messages:
        if message["type"] == "RECORD":
            rows[message["record"]["stream"]].append(message["record"]["data"])
    return {s["name"]: s["json_schema"] for s in streams}, rows


def test_every_declared_stream_is_discovered(synced: Any) -> None:
    assert {stream.name for stream in STREAMS} <= set(synced[0])


def test_every_row_fits_its_schema(synced: Any) -> None:
    schemas, rows = synced
    for name, schema in schemas.items():
        validator = Draft7Validator(schema)
        for row in rows[name]:
            assert not list(validator.iter_errors(row)), (name, row)


@pytest.mark.parametrize("name", sorted(stream.name for stream in STREAMS))
def test_a_stream_has_rows_with_ids_of_their_own(synced: Any, name: str) -> None:
    rows = synced[1][name]
    assert rows
    assert all(row["id"] for row in rows)


@pytest.mark.parametrize("name", ["email_hooks", "form_hooks", "web_hooks"])
def test_hooks_come_without_their_secrets(synced: Any, name: str) -> None:
    assert all(not SECRETS & row.keys() for row in synced[1][name])


def test_klasses_have_their_display_name_however_it_is_spelt(synced: Any) -> None:
    rows = synced[1]["klasses"]
    assert all(row["display_name"] and "displayname" not in row for row in rows)
