"""Workflows: automations that users define, and their failed runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint, one_record
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.nested import NestedListStream
from source_kustomer.kustomer.documents import attribute_of, target_of
from source_kustomer.rows.columns import (
    AnyObject,
    Boolean,
    Integer,
    Nested,
    Object,
    Objects,
    Reference,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
    key,
)
from source_kustomer.rows.resources import with_attributes
from source_kustomer.rows.row import RemovableRow, Row
from source_kustomer.timestamps import MINUTE, format_timestamp, parse_timestamp

OVERLAP: Final = 60 * MINUTE
"""Runs of this time before the end of the last sync are read again, since a retry changes them."""
AUTHORS: Final = ("createdBy", "modifiedBy")
WORKFLOW_ROLES: Final = ("org.permission.workflow.read", "org.admin.workflow.read")


class WorkflowTrigger(Nested):
    """The trigger of a workflow."""

    id: Text
    event_name: Text
    transitions: Values
    callable_: Boolean = key("callable")
    schema_: UserObject = key("schema")
    app_version: Text


class WorkflowStep(Nested):
    """A step of a workflow."""

    id: Text
    action: Text
    app_version: Text
    params: UserObject
    transitions: Values
    error_cases: Values


class WorkflowRow(RemovableRow):
    """A workflow."""

    name: Text = column("Name.")
    description: Text = column("Description.")
    enabled: Boolean = column("True if it is enabled.")
    editable: Boolean = column("True if users can edit it.")
    contains_variables: Boolean = column("True if it uses workflow variables.")
    trigger: Object[WorkflowTrigger] = column("Trigger: event name, transitions.")
    steps: Objects[WorkflowStep] = column("Steps: action, parameters, transitions, error cases.")
    last_error: AnyObject = column("Latest error.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    created_by: Text = column("Id of the user who created it.")
    modified_by: Text = column("Id of the user who last changed it.")
    org: Reference = column("Organization that it belongs to.")


class Workflows(ListStream):
    """Workflows with their trigger and steps, enabled or not.

    Steps can contain addresses and texts of other systems. Kustomer does not delete workflows, it
    disables them.
    """

    name = "workflows"
    endpoints = (Endpoint("/workflows", roles=WORKFLOW_ROLES),)
    row = WorkflowRow
    record = one_record("/workflows/{id}")

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Move the authors, which are ids here and not relationships, to the attributes."""
        relationships = resource.get("relationships")
        if not isinstance(relationships, Mapping):
            return resource
        authors = {name: relationships[name] for name in AUTHORS if name in relationships}
        ids = {
            name: target_of(resource, name) if isinstance(author, Mapping) else author
            for name, author in authors.items()
        }
        rest = {name: value for name, value in relationships.items() if name not in authors}
        return with_attributes({**resource, "relationships": rest}, ids)


class EventData(Nested):
    """The record that an event is about."""

    type: Text
    id: Text


class WorkflowEvent(Nested):
    """The event that started a run."""

    id: Text
    type: Text
    name: Text
    data: Object[EventData]


class RunMeta(Nested):
    """Properties of a run."""

    attempt: Integer
    retry: Boolean
    workflow_rev: Integer


class WorkflowErrorRow(Row):
    """A failed run of a workflow."""

    error: Text = column("Error message.", free_text=True)
    status: Text = column("Status of the run.")
    event: Object[WorkflowEvent] = column(
        "Event that started the run. Of its record, only the type and the id."
    )
    meta: Object[RunMeta] = column("Attempt, retry and revision of the workflow.")
    workflow: Reference = column("Workflow.")
    workflow_runner: Reference = column("Runner of the workflow.")
    created_at: Timestamp = column("Time of the run.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    org: Reference = column("Organization that it belongs to.")


class WorkflowErrors(NestedListStream):
    """Failed runs of workflows, without the contents of customers' records.

    Syncs continue from the time of creation, and read the hour before it again, because a retry
    changes the status of a run.
    """

    name = "workflow_errors"
    parents = Workflows.endpoints[0]
    endpoints = (Endpoint("/workflows/{id}/processes", {"sort": "asc"}, WORKFLOW_ROLES),)
    row = WorkflowErrorRow
    cursor_field = "created_at"
    whole_at_first = False

    def below(self, parent: Mapping[str, Any], since: int) -> Iterator[Endpoint]:
        """Yield the failed runs of a workflow since a timestamp."""
        for endpoint in super().below(parent, since):
            start = format_timestamp(since - OVERLAP)
            yield replace(endpoint, params={**endpoint.params, "createdAtFrom": start})

    def is_new(self, resource: Mapping[str, Any], since: int) -> bool:
        """Return whether a run is not from before the time that is read, by its creation."""
        created_at = parse_timestamp(attribute_of(resource, "createdAt"))
        return created_at is None or created_at >= since - OVERLAP

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Leave out the contents of records: they hold customers and messages."""
        event, meta = attribute_of(resource, "event"), attribute_of(resource, "meta")
        replaced: dict[str, Any] = {}
        if isinstance(event, Mapping):
            data = event.get("data")
            named = data if isinstance(data, Mapping) else {}
            replaced["event"] = {
                **{name: event[name] for name in ("id", "type", "name") if name in event},
                "data": {name: named[name] for name in ("type", "id") if name in named},
            }
        if isinstance(meta, Mapping):
            replaced["meta"] = {k: v for k, v in meta.items() if k != "context"}
        return with_attributes(resource, replaced)
