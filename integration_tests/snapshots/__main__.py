"""Write the files of integration_tests/ that are generated from the code: `make snapshots`.

Review their diff like any other change: the configurations and the warehouse tables of users
depend on them.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

from airbyte_cdk.models import AirbyteCatalog, AirbyteMessage, AirbyteMessageSerializer, Type

from source_kustomer.airbyte.catalog import catalog_stream
from source_kustomer.airbyte.source import SourceKustomer
from source_kustomer.engine.stream import Stream
from source_kustomer.streams import STREAMS

TESTS = Path(__file__).resolve().parent.parent
SAMPLE_MOMENT = "2024-06-01T00:00:00.000Z"
FAR_FUTURE = "2999-01-01T00:00:00.000Z"


def spec() -> dict[str, Any]:
    """The specification."""
    return dict(SourceKustomer().spec(logging.getLogger()).connectionSpecification)


def catalog() -> dict[str, Any]:
    """Every stream, without an organization's own columns and objects."""
    streams = [catalog_stream(stream, stream.schema(None)) for stream in _streams()]
    message = AirbyteMessage(type=Type.CATALOG, catalog=AirbyteCatalog(streams=streams))
    return dict(AirbyteMessageSerializer.dump(message)["catalog"])


def configured_catalog() -> dict[str, Any]:
    """Every stream in its best sync mode; without schemas, which a read does not need."""
    return {
        "streams": [
            {
                "stream": {**stream, "json_schema": {}},
                "sync_mode": stream["supported_sync_modes"][-1],
                "destination_sync_mode": "append_dedup",
                "cursor_field": stream.get("default_cursor_field", []),
                "primary_key": stream["source_defined_primary_key"],
            }
            for stream in catalog()["streams"]
        ]
    }


def states(moment: str) -> list[dict[str, Any]]:
    """The state of every incremental stream, as if it had been read up to a moment."""
    return [
        {
            "type": "STREAM",
            "stream": {
                "stream_descriptor": {"name": stream.name},
                "stream_state": {stream.cursor_field: moment},
            },
        }
        for stream in _streams()
        if stream.is_incremental
    ]


def files() -> dict[str, Any]:
    """What each file holds, by its path in integration_tests/."""
    return {
        "snapshots/spec.json": spec(),
        "snapshots/catalog.json": catalog(),
        "configured_catalog.json": configured_catalog(),
        "sample_state.json": states(SAMPLE_MOMENT),
        "abnormal_state.json": states(FAR_FUTURE),
    }


def text_of(content: object) -> str:
    """Lay out the content of a file as JSON, so that a change shows as few lines in a diff.

    A catalog has a line per column, or per stream where its schema is empty; a list of states has
    a line per stream.
    """
    if isinstance(content, list):
        return _block("[", [_line(item) for item in content], "]") + "\n"
    if isinstance(content, dict) and "streams" in content:
        streams = [_stream_text(stream) for stream in content["streams"]]
        return f'{{"streams": {_block("[", streams, "]")}}}\n'
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _stream_text(stream: dict[str, Any]) -> str:
    schema = stream.get("json_schema")
    if schema is None:
        return _line(stream)
    rest = {name: value for name, value in stream.items() if name not in ("name", "json_schema")}
    head = {name: value for name, value in schema.items() if name != "properties"}
    columns = [f"{_line(name)}: {_line(one)}" for name, one in schema["properties"].items()]
    text = f'{_line(head)[:-1]}, "properties": {_block("{", columns, "}")}}}'
    return f'{{"name": {_line(stream["name"])}, {_line(rest)[1:-1]}, "json_schema": {text}}}'


def _block(opening: str, lines: list[str], closing: str) -> str:
    return "\n".join([opening, ",\n".join(lines), closing])


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _streams() -> list[Stream]:
    return [declaration() for declaration in STREAMS]


if __name__ == "__main__":
    for path, content in files().items():
        (TESTS / path).write_text(text_of(content))
