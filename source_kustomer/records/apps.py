"""Rows of what extends Kustomer: cards, views, hooks."""

from __future__ import annotations

from source_kustomer.rows.columns import Boolean, Integer, Text, UserObject, Values, column
from source_kustomer.rows.record import TrackedRecord


class CardRecord(TrackedRecord):
    """A card that an app shows beside a customer."""

    name: Text = column("The card's name.")
    description: Text = column("What it shows.")
    url: Text = column("The address that it is loaded from.")
    contexts: Values = column("Where it is shown.")


class KviewRecord(TrackedRecord):
    """A view that lays out insight cards and timeline items."""

    resource: Text = column("The kind of record that it shows.")
    context: Text = column("Where it is shown.")
    template: Text = column("The template that draws it.")
    components: UserObject = column("What it is made of.")
    conditions: UserObject = column("When it is shown.")
    layout: Values = column("How its parts are laid out.")
    meta: UserObject = column("Facts of its own.")
    enabled: Boolean = column("Whether it is shown.")
    advanced: Boolean = column("Whether it was written as code.")
    app_disabled: Boolean = column("Whether the app that brought it is switched off.")
    rev: Integer = column("Its revision, counted up by every change.")


class HookRecord(TrackedRecord):
    """An address at which Kustomer takes in data; its secrets are left out."""

    title: Text = column("The name that users see.")
    description: Text = column("What it is for.")
    event_name: Text = column("The event that it sets off.")
    debug: Boolean = column("Whether what it takes in is logged.")
    version: Integer = column("The version of its form.")
