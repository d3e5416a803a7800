"""The same as a DAG of Airflow 3, a task per organization: one failing leaves the others alone."""

from __future__ import annotations

from datetime import datetime, timedelta

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

ORGANIZATIONS = ("acme", "globex")

with DAG(
    "kustomer",
    schedule="*/15 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
):
    for organization in ORGANIZATIONS:
        BashOperator(
            task_id=f"sync_{organization}",
            bash_command=f"/opt/source-kustomer/examples/sync.sh /var/lib/kustomer/{organization}",
        )
