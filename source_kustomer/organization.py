"""What is particular to one organization: its custom attributes and its custom objects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from source_kustomer.config import Config
from source_kustomer.errors import KustomerError
from source_kustomer.families.reading import LOGGER
from source_kustomer.families.stream import Stream
from source_kustomer.kustomer.client import Client
from source_kustomer.records.custom import CustomAttributes
from source_kustomer.records.schema import json_schema
from source_kustomer.streams import STREAMS


@dataclass(frozen=True)
class Organization:
    """An organization as its streams need to know it."""

    streams: Sequence[Stream]
    custom: Mapping[str, CustomAttributes] = field(default_factory=dict)

    @staticmethod
    def explore(client: Client, config: Config) -> Organization:
        """Ask the API for custom attributes; what the key may not see is left untyped."""
        streams = [declaration() for declaration in STREAMS]
        resources = {s.custom_resource for s in streams if s.custom_resource is not None}
        custom = {
            resource: attributes
            for resource in sorted(resources)
            if (attributes := _custom_attributes(client, resource, config)) is not None
        }
        return Organization(streams, custom)

    def schema(self, stream: Stream) -> dict[str, Any]:
        """Return the JSON schema of a stream's rows."""
        attributes = self.custom.get(stream.custom_resource or "")
        return json_schema(stream.record, attributes)


def _custom_attributes(client: Client, resource: str, config: Config) -> CustomAttributes | None:
    try:
        document = client.get(f"/metadata/{resource}", stream="discover")
    except KustomerError as error:
        if error.failure_type != "config_error":
            raise
        LOGGER.warning("The custom attributes of %s stay untyped: %s", resource, error.message)
        return None
    return CustomAttributes.from_metadata(
        document.resource, as_columns=config.custom_attribute_columns
    )
