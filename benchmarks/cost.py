"""What a sync costs the machine: CPU and memory per record, start-up, a slow reader of stdout."""

from __future__ import annotations

import sys

from benchmarks.figures import Figure
from benchmarks.flatten import flattening
from benchmarks.process import Cost, read, run, start_up
from benchmarks.standin import StandinProcess

UNLIMITED = 1_000_000
ROUNDS = 3

CDK_PARTS = """
import airbyte_cdk.entrypoint
import airbyte_cdk.logger
import airbyte_cdk.models
import airbyte_cdk.sources.concurrent_source.concurrent_source
import airbyte_cdk.sources.message.concurrent_repository
import airbyte_cdk.sources.streams.concurrent.cursor
import airbyte_cdk.sources.streams.concurrent.default_stream
import airbyte_cdk.sources.streams.concurrent.partitions.partition_generator
import airbyte_cdk.utils.airbyte_secrets_utils
import airbyte_cdk.utils.traced_exception
"""


def per_record(quick: bool) -> tuple[list[Figure], str]:
    """Read messages of 2 KB, more and more of them."""
    begin = start_up()
    figures = []
    for count in (10_000, 100_000, *(() if quick else (1_000_000,))):
        with StandinProcess({"message": count}, per_minute=UNLIMITED) as api:
            cost = read(api.url, api.key, ["messages"]).require_success()
            stats = api.stats()
            size = stats["answer_bytes"] / cost.rows
        figures += [
            Figure(
                f"CPU per record beyond start-up, {count:,} records",
                (cost.cpu - begin.cpu) / cost.rows * 1_000,
                "ms",
                goal=0.12,
                more={
                    "CPU s": round(cost.cpu, 2),
                    "start-up s": round(begin.cpu, 2),
                    "bytes per record in": round(size),
                    "out": round(cost.row_bytes / cost.rows),
                    "requests": stats["requests"],
                    "connections": len(stats["connections"]),
                },
            ),
            Figure(
                f"peak memory, {count:,} records",
                cost.peak_mb,
                "MB",
                goal=150,
                more={"after start-up": round(begin.peak_mb), "checkpoints": cost.states},
            ),
            Figure(
                f"first row on stdout beyond start-up, {count:,} records",
                # Of the same run: its first message comes when all is imported and set up.
                (cost.first_row or 0.0) - (cost.first_message or 0.0),
                "s",
                goal=1.0,
                more={"first message after": cost.first_message},
            ),
        ]
    return figures, flattening()


def starting(quick: bool) -> tuple[list[Figure], str]:
    """Compare `spec` as a process with importing the parts of the framework that it needs."""
    del quick
    imports = min(_imports(), _imports(), _imports())
    spec = start_up()
    figure = Figure(
        "CPU of spec / of importing the framework's parts",
        spec.cpu / imports,
        goal=1.3,
        more={"spec s": round(spec.cpu, 2), "imports s": round(imports, 2)},
    )
    return [figure], ""


def _imports() -> float:
    return run([sys.executable, "-c", CDK_PARTS]).require_success().cpu


def back_pressure(quick: bool) -> tuple[list[Figure], str]:
    """Stop reading stdout for a minute in the middle of a sync, and watch the memory."""
    pause = (4.0, 15.0 if quick else 60.0)
    samples: list[tuple[float, float]] = []
    with StandinProcess({"message": 100_000}, per_minute=UNLIMITED) as api:
        cost: Cost = read(api.url, api.key, ["messages"], pause=pause, samples=samples)
        cost.require_success()
    before = max(mb for at, mb in samples if at < pause[0])
    during = max(mb for at, mb in samples if pause[0] <= at < pause[0] + pause[1])
    late = [mb for at, mb in samples if pause[0] + pause[1] / 2 <= at < pause[0] + pause[1]]
    figures = [
        Figure(
            f"memory at the end of a pause of {pause[1]:.0f} s of stdout's reader, growth in it",
            max(late) - min(late),
            "MB",
            goal=1.0,
            more={"before": round(before), "most during": round(during), "rows": cost.rows},
        ),
        Figure("peak memory with that pause", cost.peak_mb, "MB", goal=150),
    ]
    return figures, ""
