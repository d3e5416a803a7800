"""Rows of custom objects (kobjects)."""

from __future__ import annotations

from source_kustomer.records.columns import (
    Integer,
    Object,
    Reference,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.records.record import DeletableRecord


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
