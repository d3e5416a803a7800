"""What goes with messages: files, drafts, forwarded messages."""

from __future__ import annotations

from source_kustomer.engine.attachments import AttachmentsByMessage, without_signed_link
from source_kustomer.engine.child import ChildStream
from source_kustomer.records.correspondence import AttachmentRecord, DraftRecord, ForwardRecord
from source_kustomer.streams.conversations import Conversations, Messages
from source_kustomer.streams.customers import Customers

DRAFT_ROLES = ("org.permission.draft.read", "org.user.draft.read")


class MessageAttachments(AttachmentsByMessage):
    """Files that came with messages: name, type and size, not their content.

    The first load reads all messages, for which the key needs their role as well
    (`org.permission.message.read`). Later, files are found by what messages name as theirs.
    """

    name = "message_attachments"
    parent = Messages
    path = "/attachments/{id}"
    record = AttachmentRecord
    roles = ("org.permission.attachment.read", "org.user.attachment.read")


class ConversationAttachments(ChildStream):
    """Files of conversations: name, type and size, not their content."""

    name = "conversation_attachments"
    parent = Conversations
    path = "/conversations/{id}/attachments"
    record = AttachmentRecord
    roles = ("org.permission.attachment.read", "org.user.attachment.read")
    prepare = staticmethod(without_signed_link)


class ConversationForwards(ChildStream):
    """Messages that were forwarded out of conversations."""

    name = "conversation_forwards"
    parent = Conversations
    path = "/conversations/{id}/forwards"
    record = ForwardRecord
    roles = DRAFT_ROLES


class CustomerDrafts(ChildStream):
    """Outbound messages to customers that have not been sent."""

    name = "customer_drafts"
    parent = Customers
    path = "/customers/{id}/drafts"
    record = DraftRecord
    roles = DRAFT_ROLES
