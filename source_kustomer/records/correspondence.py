"""Rows of what goes with messages: files, drafts, forwarded messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Object,
    Objects,
    Reference,
    References,
    Text,
    Timestamp,
    Values,
    column,
)
from source_kustomer.rows.record import Record, TrackedRecord


class AttachmentRecord(Record):
    """A file; the signed address to fetch it from is left out, since it expires in minutes."""

    name: Text = column("The file's name.")
    content_type: Text = column("Its MIME type.")
    content_length: Integer = column("Its size in bytes.")
    uploaded: Boolean = column("Whether it has been uploaded completely.")
    redacted: Boolean = column("Whether it was destroyed.")
    message: Reference = column("The message that it came with.")
    draft: Reference = column("The draft that it belongs to.")
    forward: Reference = column("The forwarded message that it belongs to.")
    org: Reference = column("The organization that it belongs to.")


class DraftRecord(TrackedRecord):
    """An outbound message that has not been sent."""

    renames: ClassVar[Mapping[str, str]] = {"from": "sender"}

    channel: Text = column("How it is to be sent.")
    app: Text = column("The app that is to carry it.")
    status: Text = column("How far it has come.")
    subject: Text = column("Its subject line.")
    body: Text = column("Its text.")
    payload: Object = column("What is to be sent, as its channel wants it.")
    sender: Text = column("Whom it is to come from (Kustomer calls it `from`).")
    to: Values = column("Whom it is for, in its channel's terms.")
    cc: Values = column("Who gets a copy.")
    bcc: Values = column("Who gets a copy unseen.")
    reply_to: Text = column("Where answers are to go.")
    send_at: Timestamp = column("When it is to be sent.")
    lang: Text = column("The language that it is written in.")
    template: Text = column("The template that it is written with.")
    source: Text = column("What it was written with.")
    auto: Boolean = column("Whether it was written automatically.")
    attachments: References = column("Files that go with it.")
    shortcuts: Values = column("Shortcuts that were used to write it.")
    kb_articles: Values = column("Articles of the knowledge base that it points to.")
    user_mentions: Values = column("Users that it mentions.")
    conversation: Reference = column("The conversation that it belongs to.")
    customer: Reference = column("The customer that it is for.")


class ForwardRecord(TrackedRecord):
    """A message that was forwarded to someone outside the conversation."""

    renames: ClassVar[Mapping[str, str]] = {"from": "sender"}

    channel: Text = column("How it was sent.")
    app: Text = column("The app that carried it.")
    status: Text = column("How far it has come.")
    subject: Text = column("Its subject line.")
    body: Text = column("Its text.")
    payload: Object = column("What was sent, as its channel wanted it.")
    sender: Object = column("Who sent it (Kustomer calls it `from`).")
    to: Objects = column("Whom it was sent to.")
    reply_to: Text = column("Where answers are to go.")
    template: Text = column("The template that it was written with.")
    send_at: Timestamp = column("When it is to be sent.")
    attachments: References = column("Files that went with it.")
    conversation: Reference = column("The conversation that it was taken from.")
    customer: Reference = column("The customer of that conversation.")
