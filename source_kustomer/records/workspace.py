"""Rows of how the organization is set up: people, teams, tags, texts."""

from __future__ import annotations

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
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
from source_kustomer.rows.record import DeletableRecord


class ShortcutRecord(DeletableRecord):
    """A prepared answer."""

    name: Text = column("The shortcut's name.")
    payload: Object = column("What it inserts, per channel and language.")
    draft: Object = column("The message that it writes: text, subject, attachments, channels.")
    conversation: Object = column("What it changes in the conversation: tags, status, assignment.")
    is_private: Boolean = column("Whether only its owner can use it.")
    app_disabled: Boolean = column("Whether the app that brought it is switched off.")
    parent: Reference = column("The category that it is filed under.")
    attachments: References = column("Files that it adds.")
    access_users: References = column("Users who may use it, where it is not for all.")
    access_teams: References = column("Teams that may use it, where it is not for all.")
    rev: Integer = column("Its revision, counted up by every change.")


class TagRecord(DeletableRecord):
    """A tag."""

    name: Text = column("The tag's name.")
    color: Text = column("The tag's colour.")


class TeamRecord(DeletableRecord):
    """A team."""

    name: Text = column("The team's name.")
    display_name: Text = column("The name that customers see.")
    icon: Text = column("The name of its icon.")
    members: Texts = column("Ids of the users in it.")
    role_groups: Values = column("Role groups that its members have.")
    external_id: Text = column("Its id in another system.")
    imported_at: Timestamp = column("When it was imported from another system.")


class UserRecord(DeletableRecord):
    """Someone who works in Kustomer, or a machine that does."""

    name: Text = column("The full name.")
    display_name: Text = column("The name that customers see.")
    email: Text = column("The address that the user signs in with.")
    user_type: Text = column("user, machine (an API key or app), or limited.")
    avatar_url: Text = column("The address of a picture.")
    mobile: Text = column("A telephone number.")
    email_signature: Text = column("The signature under emails.")
    email_verified_at: Timestamp = column("When the address was last verified.")
    first_email_verified_at: Timestamp = column("When the address was first verified.")
    is_email_valid: Boolean = column("Whether mail to the address arrives.")
    verified_email_status: Text = column("How far the verification of the address has come.")
    first_login_at: Timestamp = column("When the user first signed in.")
    most_recent_login_at: Timestamp = column("When the user last signed in.")
    password: Object = column("Facts about the password, such as its age; never the password.")
    roles: Texts = column("Roles that the user has.")
    role_groups: Values = column("Ids of the role groups that the user has.")
    custom: UserObject = column("The organization's own attributes of users, by name.")
