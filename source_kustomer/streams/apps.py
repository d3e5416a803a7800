"""What extends Kustomer: cards, views, hooks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from source_kustomer.families.listing import ListStream, Walk
from source_kustomer.families.reading import Reading
from source_kustomer.kustomer.documents import Document
from source_kustomer.records.apps import (
    CardRecord,
    HookRecord,
    KviewRecord,
)

SECRETS: Final = frozenset({"email", "hash", "key", "url"})
"""Attributes of hooks with which anyone could send data in."""


class HookStream(ListStream, family=True):
    """A stream of hooks, without their secrets. Kustomer lists 990 at the most."""

    page_size = 99

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the pages of the list, the secrets and the links that hold them taken out."""
        for page in super().pages(reading, walk):
            yield replace(page, data=[_without_secrets(row) for row in page.data])


def _without_secrets(row: dict[str, object]) -> dict[str, object]:
    attributes = row.get("attributes")
    kept = {key: value for key, value in row.items() if key != "links"}
    if isinstance(attributes, dict):
        kept["attributes"] = {k: v for k, v in attributes.items() if k not in SECRETS}
    return kept


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
