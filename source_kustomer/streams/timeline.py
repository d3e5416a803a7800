"""Events, sessions, merges and the audit log."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from source_kustomer.engine.audit_log import AuditStream
from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.endpoints import Endpoint, read_endpoint, with_ids
from source_kustomer.errors import NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.rows.columns import (
    AnyObject,
    Integer,
    Nested,
    Number,
    Object,
    Reference,
    Text,
    Timestamp,
    UserObject,
    column,
)
from source_kustomer.rows.objects import (
    Location,
)
from source_kustomer.rows.row import Row, TrackedRow
from source_kustomer.streams.conversations import Conversations, ConversationTimeRow
from source_kustomer.streams.customers import Customers

EVENT_ROLES: Final = ("org.permission.event.read", "org.user.event.read")
CHANGES: Final = (
    "Changes: `attributes` and `relationships` by name, each with the operation (`op`) and the "
    "value `before` and `after`."
)


class Changes(Nested):
    """What an event changed, by name."""

    attributes: AnyObject
    relationships: AnyObject
    custom: UserObject


class EventRow(TrackedRow):
    """An event of a conversation or a customer."""

    renames: ClassVar[Mapping[str, str]] = {"type": "event_type"}

    name: Text = column("Name of the event, such as kustomer.conversation.update.")
    event_type: Text = column("Type of the event.")
    changes: Object[Changes] = column(CHANGES, free_text=True)
    app: Text = column("App that reported it.")
    tracking_event: Text = column("Tracking event of the organization that it is an instance of.")
    meta: UserObject = column("Data of the sender.", free_text=True)
    location: Object[Location] = column("Location, by IP address.")
    session_id: Text = column("Session that it belongs to.")
    real_ip: Text = column("IP address.")
    published_at: Timestamp = column("Time of publication.")
    conversation: Reference = column("Conversation that it is about.")
    customer: Reference = column("Customer that it is about.")
    message: Reference = column("Message that it is about.")


class ConversationEvents(ChildStream):
    """Changes of conversations in sequence: status, assignment, tags, customer.

    The source for the history of conversations.
    """

    name = "conversation_events"
    parent = Conversations
    endpoints = (Endpoint("/conversations/{id}/events", roles=EVENT_ROLES),)
    row = EventRow


class ConversationTimeV2Row(ConversationTimeRow):
    """One piece of work of an agent, by a version 2 timer."""

    handle_time: Number = column("Handle time in milliseconds.")
    message_time: Number = column("Time spent writing messages, in milliseconds.")
    note_time: Number = column("Time spent writing notes, in milliseconds.")


class ConversationTimesV2(ChildStream):
    """Time that agents spent on conversations, by version 2 timers, in milliseconds.

    Kustomer applies the organization's settings for handle time. conversation_times has the times
    of all timers, and costs fewer requests.
    """

    name = "conversation_times_v2"
    parent = Conversations
    endpoints = (
        Endpoint(
            "/v2/conversations/{id}/times",
            roles=("org.permission.conversation.read", "org.user.conversation.read"),
            page_size=1_000,
        ),
    )
    row = ConversationTimeV2Row


class CustomerMergeRow(TrackedRow):
    """A merge of one customer into another."""

    status: Text = column("Status of the merge.")
    source: Reference = column("Customer that was merged, and no longer exists.")
    target: Reference = column("Customer that remains.")


class CustomerMerges(ChildStream):
    """Merges of customers: which one was merged into which."""

    name = "customer_merges"
    parent = Customers
    endpoints = (
        Endpoint(
            "/customers/{id}/merges",
            roles=(
                "org.permission.customer_merge.read",
                "org.user.customer.read",
                "org.admin.customer.merge.read",
            ),
        ),
    )
    row = CustomerMergeRow


class CustomerSessionRow(Row):
    """A visit of a customer to a website or an app."""

    session_id: Text = column("Id of the session in tracking events.")
    count: Integer = column("Number of events.")
    first_event_at: Timestamp = column("Time of the first event.")
    last_event_at: Timestamp = column("Time of the latest event.")
    customer: Reference = column("Customer.")
    org: Reference = column("Organization that it belongs to.")


class CustomerSessions(ChildStream):
    """Visits of customers to websites and apps."""

    name = "customer_sessions"
    parent = Customers
    endpoints = (Endpoint("/customers/{id}/sessions", roles=EVENT_ROLES),)
    row = CustomerSessionRow


class CustomerEvents(ChildStream):
    """Events of customers in their sessions: page views, identified and tracked events."""

    name = "customer_events"
    parent = Customers
    endpoints = CustomerSessions.endpoints
    session_events = Endpoint("/customers/{id}/sessions/{session}/events", roles=EVENT_ROLES)
    row = EventRow

    def pages(self, client: Client, parent: str) -> Iterator[Document]:
        """Yield the events of each session; the path has its `sessionId`, not the record's id.

        Raises:
            NotFound: when the customer does not exist, or none of the sessions has such a list.
        """
        missing: NotFound | None = None
        found = False
        for sessions in super().pages(client, parent):
            for session in sessions.data:
                session_id = attribute_of(session, "sessionId")
                if not session_id:
                    continue
                events = with_ids(
                    self.session_events, stream=self.name, id=parent, session=session_id
                )
                if events is None:
                    continue
                try:
                    for page in read_endpoint(client, events, stream=self.name):
                        found = True
                        yield page
                except NotFound as error:  # this session is gone; the events of others are not
                    missing = error
        if missing is not None and not found:
            raise missing


class AuditLogRow(Row):
    """An entry of the audit log."""

    event_name: Text = column("Name of the event, such as kustomer.conversation.update.")
    event_verb: Text = column("Verb of the event: create, update, delete, …")
    object_type: Text = column("Type of the object.")
    object_id: Text = column("Id of the object.")
    user_type: Text = column("Type of the author: user, machine or system.")
    user_id: Text = column("Id of the user.")
    user: Reference = column("User who did it.")
    customer: Reference = column("Customer concerned.")
    client: Text = column("Client application.")
    ip: Text = column("IP address of the client.")
    changes: Object[Changes] = column(CHANGES, free_text=True)
    org: Text = column("Id of the organization.")
    created_at: Timestamp = column("Time of the event.")
    published_at: Timestamp = column("Time of publication.")
    expires_at: Timestamp = column("Time when Kustomer deletes the entry.")


class AuditLogs(AuditStream):
    """Audit log: who changed what in the organization.

    Kustomer keeps entries about conversations, customers, messages, routing and sign-ins for 90
    days, others for up to a year. The column `expires_at` has the time.
    """

    name = "audit_logs"
    endpoints = (
        Endpoint(
            "/audit-logs",
            roles=(
                "org.permission.audit_logs.read",
                "org.user.audit_logs.read",
                "org.admin.audit_logs.read",
            ),
            page_size=1_000,
        ),
    )
    row = AuditLogRow
