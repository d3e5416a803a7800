"""No state precedes a row that it covers: `Destination` fails as soon as one does.

That holds in every test here; this one puts on the load under which a state would have the most
rows to overtake: more readers than the way out can take, and a checkpoint after every page.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from integration_tests.connector import UNLIMITED, Connector, Message, run_patched
from integration_tests.reliability.destination import Destination
from kustomer_sandbox import Sandbox
from source_kustomer.sync import cursor as cursors

STREAMS = ("messages", "conversations", "customers", "conversation_events")


def test_no_state_precedes_a_row_that_it_covers(
    chaos: bool, catalog: dict[str, Message], tmp_path: Path
) -> None:
    records = 20_000 if chaos else 2_000
    counts = {"messages": records, "customers": records, "conversations": 1_000 if chaos else 100}
    destination = Destination(catalog[stream] for stream in STREAMS)
    with Sandbox(
        0,
        seed=41,
        counts=counts,
        max_page_size=100,
        latency_ms=20,
        latency_jitter_ms=20,
        **UNLIMITED,
    ) as sandbox:
        after_every_page = partial(run_patched, {f"{cursors.__name__}.ROWS_PER_CHECKPOINT": 1})
        config = {"api_key": sandbox.key, "start_date": "2015-01-01", "num_workers": 32}
        destination.sync(Connector(tmp_path, sandbox.url, config, main=after_every_page))
        destination.assert_is_exact(sandbox)
    print(f"states by stream: {dict(destination.state_counts)}")
    for stream in ("messages", "customers"):
        assert destination.state_counts[stream] >= records // 200, "checkpoints all along"


def row(id_: str, moment: str) -> str:
    data = f'{{"id": "{id_}", "updated_at": "{moment}"}}'
    return f'{{"type": "RECORD", "record": {{"stream": "messages", "data": {data}}}}}\n'


def state(blob: str) -> str:
    descriptor = '"stream_descriptor": {"name": "messages"}'
    stream = f'{{{descriptor}, "stream_state": {blob}}}'
    return f'{{"type": "STATE", "state": {{"type": "STREAM", "stream": {stream}}}}}\n'


@pytest.mark.parametrize(
    ("blob", "is_covered"),
    [
        ('{"updated_at": "2026-05-02"}', True),
        ('{"updated_at": "2026-05-01"}', False),
        ('{"until": "2026-06-01", "done": [["2026-04-01", "2026-05-02"]]}', True),
        ('{"until": "2026-06-01", "done": [["2026-05-02", "2026-06-01"]]}', False),
    ],
)
def test_a_destination_notices_a_row_after_a_state_that_covers_it(
    catalog: dict[str, Message], blob: str, is_covered: bool
) -> None:
    destination = Destination([catalog["messages"]])
    destination.take([row("a", "2026-04-01"), state(blob), row("a", "2026-04-01")])
    late = [row("b", "2026-05-01T12:00:00Z")]
    if is_covered:
        with pytest.raises(AssertionError, match="b came after a state"):
            destination.take(late)
    else:
        destination.take(late)
