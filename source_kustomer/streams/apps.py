"""Extensions of Kustomer: apps, cards, views, inbound hooks and outbound webhooks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint, one_record
from source_kustomer.engine.lists import ListStream
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Object,
    Reference,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.resources import with_timestamp, without_attributes
from source_kustomer.rows.row import RemovableRow, Row, TrackedRow

APP_ROLES: Final = (
    "org.permission.apps.read",
    "org.user.apps.read",
    "org.admin.apps.read",
)
KVIEW_ROLES: Final = (
    "org.permission.kview.read",
    "org.user.kview.read",
    "org.admin.kview.read",
)
WEBHOOK_ROLES: Final = (
    "org.permission.outbound_webhook.read",
    "org.outbound_webhooks",
    "org.admin.outbound_webhooks",
)
WEBHOOK_SECRETS: Final = ("token", "headers")
"""The signing key of an outbound webhook, and what authenticates it to other systems."""
HOOK_ROLES: Final = ("org.permission.hook.read", "org.admin.hook.read")
HOOK_SECRETS: Final = frozenset({"email", "hash", "key", "url"})
"""Attributes of inbound hooks with which anyone could send data to them."""


class CardRow(RemovableRow, TrackedRow):
    """A card that an app shows next to a customer's timeline."""

    name: Text = column("Name.")
    description: Text = column("Description.")
    url: Text = column("URL that the card is loaded from.")
    contexts: Values = column("Places where it is shown.")
    app: Reference = column("App that installed it.")


class Cards(ListStream):
    """Cards that apps show next to a customer's timeline."""

    name = "cards"
    endpoints = (
        Endpoint(
            "/cards",
            roles=APP_ROLES,
        ),
    )
    row = CardRow
    record = one_record("/cards/{id}")


class KviewRow(RemovableRow, TrackedRow):
    """A kview: the layout of insight cards and timeline items."""

    resource: Text = column("Type of record that it shows.")
    context: Text = column("Place where it is shown.")
    template: Text = column("Template that renders it.")
    components: UserObject = column("Components.")
    conditions: UserObject = column("Conditions under which it is shown.")
    layout: Values = column("Layout of its components.")
    meta: UserObject = column("Metadata.")
    enabled: Boolean = column("True if it is enabled.")
    advanced: Boolean = column("True if it was written as code.")
    app_disabled: Boolean = column("True if the app that installed it is disabled.")
    rev: Integer = column("Revision number, increased by every change.")


class Kviews(ListStream):
    """Kviews: layouts of insight cards and timeline items."""

    name = "kviews"
    endpoints = (
        Endpoint("/kviews", roles=KVIEW_ROLES),
        Endpoint("/kviews", {"appDisabled": "true"}, roles=KVIEW_ROLES),
    )
    row = KviewRow
    is_removed_when_unlisted = True


class RemoteState(Nested):
    """The state of an app's own server."""

    status: Text
    status_at: Timestamp


class InstalledAppRow(RemovableRow):
    """An installed app."""

    name: Text = column("Name.")
    version: Text = column("Version.")
    current: Text = column("Version that is in use.")
    status: Text = column("Status of the installation.")
    status_at: Timestamp = column("Time of the status.")
    installing: Text = column("Version that is being installed.")
    remote: Object[RemoteState] = column("State of the app's own server.")
    actions: UserObject = column("Actions: status, time and id, by name.")
    cards: UserObject = column("Cards: status, time and id, by name.")
    hooks: UserObject = column("Hooks: status, time and id, by name.")
    klasses: UserObject = column("Custom objects: status, time and id, by name.")
    triggers: UserObject = column("Triggers: status, time and id, by name.")
    workflows: UserObject = column("Workflows: status, time and id, by name.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    modified_at: Timestamp = column("Time of the last change by a user.")
    modified_by: Reference = column("User who last changed it.")
    org: Reference = column("Organization that it belongs to.")


class InstalledApps(ListStream):
    """Installed apps, their version and status."""

    name = "installed_apps"
    endpoints = (Endpoint("/apps", roles=APP_ROLES),)
    row = InstalledAppRow
    is_removed_when_unlisted = True


class OutboundWebhookRow(RemovableRow, TrackedRow):
    """An outbound webhook, without its secrets."""

    name: Text = column("Name.")
    url: Text = column("URL that events are sent to.")
    enabled: Boolean = column("True if it is enabled.")
    is_error: Boolean = column("True if deliveries fail.")
    events: Texts = column("Names of the events that are sent.")


class OutboundWebhooks(ListStream):
    """Outbound webhooks: subscriptions of other systems to events, without token and headers."""

    name = "outbound_webhooks"
    endpoints = (
        Endpoint("/outbound-webhooks", roles=WEBHOOK_ROLES),
        Endpoint("/outbound-webhooks", {"appDisabled": "true"}, roles=WEBHOOK_ROLES),
    )
    row = OutboundWebhookRow
    record = one_record("/outbound-webhooks/{id}")

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remove the secrets of a webhook."""
        return without_attributes(resource, WEBHOOK_SECRETS)


class OutboundWebhookTransactionRow(Row):
    """An attempt to deliver an event to an outbound webhook."""

    webhook_id: Text = column("Id of the outbound webhook.")
    event_name: Text = column("Name of the event.")
    status: Text = column("Status of the delivery.")
    sent_at: Timestamp = column("Time of sending.")
    next_retry: Text = column("Time of the next attempt.")
    hook: Reference = column("Outbound webhook.")
    org: Reference = column("Organization that it belongs to.")


class OutboundWebhookTransactions(ListStream):
    """Recent attempts to deliver events to outbound webhooks.

    With the sync mode Append, the destination keeps them. Kustomer does not say for how long it
    lists them.
    """

    name = "outbound_webhook_transactions"
    endpoints = (Endpoint("/outbound-webhooks/transactions", roles=WEBHOOK_ROLES),)
    row = OutboundWebhookTransactionRow
    cursor_field = None

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Write the time of sending, which is a number, as a timestamp."""
        return with_timestamp(resource, "sentAt")


def with_authors(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Move relationships that are nested in the relationship `org` to where all others are.

    In hooks, `createdBy` and `modifiedBy` can be inside of `relationships.org`.
    """
    relationships = resource.get("relationships")
    org = relationships.get("org") if isinstance(relationships, Mapping) else None
    if not isinstance(relationships, Mapping) or not isinstance(org, Mapping):
        return resource
    authors = {name: org[name] for name in ("createdBy", "modifiedBy") if name in org}
    if not authors:
        return resource
    rest = {name: value for name, value in org.items() if name not in authors}
    return {**resource, "relationships": {**authors, **relationships, "org": rest}}


class HookStream(ListStream, family=True):
    """A stream of inbound hooks, without their secrets and the links that contain them."""

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remove the secrets and the links of a hook."""
        kept = without_attributes(with_authors(resource), HOOK_SECRETS)
        return {name: value for name, value in kept.items() if name != "links"}


class HookRow(RemovableRow, TrackedRow):
    """An inbound hook, without its secrets."""

    title: Text = column("Title.")
    description: Text = column("Description.")
    event_name: Text = column("Name of the event that it triggers.")
    debug: Boolean = column("True if its requests are logged.")
    version: Integer = column("Version of its format.")


class EmailHooks(HookStream):
    """Inbound hooks for email, without their secrets. Kustomer lists at most 990."""

    name = "email_hooks"
    endpoints = (Endpoint("/hooks/email", roles=HOOK_ROLES, page_size=99, last_page=10),)
    row = HookRow
    record = one_record("/hooks/email/{id}")


class WebHooks(HookStream):
    """Inbound hooks for HTTP requests, without their secrets. Kustomer lists at most 990."""

    name = "web_hooks"
    endpoints = (Endpoint("/hooks/web", roles=HOOK_ROLES, page_size=99, last_page=10),)
    row = HookRow
    record = one_record("/hooks/web/{id}")


class FormHooks(HookStream):
    """Inbound hooks for forms, without their secrets. Kustomer lists at most 990."""

    name = "form_hooks"
    endpoints = (Endpoint("/hooks/form", roles=HOOK_ROLES, page_size=99, last_page=10),)
    row = HookRow
    record = one_record("/hooks/form/{id}")
