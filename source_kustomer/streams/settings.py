"""The organization's settings: brands, hours, promises, surveys, channels, access, searches."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from source_kustomer.engine.listing import ListStream, ObjectStream, Walk
from source_kustomer.engine.reading import Reading
from source_kustomer.kustomer.documents import Document
from source_kustomer.records.settings import (
    BrandRecord,
    BusinessHolidayRecord,
    BusinessScheduleRecord,
    ChatSettingsRecord,
    NotificationRecord,
    OutboundAccountRecord,
    PinnedSearchRecord,
    RoleGroupRecord,
    RoleRecord,
    SatisfactionSurveyRecord,
    SavedSearchPositionsRecord,
    SavedSearchRecord,
    ShortcutCategoryRecord,
    SlaRecord,
    SlaVersionRecord,
    SnoozePresetRecord,
    SpamSenderRecord,
)


class Brands(ListStream):
    """Brands under which the organization answers."""

    name = "brands"
    walks = (Walk("/brands"),)
    record = BrandRecord
    roles = (
        "org.permission.brand.read",
        "org.admin.brand.read",
        "org.user.brand.read",
    )
    suggested = True


class BusinessSchedules(ListStream):
    """Opening hours."""

    name = "business_schedules"
    walks = (Walk("/schedules"),)
    record = BusinessScheduleRecord
    roles = (
        "org.permission.schedule.read",
        "org.user.schedule.read",
        "org.admin.schedule.read",
    )


class SatisfactionSurveys(ListStream):
    """Definitions of satisfaction surveys; the answers are in the conversations."""

    name = "satisfaction_surveys"
    walks = (Walk("/satisfaction"),)
    record = SatisfactionSurveyRecord
    roles = (
        "org.permission.satisfaction.read",
        "org.user.satisfaction.read",
    )


class Slas(ListStream):
    """Service level agreements."""

    name = "slas"
    walks = (Walk("/slas"),)
    record = SlaRecord
    roles = (
        "org.permission.sla.read",
        "org.user.sla.read",
    )
    cursor_field = None
    inferred = True


class RoleGroups(ListStream):
    """Sets of roles that users are given together."""

    name = "role_groups"
    walks = (Walk("/role-groups"),)
    record = RoleGroupRecord
    roles = ()


class ShortcutCategories(ListStream):
    """Folders of shortcuts."""

    name = "shortcut_categories"
    walks = (Walk("/shortcuts/categories"),)
    record = ShortcutCategoryRecord
    roles = (
        "org.permission.shortcut.read",
        "org.user.content.shortcut.read",
        "org.user.shortcut.read",
        "org.admin.content.shortcut.read",
        "org.admin.shortcut.read",
    )
    cursor_field = None


class SnoozePresets(ListStream):
    """Entries of the snooze menu, not snoozed conversations."""

    name = "snooze_presets"
    walks = (Walk("/snoozes"),)
    record = SnoozePresetRecord
    roles = ("org.permission.snooze.read",)
    cursor_field = None


class Notifications(ListStream):
    """Notifications of the API key's own user; Kustomer deletes them after seven days.

    Append keeps what Kustomer deletes.
    """

    name = "notifications"
    walks = (Walk("/notifications"),)
    record = NotificationRecord
    roles = ()


class SpamSenders(ListStream):
    """Senders that are always or never taken for spam."""

    name = "spam_senders"
    walks = (Walk("/spam/senders"),)
    record = SpamSenderRecord
    roles = (
        "org.permission.spam.read",
        "org.admin.spam.read",
    )


class SavedSearches(ListStream):
    """Searches that users saved."""

    name = "saved_searches"
    walks = (Walk("/customers/searches"),)
    record = SavedSearchRecord
    roles = (
        "org.permission.search.read",
        "org.user.search.read",
    )
    cursor_field = None


class SlaVersions(ListStream):
    """Every version of every service level agreement."""

    name = "sla_versions"
    walks = (Walk("/slas", {"versions": "all"}),)
    record = SlaVersionRecord
    roles = (
        "org.permission.sla.read",
        "org.user.sla.read",
    )
    cursor_field = None
    inferred = True

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the versions that come along with the agreements, each once."""
        met: set[str] = set()
        for page in super().pages(reading, walk):
            versions = {
                str(row["id"]): row for row in page.included if row.get("type") == "sla_version"
            }
            yield replace(page, data=[row for key, row in versions.items() if key not in met])
            met.update(versions)


class BusinessHolidays(ListStream):
    """Days on which opening hours do not apply, by schedule."""

    name = "business_holidays"
    walks = (Walk("/schedules"),)
    record = BusinessHolidayRecord
    roles = BusinessSchedules.roles

    @property
    def endpoint(self) -> str:
        """The list, and each of its entries once more."""
        return "GET /schedules, then GET /schedules/{id}?include=holidays"

    @property
    def cost(self) -> str:
        """Requests by schedule."""
        return "1 request per business schedule, and 1 per 100 of them, every sync"

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the holidays that come along with each schedule; the list brings none."""
        for schedules in super().pages(reading, walk):
            for schedule in schedules.data:
                answer = reading.client.get(
                    f"{walk.path}/{schedule['id']}", {"include": "holidays"}, stream=self.name
                )
                holidays = [row for row in answer.included if row.get("type") == "holiday"]
                yield replace(answer, data=holidays)


class OutboundAccounts(ListStream):
    """Accounts that messages can be sent from: addresses, numbers, pages.

    Kustomer gives them no ids; theirs are made from their content.
    """

    name = "outbound_accounts"
    walks = (Walk("/outboundAccounts"),)
    record = OutboundAccountRecord
    roles = (
        "org.permission.apps.read",
        "org.user.apps.read",
    )
    cursor_field = None


class ChatSettings(ObjectStream):
    """The chat widget of the default brand: one row."""

    name = "chat_settings"
    walks = (Walk("/chat/settings"),)
    record = ChatSettingsRecord
    roles = ()


class PinnedSearches(ListStream):
    """Saved searches that the API key's own user has pinned, five at the most."""

    name = "pinned_searches"
    walks = (Walk("/customers/searches/pinned"),)
    record = PinnedSearchRecord
    roles = (
        "org.permission.search_pinned.read",
        "org.permission.search.read",
        "org.user.search.read",
        "org.admin.search.read",
    )
    cursor_field = None


class SavedSearchPositions(ListStream):
    """The order of saved searches, as far as the API key's user may see them."""

    name = "saved_search_positions"
    walks = (Walk("/customers/searches/positions"),)
    record = SavedSearchPositionsRecord
    roles = (
        "org.permission.search.read",
        "org.user.search.read",
    )
    cursor_field = None


class Roles(ListStream):
    """The roles that users and API keys can be given; their ids are their names."""

    name = "roles"
    walks = (Walk("/auth/roles"),)
    record = RoleRecord
    roles = ()
    cursor_field = None
