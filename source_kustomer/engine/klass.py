"""Custom objects as streams of their own: one per klass that the organization has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.search import SearchStream
from source_kustomer.errors import KustomerError, NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.records.kobjects import KobjectRecord

CONTEXT_PREFIX: Final = "kobject_"
LIST_SIZE: Final = 100


@dataclass(frozen=True)
class Klass:
    """A type of custom objects. Its name never changes; what people see of it may."""

    name: str
    title: str

    @staticmethod
    def of(resource: Mapping[str, Any]) -> Klass | None:
        """Read a klass resource; None when it has no name."""
        name = attribute_of(resource, "name")
        # Kustomer spells it both ways.
        spellings = ("displayName", "displayname")
        title = next((text for s in spellings if (text := attribute_of(resource, s))), name)
        return Klass(name, str(title)) if isinstance(name, str) and name else None


class KlassStream(SearchStream, family=True):
    """The records of one custom object."""

    record = KobjectRecord
    attribute_prefix = "kobject"

    def __init__(self, klass: Klass, name: str) -> None:
        """Make the stream of a klass.

        Args:
            klass: which.
            name: the stream's name.
        """
        self.klass = klass
        self.name = name
        self.query_context = CONTEXT_PREFIX + klass.name
        self.custom_resource = f"kobject.{klass.name}"

    @property
    def description(self) -> str:
        """What a row is."""
        return f"The records of the custom object {self.klass.title}."


class LostKlassStream(KlassStream, family=True):
    """A configured stream whose custom object is gone."""

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Say that there is nothing to read any more.

        Raises:
            NotFound: always.
        """
        raise NotFound(
            f"Kustomer has no custom object for it any more ({self.klass.name}): it was deleted or "
            "disabled. Refresh the source schema, or remove the stream from the connection."
        )


class UnlistedKlassStream(KlassStream, family=True):
    """A configured stream whose klass is not known, since the klasses cannot be listed.

    Its name ends in a digest, so the name of the klass cannot be read from it.
    """

    def __init__(self, klass: Klass, name: str, error: KustomerError) -> None:
        """Keep why the klasses cannot be listed."""
        super().__init__(klass, name)
        self._error = error

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Say why there is nothing to read now.

        Raises:
            KustomerError: always.
        """
        raise self._error


def list_klasses(client: Client, *, disabled: bool) -> list[Klass]:
    """Return the organization's klasses, those included that only old records still use.

    Args:
        client: the API.
        disabled: whether to include the disabled ones.
    """
    statuses = ["enabled", "existing_only", *(["disabled"] if disabled else [])]
    found: dict[str, Klass] = {}
    for status in statuses:
        pages = client.list_pages(
            "/klasses", {"status": status}, page_size=LIST_SIZE, stream="klasses"
        )
        for page in pages:
            for resource in page.data:
                if (klass := Klass.of(resource)) is not None:
                    found.setdefault(klass.name, klass)
    return list(found.values())
