"""Rows of settings: brands, hours, promises, surveys, channels, access, searches."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from source_kustomer.rows.columns import (
    Boolean,
    Integer,
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
from source_kustomer.rows.record import Record, TrackedRecord


class BrandRecord(TrackedRecord):
    """A brand under which the organization answers."""

    name: Text = column("The brand's name.")
    default: Boolean = column("Whether it is used where no other brand is named.")
    icon_url: Text = column("The address of its icon.")


class BusinessScheduleRecord(TrackedRecord):
    """The opening hours of a week."""

    name: Text = column("The schedule's name.")
    default: Boolean = column("Whether it applies where no other schedule is named.")
    hours: UserObject = column("Opening hours, by day of the week.")
    timezone: Text = column("The time zone that the hours are in.")


class SatisfactionSurveyRecord(TrackedRecord):
    """The definition of a satisfaction survey; answers are in the conversations."""

    # Surveys were seen with `modified` where all other objects have `modifiedAt`.
    renames: ClassVar[Mapping[str, str]] = {"from": "sender", "modified": "modified_at"}

    name: Text = column("The survey's name.")
    description: Text = column("When and to whom it is sent, in words.")
    meta_title: Text = column("The title of the page that asks for the rating.")
    meta_description: Text = column("The description of that page.")
    enabled: Boolean = column("Whether it is sent.")
    channel: Text = column("The channel that it is sent through.")
    criteria: UserObject = column("Which conversations it is sent for, in terms of the search.")
    delay_time: Number = column("How long after the conversation it is sent.")
    form_type: Text = column("The kind of survey.")
    scale: Object = column("The scale that customers rate on.")
    sender: Object = column("Whom it is sent from.")
    introduction: Text = column("The text before the rating.")
    rating_prompt: Text = column("The question that asks for the rating.")
    follow_up_type: Text = column("How customers are asked more after rating.")
    questions: Values = column("Further questions.")
    all_questions: Values = column("Further questions to everyone.")
    positive_questions: Values = column("Further questions after a good rating.")
    negative_questions: Values = column("Further questions after a bad rating.")
    template: Reference = column("The template that it is written with.")


class SlaRecord(TrackedRecord):
    """A service level agreement: how soon customers are promised an answer."""

    current_version: Integer = column("The number of the version in force.")
    versions: References = column("All its versions.")


class SlaVersionRecord(TrackedRecord):
    """One version of a service level agreement."""

    name: Text = column("The agreement's name, as of this version.")
    description: Text = column("What it promises, in words.")
    version: Integer = column("The number of the version.")
    hours: Text = column("The hours that count: the calendar's, or those of business.")
    criteria: UserObject = column("Which conversations it holds for, in terms of the search.")
    metrics: Object = column("What is promised, and within how many milliseconds by priority.")
    sla: Reference = column("The agreement that it is a version of.")


class RoleGroupRecord(TrackedRecord):
    """A set of roles that users are given together."""

    name: Text = column("The role group's name.")
    description: Text = column("What it is for.")
    roles: Texts = column("The roles in it.")
    display: Boolean = column("Whether it is shown.")
    system: Boolean = column("Whether Kustomer brought it.")


class ShortcutCategoryRecord(TrackedRecord):
    """A folder of shortcuts."""

    name: Text = column("The category's name.")


class SnoozePresetRecord(TrackedRecord):
    """An entry of the snooze menu; the snoozes themselves are in the conversations."""

    renames: ClassVar[Mapping[str, str]] = {"type": "snooze_type"}

    name: Text = column("The entry's name.")
    snooze_type: Text = column("How the time is given.")
    enabled: Boolean = column("Whether it is offered.")
    value: Text = column("How long it snoozes for: milliseconds, where the time is relative.")


class NotificationRecord(TrackedRecord):
    """A notification of the user that owns the API key."""

    name: Text = column("The kind of notification.")
    status: Text = column("Whether it has been read.")
    event: Object = column("What it tells of.")


class SpamSenderRecord(TrackedRecord):
    """A sender that is always or never taken for spam."""

    sender: Text = column("The sender's address.")
    channel: Text = column("The channel that it sends through.")
    list: Text = column("The list that it is on: blocked or allowed.")


class SavedSearchRecord(TrackedRecord):
    """A search that users saved."""

    name: Text = column("The search's name.")
    data: UserObject = column("What it searches for and shows.")
    default_visibility: Text = column("Who sees it, if nothing else is said.")
    team_visibilities: Values = column("Teams that see it.")
    user_visibilities: Values = column("Users that see it.")


class BusinessHolidayRecord(TrackedRecord):
    """Days on which the opening hours of a schedule do not apply."""

    name: Text = column("The holiday's name.")
    description: Text = column("What it is.")
    start_date: Timestamp = column("When it begins.")
    end_date: Timestamp = column("When it ends.")
    enabled: Boolean = column("Whether it is observed.")
    schedule: Reference = column("The schedule that it belongs to.")


class OutboundAccountRecord(Record):
    """An account that messages can be sent from."""

    channel: Text = column("The channel that it sends through.")
    name: Text = column("The account's name.")
    account: Text = column("The address, number or page that it sends from.")
    org: Reference = column("The organization that it belongs to.")


class ChatSettingsRecord(TrackedRecord):
    """How the chat widget looks and behaves."""

    enabled: Boolean = column("Whether the chat is offered.")
    widget_type: Text = column("The kind of widget, such as chat or knowledge base.")
    team_name: Text = column("The name that the team has in it.")
    team_icon_url: Text = column("The address of the team's picture.")
    embed_icon_url: Text = column("The address of the picture on its button.")
    embed_icon_color: Text = column("The colour of its button.")
    greeting: Text = column("The first words.")
    autoreply: Text = column("The answer that is given at once.")
    active_form: Text = column("The form that is shown before the chat.")
    offhours_display: Text = column("What is shown outside opening hours.")
    offhours_message: Text = column("The words that are shown outside opening hours.")
    offhours_image_url: Text = column("The address of the picture shown outside opening hours.")
    closable_chat: Boolean = column("Whether customers can end a chat.")
    single_session_chat: Boolean = column("Whether customers have one chat at a time.")
    no_history: Boolean = column("Whether earlier chats are hidden from customers.")
    disable_attachments: Boolean = column("Whether customers are kept from sending files.")
    outbound_chat_enabled: Boolean = column("Whether agents can begin a chat.")
    show_typing_indicator_web: Boolean = column("Whether customers see agents type.")
    show_typing_indicator_customer_web: Boolean = column("Whether agents see customers type.")
    show_branding_identifier: Boolean = column("Whether Kustomer is named.")
    fallback_from_email: Text = column("The address that answers go out from by email.")
    fallback_email_subject: Text = column("The subject of such emails.")
    fallback_email_introduction: Text = column("The first words of such emails.")
    domain_criteria: UserObject = column("Which websites show it.")
    volume_control: Object = column("What is offered when there is too much to do.")
    settings_version: Integer = column("The version of these settings' form.")
    version: Integer = column("The version of these settings.")


class PinnedSearchRecord(TrackedRecord):
    """A saved search that a user has pinned."""

    search: Text = column("Id of the search.")


class SavedSearchPositionsRecord(TrackedRecord):
    """The order of saved searches."""

    positions: Values = column("Ids of searches, in their order.")
    children: Values = column("Ids of the orders that stand below this one.")
    rev: Integer = column("Its revision, counted up by every change.")


class RoleRecord(Record):
    """A role."""
