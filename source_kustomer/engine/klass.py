"""The custom objects (klasses) of an organization."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of

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
