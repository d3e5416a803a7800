"""What happened, and when: events, sessions, merges, the audit log."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from source_kustomer.engine.audit import AuditStream
from source_kustomer.engine.child import ChildStream
from source_kustomer.errors import NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.records.timeline import (
    AuditLogRecord,
    CustomerMergeRecord,
    CustomerSessionRecord,
    EventRecord,
)
from source_kustomer.streams.conversations import Conversations
from source_kustomer.streams.customers import Customers

EVENT_ROLES = ("org.permission.event.read", "org.user.event.read")


class ConversationEvents(ChildStream):
    """What changed in conversations, step by step: status, assignment, tags, customer.

    The source for a history of conversations.
    """

    name = "conversation_events"
    parent = Conversations
    path = "/conversations/{id}/events"
    record = EventRecord
    roles = EVENT_ROLES


class CustomerMerges(ChildStream):
    """Which customer was merged into which."""

    name = "customer_merges"
    parent = Customers
    path = "/customers/{id}/merges"
    record = CustomerMergeRecord
    roles = (
        "org.permission.customer_merge.read",
        "org.user.customer.read",
        "org.admin.customer.merge.read",
    )


class CustomerSessions(ChildStream):
    """Visits of customers to websites and apps."""

    name = "customer_sessions"
    parent = Customers
    path = "/customers/{id}/sessions"
    record = CustomerSessionRecord
    roles = EVENT_ROLES


class CustomerEvents(ChildStream):
    """What customers did in their sessions: page views, identified and tracked events."""

    name = "customer_events"
    parent = Customers
    path = "/customers/{id}/sessions"
    record = EventRecord
    roles = EVENT_ROLES

    @property
    def endpoint(self) -> str:
        """Two lists, one below the other."""
        return f"GET {self.path}, then GET {self.path}/{{sessionId}}/events"

    @property
    def cost(self) -> str:
        """Requests by parent, and by parent's session."""
        return "1 request per changed record of customers, and 1 per session of theirs"

    def pages(self, client: Client, parent: str) -> Iterator[Document]:
        """Yield the events of each session; the path takes its `sessionId`, not the record's id.

        Raises:
            NotFound: when the customer is gone, or none of the sessions has such a list.
        """
        missing: NotFound | None = None
        found = False
        for sessions in super().pages(client, parent):
            for session in sessions.data:
                session_id = attribute_of(session, "sessionId")
                if not session_id:
                    continue
                own, other = quote(parent, safe=""), quote(str(session_id), safe="")
                path = f"/customers/{own}/sessions/{other}/events"
                try:
                    for page in client.list_pages(path, page_size=self.page_size, stream=self.name):
                        found = True
                        yield page
                except NotFound as error:  # this session is gone; the others' events are not
                    missing = error
        if missing is not None and not found:
            raise missing


class AuditLogs(AuditStream):
    """Who changed what in the organization; Kustomer keeps the entries for about a year."""

    name = "audit_logs"
    record = AuditLogRecord
    roles = ("org.permission.audit_logs.read", "org.user.audit_logs.read")
