"""Rows of settings: brands, hours, promises, surveys, access, routing, klasses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from source_kustomer.records.columns import (
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
from source_kustomer.records.record import DeletableRecord, TrackedRecord


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


class KlassRecord(TrackedRecord):
    """A custom object as defined; its records are kobjects."""

    renames: ClassVar[Mapping[str, str]] = {"displayname": "display_name"}  # spelt both ways

    name: Text = column("The name in Kustomer's API.")
    display_name: Text = column("The name that agents see.")
    status: Text = column("enabled, existing_only or disabled.")
    color: Text = column("Its colour.")
    icon: Text = column("The name of its icon.")
    mixins: Texts = column("What its records can do besides, such as assignable.")
    klass_schema: Text = column("The schema of its records.")
    s3_data_url: Text = column("Where Kustomer keeps its data.")
    app_version: Text = column("The version of the app that brought it.")
    app_disabled: Boolean = column("Whether the app that brought it is switched off.")


class QueueRecord(DeletableRecord):
    """A queue that conversations wait in."""

    name: Text = column("The queue's name.")
    display_name: Text = column("The name that agents see.")
    description: Text = column("What it is for.")
    key: Text = column("Its name in rules.")
    priority: Integer = column("Its precedence over other queues.")
    item_size: Integer = column("How much of an agent's capacity one of its items takes.")
    restrict_transfers_by_users: Boolean = column("Whether users are kept from transferring to it.")
    system: Boolean = column("Whether Kustomer brought it, as it does the default queue.")


class QueueRuleRecord(TrackedRecord):
    """A rule that puts conversations into a queue."""

    enabled: Boolean = column("Whether it is applied.")
    queue: Reference = column("The queue that it fills.")


class TeamRoutingSettingsRecord(TrackedRecord):
    """Which queues a team serves."""

    enabled: Boolean = column("Whether work is routed to the team.")
    queues: Values = column("Queues that it serves.")
    external_queues: Values = column("Queues of other systems that it serves.")
    team: Reference = column("The team.")


class RoutingStatusRecord(TrackedRecord):
    """A status that agents can set, such as available."""

    name: Text = column("The status's name.")
    status_type: Text = column("What it means for routing.")
    system: Boolean = column("Whether Kustomer brought it.")


class WorkSessionRecord(TrackedRecord):
    """The time between an agent's signing in to routing and out of it."""

    active: Boolean = column("Whether it still lasts.")
    signed_in_at: Timestamp = column("When the agent signed in.")
    signed_out_at: Timestamp = column("When the agent signed out.")
    status_type: Text = column("What the agent's status means for routing.")
    status: Reference = column("The agent's routing status.")
    team: Reference = column("The agent's team.")
    user: Reference = column("The agent.")


class CompanyRecord(DeletableRecord):
    """A company that customers belong to."""

    renames: ClassVar[Mapping[str, str]] = {"extenalId": "external_id"}  # as an example spells it

    name: Text = column("The company's name.")
    external_id: Text = column("Its id in another system.")
    custom: UserObject = column("The organization's own attributes of companies, by name.")
    default_lang: Text = column("The language that it is written to in.")
    domains: Values = column("Its internet domains.")
    emails: Values = column("Its email addresses.")
    phones: Values = column("Its telephone numbers.")
    whatsapps: Values = column("Its WhatsApp numbers.")
    socials: Values = column("Its accounts in social networks.")
    urls: Values = column("Its websites.")
    locations: Values = column("Its postal addresses.")
    tags: Values = column("Its tags.")
    role_group_versions: Values = column("Versions of the role groups that govern access to it.")
    rev: Integer = column("Its revision, counted up by every change.")
