"""Conversations, their messages and notes, and the time that agents spend on them."""

from __future__ import annotations

from typing import Final

from source_kustomer.engine.endpoints import Endpoint, one_record
from source_kustomer.engine.lists import ListStream
from source_kustomer.engine.search import SearchStream
from source_kustomer.rows.columns import (
    AnyObject,
    Boolean,
    Integer,
    Nested,
    Number,
    Object,
    Objects,
    Reference,
    References,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
    free_text,
    key,
)
from source_kustomer.rows.objects import (
    AccessOverride,
    CompanySummary,
    Location,
    Recipient,
    ResponseTime,
    SatisfactionResponse,
    Sentiment,
)
from source_kustomer.rows.row import DeletableRow, RemovableRow, Row

SUB_STATUS_ROLES: Final = (
    "org.permission.sub_status.read",
    "org.permission.conversation.read",
    "org.permission.kobject.read",
    "org.user.conversation.read",
    "org.user.kobject.read",
    "org.admin.sub_status.read",
    "org.admin.content.sub_status.read",
)


class MessageRecipient(Nested):
    """The mailbox that received an email."""

    email: Text
    mailbox_hash: Text


class MessageMeta(Nested):
    """Data of a message's channel."""

    from_: Text = key("from")
    to: Objects[Recipient]
    cc: Objects[Recipient]
    bcc: Objects[Recipient]
    subject: Text = free_text()
    recipient: Object[MessageRecipient]
    in_reply_to: Text
    message_type: Text
    status: Text
    payload: Text = free_text()
    permalink: Text
    proxy: Text
    tracking_id: Text
    attachment_num: Integer
    placed_at: Timestamp
    answered_at: Timestamp
    ended_at: Timestamp
    external_recording_url: Text
    template: Text = free_text()
    components: AnyObject = free_text()
    interactive: AnyObject = free_text()


class Delivery(Nested):
    """The delivery of a message."""

    timestamp: Timestamp
    client_type: Text
    client_version: Text
    supports_read_receipts: Boolean


class ConversationMessage(Nested):
    """A message as its conversation shows it."""

    id: Text
    channel: Text
    direction_type: Text
    sent_at: Timestamp
    created_at: Timestamp
    created_by: Text
    created_by_teams: Texts
    first_delivered: Object[Delivery]
    meta: Object[MessageMeta]
    sentiment: Object[Sentiment]


class Response(Nested):
    """A reply to the customer, with times in milliseconds."""

    id: Text
    source: Text
    created_at: Timestamp
    created_by: Text
    created_by_teams: Texts
    sent_at: Timestamp
    assigned_users: Texts
    assigned_teams: Texts
    time: Integer
    response_time: Integer
    business_time: Integer


class MessageCounts(Nested):
    """Numbers of messages by channel."""

    chat: Integer
    email: Integer
    facebook: Integer
    form: Integer
    instagram: Integer
    sms: Integer
    twitter_dm: Integer = key("twitter-dm")
    twitter_tweet: Integer = key("twitter-tweet")
    voice: Integer
    whatsapp: Integer


class Done(Nested):
    """A time when the conversation was marked done, with durations in milliseconds."""

    created_at: Timestamp
    created_by: Text
    created_by_teams: Texts
    source: Text
    assigned_users: Texts
    assigned_teams: Texts
    time: Integer
    business_time: Integer
    note_count: Integer
    message_count: Integer
    message_count_by_channel: Object[MessageCounts]
    outbound_message_count: Integer
    outbound_message_count_by_channel: Object[MessageCounts]
    last_message_direction: Text
    last_message_direction_type: Text


class Opening(Nested):
    """The last opening of a conversation."""

    status_at: Timestamp


class OpenTime(Nested):
    """Time in status open, in milliseconds."""

    time: Integer
    time_since_last_done: Integer
    business_time: Integer
    business_time_since_last_done: Integer
    business_time_by_schedule: Integer
    business_time_by_schedule_since_last_done: Integer


class Snooze(Nested):
    """A snooze of a conversation."""

    status: Text
    status_at: Timestamp
    time: Timestamp


class SlaBreach(Nested):
    """A breach of a service level agreement."""

    at: Timestamp
    metric: Text


class SlaMetric(Nested):
    """A metric of a service level agreement."""

    breach_at: Timestamp
    satisfied_at: Timestamp


class SlaMetrics(Nested):
    """The metrics of a service level agreement."""

    first_response: Object[SlaMetric]
    next_reply: Object[SlaMetric]
    longest_unresponded_message: Object[SlaMetric]
    total_customer_wait_time: Object[SlaMetric]
    total_conversation_open_time: Object[SlaMetric]


class SlaSummary(Nested):
    """All metrics of a service level agreement together."""

    first_breach_at: Timestamp
    satisfied_at: Timestamp


class SlaState(Nested):
    """The state of a conversation under a service level agreement."""

    name: Text
    version: Integer
    status: Text
    matched_at: Timestamp
    breached: Boolean
    breach: Object[SlaBreach]
    metrics: Object[SlaMetrics]
    summary: Object[SlaSummary]


class Article(Nested):
    """An article that was offered to a customer."""

    id: Text
    title: Text
    url: Text
    lang: Text
    version: Text
    visited: Integer
    deflected: Boolean


class DeflectionQuery(Nested):
    """The question of a customer."""

    raw_text: Text = free_text()


class Deflection(Nested):
    """A deflection to self-service."""

    type: Text
    status: Text
    deflected_at: Timestamp
    query: Object[DeflectionQuery]
    articles: Objects[Article]


class ContactSource(Nested):
    """Where a contact came from."""

    type: Text
    channel: Text


class FirstContact(Nested):
    """Whether a conversation is the first contact about its subject."""

    is_fac: Boolean
    reasons: Texts
    exclusions: Values
    source: Object[ContactSource]
    created_at: Timestamp


class Assistant(Nested):
    """The assistant (bot) that took part."""

    type: Text
    app: Text
    channel: Text
    status: Text
    assistant_id: Texts
    emulation: Boolean
    transferred_at: Timestamp
    fac: Object[FirstContact]


class Revenue(Nested):
    """Revenue that is attributed to a conversation."""

    currency: Text
    has_attributable_revenue: Boolean
    total_revenue: Number


class ModificationHistory(Nested):
    """Times of the last change, by attribute."""

    name_at: Timestamp
    status_at: Timestamp
    priority_at: Timestamp
    channel_at: Timestamp
    brand_at: Timestamp
    default_lang_at: Timestamp
    assigned_users_at: Timestamp
    assigned_teams_at: Timestamp
    tags_at: Timestamp
    custom_at: Timestamp


class SuggestedTag(Nested):
    """A tag that Kustomer suggests."""

    tag: Text
    confidence: Number


class SuggestedShortcut(Nested):
    """A shortcut that Kustomer suggests."""

    shortcut_id: Text
    confidence: Number


class ConversationSatisfaction(SatisfactionResponse):
    """The satisfaction survey of a conversation."""

    answers: Values = free_text()


class ConversationRow(DeletableRow):
    """A conversation between a customer and the organization."""

    name: Text = column("Title, often the subject of the first message.", free_text=True)
    preview: Text = column("Beginning of the latest message.", free_text=True)
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
    suggested_tags: Objects[SuggestedTag] = column("Tags that Kustomer suggests.")
    suggested_shortcuts: Objects[SuggestedShortcut] = column(
        "Shortcuts that Kustomer suggests for the reply."
    )
    external_id: Text = column("Id in another system.")
    default_lang: Text = column("Language of the conversation.")
    locale: Text = column("Locale of the conversation.")
    custom: UserObject = column("Custom attributes of conversations, by name.")
    message_count: Integer = column("Number of messages.")
    inbound_message_count: Integer = column("Number of messages from the customer.")
    outbound_message_count: Integer = column("Number of messages from the organization.")
    note_count: Integer = column("Number of internal notes.")
    satisfaction: Number = column("Satisfaction rating, as a number.")
    satisfaction_level: Object[ConversationSatisfaction] = column(
        "Satisfaction survey: form, time sent, time answered, rating and answers."
    )
    sentiment: Object[Sentiment] = column("Sentiment of its messages: polarity and confidence.")
    open: Object[Opening] = column("Time of the last opening, and the user.")
    first_message_in: Object[ConversationMessage] = column(
        "First message from the customer: id, time, channel, sentiment."
    )
    first_message_out: Object[ConversationMessage] = column(
        "First message from the organization: id, time, sender."
    )
    last_message_in: Object[ConversationMessage] = column("Latest message from the customer.")
    last_message_out: Object[ConversationMessage] = column("Latest message from the organization.")
    last_message_unresponded_to: Object[ConversationMessage] = column(
        "Oldest message from the customer that has no reply yet."
    )
    last_message_unresponded_to_since_last_done: Object[ConversationMessage] = column(
        "Oldest message without a reply since the conversation was last done."
    )
    first_response: Object[Response] = column(
        "First reply: user, time, and response time in milliseconds, also in business hours."
    )
    first_response_since_last_done: Object[Response] = column(
        "First reply since the conversation was last done."
    )
    last_response: Object[Response] = column("Latest reply, and its response time in milliseconds.")
    last_message_at: Timestamp = column("Time of the latest message.")
    last_message_direction: Text = column("Direction of the latest message: in or out.")
    last_received_at: Timestamp = column("Time of the latest message from the customer.")
    last_activity_at: Timestamp = column("Time of the latest activity.")
    last_deflection: Object[Deflection] = column("Latest deflection to self-service.")
    done_count: Integer = column("Number of times it was marked done.")
    first_done: Object[Done] = column("First time it was marked done: user, time, duration.")
    last_done: Object[Done] = column("Latest time it was marked done.")
    total_done: Object[ResponseTime] = column("Total time in status done, in milliseconds.")
    total_open: Object[OpenTime] = column("Total time in status open, in milliseconds.")
    total_snooze: Object[ResponseTime] = column("Total time in status snoozed, in milliseconds.")
    reopen_count: Integer = column("Number of times it was reopened.")
    reopen_from_done_count: Integer = column("Number of times it was reopened from done.")
    snooze: Object[Snooze] = column("Current snooze: end time and status.")
    snooze_count: Integer = column("Number of snoozes.")
    sla: Object[SlaState] = column(
        "State of its service level agreement (SLA): metrics and breaches."
    )
    sla_data: Reference = column("SLA that applies to it.")
    sla_version: Reference = column("Version of the SLA that applies to it.")
    ended: Boolean = column("True if it has ended and cannot be continued.")
    ended_at: Timestamp = column("Time when it ended.")
    ended_by: Reference = column("Who ended it.")
    ended_by_type: Text = column("Type of who ended it: user, customer or system.")
    ended_reason: Text = column("Reason why it ended.")
    merged_target: Boolean = column("True if other conversations were merged into it.")
    linked_conversations: Values = column("Linked conversations.")
    assistant: Object[Assistant] = column("Assistant (bot) that took part: id and state.")
    attribution: Object[Revenue] = column("Source of the customer: page, campaign, referrer.")
    predictions: Values = column("Predictions of Kustomer's models.")
    matched_time_based_rules: Values = column("Time-based business rules that it has matched.")
    first_company: Object[CompanySummary] = column(
        "Company of the customer when the conversation started."
    )
    skills: Values = column("Skills that an agent needs for it.")
    spam: Boolean = column("True if it is marked as spam.")
    locked: Boolean = column("True if it is locked against changes.")
    pinned: Boolean = column("True if it is pinned.")
    pinned_by: Reference = column("User who pinned it.")
    access_override: Objects[AccessOverride] = column(
        "Access rules of its own, instead of the general ones."
    )
    role_group_versions: Values = column("Versions of the role groups that control access.")
    modification_history: Object[ModificationHistory] = column(
        "Times of the last change, by attribute."
    )
    imported_at: Timestamp = column("Time of import from another system.")
    rev: Integer = column("Revision number, increased by every change.")


class Conversations(SearchStream):
    """Conversations in every status, with assignment, metrics and satisfaction."""

    name = "conversations"
    query_context = "conversation"
    row = ConversationRow
    record = one_record("/conversations/{id}")
    audited_as = "conversation"
    custom_resource = "conversation"
    suggested = True


class SubStatusRow(RemovableRow):
    """A sub-status: a finer status that the organization has defined."""

    label: Text = column("Label.")
    description: Text = column("Description.")
    parent_status: Text = column("Status that it is a part of: open, snoozed or done.")
    resource_type: Text = column("Type of record that it is for: conversation or kobject.")
    default: Boolean = column("True if it is the default of its status.")
    created_at: Timestamp = column("Time of creation.")
    updated_at: Timestamp = column("Time of the last change of any kind.")


class SubStatuses(ListStream):
    """Sub-statuses of conversations and custom objects. Conversations have their ids."""

    name = "sub_statuses"
    endpoints = tuple(
        Endpoint("/sub-statuses", {"resource": resource}, roles=SUB_STATUS_ROLES)
        for resource in ("conversation", "kobject")
    )
    row = SubStatusRow
    record = one_record("/sub-statuses/{id}")


class MessageError(Nested):
    """The reason why sending failed."""

    code: Text
    title: Text
    detail: Text = free_text()
    status: Text
    source: AnyObject = free_text()
    meta: AnyObject = free_text()
    links: AnyObject


class Intent(Nested):
    """An intent that Kustomer's models have detected."""

    intent: Text
    confidence: Number
    resolution_type: Text


class Reaction(Nested):
    """A reaction to a message."""

    name: Text
    subject_id: Text
    subject_type: Text
    created_at: Timestamp


class MessageRow(DeletableRow):
    """One message, inbound or outbound.

    Title, icon, images, klass, description and tags are in no observed message. Older connectors
    declared them, so they stay for tables that have these columns.
    """

    preview: Text = column("Text of the message, without formatting.", free_text=True)
    subject: Text = column("Subject, for emails.", free_text=True)
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
    error: Object[MessageError] = column("Reason why sending failed.")
    customer: Reference = column("Customer who sent or received it.")
    conversation: Reference = column("Conversation that it belongs to.")
    meta: Object[MessageMeta] = column(
        "Data of the channel. For emails: from, to, cc and bcc; to, cc and bcc are always lists."
    )
    size: Integer = column("Size in bytes.")
    lang: Text = column("Language of the text.")
    auto: Boolean = column("True if it was sent automatically.")
    spam: Boolean = column("True if it is marked as spam.")
    source: Text = column("Client that it was written with.")
    location: Object[Location] = column("Location of the sender.")
    sentiment: Object[Sentiment] = column("Sentiment: polarity and confidence.")
    intent_detections: Objects[Intent] = column("Intents that Kustomer's models have detected.")
    reactions: Objects[Reaction] = column("Reactions, such as emojis.")
    first_delivered: Object[Delivery] = column("First delivery.")
    first_read: Object[Delivery] = column("First time it was read.")
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
    title: Text = column("Always null. Kept for tables of older connectors.", free_text=True)
    icon: Text = column("Always null. Kept for tables of older connectors.")
    images: Values = column("Always null. Kept for tables of older connectors.")
    klass: Reference = column("Always null. Kept for tables of older connectors.")
    description: Text = column("Always null. Kept for tables of older connectors.", free_text=True)
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

    body: Text = column("Text of the note.", free_text=True)
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
    endpoints = (
        Endpoint(
            "/notes",
            roles=("org.permission.note.read", "org.user.note.read"),
            oldest_first=True,
        ),
    )
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
