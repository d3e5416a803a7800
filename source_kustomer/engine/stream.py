"""What every stream declares, whatever family it belongs to."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from airbyte_cdk.models import AirbyteStream, SyncMode

from source_kustomer.errors import KustomerError, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.record import Record
from source_kustomer.rows.schema import json_schema

if TYPE_CHECKING:
    from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

    from source_kustomer.engine.reading import Reading


class Stream(ABC):
    """One table offered to Airbyte.

    A subclass declares it by attributes; its docstring describes it in the documentation.
    A family (how objects are read) subclasses with `family=True` and adds attributes of its own
    to `required`.
    """

    name: str
    """The stream's name: plural snake_case."""
    record: type[Record]
    """The model of its rows."""
    roles: tuple[str, ...]
    """Any one of these roles lets a key read it. Empty: any valid key may, or no source says."""
    cursor_field: str | None = "updated_at"
    """The column that orders it; None when it can only be read whole."""
    suggested: bool = False
    """Whether a new user should start with it."""
    inferred: bool = False
    """Whether the endpoint is known from the behaviour of other clients only, not from the
    vendor's documentation. It is then skipped when the API answers 404."""
    whole_at_first: bool = False
    """Whether a first sync brings every record, those from before the start date included."""
    custom_resource: str | None = None
    """The metadata resource that describes its custom attributes."""
    required: ClassVar[tuple[str, ...]] = ("name", "record", "roles")

    def __init_subclass__(cls, *, family: bool = False, **kwargs: Any) -> None:
        """Refuse a declaration that lacks an attribute, at import."""
        super().__init_subclass__(**kwargs)
        if family or inspect.isabstract(cls):
            return
        for attribute in cls.required:
            if not hasattr(cls, attribute):
                raise TypeError(f"{cls.__name__} must declare {attribute}")

    @property
    def endpoint(self) -> str:
        """The method and path that it is read from, for the documentation."""
        raise NotImplementedError

    @property
    def cost(self) -> str:
        """What a sync costs in requests, for the documentation."""
        raise NotImplementedError

    @property
    def description(self) -> str:
        """What a row is, in words."""
        return inspect.cleandoc(type(self).__doc__ or "")

    @property
    def is_incremental(self) -> bool:
        """Tell whether a sync can continue where the last one ended."""
        return self.cursor_field is not None

    @abstractmethod
    def partitions(self, reading: Reading) -> Iterator[Partition]:
        """Yield what is to be read now; more may follow from the partitions themselves."""

    def explain(self, error: KustomerError) -> str:
        """Put an error into a sentence about this stream."""
        if isinstance(error, NotPermitted) and self.roles:
            return f"{error.message} It needs one of the roles {', '.join(self.roles)}."
        return error.message

    def schema(self, custom: CustomAttributes | None) -> dict[str, Any]:
        """Return the JSON schema of the stream's rows.

        Args:
            custom: the organization's own attributes of the object, when they are known.
        """
        schema = json_schema(self.record, custom)
        cursor = schema["properties"].get(self.cursor_field)
        if cursor is not None:
            cursor["description"] += " Syncs continue from it."
        return schema

    def as_airbyte_stream(self, json_schema: dict[str, Any]) -> AirbyteStream:
        """Describe the stream in Airbyte's catalog."""
        stream = AirbyteStream(
            name=self.name,
            json_schema=json_schema,
            supported_sync_modes=[SyncMode.full_refresh],
            source_defined_primary_key=[["id"]],
            is_resumable=self.is_incremental,
        )
        if self.cursor_field is not None:
            stream.supported_sync_modes.append(SyncMode.incremental)
            stream.source_defined_cursor = True
            stream.default_cursor_field = [self.cursor_field]
        return stream

    @abstractmethod
    def probe(self, client: Client) -> None:
        """Ask for one record, to find out whether the key may read the object.

        Raises:
            NotPermitted: when it may not.
            NotFound: when the organization has no such object.
        """
