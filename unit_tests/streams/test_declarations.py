"""Stream declarations are complete, and a declared stream needs no further registration."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.stream import Stream
from source_kustomer.rows.names import MAX_LENGTH
from source_kustomer.streams import STREAMS
from source_kustomer.streams.workspace import TeamRow
from tools.streams_reference import INFERRED, cost, endpoint

ROOT = Path(__file__).parents[2]
ENDPOINTS = (Endpoint("/gadgets"),)
ROLES_UNDOCUMENTED = {"chat_settings", "notifications", "role_groups", "roles"}
"""Streams for which no source names a role."""


def test_names_are_unique() -> None:
    assert len({stream.name for stream in STREAMS}) == len(STREAMS)


def test_names_leave_room_for_what_loaders_append() -> None:
    assert all(len(stream.name) <= MAX_LENGTH for stream in STREAMS)


@pytest.mark.parametrize("declared", STREAMS, ids=lambda stream: stream.name)
def test_a_stream_is_declared_in_full(declared: type[Stream]) -> None:
    stream = declared()
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*s(_v2)?", stream.name) or stream.name == "klasses"
    assert declared.__doc__
    assert all(field.description for field in stream.row.model_fields.values())
    schema = stream.schema(None)
    Draft7Validator.check_schema(schema)
    assert {"id", stream.cursor_field or "id"} <= schema["properties"].keys()
    assert stream.roles or stream.name in ROLES_UNDOCUMENTED
    assert endpoint(stream) and cost(stream)


def test_streams_with_an_inferred_endpoint_exist() -> None:
    assert {stream.name for stream in STREAMS} >= INFERRED


def test_the_order_of_the_catalog_does_not_depend_on_the_order_of_declaration() -> None:
    suggested = [stream.name for stream in STREAMS if stream.suggested]
    others = [stream.name for stream in STREAMS if not stream.suggested]
    assert [stream.name for stream in STREAMS] == sorted(suggested) + sorted(others)


def test_two_streams_of_one_name_are_refused() -> None:
    with pytest.raises(TypeError, match=r"Again and Teams have one name"):
        type("Again", (ListStream,), {"name": "teams", "row": TeamRow, "endpoints": ENDPOINTS})


@pytest.mark.parametrize("missing", ["name", "row", "endpoints"])
def test_an_incomplete_declaration_is_refused(missing: str) -> None:
    attributes = {"name": "gadgets", "row": TeamRow, "endpoints": ENDPOINTS}
    del attributes[missing]

    with pytest.raises(TypeError, match=f"must declare {missing}"):
        type("Gadgets", (ListStream,), attributes)


def test_the_example_in_contributing_is_a_stream_as_soon_as_it_is_a_file(tmp_path: Path) -> None:
    for package in ("source_kustomer", "tools"):
        shutil.copytree(ROOT / package, tmp_path / package)
    guide = (ROOT / "CONTRIBUTING.md").read_text()
    (example,) = re.findall(r"```python\n(.*?class Widgets.*?)```", guide, re.DOTALL)
    (tmp_path / "source_kustomer/streams/widgets.py").write_text(textwrap.dedent(example))

    run = subprocess.run(
        [sys.executable, "-m", "tools.streams_reference"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert run.returncode == 0, run.stderr
    section = run.stdout.partition("\n## widgets\n")[2].partition("\n## ")[0]
    assert "- Endpoint: `GET /widgets`" in section
    assert "- Roles, any one of: `org.permission.widget.read`, `org.user.widget.read`" in section
    assert "| `parts` | texts | Ids of its parts. |" in section
