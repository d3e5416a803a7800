"""Routing: queues, their rules, and the work that is routed to agents."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from source_kustomer.engine.endpoints import (
    Endpoint,
    one_record,
    read_by_ids,
    read_endpoint,
)
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.search_or_list import SearchOrListStream
from source_kustomer.engine.snapshots import SnapshotStream
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.rows.columns import (
    AnyObject,
    Boolean,
    Integer,
    Nested,
    Number,
    Object,
    Objects,
    Reference,
    References,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.resources import with_timestamp
from source_kustomer.rows.row import DeletableRow, RemovableRow, Row, TrackedRow

ROUTING_ROLES: Final = ("org.permission.routing.read", "org.user.routing.read")
QUEUE_ROLES: Final = ("org.permission.queue.read", *ROUTING_ROLES)
QUEUE_RULE_ROLES: Final = ("org.permission.queue_rule.read", *ROUTING_ROLES)


class QueueRow(DeletableRow):
    """A queue."""

    name: Text = column("Name.")
    display_name: Text = column("Name that agents see.")
    description: Text = column("Description.")
    key: Text = column("Key of the queue in rules.")
    priority: Integer = column("Priority over other queues.")
    item_size: Integer = column("Capacity of an agent that one of its items takes.")
    restrict_transfers_by_users: Boolean = column("True if users cannot transfer items to it.")
    system: Boolean = column("True if Kustomer created it, as the default queue.")


class Queues(ListStream):
    """Queues that conversations wait in."""

    name = "queues"
    endpoints = (
        Endpoint("/routing/queues", roles=QUEUE_ROLES),
        Endpoint("/routing/queues", {"all": "true"}, roles=QUEUE_ROLES),
    )
    row = QueueRow
    record = one_record("/routing/queues/{id}")
    suggested = True

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Write a time of creation that is a number as a timestamp."""
        return with_timestamp(resource, "createdAt")


class QueueRuleRow(RemovableRow, TrackedRow):
    """A rule that adds conversations to a queue."""

    name: Text = column("Name.")
    description: Text = column("Description.")
    criteria: UserObject = column("Criteria of the conversations that it adds to the queue.")
    enabled: Boolean = column("True if it is enabled.")
    queue: Reference = column("Queue that it adds conversations to.")


class QueueRules(ListStream):
    """Rules that add conversations to queues."""

    name = "queue_rules"
    endpoints = (
        Endpoint("/routing/queue-rules", roles=QUEUE_RULE_ROLES),
        Endpoint("/routing/queue-rules", {"enabled": "false"}, roles=QUEUE_RULE_ROLES),
    )
    row = QueueRuleRow
    record = one_record("/routing/queue-rules/{id}")


class TeamRoutingSettingsRow(TrackedRow):
    """Routing settings of a team."""

    enabled: Boolean = column("True if work is routed to the team.")
    queues: Values = column("Queues that the team serves.")
    external_queues: Values = column("Queues of other systems that the team serves.")
    work_item_capacity: Number = column("Capacity of each agent of the team for work items.")
    capacity: AnyObject = column("Capacity of each agent of the team, in detail.")
    team: Reference = column("Team.")


class TeamRoutingSettings(ListStream):
    """Routing settings of teams: the queues that each team serves."""

    name = "team_routing_settings"
    endpoints = (Endpoint("/routing/settings", roles=ROUTING_ROLES),)
    row = TeamRoutingSettingsRow
    cursor_field = None


class QueueMetricsRow(Row):
    """The waiting time in a queue at a point in time."""

    name: Text = column("Name of the queue.")
    queue: Reference = column("Queue.")
    synced_at: Timestamp = column("Start of the sync.")
    read_at: Timestamp = column("Time of reading.")
    latest_wait_time_seconds: Number = column("Waiting time of the latest work item, in seconds.")
    latest_wait_time_since_queue_entry_or_last_unpause_seconds: Number = column(
        "Waiting time since the entry into the queue or the end of the last pause, in seconds."
    )
    latest_wait_time_before_or_after_last_pause_seconds: Number = column(
        "Waiting time before or after the last pause, in seconds."
    )
    latest_wait_time_work_item: Reference = column("Work item that has waited for that time.")
    org: Reference = column("Organization that it belongs to.")


class QueueMetrics(SnapshotStream):
    """Waiting times in the queues at the time of each sync.

    With an incremental sync, the destination keeps a row per queue and sync.
    """

    name = "queue_metrics"
    endpoints = (Endpoint("/chat/queues/metrics/{id}", roles=QUEUE_ROLES, page_size=None),)
    row = QueueMetricsRow

    def probed(self) -> Endpoint:
        """Return the list of queues."""
        return Queues.endpoints[0]

    def pages(self, client: Client, endpoint: Endpoint) -> Iterator[Document]:
        """Yield the metrics of all queues, many queues per request."""
        for queues in read_endpoint(client, Queues.endpoints[0], stream=self.name):
            ids = [str(queue["id"]) for queue in queues.data if queue.get("id")]
            yield from read_by_ids(client, endpoint, ids, stream=self.name)


class RoutingStatusRow(TrackedRow):
    """A routing status of agents, such as available."""

    name: Text = column("Name.")
    description: Text = column("Description.")
    status_type: Text = column("available, unavailable, busy or offline.")
    selectable: Boolean = column("True if agents can select it.")
    enabled: Boolean = column("True if it is enabled.")
    routable: Boolean = column("True if work is routed to agents with this status.")
    system: Boolean = column("True if Kustomer created it.")


class RoutingStatuses(ListStream):
    """Routing statuses that agents can set."""

    name = "routing_statuses"
    endpoints = (
        Endpoint("/routing/statuses", roles=("org.permission.routing_status.read", *ROUTING_ROLES)),
    )
    row = RoutingStatusRow
    cursor_field = None


class PriorityCapacity(Nested):
    """Capacity of an agent for one priority."""

    priority: Integer
    limit: Number
    remaining: Number


class StatusTime(Nested):
    """Time in a status, in milliseconds."""

    status_at: Timestamp
    time: Integer
    business_time: Integer


class WorkSessionRow(RemovableRow, TrackedRow):
    """A work session: the time from an agent's sign-in to routing until the sign-out."""

    active: Boolean = column("True if the session has not ended. Often missing: see signed_out_at.")
    signed_in_at: Timestamp = column("Time of sign-in.")
    signed_out_at: Timestamp = column("Time of sign-out; null while the session lasts.")
    status_type: Text = column("Type of the agent's routing status: available, offline, …")
    routable: Boolean = column("True if work is routed to the agent.")
    work_item_count: Integer = column("Number of open work items.")
    paused_work_item_count: Integer = column("Number of paused work items.")
    handled_item_count: Integer = column("Number of handled work items.")
    handled_conversation_count: Integer = column("Number of handled conversations.")
    total_capacity: Number = column("Capacity of the agent.")
    capacity_remaining: Number = column("Capacity that is not in use.")
    capacity: Objects[PriorityCapacity] = column("Capacity by priority: limit and remaining.")
    capacity_status: Text = column("Use of the capacity, such as idle.")
    last_assigned_item_at: Timestamp = column("Time of the latest assignment.")
    total_available: Object[StatusTime] = column(
        "Time available in milliseconds, also in business hours, and the time of the status."
    )
    total_available_idle_capacity: Object[StatusTime] = column("Time available without work.")
    total_available_not_at_capacity: Object[StatusTime] = column(
        "Time available with capacity remaining."
    )
    total_available_at_capacity: Object[StatusTime] = column(
        "Time available with no capacity remaining."
    )
    total_unavailable: Object[StatusTime] = column("Time unavailable.")
    total_unavailable_idle_capacity: Object[StatusTime] = column("Time unavailable without work.")
    total_unavailable_not_at_capacity: Object[StatusTime] = column(
        "Time unavailable with capacity remaining."
    )
    total_unavailable_at_capacity: Object[StatusTime] = column(
        "Time unavailable with no capacity remaining."
    )
    total_busy: Object[StatusTime] = column("Time busy.")
    total_busy_idle_capacity: Object[StatusTime] = column("Time busy without work.")
    total_busy_not_at_capacity: Object[StatusTime] = column("Time busy with capacity remaining.")
    total_busy_at_capacity: Object[StatusTime] = column("Time busy with no capacity remaining.")
    total_time_by_status: UserObject = column("Time by the id of the routing status.")
    status: Reference = column("Routing status of the agent.")
    team: Reference = column("Team of the agent.")
    user: Reference = column("Agent.")
    routing_settings: Reference = column("Routing settings of the team.")
    queues: References = column("Queues that the agent serves.")
    pending_item: Reference = column("Work item that is offered to the agent.")
    last_revision: AnyObject = column("Latest revision of the session.")
    last_revision_data: Reference = column("Latest revision, as a reference.")
    rev: Integer = column("Revision number, increased by every change.")


class WorkSessions(SearchOrListStream):
    """Work sessions of agents, from sign-in to routing until sign-out."""

    name = "work_sessions"
    query_context = "work_session"
    archived = False
    endpoints = (
        Endpoint(
            "/routing/work-sessions",
            {"user": "false", "active": "false"},  # all users, and ended sessions as well
            roles=("org.permission.work_session.read", *ROUTING_ROLES),
        ),
    )
    row = WorkSessionRow
    record = one_record("/routing/work-sessions/{id}")


class Handling(Nested):
    """The handling of a work item, with durations in milliseconds."""

    time: Integer
    business_time: Integer
    completed_at: Timestamp


class Assignment(Nested):
    """An assignment of a work item."""

    entered_queue_at: Timestamp
    accepted_at: Timestamp


class WorkItemRow(DeletableRow):
    """A work item: one pass of a conversation, or another assignable record, through routing."""

    work_item_number: Integer = column("Number of the pass of its record, from 1.")
    status: Text = column("ivr, queued, routed, assigned, wrap-up or completed.")
    resource_type: Text = column("Type of the routed record, such as conversation.")
    resource: Reference = column("Routed record.")
    resource_created_at: Timestamp = column("Time of creation of the routed record.")
    resource_direction: Text = column("Who started the routed record: in (the customer) or out.")
    resource_rev: Integer = column("Revision number of the routed record.")
    resource_first_assign_time: Integer = column(
        "Time from the record's creation to its first assignment, in milliseconds."
    )
    resource_first_queue_time: Integer = column(
        "Time from the record's creation until it was first queued, in milliseconds."
    )
    resource_first_route_time: Integer = column(
        "Time from the record's creation until it was first routed, in milliseconds."
    )
    channel: Text = column("Channel of the routed record.")
    priority: Integer = column("Priority in the queue.")
    item_size: Integer = column("Capacity of an agent that it takes.")
    queue: Reference = column("Queue that it is or was in.")
    queued_count: Integer = column("Number of times it was queued.")
    rule: Reference = column("Rule that added it to the queue.")
    team: Reference = column("Team that it was routed to.")
    assigned_to: Reference = column("User it is assigned to.")
    routed_to: Reference = column("User it was offered to.")
    routed_to_session: Reference = column("Work session of the user it was offered to.")
    accepted_by: Reference = column("User who accepted it.")
    work_session: Reference = column("Work session that it was handled in.")
    first_enter_queue_at: Timestamp = column("Time when it was first queued.")
    first_routed_response: AnyObject = column("First reply after routing: time, response time.")
    handle: Object[Handling] = column(
        "Handle time in milliseconds, also in business hours, and the time of its end."
    )
    wrap_up: AnyObject = column("Wrap-up time.")
    abandoned: AnyObject = column("Abandonment: whether and when the customer stopped waiting.")
    ivr: AnyObject = column("Result of the phone menu (IVR).")
    paused: Boolean = column("True if it is paused.")
    completed_at: Timestamp = column("Time of completion.")
    last_revision: Object[Assignment] = column("Latest assignment: time queued, time accepted.")
    last_revision_data: Reference = column("Latest assignment, as a reference.")
    rev: Integer = column("Revision number, increased by every change.")


class WorkItems(SearchOrListStream):
    """Work items: one pass of a conversation through routing (queued, offered, accepted, handled).

    The source for queue times and handle times.
    """

    name = "work_items"
    query_context = "work_item"
    archived = False
    endpoints = (Endpoint("/routing/work-items", roles=ROUTING_ROLES),)
    row = WorkItemRow
    record = one_record("/routing/work-items/{id}")
