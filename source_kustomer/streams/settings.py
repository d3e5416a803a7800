"""The organization's settings: brands, hours, promises, surveys, access, routing, klasses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from source_kustomer.families.listing import ListStream, Walk
from source_kustomer.families.reading import Reading
from source_kustomer.kustomer.documents import Document
from source_kustomer.records.settings import (
    BrandRecord,
    BusinessScheduleRecord,
    CompanyRecord,
    KlassRecord,
    NotificationRecord,
    QueueRecord,
    QueueRuleRecord,
    RoleGroupRecord,
    RoutingStatusRecord,
    SatisfactionSurveyRecord,
    SavedSearchRecord,
    ShortcutCategoryRecord,
    SlaRecord,
    SlaVersionRecord,
    SnoozePresetRecord,
    SpamSenderRecord,
    TeamRoutingSettingsRecord,
    WorkSessionRecord,
)


class Companies(ListStream):
    """Companies that customers belong to."""

    name = "companies"
    walks = (Walk("/companies"),)
    record = CompanyRecord
    roles = (
        "org.permission.search.create",
        "org.permission.search.update",
        "org.permission.search_global.create",
        "org.permission.search_preview.create",
        "org.user.search.read",
        "org.admin.search.read",
    )
    custom_resource = "company"
    suggested = True


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
    """Notifications of the API key's own user, kept by Kustomer for seven days."""

    name = "notifications"
    walks = (Walk("/notifications"),)
    record = NotificationRecord
    roles = ()
    cursor_field = None


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


class Klasses(ListStream):
    """Custom objects as defined, in every status; their records are kobjects."""

    name = "klasses"
    walks = tuple(
        Walk("/klasses", {"status": status}) for status in ("enabled", "existing_only", "disabled")
    )
    record = KlassRecord
    roles = (
        "org.permission.klass.read",
        "org.user.klass.read",
        "org.admin.klass.read",
    )
    suggested = True


class Queues(ListStream):
    """Queues that conversations wait in."""

    name = "queues"
    walks = (Walk("/routing/queues"),)
    record = QueueRecord
    roles = (
        "org.permission.queue.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )
    suggested = True


class QueueRules(ListStream):
    """Rules that put conversations into queues."""

    name = "queue_rules"
    walks = (Walk("/routing/queue-rules"),)
    record = QueueRuleRecord
    roles = (
        "org.permission.queue_rule.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )


class TeamRoutingSettings(ListStream):
    """Which queues each team serves."""

    name = "team_routing_settings"
    walks = (Walk("/routing/settings"),)
    record = TeamRoutingSettingsRecord
    roles = (
        "org.permission.routing.read",
        "org.user.routing.read",
    )
    cursor_field = None


class RoutingStatuses(ListStream):
    """Statuses that agents can set."""

    name = "routing_statuses"
    walks = (Walk("/routing/statuses"),)
    record = RoutingStatusRecord
    roles = (
        "org.permission.routing_status.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )
    cursor_field = None


class WorkSessions(ListStream):
    """From each agent's signing in to routing until signing out."""

    name = "work_sessions"
    walks = (Walk("/routing/work-sessions"),)
    record = WorkSessionRecord
    roles = (
        "org.permission.work_session.read",
        "org.permission.routing.read",
        "org.user.routing.read",
    )


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
