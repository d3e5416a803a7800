"""Streams are read in process, against a sandbox without limits."""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from airbyte_cdk import AirbyteTracedException
from airbyte_cdk.models import (
    AirbyteMessageSerializer,
    AirbyteStateMessageSerializer,
    ConfiguredAirbyteCatalogSerializer,
)

from integration_tests.connector import ALL_SEARCHES, UNLIMITED
from kustomer_sandbox import Sandbox
from source_kustomer.airbyte.source import API_URL_VARIABLE, SourceKustomer
from source_kustomer.rows.names import STREAM_PREFIX
from source_kustomer.streams import STREAMS

LOGGER = logging.getLogger("airbyte.source-kustomer")
CURSORS = {declared.name: declared.cursor_field for declared in STREAMS}


@dataclass
class Synced:
    """What a read gave."""

    rows: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: AirbyteTracedException | None = None
    """What ended it, when it did not end well."""

    def ids(self, stream: str) -> set[str]:
        """The ids of a stream's rows."""
        return {row["id"] for row in self.rows[stream]}


class Reader:
    """Reads streams of one sandbox."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def discover(self, **config: Any) -> dict[str, dict[str, Any]]:
        """The JSON schemas, by stream."""
        catalog = SourceKustomer().discover(LOGGER, self._config(config))
        return {stream.name: dict(stream.json_schema) for stream in catalog.streams}

    def read(
        self,
        *streams: str,
        states: Mapping[str, dict[str, Any]] | None = None,
        schemas: Mapping[str, dict[str, Any]] | None = None,
        full_refresh: bool = False,
        may_fail: bool = False,
        **config: Any,
    ) -> Synced:
        """Read streams, incrementally where they can be; without schemas unless some are given."""
        catalog = ConfiguredAirbyteCatalogSerializer.load(
            {"streams": [self._configured(name, schemas or {}, full_refresh) for name in streams]}
        )
        messages = [
            AirbyteStateMessageSerializer.load(
                {
                    "type": "STREAM",
                    "stream": {"stream_descriptor": {"name": name}, "stream_state": state},
                }
            )
            for name, state in (states or {}).items()
        ]
        synced = Synced()
        for message in self._messages(synced, self._config(config), catalog, messages):
            body = json.loads(json.dumps(AirbyteMessageSerializer.dump(message), default=vars))
            if body["type"] == "RECORD":
                synced.rows[body["record"]["stream"]].append(body["record"]["data"])
            elif body["type"] == "STATE":
                stream = body["state"]["stream"]
                synced.states[stream["stream_descriptor"]["name"]] = stream["stream_state"]
        if synced.error is not None and not may_fail:
            raise synced.error
        return synced

    @staticmethod
    def _messages(synced: Synced, *inputs: Any) -> Iterator[Any]:
        try:
            yield from SourceKustomer().read(LOGGER, *inputs)
        except AirbyteTracedException as error:
            synced.error = error

    def _config(self, config: Mapping[str, Any]) -> dict[str, Any]:
        return {"api_key": self.sandbox.key, "start_date": "2015-01-01", **ALL_SEARCHES, **config}

    @staticmethod
    def _configured(
        name: str, schemas: Mapping[str, dict[str, Any]], full_refresh: bool
    ) -> dict[str, Any]:
        cursor = "updated_at" if name.startswith(STREAM_PREFIX) else CURSORS[name]
        incremental = cursor is not None and not full_refresh
        return {
            "stream": {
                "name": name,
                "json_schema": schemas.get(name, {}),
                "supported_sync_modes": ["full_refresh", "incremental"],
            },
            "sync_mode": "incremental" if incremental else "full_refresh",
            "destination_sync_mode": "append",
        }


@pytest.fixture(scope="package")
def _sandbox() -> Iterator[Sandbox]:
    few = dict.fromkeys(("companies", "work_sessions", "work_items", "conversation_times"), 30)
    with (
        Sandbox(300, counts=few, **UNLIMITED) as sandbox,
        pytest.MonkeyPatch.context() as environment,
    ):
        environment.setenv(API_URL_VARIABLE, sandbox.url)
        yield sandbox


@pytest.fixture
def sandbox(_sandbox: Sandbox) -> Iterator[Sandbox]:
    """The sandbox, with its switches as they were at the start."""
    _sandbox.forget_requests()
    with _sandbox.temporarily():
        yield _sandbox


@pytest.fixture
def reader(sandbox: Sandbox) -> Reader:
    return Reader(sandbox)
