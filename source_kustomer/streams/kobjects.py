"""What organizations define: custom objects (klasses), custom attributes, records (kobjects)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import ClassVar, Final

from source_kustomer.engine.endpoints import Endpoint, one_record, read_endpoint
from source_kustomer.engine.klass import CONTEXT_PREFIX, Klass, list_klasses
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.outlets import RowOutlet
from source_kustomer.engine.search import SearchStream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import (
    BadRequest,
    ConfigError,
    KustomerError,
    NotFound,
    UnorderedPage,
)
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.logger import LOGGER
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Number,
    Object,
    Reference,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.row import DeletableRow, RemovableRow, Row, TrackedRow

RESOURCES: Final = ("company", "conversation", "customer", "message")
"""Resources that have custom attributes, apart from klasses (OpenAPI, GET /metadata/{resource})."""

ANY_KLASS: Final = "kobject"
"""Stands for the custom attributes of all klasses together; no resource of that name exists."""

KLASS_ROLES: Final = (
    "org.permission.klass.read",
    "org.user.klass.read",
    "org.admin.klass.read",
)


GENERIC: Final = "kobject"
"""What the search attributes of all klasses together begin with."""


class KobjectDone(Nested):
    """A time when the record was marked done, with durations in milliseconds."""

    created_at: Timestamp
    created_by: Text
    created_by_team: Text
    assigned_user: Text
    assigned_team: Text
    time: Integer
    business_time: Integer
    comment_count: Integer


class KobjectRevenue(Nested):
    """Revenue that is attributed to a conversation."""

    attribution_by: Text
    channel: Text
    conversation_id: Text
    currency: Text
    revenue_value: Number
    time: Integer


class KobjectRow(DeletableRow):
    """A record of a custom object, such as an order; its `type` is `kobject.<klass>`."""

    title: Text = column("Title that agents see.", free_text=True)
    description: Text = column("Description.", free_text=True)
    icon: Text = column("Name of the icon.")
    images: Texts = column("URLs of images.")
    klass: Reference = column("Custom object (klass) that it is a record of.")
    klass_display_name: Text = column("Name of the custom object that agents see.")
    klass_mixins: Texts = column("Mixins of the custom object, such as assignable.")
    customer: Reference = column("Customer that it belongs to.")
    company: Reference = column("Company that it belongs to.")
    external_id: Text = column("Id in another system.")
    custom: UserObject = column("Custom attributes of this custom object, by name.")
    data: UserObject = column("Data of the app that created it.", free_text=True)
    tags: Values = column("Tags.")
    status: Text = column("open, snoozed or done, for assignable custom objects.")
    assigned_user: Text = column("Id of the assigned user.")
    assigned_team: Text = column("Id of the assigned team.")
    queue: Text = column("Id of the queue that it waits in.")
    queue_data: Reference = column("Queue that it waits in, as a reference.")
    done_count: Integer = column("Number of times it was marked done.")
    first_done: Object[KobjectDone] = column("First time it was marked done: user, time, duration.")
    last_done: Object[KobjectDone] = column("Latest time it was marked done.")
    reopen_count: Integer = column("Number of times it was reopened.")
    reopen_done_count: Integer = column("Number of times it was marked done after a reopening.")
    reopen_from_done_count: Integer = column("Number of times it was reopened from done.")
    attribution: Object[KobjectRevenue] = column("Source of the customer.")
    role_group_versions: Values = column("Versions of the role groups that control access.")
    s3_data_url: Text = column("URL of a large payload that is stored outside the record.")
    imported_at: Timestamp = column("Time of import from another system.")
    rev: Integer = column("Revision number, increased by every change.")


class Kobjects(SearchStream):
    """Records of all custom objects together. The column `type` names the klass."""

    name = "kobjects"
    query_context = "kobject"
    row = KobjectRow
    custom_resource = ANY_KLASS
    suggested = True


class KlassStream(SearchStream, family=True):
    """The records of one custom object.

    Sources disagree on what its search attributes begin with: `kobject`, or the name of the
    context. The latter is used if the search's schema lists it. If the search refuses the first
    choice, the other is used.
    """

    row = KobjectRow
    attribute_prefix = GENERIC

    def __init__(self, klass: Klass, name: str) -> None:
        """Make the stream of a klass.

        Args:
            klass: the custom object.
            name: the stream's name.
        """
        self.klass = klass
        self.name = name
        self.query_context = CONTEXT_PREFIX + klass.name
        self.custom_resource = f"kobject.{klass.name}"

    def read(self, sync: StreamSync) -> None:
        """Open a task for each window that is not read yet."""
        own = f"{self.query_context}_{self.cursor_field}"
        if sync.sync.schema.sorts_by(own, sync.client):
            self.attribute_prefix = self.query_context
        self.read_windows(sync, RowOutlet(sync), refused=partial(self._read_otherwise, sync))

    def _read_otherwise(self, sync: StreamSync, error: KustomerError) -> None:
        """Search by the other attribute.

        Raises:
            KustomerError: the error, when it is not about the attribute.
        """
        if not isinstance(error, BadRequest | UnorderedPage):
            raise error
        is_own = self.attribute_prefix == self.query_context
        self.attribute_prefix = GENERIC if is_own else self.query_context
        self.read_windows(sync, RowOutlet(sync))


class LostKlassStream(KlassStream, family=True):
    """A configured stream whose custom object no longer exists."""

    def read(self, sync: StreamSync) -> None:
        """Report that there is nothing to read any more.

        Raises:
            NotFound: always.
        """
        raise NotFound(
            f"Kustomer has no custom object for it any more ({self.klass.name}): it was deleted or "
            "disabled. Refresh the source schema, or remove the stream from the connection."
        )


class UnlistedKlassStream(KlassStream, family=True):
    """A configured stream whose klass is unknown, because the klasses cannot be listed.

    Its name ends in a hash, so the klass's name does not follow from it. A search for a wrong name
    might return no records, which must not be taken for an empty object.
    """

    def __init__(self, klass: Klass, name: str, error: KustomerError) -> None:
        """Keep the reason why the klasses cannot be listed."""
        super().__init__(klass, name)
        self._error = error

    def read(self, sync: StreamSync) -> None:
        """Report why nothing can be read now.

        Raises:
            KustomerError: always.
        """
        raise self._error


class KlassRow(RemovableRow, TrackedRow):
    """The definition of a custom object (klass)."""

    renames: ClassVar[Mapping[str, str]] = {"displayname": "display_name"}  # both spellings occur

    name: Text = column("Name in Kustomer's API.")
    display_name: Text = column("Name that agents see.")
    status: Text = column("enabled, existing_only or disabled.")
    color: Text = column("Colour.")
    icon: Text = column("Name of the icon.")
    mixins: Texts = column("Mixins, such as assignable.")
    klass_schema: Text = column("Schema of its records.")
    s3_data_url: Text = column("URL of data that is stored outside the record.")
    app_version: Text = column("Version of the app that installed it.")
    app_disabled: Boolean = column("True if the app that installed it is disabled.")


class Klasses(ListStream):
    """Definitions of custom objects (klasses) in every status. Their records are in kobjects."""

    name = "klasses"
    endpoints = tuple(
        Endpoint("/klasses", {"status": status}, roles=KLASS_ROLES)
        for status in ("enabled", "existing_only", "disabled")
    )
    row = KlassRow
    record = one_record("/klasses/{id}")
    suggested = True


class CustomAttributeRow(Row):
    """The definition of a custom attribute."""

    renames: ClassVar[Mapping[str, str]] = {"type": "value_type"}

    resource: Text = column(
        "Type of record that has it: company, conversation, customer, message, or kobject.<klass>."
    )
    name: Text = column("Name: the key in the column `custom`.")
    display_name: Text = column("Name that agents see.")
    value_type: Text = column("Type of its values, as Kustomer names it.")
    multi: Boolean = column("True if its value is a list.")
    array: Boolean = column("True if its value is a list, in an older format.")
    enumeration: Values = column("Values that can be selected.")
    tree: UserObject = column("Tree that its value is a path in.")
    target: Text = column("Type of record that its value is the id of.")
    has_sensitive_attributes: Boolean = column("True if its values are masked for most users.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    modified_at: Timestamp = column("Time of the last change by a user.")
    modified_by: Text = column("Id of the user who last changed it.")
    deleted: Boolean = column("True if it has been deleted. Records may still have values of it.")
    deleted_at: Timestamp = column("Time of deletion.")
    deleted_by: Text = column("Id of the user who deleted it.")


class CustomAttributes(ListStream):
    """Definitions of custom attributes: one row per attribute and type of record.

    The id is the type of record and the attribute's name, joined by a dot. Kustomer does not list
    the attributes of notes and users.
    """

    name = "custom_attributes"
    endpoints = (
        Endpoint(
            "/metadata/{resource}",
            roles=(
                "org.permission.metadata.read",
                "org.user.metadata.read",
                "org.admin.metadata.read",
            ),
            page_size=None,
        ),
    )
    row = CustomAttributeRow
    cursor_field = None

    def probed(self) -> Endpoint:
        """Return the attributes of customers."""
        return self.endpoints[0].of(resource="customer")

    def pages(self, client: Client, endpoint: Endpoint) -> Iterator[Document]:
        """Yield the attributes of one resource after the other."""
        for resource in (*RESOURCES, *self._klass_resources(client)):
            one = endpoint.of(resource=resource)
            try:
                for document in read_endpoint(client, one, stream=self.name):
                    yield _attributes_of(document, resource)
            except NotFound:
                continue  # the resource has no custom attributes

    def _klass_resources(self, client: Client) -> list[str]:
        try:
            klasses = list_klasses(client, disabled=True)
        except ConfigError as error:
            LOGGER.warning(
                "Stream %s: the attributes of custom objects are left out, because the custom "
                "objects cannot be listed: %s",
                self.name,
                error.message,
            )
            return []
        return [f"kobject.{klass.name}" for klass in klasses]


def _attributes_of(document: Document, resource: str) -> Document:
    """Return a document with a record per attribute of a resource."""
    properties = attribute_of(document.resource, "properties")
    entries = properties.items() if isinstance(properties, Mapping) else ()
    rows = [
        {
            "type": "custom_attribute",
            "id": f"{resource}.{name}",
            "attributes": {
                **(entry if isinstance(entry, Mapping) else {}),
                "resource": resource,
                "name": name,
            },
        }
        for name, entry in entries
    ]
    return replace(document, data=rows)
