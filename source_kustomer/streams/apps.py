"""Extensions of Kustomer: cards, views and inbound hooks."""

from __future__ import annotations

from typing import Final

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.hooks import HookStream
from source_kustomer.engine.lists import ListStream
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Reference,
    Text,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.row import TrackedRow

HOOK_ROLES: Final = ("org.permission.hook.read", "org.admin.hook.read")


class CardRow(TrackedRow):
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
            roles=("org.permission.apps.read", "org.user.apps.read", "org.admin.apps.read"),
        ),
    )
    row = CardRow


class KviewRow(TrackedRow):
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
        Endpoint(
            "/kviews",
            roles=("org.permission.kview.read", "org.user.kview.read", "org.admin.kview.read"),
        ),
    )
    row = KviewRow


class HookRow(TrackedRow):
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


class WebHooks(HookStream):
    """Inbound hooks for HTTP requests, without their secrets. Kustomer lists at most 990."""

    name = "web_hooks"
    endpoints = (Endpoint("/hooks/web", roles=HOOK_ROLES, page_size=99, last_page=10),)
    row = HookRow


class FormHooks(HookStream):
    """Inbound hooks for forms, without their secrets. Kustomer lists at most 990."""

    name = "form_hooks"
    endpoints = (Endpoint("/hooks/form", roles=HOOK_ROLES, page_size=99, last_page=10),)
    row = HookRow
