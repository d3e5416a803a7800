"""Routing: queues, their rules, and the work that is handed to agents."""

from __future__ import annotations

from collections.abc import Iterator

from source_kustomer.engine.doubtful import DoubtfulSearchStream
from source_kustomer.engine.listing import ListStream, Walk
from source_kustomer.engine.reading import Reading
from source_kustomer.engine.search import SEARCH_ROLES
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.records.routing import (
    QueueRecord,
    QueueRuleRecord,
    RoutingStatusRecord,
    TeamRoutingSettingsRecord,
    WorkItemRecord,
    WorkSessionRecord,
)

QUEUES = "/routing/queues"


class Queues(ListStream):
    """Queues that conversations wait in."""

    name = "queues"
    walks = (Walk(QUEUES),)
    record = QueueRecord
    roles = (
        "org.permission.queue.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )
    suggested = True


class QueueRules(ListStream):
    """Rules that put conversations into queues."""

    name = "queue_rules"
    walks = (Walk("/routing/queue-rules"),)
    record = QueueRuleRecord
    roles = (
        "org.permission.queue_rule.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )


class TeamRoutingSettings(ListStream):
    """Which queues each team serves."""

    name = "team_routing_settings"
    walks = (Walk("/routing/settings"),)
    record = TeamRoutingSettingsRecord
    roles = (
        "org.permission.routing.read",
        "org.user.routing.read",
    )
    cursor_field = None


class RoutingStatuses(ListStream):
    """Statuses that agents can set."""

    name = "routing_statuses"
    walks = (Walk("/routing/statuses"),)
    record = RoutingStatusRecord
    roles = (
        "org.permission.routing_status.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )
    cursor_field = None


class WorkSessions(DoubtfulSearchStream):
    """From each agent's signing in to routing until signing out."""

    name = "work_sessions"
    query_context = "work_session"
    archived = False
    old_list = "/routing/work-sessions"
    walks = (Walk(old_list),)
    record = WorkSessionRecord
    roles = (
        *SEARCH_ROLES,
        "org.permission.work_session.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )


class WorkItems(DoubtfulSearchStream):
    """Each passage of a conversation through routing: queued, offered, accepted, handled.

    The source for queue times and handle times.
    """

    name = "work_items"
    query_context = "work_item"
    archived = False
    old_list = f"{QUEUES}/{{id}}/work-items"
    walks = (Walk(old_list),)
    record = WorkItemRecord
    roles = (*SEARCH_ROLES, "org.permission.routing.read", "org.user.routing.read")

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the items of each queue; there is no list of all."""
        client, size = reading.client, self.page_size
        for queues in client.list_pages(QUEUES, page_size=size, stream=self.name):
            for queue in queues.data:
                path = walk.path.format(id=queue["id"])
                yield from client.list_pages(path, page_size=size, stream=self.name)

    def probe_list(self, client: Client) -> None:
        """Ask for the first queue."""
        client.get(QUEUES, {"page": 1, "pageSize": 1}, stream=self.name)
