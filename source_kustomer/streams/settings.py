"""Settings: brands, business hours, SLAs, surveys, channels, access and saved searches."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Final

from source_kustomer.engine.endpoints import Endpoint, one_record, read_endpoint, with_ids
from source_kustomer.engine.kept import Kept
from source_kustomer.engine.lists import ListStream
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.rows.columns import (
    AnyObject,
    Boolean,
    Integer,
    Nested,
    Number,
    Object,
    Reference,
    Referenced,
    References,
    Text,
    Texts,
    Timestamp,
    UserObject,
    Values,
    column,
)
from source_kustomer.rows.resources import with_attributes, without_attributes
from source_kustomer.rows.row import DeletableRow, RemovableRow, Row, TrackedRow

SCHEDULE_ROLES: Final = (
    "org.permission.schedule.read",
    "org.user.schedule.read",
    "org.admin.schedule.read",
)
SETTING_KEY: Final = ("app", "category", "name")
SETTING_VALUES: Final = ("value", "default")
SEARCH_ROLES: Final = (
    "org.permission.search.read",
    "org.user.search.read",
    "org.admin.search.read",
)
SPAM_ROLES: Final = ("org.permission.spam.read", "org.admin.spam.read")
SLA_ROLES: Final = ("org.permission.sla.read", "org.user.sla.read")


class IncludedStream(ListStream, family=True):
    """A stream of records that are included in the answers for other records.

    Some versions of the API include them in the answer for a single record only. So the records
    of a page that includes none are requested one by one.
    """

    single: ClassVar[Endpoint]
    """One of the other records."""
    included_type: ClassVar[str]
    """The type of the included records."""
    required = (*ListStream.required, "single", "included_type")

    def pages(self, client: Client, endpoint: Endpoint) -> Iterator[Document]:
        """Yield the included records in the place of the list's own, each once."""
        seen = Kept(self.name)
        for answer in self._answers(client, endpoint):
            new = []
            for row in answer.included:
                if row.get("type") == self.included_type and seen.new([row]):
                    seen.add([row])
                    new.append(row)
            yield replace(answer, data=new)

    def _answers(self, client: Client, endpoint: Endpoint) -> Iterator[Document]:
        """Yield the pages of the list, or single answers where the list includes nothing."""
        for page in super().pages(client, endpoint):
            if page.included:
                yield page
                continue
            for record in page.data:
                single = with_ids(self.single, stream=self.name, id=record.get("id"))
                if single is not None:
                    yield from read_endpoint(client, single, stream=self.name)


class BrandRow(RemovableRow, TrackedRow):
    """A brand."""

    name: Text = column("Name.")
    default: Boolean = column("True if it is the default brand.")
    icon_url: Text = column("URL of the icon.")


class Brands(ListStream):
    """Brands of the organization."""

    name = "brands"
    endpoints = (
        Endpoint(
            "/brands",
            roles=("org.permission.brand.read", "org.admin.brand.read", "org.user.brand.read"),
        ),
    )
    row = BrandRow
    record = one_record("/brands/{id}")
    suggested = True


class BusinessScheduleRow(RemovableRow, TrackedRow):
    """The business hours of a week."""

    name: Text = column("Name.")
    default: Boolean = column("True if it is the default schedule.")
    hours: UserObject = column("Business hours, by day of the week.")
    timezone: Text = column("Time zone of the business hours.")


class BusinessSchedules(ListStream):
    """Business schedules: the business hours of a week."""

    name = "business_schedules"
    endpoints = (
        Endpoint("/schedules", roles=SCHEDULE_ROLES),
        Endpoint("/schedules", {"enabled": "false"}, roles=SCHEDULE_ROLES),
    )
    row = BusinessScheduleRow
    record = one_record("/schedules/{id}")


class BusinessHolidayRow(RemovableRow, TrackedRow):
    """A holiday, on which the business hours of a schedule do not apply."""

    name: Text = column("Name.")
    description: Text = column("Description.")
    start_date: Timestamp = column("Start.")
    end_date: Timestamp = column("End.")
    enabled: Boolean = column("True if it is enabled.")
    schedule: Reference = column("Schedule that it belongs to.")


class BusinessHolidays(IncludedStream):
    """Holidays of business schedules, on which the business hours do not apply."""

    name = "business_holidays"
    endpoints = (
        Endpoint("/schedules", {"include": "holidays"}, roles=SCHEDULE_ROLES),
        Endpoint("/schedules", {"include": "holidays", "enabled": "false"}, roles=SCHEDULE_ROLES),
    )
    single = Endpoint("/schedules/{id}", {"include": "holidays"}, SCHEDULE_ROLES, page_size=None)
    included_type = "holiday"
    row = BusinessHolidayRow
    is_removed_when_unlisted = True


class SlaRow(TrackedRow):
    """A service level agreement (SLA)."""

    current_version: Integer = column("Number of the current version.")
    versions: References = column("All versions.")


class Slas(ListStream):
    """Service level agreements (SLAs)."""

    name = "slas"
    endpoints = (Endpoint("/slas", roles=SLA_ROLES),)
    row = SlaRow
    cursor_field = None


class SlaLimits(Nested):
    """A metric, and its limits in milliseconds by priority."""

    enabled: Boolean
    times: UserObject


class SlaVersionMetrics(Nested):
    """The metrics of a service level agreement."""

    first_response: Object[SlaLimits]
    next_reply: Object[SlaLimits]
    longest_unresponded_message: Object[SlaLimits]
    total_customer_wait_time: Object[SlaLimits]
    total_conversation_open_time: Object[SlaLimits]


class SlaVersionRow(TrackedRow):
    """One version of a service level agreement (SLA)."""

    name: Text = column("Name of the SLA in this version.")
    description: Text = column("Description.")
    version: Integer = column("Number of the version.")
    hours: Text = column("Hours that count: calendar or business hours.")
    criteria: UserObject = column("Search criteria of the conversations that it applies to.")
    metrics: Object[SlaVersionMetrics] = column(
        "Metrics, and their limits in milliseconds by priority."
    )
    sla: Reference = column("SLA that this is a version of.")


class SlaVersions(IncludedStream):
    """All versions of service level agreements (SLAs)."""

    name = "sla_versions"
    endpoints = (Endpoint("/slas", {"versions": "all"}, roles=SLA_ROLES),)
    single = Endpoint("/slas/{id}", {"versions": "all"}, roles=SLA_ROLES, page_size=None)
    included_type = "sla_version"
    row = SlaVersionRow
    cursor_field = None


class RoleGroupRow(RemovableRow, TrackedRow):
    """A role group."""

    name: Text = column("Name.")
    description: Text = column("Description.")
    roles: Texts = column("Roles of the group.")
    display: Boolean = column("True if it is shown.")
    system: Boolean = column("True if Kustomer created it.")


class RoleGroups(ListStream):
    """Role groups: sets of roles that users are given together."""

    name = "role_groups"
    endpoints = (Endpoint("/role-groups"),)
    row = RoleGroupRow
    record = one_record("/role-groups/{id}")


class RoleRow(Row):
    """A role."""


class Roles(ListStream):
    """Roles that users and API keys can have. Their ids are their names."""

    name = "roles"
    endpoints = (Endpoint("/auth/roles"),)
    row = RoleRow
    cursor_field = None


class ShortcutCategoryRow(TrackedRow):
    """A category of shortcuts."""

    name: Text = column("Name.")
    parent: Reference = column("Category above it.")


class ShortcutCategories(ListStream):
    """Categories of shortcuts."""

    name = "shortcut_categories"
    endpoints = (
        Endpoint(
            "/shortcuts/categories",
            roles=(
                "org.permission.shortcut.read",
                "org.user.content.shortcut.read",
                "org.user.shortcut.read",
                "org.admin.content.shortcut.read",
                "org.admin.shortcut.read",
            ),
        ),
    )
    row = ShortcutCategoryRow
    cursor_field = None


class SnoozePresetRow(TrackedRow):
    """An entry of the snooze menu."""

    renames: ClassVar[Mapping[str, str]] = {"type": "snooze_type"}

    name: Text = column("Name.")
    snooze_type: Text = column("Type of the duration.")
    resource: Text = column("Type of record that it is for: conversation or kobject.")
    enabled: Boolean = column("True if it is enabled.")
    value: Text = column("Duration: milliseconds, if it is relative.")


class SnoozePresets(ListStream):
    """Entries of the snooze menu. The snoozes themselves are in the conversations."""

    name = "snooze_presets"
    endpoints = tuple(
        Endpoint("/snoozes", params, roles=("org.permission.snooze.read",))
        for params in ({"resource": "conversation"}, {"resource": "kobject"}, {})
    )
    row = SnoozePresetRow
    cursor_field = None


class NotifiedEvent(Nested):
    """The event that a notification reports."""

    name: Text
    data: Object[Referenced]


class NotificationRow(TrackedRow):
    """A notification of the user that the API key belongs to."""

    name: Text = column("Type of notification.")
    status: Text = column("read or unread.")
    event: Object[NotifiedEvent] = column("Event that it reports.")
    user: Reference = column("User who is notified.")


class Notifications(ListStream):
    """Notifications of the user that the API key belongs to; Kustomer deletes them after 7 days.

    With the sync mode Append, the destination keeps them.
    """

    name = "notifications"
    endpoints = (Endpoint("/notifications"),)
    row = NotificationRow


class SpamSenderRow(DeletableRow):
    """A sender on the spam block list or allow list."""

    sender: Text = column("Address of the sender.")
    channel: Text = column("Channel of the sender.")
    list: Text = column("List that it is on: blocked or allowed.")


class SpamSenders(ListStream):
    """Senders on the spam block list and allow list."""

    name = "spam_senders"
    endpoints = (
        Endpoint("/spam/senders", roles=SPAM_ROLES),
        Endpoint(
            "/spam/senders",
            {"includeDeleted": "true"},
            roles=SPAM_ROLES,
            with_deleted=True,
            daily=True,
        ),
    )
    row = SpamSenderRow
    is_removed_when_unlisted = True


class OutboundAccountRow(Row):
    """An account that messages can be sent from."""

    channel: Text = column("Channel of the account.")
    name: Text = column("Name.")
    account: Text = column("Address, phone number or page of the account.")
    org: Reference = column("Organization that it belongs to.")


class OutboundAccounts(ListStream):
    """Accounts that messages can be sent from: email addresses, phone numbers, pages.

    Kustomer gives them no ids. The connector derives an id from the content.
    """

    name = "outbound_accounts"
    endpoints = (
        Endpoint("/outboundAccounts", roles=("org.permission.apps.read", "org.user.apps.read")),
    )
    row = OutboundAccountRow
    cursor_field = None


class ChatSettingsRow(TrackedRow):
    """Settings of the chat widget."""

    enabled: Boolean = column("True if the chat is enabled.")
    widget_type: Text = column("Type of widget, such as chat or knowledge base.")
    team_name: Text = column("Team name that customers see.")
    team_icon_url: Text = column("URL of the team's icon.")
    embed_icon_url: Text = column("URL of the icon on the button.")
    embed_icon_color: Text = column("Colour of the button.")
    greeting: Text = column("Greeting.")
    autoreply: Text = column("Automatic reply.")
    active_form: Text = column("Form that is shown before the chat.")
    offhours_display: Text = column("What is shown outside business hours.")
    offhours_message: Text = column("Message that is shown outside business hours.")
    offhours_image_url: Text = column("URL of the image that is shown outside business hours.")
    closable_chat: Boolean = column("True if customers can close a chat.")
    single_session_chat: Boolean = column("True if customers have one chat at a time.")
    no_history: Boolean = column("True if customers cannot see earlier chats.")
    disable_attachments: Boolean = column("True if customers cannot send attachments.")
    outbound_chat_enabled: Boolean = column("True if agents can start a chat.")
    show_typing_indicator_web: Boolean = column("True if customers see that an agent types.")
    show_typing_indicator_customer_web: Boolean = column(
        "True if agents see that a customer types."
    )
    show_branding_identifier: Boolean = column("True if Kustomer's brand is shown.")
    fallback_from_email: Text = column("From address of replies by email.")
    fallback_email_subject: Text = column("Subject of replies by email.")
    fallback_email_introduction: Text = column("Introduction of replies by email.")
    domain_criteria: UserObject = column("Criteria of the websites that show the widget.")
    volume_control: AnyObject = column("Options that are shown when the volume is high.")
    settings_version: Integer = column("Version of the format of the settings.")
    version: Integer = column("Version of the settings.")


class ChatSettings(ListStream):
    """Settings of the chat widget of the default brand: one row."""

    name = "chat_settings"
    endpoints = (Endpoint("/chat/settings", page_size=None),)
    row = ChatSettingsRow


class SettingRow(Row):
    """A setting of the organization."""

    renames: ClassVar[Mapping[str, str]] = {"type": "value_type"}

    app: Text = column("App that the setting belongs to.")
    category: Text = column("Category.")
    name: Text = column("Name.")
    value: Text = column(
        "Value as text or JSON, for settings of Kustomer itself. Values of apps are left out, "
        "because they can be secrets."
    )
    default: Text = column("Default value as text or JSON, for settings of Kustomer itself.")
    value_type: Text = column("Type of the value.")
    created_at: Timestamp = column("Time of creation.")
    org: Reference = column("Organization that it belongs to.")


class Settings(ListStream):
    """Settings of the organization: all names, and the values of Kustomer's own."""

    name = "settings"
    endpoints = (
        Endpoint(
            "/settings",
            roles=("org.permission.setting.read", "org.user.setting.read"),
        ),
    )
    row = SettingRow
    cursor_field = None

    @staticmethod
    def prepare(resource: Mapping[str, Any]) -> Mapping[str, Any]:
        """Remove the values of apps, write those of Kustomer as text, and make up a missing id."""
        app, category, name = (attribute_of(resource, part) for part in SETTING_KEY)
        values = {part: attribute_of(resource, part) for part in SETTING_VALUES}
        rest = without_attributes(resource, SETTING_VALUES)
        kept = {part: _as_text(value) for part, value in values.items() if app == "kustomer"}
        return {"id": f"{app}.{category}.{name}", **with_attributes(rest, kept)}


def _as_text(value: Any) -> Any:
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else value


class SavedSearchRow(TrackedRow):
    """A saved search."""

    name: Text = column("Name.")
    data: UserObject = column("Criteria and displayed columns.")
    data_hash: Text = column("Hash of the criteria.")
    icon: Text = column("Name of the icon.")
    badge_color: Text = column("Colour of the badge.")
    show_badge: Boolean = column("True if the number of results is shown as a badge.")
    private: Boolean = column("True if only its owner sees it.")
    cacheable: Boolean = column("True if its results can be cached.")
    position: Number = column("Position in the list of searches.")
    access_teams: Values = column("Teams that may use it.")
    access_users: Values = column("Users who may use it.")
    default_visibility: Text = column("Default visibility.")
    team_visibilities: Values = column("Teams that see it.")
    user_visibilities: Values = column("Users who see it.")


class SavedSearches(ListStream):
    """Saved searches: those that the user of the API key can see, for administrators all."""

    name = "saved_searches"
    endpoints = (
        Endpoint("/customers/searches", roles=SEARCH_ROLES),
        Endpoint("/customers/searches", {"filter": "all"}, roles=("org.admin",)),
    )
    row = SavedSearchRow
    cursor_field = None


class PinnedSearchRow(TrackedRow):
    """A saved search that a user has pinned."""

    search: Text = column("Id of the saved search.")


class PinnedSearches(ListStream):
    """Saved searches pinned by the user that the API key belongs to, at most five."""

    name = "pinned_searches"
    endpoints = (
        Endpoint(
            "/customers/searches/pinned",
            roles=("org.permission.search_pinned.read", *SEARCH_ROLES),
        ),
    )
    row = PinnedSearchRow
    cursor_field = None


class SavedSearchPositionsRow(TrackedRow):
    """The order of saved searches."""

    positions: Values = column("Ids of searches, in order.")
    children: Values = column("Ids of the orders of subfolders.")
    rev: Integer = column("Revision number, increased by every change.")


class SavedSearchPositions(ListStream):
    """Order of the saved searches that the user of the API key can see."""

    name = "saved_search_positions"
    endpoints = (Endpoint("/customers/searches/positions", roles=SEARCH_ROLES),)
    row = SavedSearchPositionsRow
    cursor_field = None
