"""What is particular to one organization: its custom attributes and its custom objects."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any, Final

from source_kustomer.config import Config
from source_kustomer.engine.klass import Klass, list_klasses
from source_kustomer.engine.stream import Stream
from source_kustomer.errors import (
    BadRequest,
    ConfigError,
    KustomerError,
    NotAuthorised,
    Stopped,
)
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.paths import segment
from source_kustomer.logger import LOGGER
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.names import (
    STREAM_PREFIX,
    klass_of_stream,
    klasses_of_streams,
    stream_of_klass,
)
from source_kustomer.rows.options import ALL_COLUMNS, RowOptions
from source_kustomer.streams import STREAMS
from source_kustomer.streams.kobjects import (
    ANY_KLASS,
    KlassStream,
    LostKlassStream,
    UnlistedKlassStream,
)

METADATA_REQUESTS_AT_ONCE: Final = 8


@dataclass(frozen=True)
class Organization:
    """An organization as the catalog shows it."""

    streams: Sequence[Stream]
    custom: Mapping[str, CustomAttributes] = field(default_factory=dict)
    options: RowOptions = ALL_COLUMNS

    @staticmethod
    def explore(client: Client, config: Config) -> Organization:
        """Ask for custom objects and attributes; what the key may not see is left out, or untyped.

        Raises:
            NotAuthorised: when the API does not accept the key.
            TransientError: when it does not answer.
        """
        klasses = {stream_of_klass(klass.name): klass for klass in _klasses(client, config)}
        own = [KlassStream(klass, name) for name, klass in sorted(klasses.items())]
        streams: list[Stream] = [*(declaration() for declaration in STREAMS), *own]
        named = {stream.custom_resource for stream in streams}
        resources = sorted(name for name in named if name is not None and name != ANY_KLASS)
        with ThreadPoolExecutor(METADATA_REQUESTS_AT_ONCE) as pool:
            found = pool.map(lambda name: _custom_attributes(client, name, config), resources)
        custom = {
            resource: attributes
            for resource, attributes in zip(resources, found, strict=True)
            if attributes is not None
        }
        everything = [custom[s.custom_resource] for s in own if s.custom_resource in custom]
        custom[ANY_KLASS] = common_attributes(everything)
        return Organization(streams, custom, row_options(config))

    def schema(self, stream: Stream) -> dict[str, Any]:
        """Return the JSON schema of a stream's rows."""
        return stream.schema(self.custom.get(stream.custom_resource or ""), self.options)


def row_options(config: Config) -> RowOptions:
    """Return which columns the configuration chooses."""
    return RowOptions(
        has_free_text=not config.exclude_free_text,
        has_cdc_deleted_at=config.deletions == "remove",
    )


def klass_streams(client: Client, names: Iterable[str]) -> dict[str, KlassStream]:
    """Find the streams of custom objects by their names; only asks when there are any.

    Args:
        client: the API.
        names: names of configured streams, of other kinds too.
    """
    wanted = [name for name in names if name.startswith(STREAM_PREFIX)]
    if not wanted:
        return {}
    try:
        klasses = {klass.name: klass for klass in list_klasses(client, disabled=True)}
    except Stopped:
        raise
    except KustomerError as error:
        LOGGER.warning("The custom objects cannot be listed (%s); going by names.", error.message)
        return {
            name: UnlistedKlassStream(_klass_by_name(name), name, error)
            if klass_of_stream(name) is None
            else KlassStream(_klass_by_name(name), name)
            for name in wanted
        }
    known = klasses_of_streams(wanted, klasses)
    return {
        name: KlassStream(klasses[known[name]], name)
        if name in known
        else LostKlassStream(_klass_by_name(name), name)
        for name in wanted
    }


def _klass_by_name(stream: str) -> Klass:
    name = klass_of_stream(stream) or stream.removeprefix(STREAM_PREFIX)
    return Klass(name, name)


def _klasses(client: Client, config: Config) -> list[Klass]:
    try:
        return list_klasses(client, disabled=config.include_disabled_klasses)
    except NotAuthorised:
        raise
    except (ConfigError, BadRequest) as error:
        LOGGER.warning(
            "There are no streams for custom objects, since they cannot be listed: %s",
            error.message,
        )
        return []


def _custom_attributes(client: Client, resource: str, config: Config) -> CustomAttributes | None:
    try:
        document = client.get(f"/metadata/{segment(resource)}", stream="discover")
    except NotAuthorised:
        raise
    except (ConfigError, BadRequest) as error:
        LOGGER.warning("The custom attributes of %s stay untyped: %s", resource, error.message)
        return None
    return CustomAttributes.from_metadata(
        document.resource, as_columns=config.custom_attribute_columns
    )


def common_attributes(attributes: Sequence[CustomAttributes]) -> CustomAttributes:
    """Merge the custom attributes of all klasses. A name with two types stays untyped.

    They have no columns of their own, and no descriptions: together they can be more than a table
    can have. The streams of the klasses have both.
    """
    merged = {
        name: replace(one, description="")
        for each in attributes
        for name, one in each.by_name.items()
    }
    types: dict[str, set[str]] = {}
    for each in attributes:
        for name, one in each.by_name.items():
            types.setdefault(name, set()).add(one.kind)
    return CustomAttributes({name: one for name, one in merged.items() if len(types[name]) == 1})
