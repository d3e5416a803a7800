"""Conversations, and what is said in them."""

from __future__ import annotations

from source_kustomer.engine.search import SearchStream
from source_kustomer.records.conversations import (
    ConversationRecord,
    ConversationTimeRecord,
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


class ConversationTimes(SearchStream):
    """How long agents worked on conversations: a row for each piece of work, once it is done.

    Rows have no time of update, so syncs continue from the time of creation, and whatever is
    changed in a row afterwards is not met again: run a full refresh now and then if that matters.
    Kustomer offers none older than two years.
    """

    name = "conversation_times"
    query_context = "conversation_time"
    record = ConversationTimeRecord
    cursor_field = "created_at"
    archived = False
