"""`examples/dagster_assets.py` in Dagster: each asset syncs its organization's folder."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from integration_tests.connector import ALL_SEARCHES, ROOT, UNLIMITED
from kustomer_sandbox import Sandbox

MATERIALIZE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
import dagster
dagster.RetryPolicy = lambda **_: None
import dagster_assets
dagster_assets.SYNC = f"{sys.argv[1]}/sync.sh"
dagster_assets.FOLDERS = Path(sys.argv[2])
assert dagster_assets.definitions.get_job_def("sync_kustomer")
result = dagster.materialize(dagster_assets.assets, raise_on_error=False)
for event in result.get_asset_materialization_events():
    sizes = event.materialization.metadata["bytes per stream"].value
    print(event.asset_key.to_user_string(), *sizes)
"""


def test_an_asset_per_organization_is_synced_and_one_failing_leaves_the_others_alone(
    client: Callable[[str], Path], tmp_path: Path
) -> None:
    acme, globex = tmp_path / "acme", tmp_path / "globex"
    with Sandbox(50, **UNLIMITED) as sandbox:
        for folder in (acme, globex):
            folder.mkdir()
            config = {"api_key": sandbox.key, "start_date": "2015-01-01", **ALL_SEARCHES}
            (folder / "config.json").write_text(json.dumps(config))
            stream = {"name": "teams", "json_schema": {}, "supported_sync_modes": ["incremental"]}
            modes = {"sync_mode": "incremental", "destination_sync_mode": "append"}
            (folder / "catalog.json").write_text(
                json.dumps({"streams": [{"stream": stream} | modes]})
            )
        (globex / "config.json").write_text("{}")
        done = subprocess.run(
            [client("DAGSTER") / "python", "-c", MATERIALIZE, ROOT / "examples", tmp_path],
            env={
                "PATH": f"{ROOT / 'integration_tests/examples'}{os.pathsep}{os.defpath}",
                "PYTHON": sys.executable,
                "KUSTOMER_API_URL": sandbox.url,
                "DAGSTER_HOME": str(tmp_path),
                "DAGSTER_DISABLE_TELEMETRY": "1",
                "PYTHONDONTWRITEBYTECODE": "1",  # in examples/
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )
        truth = sandbox.truth_stamps("teams")
    assert done.stdout.splitlines() == ["kustomer_acme teams"], done.stderr[-3000:]
    rows = [json.loads(line) for line in (acme / "rows/teams.jsonl").read_text().splitlines()]
    assert {row["id"] for row in rows} == truth.keys()
    assert not (globex / "state.json").exists()
