"""Conversations, their messages and notes, and the time that agents spend on them."""

from __future__ import annotations

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.search import SearchStream
from source_kustomer.rows.columns import (
    Boolean,
    Integer,
    MessageMeta,
    Number,
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
from source_kustomer.rows.row import DeletableRow, Row


class ConversationRow(DeletableRow):
    """A conversation between a customer and the organization."""

    name: Text = column("Title, often the subject of the first message.")
    preview: Text = column("Beginning of the latest message.")
    status: Text = column("open, snoozed or done.")
    sub_status: Reference = column("Sub-status that the organization has defined.")
    phase: Text = column("Phase, where Kustomer tracks one.")
    priority: Integer = column("From 1 (low) to 5 (high).")
    direction: Text = column("Who started it: in (the customer) or out (the organization).")
    channels: Texts = column("Channels that it has used, such as email, chat, sms and voice.")
    reply_channel: Text = column("Channel of the next reply.")
    customer: Reference = column("Customer of the conversation.")
    brand: Reference = column("Brand that the customer contacted.")
    queue: Reference = column("Queue that it waits in or was routed from.")
    external_queue: Text = column("Queue of another system that it was handed to.")
    assigned_users: Texts = column("Ids of the assigned users.")
    assigned_teams: Texts = column("Ids of the assigned teams.")
    tags: Texts = column("Ids of its tags.")
    suggested_tags: Values = column("Tags that Kustomer suggests.")
    suggested_shortcuts: Values = column("Shortcuts that Kustomer suggests for the reply.")
    external_id: Text = column("Id in another system.")
    default_lang: Text = column("Language of the conversation.")
    locale: Text = column("Locale of the conversation.")
    custom: UserObject = column("Custom attributes of conversations, by name.")
    message_count: Integer = column("Number of messages.")
    inbound_message_count: Integer = column("Number of messages from the customer.")
    outbound_message_count: Integer = column("Number of messages from the organization.")
    note_count: Integer = column("Number of internal notes.")
    satisfaction: Number = column("Satisfaction rating, as a number.")
    satisfaction_level: Object = column(
        "Satisfaction survey: form, time sent, time answered, rating and answers."
    )
    sentiment: Object = column("Sentiment of its messages: polarity and confidence.")
    open: Object = column("Time of the last opening, and the user.")
    first_message_in: Object = column(
        "First message from the customer: id, time, channel, sentiment."
    )
    first_message_out: Object = column("First message from the organization: id, time, sender.")
    last_message_in: Object = column("Latest message from the customer.")
    last_message_out: Object = column("Latest message from the organization.")
    last_message_unresponded_to: Object = column(
        "Oldest message from the customer that has no reply yet."
    )
    last_message_unresponded_to_since_last_done: Object = column(
        "Oldest message without a reply since the conversation was last done."
    )
    first_response: Object = column(
        "First reply: user, time, and response time in milliseconds, also in business hours."
    )
    first_response_since_last_done: Object = column(
        "First reply since the conversation was last done."
    )
    last_response: Object = column("Latest reply, and its response time in milliseconds.")
    last_message_at: Timestamp = column("Time of the latest message.")
    last_message_direction: Text = column("Direction of the latest message: in or out.")
    last_received_at: Timestamp = column("Time of the latest message from the customer.")
    last_activity_at: Timestamp = column("Time of the latest activity.")
    last_deflection: Object = column("Latest deflection to self-service.")
    done_count: Integer = column("Number of times it was marked done.")
    first_done: Object = column("First time it was marked done: user, time, duration.")
    last_done: Object = column("Latest time it was marked done.")
    total_done: Object = column("Total time in status done, in milliseconds.")
    total_open: Object = column("Total time in status open, in milliseconds.")
    total_snooze: Object = column("Total time in status snoozed, in milliseconds.")
    reopen_count: Integer = column("Number of times it was reopened.")
    reopen_from_done_count: Integer = column("Number of times it was reopened from done.")
    snooze: Object = column("Current snooze: end time and status.")
    snooze_count: Integer = column("Number of snoozes.")
    sla: Object = column("State of its service level agreement (SLA): metrics and breaches.")
    sla_data: Reference = column("SLA that applies to it.")
    sla_version: Reference = column("Version of the SLA that applies to it.")
    ended: Boolean = column("True if it has ended and cannot be continued.")
    ended_at: Timestamp = column("Time when it ended.")
    ended_by: Reference = column("Who ended it.")
    ended_by_type: Text = column("Type of who ended it: user, customer or system.")
    ended_reason: Text = column("Reason why it ended.")
    merged_target: Boolean = column("True if other conversations were merged into it.")
    linked_conversations: Values = column("Linked conversations.")
    assistant: Object = column("Assistant (bot) that took part: id and state.")
    attribution: Object = column("Source of the customer: page, campaign, referrer.")
    predictions: Values = column("Predictions of Kustomer's models.")
    matched_time_based_rules: Values = column("Time-based business rules that it has matched.")
    first_company: Object = column("Company of the customer when the conversation started.")
    skills: Values = column("Skills that an agent needs for it.")
    spam: Boolean = column("True if it is marked as spam.")
    locked: Boolean = column("True if it is locked against changes.")
    pinned: Boolean = column("True if it is pinned.")
    pinned_by: Reference = column("User who pinned it.")
    access_override: Values = column("Access rules of its own, instead of the general ones.")
    role_group_versions: Values = column("Versions of the role groups that control access.")
    modification_history: Object = column("Times of the last change, by attribute.")
    imported_at: Timestamp = column("Time of import from another system.")
    rev: Integer = column("Revision number, increased by every change.")


class Conversations(SearchStream):
    """Conversations in every status, with assignment, metrics and satisfaction."""

    name = "conversations"
    query_context = "conversation"
    row = ConversationRow
    custom_resource = "conversation"
    suggested = True


class MessageRow(DeletableRow):
    """One message, inbound or outbound.

    Title, icon, images, klass, description and tags are in no observed message. Older connectors
    declared them, so they stay for tables that have these columns.
    """

    preview: Text = column("Text of the message, without formatting.")
    subject: Text = column("Subject, for emails.")
    channel: Text = column(
        "Channel: email, chat, sms, voice, facebook, instagram, whatsapp, twitter-dm, …"
    )
    app: Text = column("App that delivered it, such as postmark or chat.")
    direction: Text = column("in (from the customer) or out.")
    direction_type: Text = column(
        "Place in the conversation: initial-in, initial-out, response-in, response-out, "
        "followup-in, followup-out."
    )
    status: Text = column("received, sent, delivered, read, error, …")
    sent_at: Timestamp = column("Time of sending.")
    error_at: Timestamp = column("Time when sending failed.")
    error: Object = column("Reason why sending failed.")
    customer: Reference = column("Customer who sent or received it.")
    conversation: Reference = column("Conversation that it belongs to.")
    meta: MessageMeta = column(
        "Data of the channel. For emails: from, to, cc and bcc; to, cc and bcc are always lists."
    )
    size: Integer = column("Size in bytes.")
    lang: Text = column("Language of the text.")
    auto: Boolean = column("True if it was sent automatically.")
    spam: Boolean = column("True if it is marked as spam.")
    source: Text = column("Client that it was written with.")
    location: Object = column("Location of the sender.")
    sentiment: Object = column("Sentiment: polarity and confidence.")
    intent_detections: Values = column("Intents that Kustomer's models have detected.")
    reactions: Values = column("Reactions, such as emojis.")
    first_delivered: Object = column("First delivery.")
    first_read: Object = column("First time it was read.")
    response_time: Integer = column("Response time of this reply, in milliseconds.")
    response_business_time: Integer = column("Response time in business hours, in milliseconds.")
    assigned_users: Texts = column("Ids of the users assigned to the conversation.")
    assigned_teams: Texts = column("Ids of the teams assigned to the conversation.")
    created_by_teams: Texts = column("Ids of the teams of the author.")
    attachments: References = column("Attached files.")
    shortcuts: References = column("Shortcuts used to write it.")
    kb_articles: Values = column("Knowledge base articles that it links to.")
    redacted: Boolean = column("True if its content was redacted.")
    redacted_at: Timestamp = column("Time of redaction.")
    external_id: Text = column("Id in the system that delivered it.")
    custom: UserObject = column("Custom attributes of messages, by name.")
    imported_at: Timestamp = column("Time of import from another system.")
    rev: Integer = column("Revision number, increased by every change.")
    title: Text = column("Always null. Kept for tables of older connectors.")
    icon: Text = column("Always null. Kept for tables of older connectors.")
    images: Values = column("Always null. Kept for tables of older connectors.")
    klass: Reference = column("Always null. Kept for tables of older connectors.")
    description: Text = column("Always null. Kept for tables of older connectors.")
    tags: Values = column("Always null. Kept for tables of older connectors.")


class Messages(SearchStream):
    """Messages between customers and agents on every channel, with a preview of the text."""

    name = "messages"
    query_context = "message"
    row = MessageRow
    custom_resource = "message"
    suggested = True


class NoteRow(DeletableRow):
    """An internal note."""

    body: Text = column("Text of the note.")
    conversation: Reference = column("Conversation that it belongs to.")
    customer: Reference = column("Customer that it is about.")
    user_mentions: References = column("Mentioned users.")
    team_mentions: References = column("Mentioned teams.")
    attachments: References = column("Attached files.")
    lang: Text = column("Language of the text.")
    created_by_teams: Texts = column("Ids of the teams of the author.")
    external_id: Text = column("Id in another system.")
    custom: UserObject = column("Custom attributes of notes, by name.")
    imported_at: Timestamp = column("Time of import from another system.")


class Notes(SearchStream):
    """Internal notes of agents on conversations and customers."""

    name = "notes"
    query_context = "note"
    row = NoteRow
    archived = False
    endpoints = (Endpoint("/notes", roles=("org.permission.note.read", "org.user.note.read")),)
    suggested = True


class ConversationTimeRow(Row):
    """One piece of work of an agent on a conversation, and its duration."""

    created_at: Timestamp = column("Time of the entry.")
    conversation: Reference = column("Conversation that the agent worked on.")
    customer: Reference = column("Customer of the conversation.")
    created_by: Reference = column("User who worked on it.")
    created_by_teams: Texts = column("Ids of the teams of that user.")
    assigned_users: Texts = column("Ids of the users assigned to the conversation.")
    assigned_teams: Texts = column("Ids of the teams assigned to the conversation.")
    channels: Texts = column("Channels that the conversation has used.")
    handle_at: Timestamp = column("Start of handling.")
    handle_time: Number = column("Handle time in seconds; in milliseconds by version 2 timers.")
    handle_by: Text = column("Id of the user who handled it.")
    handle_by_data: Reference = column("User who handled it, as a reference.")
    handle_pause_at: Timestamp = column("Time when handling was paused.")
    handle_pause_by: Text = column("Id of the user who paused handling.")
    timer_version: Text = column("Version of the timer, such as v2.")
    is_focused: Boolean = column("True if the conversation had the focus.")
    is_initial_focus_session: Boolean = column("True if this is the first time it had the focus.")
    agent_action_trigger: Text = column("Action that ended the piece of work, such as reply_sent.")
    conversation_status: Text = column("Status of the conversation.")
    message_at: Timestamp = column("Start of writing messages.")
    message_time: Number = column("Time spent writing messages, in seconds.")
    messages_sent: Integer = column("Number of messages sent.")
    note_at: Timestamp = column("Start of writing notes.")
    note_time: Number = column("Time spent writing notes, in seconds.")
    notes_sent: Integer = column("Number of notes written.")
    touched: Boolean = column("True if the agent acted on the conversation.")
    snoozed: Boolean = column("True if the agent snoozed it.")
    reopened: Boolean = column("True if the agent reopened it.")
    resolved: Boolean = column("True if the agent marked it done.")
    imported_at: Timestamp = column("Time of import from another system.")
    org: Reference = column("Organization that it belongs to.")


class ConversationTimes(SearchStream):
    """Time that agents spent on conversations: one row per completed piece of work.

    Rows have no time of update. Syncs continue from the time of creation and do not see later
    changes to a row; run a full refresh from time to time if these matter. Kustomer does not
    return rows that are older than two years.
    """

    name = "conversation_times"
    query_context = "conversation_time"
    row = ConversationTimeRow
    cursor_field = "created_at"
    archived = False
