"""The same as assets of Dagster, one per organization: one failing leaves the others alone."""

from __future__ import annotations

import subprocess
from pathlib import Path

from dagster import (
    AssetsDefinition,
    Definitions,
    MaterializeResult,
    RetryPolicy,
    ScheduleDefinition,
    asset,
    define_asset_job,
)

ORGANIZATIONS = ("acme", "globex")
SYNC = "/opt/source-kustomer/examples/sync.sh"
FOLDERS = Path("/var/lib/kustomer")


def synced(organization: str) -> AssetsDefinition:
    """Make the asset of an organization: the files of rows in its folder."""

    def sync() -> MaterializeResult[None]:
        folder = FOLDERS / organization
        subprocess.run([SYNC, folder], check=True)
        sizes = {path.stem: path.stat().st_size for path in (folder / "rows").glob("*.jsonl")}
        return MaterializeResult(metadata={"bytes per stream": sizes})

    retries = RetryPolicy(max_retries=2, delay=60)
    return asset(name=f"kustomer_{organization}", group_name="kustomer", retry_policy=retries)(sync)


assets = [synced(organization) for organization in ORGANIZATIONS]
job = define_asset_job("sync_kustomer", selection=assets)
schedule = ScheduleDefinition(job=job, cron_schedule="*/15 * * * *")
definitions = Definitions(assets=assets, jobs=[job], schedules=[schedule])
