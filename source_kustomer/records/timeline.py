"""Rows of what happened, and when: events, sessions, merges, the audit log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from source_kustomer.rows.columns import (
    Integer,
    Object,
    Reference,
    Text,
    Timestamp,
    UserObject,
    column,
)
from source_kustomer.rows.record import Record, TrackedRecord


class EventRecord(TrackedRecord):
    """Something that happened with a conversation or a customer."""

    renames: ClassVar[Mapping[str, str]] = {"type": "event_type"}

    name: Text = column("What happened, such as kustomer.conversation.update.")
    event_type: Text = column("The kind of event.")
    changes: Object = column(
        "What changed: `attributes` and `relationships` by name, each with the kind of change "
        "(`op`) and the value before and after it."
    )
    app: Text = column("The app that told of it.")
    tracking_event: Text = column("The tracked event of the organization's own that it is.")
    meta: UserObject = column("What the event brought along, in the sender's own terms.")
    location: Object = column("Where it came from, by network address.")
    session_id: Text = column("The session that it belongs to.")
    real_ip: Text = column("The network address that it came from.")
    published_at: Timestamp = column("When it was published.")
    conversation: Reference = column("The conversation that it is about.")
    customer: Reference = column("The customer that it is about.")
    message: Reference = column("The message that it is about.")


class CustomerMergeRecord(TrackedRecord):
    """One customer that was merged into another."""

    status: Text = column("How the merge went.")
    source: Reference = column("The customer that disappeared.")
    target: Reference = column("The customer that took over.")


class CustomerSessionRecord(Record):
    """A visit of a customer to a website or an app."""

    session_id: Text = column("The session's id in tracked events.")
    count: Integer = column("How many events it had.")
    first_event_at: Timestamp = column("When its first event happened.")
    last_event_at: Timestamp = column("When its latest event happened.")
    customer: Reference = column("The customer.")
    org: Reference = column("The organization that it belongs to.")


class AuditLogRecord(Record):
    """Something that was done in the organization, and by whom."""

    event_name: Text = column("What was done, such as kustomer.conversation.update.")
    event_verb: Text = column("The verb alone: create, update, delete, …")
    object_type: Text = column("The kind of object that it was done to.")
    object_id: Text = column("The id of that object.")
    user_type: Text = column("Who did it: a user, a machine, the system.")
    user_id: Text = column("The id of the user who did it.")
    user: Reference = column("The user who did it.")
    customer: Reference = column("The customer concerned.")
    client: Text = column("The program that did it.")
    ip: Text = column("The network address that it was done from.")
    changes: Object = column(
        "What changed: `attributes` and `relationships` by name, each with the kind of change "
        "(`op`) and the value before and after it."
    )
    org: Text = column("The id of the organization.")
    created_at: Timestamp = column("When it was done.")
    published_at: Timestamp = column("When it was noted.")
    expires_at: Timestamp = column("When Kustomer deletes the entry, about a year later.")
