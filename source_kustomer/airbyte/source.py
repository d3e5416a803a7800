"""The connector's four commands: spec, check, discover, read."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator, Mapping, MutableMapping
from typing import Any, Final

from airbyte_cdk.models import (
    AirbyteCatalog,
    AirbyteConnectionStatus,
    AirbyteMessage,
    AirbyteStateMessage,
    ConfiguredAirbyteCatalog,
    ConnectorSpecification,
    DestinationSyncMode,
    Status,
)
from airbyte_cdk.sources import Source

from source_kustomer.access import examine
from source_kustomer.airbyte import inputs
from source_kustomer.airbyte.catalog import catalog_stream
from source_kustomer.airbyte.read import Read
from source_kustomer.airbyte.trace_errors import traced
from source_kustomer.config import DOCUMENTATION_URL, Config, specification
from source_kustomer.errors import KustomerError
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.kustomer.transport import Transport
from source_kustomer.logger import LOGGER
from source_kustomer.organization import Organization
from source_kustomer.streams import STREAMS
from source_kustomer.timestamps import from_unix_seconds

API_URL_VARIABLE: Final = "KUSTOMER_API_URL"
"""Operators, not users, choose hosts: this overrides the address for the sandbox and proxies."""

CHECK_RETRY_SECONDS: Final = 15.0
"""The retry deadline of a request of a check."""


class SourceKustomer(Source):
    """Replicates a company's Kustomer CRM."""

    check_config_against_spec = False  # Config.parse does, with clearer messages

    def __init__(self, *, transport: Transport | None = None) -> None:
        """Start without a connection.

        Args:
            transport: sends the requests, in tests; by default over HTTP.
        """
        self._transport = transport
        self._client: Client | None = None
        self._reading: Read | None = None

    @property
    def name(self) -> str:
        """The connector's name."""
        return "source-kustomer"

    def stop(self) -> None:
        """Stop waiting, send no further requests, and emit a checkpoint of what has been read.

        For SIGTERM: an answer may take longer than the time that is left.
        """
        if self._client is not None:
            self._client.stop()
        if self._reading is not None:
            self._reading.checkpoint()

    @staticmethod
    def read_config(config_path: str) -> MutableMapping[str, Any]:
        """Read the configuration file."""
        return inputs.read_config(config_path)

    @classmethod
    def read_catalog(cls, catalog_path: str) -> ConfiguredAirbyteCatalog:
        """Read the configured catalog."""
        return inputs.read_catalog(catalog_path)

    @classmethod
    def read_state(cls, state_path: str | None) -> list[AirbyteStateMessage]:
        """Read the state file, if there is one."""
        return inputs.read_state(state_path)

    def configure(self, config: Mapping[str, Any], temp_dir: str) -> Mapping[str, Any]:
        """Return the configuration as it is; the key is not written to a file."""
        return config

    def spec(self, logger: logging.Logger) -> ConnectorSpecification:
        """Return the form that Airbyte shows."""
        return ConnectorSpecification(
            documentationUrl=DOCUMENTATION_URL,
            connectionSpecification=specification(),
            supportsIncremental=True,
            supported_destination_sync_modes=[
                DestinationSyncMode.append,
                DestinationSyncMode.overwrite,
                DestinationSyncMode.append_dedup,
            ],
        )

    def check(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteConnectionStatus:
        """Return whether the key can read something; the log names what it cannot read."""
        try:
            settings = Config.parse(config)
            now = from_unix_seconds(time.time())
            settings.start(now)
            client = self._connect(settings, retry_seconds=CHECK_RETRY_SECONDS)
            streams = [declaration() for declaration in STREAMS]
            found = examine(client, streams)
        except KustomerError as error:
            return AirbyteConnectionStatus(status=Status.FAILED, message=error.message)
        for stream, reason in found.refusals.items():
            LOGGER.warning("Stream %s cannot be read: %s", stream, reason)
        for stream, part in found.parts.items():
            if stream not in found.refusals:
                LOGGER.warning("Stream %s will be read in part, without %s", stream, part)
        if not found.can_read(streams):
            stream, reason = next(iter(found.refusals.items()))
            valid = "is valid but" if found.is_key_accepted else "could not be verified, and it"
            return AirbyteConnectionStatus(
                status=Status.FAILED,
                message=f"The API key {valid} may read none of the streams. {stream}: {reason}",
            )
        return AirbyteConnectionStatus(status=Status.SUCCEEDED)

    def discover(self, logger: logging.Logger, config: Mapping[str, Any]) -> AirbyteCatalog:
        """Return every stream with its columns, the organization's own ones included."""
        try:
            settings = Config.parse(config)
            client = self._connect(settings, retry_seconds=CHECK_RETRY_SECONDS)
            organization = Organization.explore(client, settings)
        except KustomerError as error:
            raise traced(error) from None
        return AirbyteCatalog(
            streams=[
                catalog_stream(stream, organization.schema(stream))
                for stream in organization.streams
            ]
        )

    def read(
        self,
        logger: logging.Logger,
        config: Mapping[str, Any],
        catalog: ConfiguredAirbyteCatalog,
        state: list[AirbyteStateMessage] | None = None,
    ) -> Iterator[AirbyteMessage]:
        """Yield rows and checkpoints of the configured streams.

        Raises:
            AirbyteTracedException: when the input is not usable, or when a stream failed; the
                failed stream's own trace message has then been yielded.
        """
        try:
            settings = Config.parse(config)
            client = self._connect(settings)
            read = Read.prepare(client, settings, catalog, inputs.states_by_stream(state))
        except KustomerError as error:
            raise traced(error) from None
        self._reading = read
        yield from read.messages()

    def _connect(self, config: Config, *, retry_seconds: float | None = None) -> Client:
        base_url = os.environ.get(API_URL_VARIABLE) or config.base_url
        budgets = Budgets(
            share=config.rate_limit_share / 100, searches_per_minute=config.searches_per_minute
        )
        settings: dict[str, Any] = {} if retry_seconds is None else {"retry_seconds": retry_seconds}
        if config.num_workers is not None:
            settings["max_in_flight"] = config.num_workers
        self._client = Client(
            base_url,
            config.api_key.get_secret_value(),
            budgets=budgets,
            transport=self._transport,
            **settings,
        )
        return self._client
