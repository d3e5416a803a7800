"""Rows of conversations and of what is said in them."""

from __future__ import annotations

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
from source_kustomer.rows.record import DeletableRecord, Record


class ConversationRecord(DeletableRecord):
    """A conversation between a customer and the organization."""

    name: Text = column("The conversation's title, often the subject of its first message.")
    preview: Text = column("The beginning of its latest message.")
    status: Text = column("open, snoozed or done.")
    sub_status: Reference = column("A finer status that the organization has defined.")
    phase: Text = column("The phase of its life, where Kustomer tracks one.")
    priority: Integer = column("From 1 (low) to 5 (high).")
    direction: Text = column("Who began it: in (the customer) or out (the organization).")
    channels: Texts = column("The channels it has used, such as email, chat, sms, voice.")
    reply_channel: Text = column("The channel that the next answer goes out on.")
    customer: Reference = column("The customer it is held with.")
    brand: Reference = column("The brand that it was addressed to.")
    queue: Reference = column("The queue that it waits in or was routed from.")
    external_queue: Text = column("A queue outside Kustomer that it was handed to.")
    assigned_users: Texts = column("Ids of the users it is assigned to.")
    assigned_teams: Texts = column("Ids of the teams it is assigned to.")
    tags: Texts = column("Ids of its tags.")
    suggested_tags: Values = column("Tags that Kustomer suggests for it.")
    suggested_shortcuts: Values = column("Shortcuts that Kustomer suggests for the answer.")
    external_id: Text = column("Its id in another system.")
    default_lang: Text = column("The language it is held in.")
    locale: Text = column("The locale it is held in.")
    custom: UserObject = column("The organization's own attributes of conversations, by name.")
    message_count: Integer = column("How many messages it has.")
    inbound_message_count: Integer = column("How many messages the customer sent.")
    outbound_message_count: Integer = column("How many messages the organization sent.")
    note_count: Integer = column("How many internal notes it has.")
    satisfaction: Number = column("The customer's rating, as a number.")
    satisfaction_level: Object = column(
        "The satisfaction survey: which form, sent and answered when, rating and answers."
    )
    sentiment: Object = column("The mood of its messages: polarity and confidence.")
    open: Object = column("When it was opened, and by whom.")
    first_message_in: Object = column("The customer's first message: id, time, channel, sentiment.")
    first_message_out: Object = column("The organization's first message: id, time, sender.")
    last_message_in: Object = column("The customer's latest message.")
    last_message_out: Object = column("The organization's latest message.")
    last_message_unresponded_to: Object = column(
        "The customer's message that has waited longest for an answer."
    )
    last_message_unresponded_to_since_last_done: Object = column(
        "The same, counted since the conversation was last done."
    )
    first_response: Object = column(
        "The first answer: by whom, when, and after how long (milliseconds; also in business time)."
    )
    first_response_since_last_done: Object = column(
        "The first answer since the conversation was last done."
    )
    last_response: Object = column("The latest answer, and how long it took.")
    last_message_at: Timestamp = column("When its latest message was sent or received.")
    last_message_direction: Text = column("Whether its latest message went in or out.")
    last_received_at: Timestamp = column("When the customer's latest message came in.")
    last_activity_at: Timestamp = column("When anything last happened in it.")
    last_deflection: Object = column("The latest time it was deflected to self service.")
    done_count: Integer = column("How often it was marked done.")
    first_done: Object = column("The first time it was done: by whom, when, after how long.")
    last_done: Object = column("The latest time it was done.")
    total_done: Object = column("How long it was done, in milliseconds, all in all.")
    total_open: Object = column("How long it was open, in milliseconds, all in all.")
    total_snooze: Object = column("How long it was snoozed, in milliseconds, all in all.")
    reopen_count: Integer = column("How often it was opened again.")
    reopen_from_done_count: Integer = column("How often it was opened again after being done.")
    snooze: Object = column("The present snooze: until when, and its status.")
    snooze_count: Integer = column("How often it was snoozed.")
    sla: Object = column("Where it stands against its service level agreement: metrics, breaches.")
    sla_data: Reference = column("The service level agreement that applies to it.")
    sla_version: Reference = column("The version of that agreement.")
    ended: Boolean = column("Whether it was ended and cannot be continued.")
    ended_at: Timestamp = column("When it was ended.")
    ended_by: Reference = column("Who ended it.")
    ended_by_type: Text = column("What ended it: a user, the customer, the system.")
    ended_reason: Text = column("Why it was ended.")
    merged_target: Boolean = column("Whether other conversations were merged into it.")
    linked_conversations: Values = column("Conversations that it is linked to.")
    assistant: Object = column("The assistant (bot) that took part: its id and state.")
    attribution: Object = column("Where the customer came from: page, campaign, referrer.")
    predictions: Values = column("What Kustomer's models predict of it.")
    matched_time_based_rules: Values = column("Time-based business rules that it has matched.")
    first_company: Object = column("The customer's company when the conversation began.")
    skills: Values = column("The skills that its handling asks for.")
    spam: Boolean = column("Whether it is held to be spam.")
    locked: Boolean = column("Whether it is locked against changes.")
    pinned: Boolean = column("Whether it is pinned.")
    pinned_by: Reference = column("Who pinned it.")
    access_override: Values = column("Who may see it, where that departs from the rules.")
    role_group_versions: Values = column("Versions of the role groups that govern access to it.")
    modification_history: Object = column("When its parts were last changed.")
    imported_at: Timestamp = column("When it was imported from another system.")
    rev: Integer = column("Its revision, counted up by every change.")


class MessageRecord(DeletableRecord):
    """One message, in or out.

    Title, icon, images, klass, description and tags occur in no message that was seen: the older
    connectors' table was modelled on custom objects. They stay, for those who have that table.
    """

    preview: Text = column("The message's text, without its formatting.")
    subject: Text = column("The subject, of emails.")
    channel: Text = column(
        "How it was sent: email, chat, sms, voice, facebook, instagram, whatsapp, twitter-dm, …"
    )
    app: Text = column("The app that carried it, such as postmark or chat.")
    direction: Text = column("in (from the customer) or out.")
    direction_type: Text = column(
        "Its part in the conversation: initial-in, initial-out, response-in, response-out, "
        "followup-in, followup-out."
    )
    status: Text = column("received, sent, delivered, read, error, …")
    sent_at: Timestamp = column("When it was sent.")
    error_at: Timestamp = column("When sending it failed.")
    error: Object = column("Why sending it failed.")
    customer: Reference = column("The customer that it is from or to.")
    conversation: Reference = column("The conversation that it belongs to.")
    meta: MessageMeta = column(
        "What its channel knows of it. Of emails: from, to, cc, bcc, each of the last three "
        "always a list."
    )
    size: Integer = column("Its size in bytes.")
    lang: Text = column("The language that it is written in.")
    auto: Boolean = column("Whether it was sent automatically.")
    spam: Boolean = column("Whether it is held to be spam.")
    source: Text = column("What it was written with.")
    location: Object = column("Where it was sent from.")
    sentiment: Object = column("Its mood: polarity and confidence.")
    intent_detections: Values = column("What Kustomer's models think that it wants.")
    reactions: Values = column("Reactions to it, such as emojis.")
    first_delivered: Object = column("When it was first delivered.")
    first_read: Object = column("When it was first read.")
    response_time: Integer = column("How long this answer took, in milliseconds.")
    response_business_time: Integer = column("The same, counted in business hours.")
    assigned_users: Texts = column("Ids of the users that the conversation was assigned to.")
    assigned_teams: Texts = column("Ids of the teams that the conversation was assigned to.")
    created_by_teams: Texts = column("Ids of the teams of the user that wrote it.")
    attachments: References = column("Files that came with it.")
    shortcuts: References = column("Shortcuts that were used to write it.")
    kb_articles: Values = column("Articles of the knowledge base that it points to.")
    redacted: Boolean = column("Whether its content was destroyed.")
    redacted_at: Timestamp = column("When its content was destroyed.")
    external_id: Text = column("Its id in the system that carried it.")
    custom: UserObject = column("The organization's own attributes of messages, by name.")
    imported_at: Timestamp = column("When it was imported from another system.")
    rev: Integer = column("Its revision, counted up by every change.")
    title: Text = column("Of custom objects; null.")
    icon: Text = column("Of custom objects; null.")
    images: Values = column("Of custom objects; null.")
    klass: Reference = column("Of custom objects; null.")
    description: Text = column("Of custom objects; null.")
    tags: Values = column("Of custom objects; null.")


class NoteRecord(DeletableRecord):
    """An internal note."""

    body: Text = column("The note's text.")
    conversation: Reference = column("The conversation that it stands in.")
    customer: Reference = column("The customer that it is about.")
    user_mentions: References = column("Users that it mentions.")
    team_mentions: References = column("Teams that it mentions.")
    attachments: References = column("Files that it has.")
    lang: Text = column("The language that it is written in.")
    created_by_teams: Texts = column("Ids of the teams of the user that wrote it.")
    external_id: Text = column("Its id in another system.")
    custom: UserObject = column("The organization's own attributes of notes, by name.")
    imported_at: Timestamp = column("When it was imported from another system.")


class ConversationTimeRecord(Record):
    """A piece of an agent's work on a conversation, and how long it took."""

    created_at: Timestamp = column("When it was noted.")
    conversation: Reference = column("The conversation that was worked on.")
    customer: Reference = column("The customer of that conversation.")
    created_by: Reference = column("The user who worked on it.")
    created_by_teams: Texts = column("Ids of that user's teams.")
    assigned_users: Texts = column("Ids of the users that the conversation was assigned to.")
    assigned_teams: Texts = column("Ids of the teams that the conversation was assigned to.")
    channels: Texts = column("The channels that the conversation had used.")
    handle_at: Timestamp = column("When the handling began.")
    handle_time: Number = column("How long the handling took, in seconds.")
    message_at: Timestamp = column("When writing a message began.")
    message_time: Number = column("How long writing it took, in seconds.")
    messages_sent: Integer = column("How many messages were sent.")
    note_at: Timestamp = column("When writing a note began.")
    note_time: Number = column("How long writing it took, in seconds.")
    notes_sent: Integer = column("How many notes were written.")
    touched: Boolean = column("Whether the agent did anything to the conversation.")
    snoozed: Boolean = column("Whether the agent snoozed it.")
    reopened: Boolean = column("Whether the agent opened it again.")
    resolved: Boolean = column("Whether the agent marked it done.")
    imported_at: Timestamp = column("When it was imported from another system.")
    org: Reference = column("The organization that it belongs to.")
