"""What organizations define for themselves: types (klasses), attributes, records (kobjects)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from source_kustomer.engine.klass import list_klasses
from source_kustomer.engine.listing import ListStream, Walk
from source_kustomer.engine.reading import Reading
from source_kustomer.engine.search import SearchStream
from source_kustomer.errors import ConfigError, NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.logger import LOGGER
from source_kustomer.records.kobjects import CustomAttributeRecord, KlassRecord, KobjectRecord

METADATA = "/metadata/{resource}"
RESOURCES = ("company", "conversation", "customer", "message")
"""What has custom attributes beside klasses (OpenAPI, GET /metadata/{resource})."""

ANY_KLASS = "kobject"
"""Stands for the custom attributes of all klasses together; no resource of that name exists."""


class Kobjects(SearchStream):
    """The records of all custom objects together; the column `type` names the klass."""

    name = "kobjects"
    query_context = "kobject"
    record = KobjectRecord
    custom_resource = ANY_KLASS
    suggested = True


class Klasses(ListStream):
    """Custom objects as defined, in every status; their records are kobjects."""

    name = "klasses"
    walks = tuple(
        Walk("/klasses", {"status": status}) for status in ("enabled", "existing_only", "disabled")
    )
    record = KlassRecord
    roles = (
        "org.permission.klass.read",
        "org.user.klass.read",
        "org.admin.klass.read",
    )
    suggested = True


class CustomAttributes(ListStream):
    """Custom attributes as defined: one row per attribute of every kind of record.

    The id is the kind of record and the attribute's name, joined by a dot. Attributes of notes
    and users are not in it: Kustomer does not tell them.
    """

    name = "custom_attributes"
    walks = (Walk(METADATA),)
    record = CustomAttributeRecord
    roles = (
        "org.permission.metadata.read",
        "org.user.metadata.read",
        "org.admin.metadata.read",
    )
    cursor_field = None

    @property
    def cost(self) -> str:
        """Requests by kind of record."""
        return f"{len(RESOURCES)} requests, and 1 per custom object, every sync"

    def probe(self, client: Client) -> None:
        """Ask for the attributes of customers."""
        client.get(METADATA.format(resource="customer"), stream=self.name)

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the attributes of one kind of record after the other."""
        client = reading.client
        for resource in (*RESOURCES, *self._klass_resources(client)):
            try:
                document = client.get(walk.path.format(resource=resource), stream=self.name)
            except NotFound:
                continue  # nothing has been defined for it
            entries = (document.resource.get("attributes") or {}).get("properties") or {}
            rows = [
                {
                    "type": "custom_attribute",
                    "id": f"{resource}.{name}",
                    "attributes": {**(entry or {}), "resource": resource, "name": name},
                }
                for name, entry in entries.items()
            ]
            yield replace(document, data=rows)

    def _klass_resources(self, client: Client) -> list[str]:
        try:
            klasses = list_klasses(client, disabled=True)
        except ConfigError as error:
            LOGGER.warning(
                "Stream %s: those of custom objects are left out, since these cannot be listed: %s",
                self.name,
                error.message,
            )
            return []
        return [f"kobject.{klass.name}" for klass in klasses]
