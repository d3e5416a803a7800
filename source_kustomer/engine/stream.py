"""What every stream declares, and the registry of the declared streams."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, ClassVar, Final

from airbyte_cdk.models import AirbyteStream, SyncMode

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.errors import KustomerError, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.row import Row
from source_kustomer.rows.schema import json_schema

if TYPE_CHECKING:
    from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

    from source_kustomer.engine.reading import Reading

_DECLARED: Final[dict[str, type[Stream]]] = {}


def declared_streams() -> tuple[type[Stream], ...]:
    """Return all streams declared so far: suggested ones first, then the others, both by name."""
    return tuple(sorted(_DECLARED.values(), key=lambda one: (not one.suggested, one.name)))


class Stream(ABC):
    """One table offered to Airbyte.

    A subclass declares it by attributes, and is then offered in the catalog; its docstring
    describes it in the documentation. A base class that defines how objects are read subclasses
    with `family=True` and adds its own attributes to `required`.
    """

    name: str
    """The stream's name: plural snake_case."""
    row: type[Row]
    """The model of its rows."""
    endpoints: tuple[Endpoint, ...]
    """The endpoints that it is read from."""
    cursor_field: str | None = "updated_at"
    """The column that orders it; None when it can only be read whole."""
    suggested: bool = False
    """Whether a new user should start with it."""
    whole_at_first: bool = False
    """Whether a first sync brings every record, those from before the start date included."""
    custom_resource: str | None = None
    """The metadata resource that describes its custom attributes."""
    required: ClassVar[tuple[str, ...]] = ("name", "row", "endpoints")

    def __init_subclass__(cls, *, family: bool = False, **kwargs: Any) -> None:
        """Register a declared stream.

        Raises:
            TypeError: when the declaration lacks an attribute, or its name is taken.
        """
        super().__init_subclass__(**kwargs)
        if family or inspect.isabstract(cls):
            return
        for attribute in cls.required:
            if not getattr(cls, attribute, None):
                raise TypeError(f"{cls.__name__} must declare {attribute}")
        if cls.name in _DECLARED:
            raise TypeError(f"{cls.__name__} and {_DECLARED[cls.name].__name__} have one name")
        _DECLARED[cls.name] = cls

    @property
    def roles(self) -> tuple[str, ...]:
        """Any one of these roles lets a key read it.

        Empty: every key may read it, or no source names a role.
        """
        return tuple(dict.fromkeys(role for one in self.endpoints for role in one.roles))

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
        schema = json_schema(self.row, custom)
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
