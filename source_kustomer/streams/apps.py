"""What extends Kustomer: cards, views, hooks."""

from __future__ import annotations

from source_kustomer.engine.hooks import HookStream
from source_kustomer.engine.listing import ListStream, Walk
from source_kustomer.records.apps import (
    CardRecord,
    HookRecord,
    KviewRecord,
)


class Cards(ListStream):
    """Cards that apps show beside customers."""

    name = "cards"
    walks = (Walk("/cards"),)
    record = CardRecord
    roles = (
        "org.permission.apps.read",
        "org.user.apps.read",
        "org.admin.apps.read",
    )


class Kviews(ListStream):
    """Views that lay out insight cards and timeline items."""

    name = "kviews"
    walks = (Walk("/kviews"),)
    record = KviewRecord
    roles = (
        "org.permission.kview.read",
        "org.user.kview.read",
        "org.admin.kview.read",
    )


class EmailHooks(HookStream):
    """Addresses that take in data by email, without their secrets; 990 at the most."""

    name = "email_hooks"
    walks = (Walk("/hooks/email"),)
    record = HookRecord
    roles = (
        "org.permission.hook.read",
        "org.admin.hook.read",
    )


class WebHooks(HookStream):
    """Addresses that take in data by web, without their secrets; 990 at the most."""

    name = "web_hooks"
    walks = (Walk("/hooks/web"),)
    record = HookRecord
    roles = (
        "org.permission.hook.read",
        "org.admin.hook.read",
    )


class FormHooks(HookStream):
    """Addresses that take in data by form, without their secrets; 990 at the most."""

    name = "form_hooks"
    walks = (Walk("/hooks/form"),)
    record = HookRecord
    roles = (
        "org.permission.hook.read",
        "org.admin.hook.read",
    )
