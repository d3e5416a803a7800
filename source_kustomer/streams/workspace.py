"""How the organization is set up: people, teams, tags, texts."""

from __future__ import annotations

from source_kustomer.engine.listing import ListStream, Walk
from source_kustomer.records.workspace import (
    ShortcutRecord,
    TagRecord,
    TeamRecord,
    UserRecord,
)


class Users(ListStream):
    """Everyone who works in Kustomer, agents and machines, deactivated ones included."""

    name = "users"
    walks = (Walk("/users"), Walk("/users", {"deleted": "true"}, only_deleted=True))
    page_size = 500
    record = UserRecord
    roles = ("org.permission.user.read", "org.user.read")
    suggested = True


class Teams(ListStream):
    """Teams and their members."""

    name = "teams"
    walks = (Walk("/teams"),)
    page_size = 500
    record = TeamRecord
    roles = ("org.permission.team.read", "org.user.team.read", "org.admin.team.read")
    suggested = True


class Tags(ListStream):
    """The tags that conversations, customers and companies carry."""

    name = "tags"
    walks = (Walk("/tags"),)
    record = TagRecord
    roles = ("org.permission.tag.read",)
    suggested = True
    inferred = True


class Shortcuts(ListStream):
    """Prepared answers that agents insert."""

    name = "shortcuts"
    walks = (Walk("/shortcuts"),)
    record = ShortcutRecord
    roles = (
        "org.permission.shortcut.read",
        "org.user.shortcut.read",
        "org.admin.shortcut.read",
        "org.user.content.shortcut.read",
        "org.admin.content.shortcut.read",
    )
    suggested = True
