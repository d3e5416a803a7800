"""Users, teams, tags, shortcuts and snippets."""

from __future__ import annotations

from typing import Final

from source_kustomer.engine.endpoints import Endpoint, one_record
from source_kustomer.engine.lists import ListStream
from source_kustomer.rows.columns import (
    AnyObject,
    Boolean,
    Integer,
    Nested,
    Object,
    Reference,
    References,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.row import DeletableRow, RemovableRow

TEAM_ROLES: Final = ("org.permission.team.read", "org.user.team.read", "org.admin.team.read")
TAG_ROLES: Final = ("org.permission.tag.read",)
SHORTCUT_ROLES: Final = (
    "org.permission.shortcut.read",
    "org.user.shortcut.read",
    "org.admin.shortcut.read",
    "org.user.content.shortcut.read",
    "org.admin.content.shortcut.read",
)
USER_ROLES: Final = ("org.permission.user.read", "org.user.read")


class PasswordProperties(Nested):
    """Properties of a password."""

    allow_new: Boolean
    force_new: Boolean
    updated_at: Timestamp


class UserRow(DeletableRow):
    """A user of Kustomer: a person, or a machine such as an API key."""

    name: Text = column("Full name.")
    display_name: Text = column("Name that customers see.")
    email: Text = column("Email address, used to sign in.")
    user_type: Text = column("user, machine (an API key or app), or limited.")
    avatar_url: Text = column("URL of the avatar.")
    mobile: Text = column("Phone number.")
    email_signature: Text = column("Email signature.")
    email_verified_at: Timestamp = column("Time when the email address was last verified.")
    first_email_verified_at: Timestamp = column("Time when the email address was first verified.")
    is_email_valid: Boolean = column("True if mail to the address is delivered.")
    verified_email_status: Text = column("Status of the email verification.")
    first_login_at: Timestamp = column("Time of the first sign-in.")
    most_recent_login_at: Timestamp = column("Time of the latest sign-in.")
    password: Object[PasswordProperties] = column(
        "Properties of the password, such as its age; never the password."
    )
    roles: Texts = column("Roles of the user.")
    role_groups: Texts = column("Ids of the user's role groups.")
    custom: UserObject = column("Custom attributes of users, by name.")


class Users(ListStream):
    """Users: agents and machines, including those who are pending or deactivated."""

    name = "users"
    endpoints = (
        Endpoint("/users", roles=USER_ROLES, page_size=500),
        # The parameters cannot be combined. No source says which users the list has without them.
        Endpoint("/users", {"pending": "true"}, roles=USER_ROLES, page_size=500, daily=True),
        Endpoint("/users", {"userType": "machine"}, roles=USER_ROLES, page_size=500, daily=True),
        Endpoint(
            "/users",
            {"deleted": "true"},
            roles=USER_ROLES,
            page_size=500,
            with_deleted=True,
            daily=True,
        ),
    )
    row = UserRow
    record = one_record("/users/{id}")
    suggested = True


class TeamRow(DeletableRow):
    """A team."""

    name: Text = column("Name.")
    display_name: Text = column("Name that customers see.")
    icon: Text = column("Name of the icon.")
    members: Texts = column("Ids of the members.")
    role_groups: Values = column("Role groups of the members.")
    external_id: Text = column("Id in another system.")
    imported_at: Timestamp = column("Time of import from another system.")


class Teams(ListStream):
    """Teams and their members."""

    name = "teams"
    endpoints = (
        Endpoint("/teams", roles=TEAM_ROLES, page_size=500),
        Endpoint(
            "/teams",
            {"deleted": "true"},
            roles=TEAM_ROLES,
            page_size=500,
            with_deleted=True,
            daily=True,
        ),
    )
    row = TeamRow
    record = one_record("/teams/{id}")
    suggested = True


class TagRow(DeletableRow):
    """A tag."""

    name: Text = column("Name.")
    color: Text = column("Colour.")


class Tags(ListStream):
    """Tags of conversations, customers and companies."""

    name = "tags"
    endpoints = (
        Endpoint("/tags", roles=TAG_ROLES),
        Endpoint("/tags", {"deleted": "true"}, roles=TAG_ROLES, with_deleted=True, daily=True),
    )
    row = TagRow
    record = one_record("/tags/{id}")
    suggested = True


class SnippetRow(RemovableRow):
    """A snippet: a translated text that shortcuts, chat settings and themes refer to by its key."""

    key: Text = column("Key, used as `[[key]]`. Kustomer's own begin with sn.kustomer.")
    name: Text = column("Name.")
    description: Text = column("Description.")
    app: Text = column("App that it belongs to.")
    category: Text = column("Category.")
    source: Text = column("Language of the original.")
    langs: UserObject = column("Texts by language: `value`, and whether it is `outdated`.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")
    org: Reference = column("Organization that it belongs to.")


class Snippets(ListStream):
    """Snippets: translated texts that shortcuts, chat settings and themes refer to by key."""

    name = "snippets"
    endpoints = (
        Endpoint(
            "/snippets",
            roles=(
                "org.permission.snippet.read",
                "org.user.snippet.read",
                "org.user.content.snippet.read",
                "org.admin.snippet.read",
                "org.admin.content.snippet.read",
            ),
        ),
    )
    row = SnippetRow
    record = one_record("/snippets/{id}")


class ShortcutDraft(Nested):
    """The message that a shortcut creates."""

    text: Text
    subject: Text
    channel: Texts
    attachments: Values


class ShortcutConversation(Nested):
    """The changes that a shortcut makes to the conversation."""

    status: Text
    tags: Texts
    assigned_users: Texts
    assigned_teams: Texts
    custom: UserObject


class ShortcutRow(DeletableRow):
    """A shortcut: a prepared reply."""

    name: Text = column("Name.")
    payload: AnyObject = column("Content that it inserts, by channel and language.")
    draft: Object[ShortcutDraft] = column(
        "Message that it creates: text, subject, attachments, channels."
    )
    conversation: Object[ShortcutConversation] = column(
        "Changes to the conversation: tags, status, assignment."
    )
    is_private: Boolean = column("True if only its owner can use it.")
    app_disabled: Boolean = column("True if the app that installed it is disabled.")
    parent: Reference = column("Category that it belongs to.")
    attachments: References = column("Files that it attaches.")
    access_users: References = column("Users who may use it, if access is restricted.")
    access_teams: References = column("Teams that may use it, if access is restricted.")
    rev: Integer = column("Revision number, increased by every change.")


class Shortcuts(ListStream):
    """Shortcuts: prepared replies that agents insert."""

    name = "shortcuts"
    endpoints = (
        Endpoint("/shortcuts", roles=SHORTCUT_ROLES),
        Endpoint(
            "/shortcuts", {"deleted": "true"}, roles=SHORTCUT_ROLES, with_deleted=True, daily=True
        ),
    )
    row = ShortcutRow
    record = one_record("/shortcuts/{id}")
    suggested = True
