"""Conversations, and what is said in them."""

from __future__ import annotations

from source_kustomer.families.search import SearchStream
from source_kustomer.records.conversations import (
    ConversationRecord,
    MessageRecord,
    NoteRecord,
)


class Conversations(SearchStream):
    """Every conversation, open or done, with its assignment, metrics and satisfaction."""

    name = "conversations"
    query_context = "conversation"
    record = ConversationRecord
    custom_resource = "conversation"
    suggested = True


class Messages(SearchStream):
    """Every message between customers and agents, on any channel, with a preview of its text."""

    name = "messages"
    query_context = "message"
    record = MessageRecord
    custom_resource = "message"
    suggested = True


class Notes(SearchStream):
    """Internal notes that agents leave on conversations and customers."""

    name = "notes"
    query_context = "note"
    record = NoteRecord
    archived = False
    old_list = "/notes"
    suggested = True
