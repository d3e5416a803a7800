"""Rows of routing: queues, their rules, and the work that is handed to agents."""

from __future__ import annotations

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Object,
    Reference,
    Text,
    Timestamp,
    Values,
    column,
)
from source_kustomer.rows.record import DeletableRecord, TrackedRecord


class QueueRecord(DeletableRecord):
    """A queue that conversations wait in."""

    name: Text = column("The queue's name.")
    display_name: Text = column("The name that agents see.")
    description: Text = column("What it is for.")
    key: Text = column("Its name in rules.")
    priority: Integer = column("Its precedence over other queues.")
    item_size: Integer = column("How much of an agent's capacity one of its items takes.")
    restrict_transfers_by_users: Boolean = column("Whether users are kept from transferring to it.")
    system: Boolean = column("Whether Kustomer brought it, as it does the default queue.")


class QueueRuleRecord(TrackedRecord):
    """A rule that puts conversations into a queue."""

    enabled: Boolean = column("Whether it is applied.")
    queue: Reference = column("The queue that it fills.")


class TeamRoutingSettingsRecord(TrackedRecord):
    """Which queues a team serves."""

    enabled: Boolean = column("Whether work is routed to the team.")
    queues: Values = column("Queues that it serves.")
    external_queues: Values = column("Queues of other systems that it serves.")
    team: Reference = column("The team.")


class RoutingStatusRecord(TrackedRecord):
    """A status that agents can set, such as available."""

    name: Text = column("The status's name.")
    status_type: Text = column("What it means for routing.")
    system: Boolean = column("Whether Kustomer brought it.")


class WorkSessionRecord(TrackedRecord):
    """The time between an agent's signing in to routing and out of it."""

    active: Boolean = column("Whether it still lasts.")
    signed_in_at: Timestamp = column("When the agent signed in.")
    signed_out_at: Timestamp = column("When the agent signed out.")
    status_type: Text = column("What the agent's status means for routing.")
    status: Reference = column("The agent's routing status.")
    team: Reference = column("The agent's team.")
    user: Reference = column("The agent.")


class WorkItemRecord(DeletableRecord):
    """One passage of a conversation (or another assignable record) through routing."""

    work_item_number: Integer = column("Which passage of its record it is, counted from 1.")
    status: Text = column("queued, assigned, completed, …")
    resource_type: Text = column("The kind of record that is routed, such as conversation.")
    resource: Reference = column("The record that is routed.")
    resource_created_at: Timestamp = column("When that record was created.")
    resource_direction: Text = column("Who began it: in (the customer) or out.")
    resource_rev: Integer = column("The revision of that record.")
    resource_first_assign_time: Integer = column(
        "How long after that record's creation it was first assigned, in milliseconds."
    )
    channel: Text = column("The channel that it came by.")
    priority: Integer = column("Its precedence in the queue.")
    item_size: Integer = column("How much of an agent's capacity it takes.")
    queue: Reference = column("The queue that it is or was in.")
    queued_count: Integer = column("How often it was queued.")
    rule: Reference = column("The rule that put it there.")
    team: Reference = column("The team that it went to.")
    assigned_to: Reference = column("The user it is assigned to.")
    routed_to: Reference = column("The user it was offered to.")
    routed_to_session: Reference = column("That user's work session.")
    accepted_by: Reference = column("The user who accepted it.")
    work_session: Reference = column("The work session that it was handled in.")
    first_enter_queue_at: Timestamp = column("When it was first queued.")
    first_routed_response: Object = column("The first answer after routing: when, after how long.")
    handle: Object = column(
        "How long it was handled, in milliseconds (also in business time), and until when."
    )
    wrap_up: Object = column("How long its wrapping up took.")
    abandoned: Object = column("Whether and when the customer gave up waiting.")
    ivr: Object = column("What the telephone menu found out.")
    paused: Boolean = column("Whether it is paused.")
    completed_at: Timestamp = column("When it was completed.")
    last_revision: Object = column("Its latest assignment: entered the queue, accepted when.")
    last_revision_data: Reference = column("That assignment, as a reference.")
    rev: Integer = column("Its revision, counted up by every change.")
