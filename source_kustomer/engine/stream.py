"""What every stream declares, however it is read."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Final

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.kustomer.client import Client
from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.options import ALL_COLUMNS, RowOptions
from source_kustomer.rows.row import Row
from source_kustomer.rows.schema import json_schema

_DECLARED: Final[dict[str, type[Stream]]] = {}


def declared_streams() -> tuple[type[Stream], ...]:
    """Return all streams declared so far: suggested ones first, then the others, both by name."""
    return tuple(sorted(_DECLARED.values(), key=lambda one: (not one.suggested, one.name)))


class Stream(ABC):
    """One table offered to Airbyte.

    A subclass declares it by attributes, and is registered by that; its docstring describes it.
    A way of reading is a subclass with `family=True`, which adds attributes to `required`.
    """

    name: str
    """The stream's name: plural snake_case."""
    row: type[Row]
    """The model of its rows."""
    endpoints: tuple[Endpoint, ...] = ()
    """The endpoints that it is read from."""
    cursor_field: str | None = "updated_at"
    """The column that orders it; None when it can only be read whole."""
    suggested: bool = False
    """Whether a new user should start with it."""
    whole_at_first: bool = False
    """Whether a first sync brings every record, those from before the start date included."""
    record: Endpoint | None = None
    """The endpoint of one of its records, with `{id}`. A record that its lists no longer have is
    removed if this endpoint answers 404."""
    is_removed_when_unlisted: bool = False
    """Whether a record is removed if its lists lack it twice; where `record` does not exist."""
    custom_resource: str | None = None
    """The metadata resource that describes its custom attributes."""
    required: ClassVar[tuple[str, ...]] = ("name", "row", "endpoints")

    def __init_subclass__(cls, *, family: bool = False, **kwargs: Any) -> None:
        """Register a declaration; refuse one that lacks an attribute.

        Args:
            family: whether the class is a way of reading rather than a stream.
            kwargs: for other base classes.

        Raises:
            TypeError: when a declaration lacks a required attribute, or its name is taken.
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
        """Any one of these roles lets a key read the stream.

        Empty: every key may read it, or no source names a role.
        """
        return self.endpoints[0].roles if self.endpoints else ()

    @property
    def detects_removals(self) -> bool:
        """Whether records that its lists no longer have are found."""
        return self.record is not None or self.is_removed_when_unlisted

    @property
    def is_incremental(self) -> bool:
        """Whether a sync can continue where the last one ended."""
        return self.cursor_field is not None

    @abstractmethod
    def read(self, sync: StreamSync) -> None:
        """Read everything that is missing, or open tasks that do.

        Args:
            sync: the stream in this sync; takes rows, spans and further tasks.

        Raises:
            KustomerError: when it cannot be read.
        """

    @abstractmethod
    def probe(self, client: Client) -> None:
        """Request one record, to find out whether the key may read the object.

        Raises:
            NotPermitted: when it may not; the error names the roles.
            NotFound: when the organization has no such object.
        """

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Change a resource before it becomes a row, for example to leave out a secret."""
        return resource

    def schema(
        self, custom: CustomAttributes | None, options: RowOptions = ALL_COLUMNS
    ) -> dict[str, Any]:
        """Return the JSON schema of the stream's rows.

        Args:
            custom: the organization's own attributes of the object, when they are known.
            options: what the user chooses.
        """
        schema = json_schema(self.row, custom, options)
        cursor = schema["properties"].get(self.cursor_field)
        if cursor is not None:
            cursor["description"] += " Syncs continue from it."
        return schema
