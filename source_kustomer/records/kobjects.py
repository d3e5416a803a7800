"""Rows of what organizations define for themselves: objects (klasses), attributes, records."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Object,
    Reference,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.record import DeletableRecord, Record, TrackedRecord


class KobjectRecord(DeletableRecord):
    """A record of a custom object, such as an order; its `type` is `kobject.<klass>`."""

    title: Text = column("The title that agents see.")
    description: Text = column("A description.")
    icon: Text = column("The name of its icon.")
    images: Values = column("Addresses of pictures.")
    klass: Reference = column("The custom object (klass) that it is a record of.")
    klass_display_name: Text = column("The name of the custom object, as agents see it.")
    klass_mixins: Values = column("What the custom object can do besides, such as assignable.")
    customer: Reference = column("The customer that it belongs to.")
    company: Reference = column("The company that it belongs to.")
    external_id: Text = column("Its id in another system.")
    custom: UserObject = column("The organization's own attributes of this custom object, by name.")
    data: UserObject = column("What the app that made it has stored with it, in its own terms.")
    tags: Values = column("Its tags.")
    status: Text = column("Of assignable custom objects: open, snoozed or done.")
    assigned_user: Text = column("Id of the user it is assigned to.")
    assigned_team: Text = column("Id of the team it is assigned to.")
    queue: Text = column("Id of the queue that it waits in.")
    queue_data: Reference = column("The queue that it waits in, as a reference.")
    done_count: Integer = column("How often it was marked done.")
    first_done: Object = column("The first time it was done: by whom, when, after how long.")
    last_done: Object = column("The latest time it was done.")
    reopen_count: Integer = column("How often it was opened again.")
    reopen_done_count: Integer = column("How often it was done again after that.")
    reopen_from_done_count: Integer = column("How often it was opened again after being done.")
    attribution: Object = column("Where the customer came from.")
    role_group_versions: Values = column("Versions of the role groups that govern access to it.")
    s3_data_url: Text = column(
        "Where Kustomer keeps a large payload, when it is not in the record."
    )
    imported_at: Timestamp = column("When it was imported from another system.")
    rev: Integer = column("Its revision, counted up by every change.")


class KlassRecord(TrackedRecord):
    """A custom object as defined; its records are kobjects."""

    renames: ClassVar[Mapping[str, str]] = {"displayname": "display_name"}  # spelt both ways

    name: Text = column("The name in Kustomer's API.")
    display_name: Text = column("The name that agents see.")
    status: Text = column("enabled, existing_only or disabled.")
    color: Text = column("Its colour.")
    icon: Text = column("The name of its icon.")
    mixins: Texts = column("What its records can do besides, such as assignable.")
    klass_schema: Text = column("The schema of its records.")
    s3_data_url: Text = column("Where Kustomer keeps its data.")
    app_version: Text = column("The version of the app that brought it.")
    app_disabled: Boolean = column("Whether the app that brought it is switched off.")


class CustomAttributeRecord(Record):
    """A custom attribute as defined; its values are in the column `custom` of its resource."""

    renames: ClassVar[Mapping[str, str]] = {"type": "value_type"}

    resource: Text = column(
        "The kind of record that carries it: company, conversation, customer, message, or "
        "kobject.<klass>."
    )
    name: Text = column("Its name, which is its key in the column `custom`.")
    display_name: Text = column("The name that agents see.")
    value_type: Text = column("The type of its values, in Kustomer's words.")
    multi: Boolean = column("Whether its value is a list.")
    array: Boolean = column("Whether its value is a list, in an older form.")
    enumeration: Values = column("The values that can be chosen from.")
    tree: UserObject = column("The tree that its value is a path in.")
    target: Text = column("The kind of record that its value is the id of.")
    has_sensitive_attributes: Boolean = column("Whether its values are masked for most users.")
    created_at: Timestamp = column("When it was defined.")
    updated_at: Timestamp = column("When its definition last changed in any way.")
    modified_at: Timestamp = column("When a user last changed its definition.")
    modified_by: Text = column("Id of that user.")
    deleted: Boolean = column("Whether it has been deleted; records may still have values of it.")
    deleted_at: Timestamp = column("When it was deleted.")
    deleted_by: Text = column("Id of the user that deleted it.")
