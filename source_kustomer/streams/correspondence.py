"""Attachments, drafts and forwarded messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

from source_kustomer.engine.attachments import AttachmentsByMessage, without_signed_link
from source_kustomer.engine.children import ChildStream
from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    Nested,
    Object,
    Objects,
    Reference,
    References,
    Text,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.objects import (
    Contact,
    Recipient,
)
from source_kustomer.rows.row import Row, TrackedRow
from source_kustomer.streams.conversations import Conversations, Messages
from source_kustomer.streams.customers import Customers

ATTACHMENT_ROLES: Final = ("org.permission.attachment.read", "org.user.attachment.read")
MESSAGE_ROLES: Final = ("org.permission.message.read", "org.user.message.read")
DRAFT_ROLES: Final = ("org.permission.draft.read", "org.user.draft.read")


class AttachmentRow(Row):
    """An attached file, without its signed download link, which expires within minutes."""

    name: Text = column("File name.")
    content_type: Text = column("MIME type.")
    content_length: Integer = column("Size in bytes.")
    uploaded: Boolean = column("True if the upload is complete.")
    redacted: Boolean = column("True if the file was redacted.")
    message: Reference = column("Message that it is attached to.")
    draft: Reference = column("Draft that it is attached to.")
    forward: Reference = column("Forwarded message that it is attached to.")
    org: Reference = column("Organization that it belongs to.")


class MessageAttachments(AttachmentsByMessage):
    """Attachments of messages: name, type and size, without content.

    The first sync lists all messages, so the key needs the role for messages as well
    (`org.permission.message.read`). Later syncs find attachments by the ids in changed messages.
    """

    name = "message_attachments"
    parent = Messages
    endpoints = (Endpoint("/attachments/{id}", roles=ATTACHMENT_ROLES, page_size=None),)
    first_load = Endpoint("/messages", {"include": "attachments"}, MESSAGE_ROLES)
    by_message = Endpoint(
        "/messages/{message}/attachments/{id}", roles=ATTACHMENT_ROLES, page_size=None
    )
    row = AttachmentRow


class ConversationAttachments(ChildStream):
    """Attachments of conversations: name, type and size, without content."""

    name = "conversation_attachments"
    parent = Conversations
    endpoints = (Endpoint("/conversations/{id}/attachments", roles=ATTACHMENT_ROLES),)
    row = AttachmentRow
    prepare = staticmethod(without_signed_link)


class DraftJs(Nested):
    """Formatted text, in the format of Draft.js."""

    blocks: Values
    entity_map: UserObject


class Payload(Nested):
    """Content in the format of a channel."""

    draft_js: Object[DraftJs]


class ForwardRow(TrackedRow):
    """A message that was forwarded to someone outside the conversation."""

    renames: ClassVar[Mapping[str, str]] = {"from": "sender"}

    channel: Text = column("Channel that it was sent through.")
    app: Text = column("App that delivered it.")
    status: Text = column("Status of the delivery.")
    subject: Text = column("Subject.", free_text=True)
    body: Text = column("Text.", free_text=True)
    payload: Object[Payload] = column("Content in the format of the channel.", free_text=True)
    sender: Object[Contact] = column("Sender (`from` in Kustomer's API).")
    to: Objects[Contact] = column("Recipients.")
    reply_to: Text = column("Reply-to address.")
    template: Text = column("Template that it was written with.")
    send_at: Timestamp = column("Scheduled time of sending.")
    attachments: References = column("Attached files.")
    conversation: Reference = column("Conversation that the message belongs to.")
    customer: Reference = column("Customer of the conversation.")


class ConversationForwards(ChildStream):
    """Messages that were forwarded from conversations."""

    name = "conversation_forwards"
    parent = Conversations
    endpoints = (Endpoint("/conversations/{id}/forwards", roles=DRAFT_ROLES),)
    row = ForwardRow


class Mention(Nested):
    """A mentioned user or team."""

    user: Text
    team: Text


class DraftRow(TrackedRow):
    """An outbound message that has not been sent."""

    renames: ClassVar[Mapping[str, str]] = {"from": "sender"}

    channel: Text = column("Channel that it will be sent through.")
    app: Text = column("App that will deliver it.")
    status: Text = column("Status of the draft.")
    subject: Text = column("Subject.", free_text=True)
    body: Text = column("Text.", free_text=True)
    payload: Object[Payload] = column("Content in the format of the channel.", free_text=True)
    sender: Text = column("Sender (`from` in Kustomer's API).")
    to: Objects[Recipient] = column("Recipients, in the format of the channel.")
    cc: Objects[Recipient] = column("Cc recipients.")
    bcc: Objects[Recipient] = column("Bcc recipients.")
    reply_to: Text = column("Reply-to address.")
    send_at: Timestamp = column("Scheduled time of sending.")
    lang: Text = column("Language of the text.")
    template: Text = column("Template that it is written with.")
    source: Text = column("Client that it was written with.")
    auto: Boolean = column("True if it was written automatically.")
    attachments: References = column("Attached files.")
    shortcuts: Values = column("Shortcuts used to write it.")
    kb_articles: Values = column("Knowledge base articles that it links to.")
    user_mentions: Objects[Mention] = column("Mentioned users.")
    conversation: Reference = column("Conversation that it belongs to.")
    customer: Reference = column("Customer that it is addressed to.")


class CustomerDrafts(ChildStream):
    """Outbound messages to customers that have not been sent."""

    name = "customer_drafts"
    parent = Customers
    endpoints = (Endpoint("/customers/{id}/drafts", roles=DRAFT_ROLES),)
    row = DraftRow
