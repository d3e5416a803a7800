"""What is synced: one class per stream, and the registry of them all."""

from __future__ import annotations

from source_kustomer.families.stream import Stream
from source_kustomer.streams.apps import (
    Cards,
    EmailHooks,
    FormHooks,
    Kviews,
    WebHooks,
)
from source_kustomer.streams.conversations import Conversations, Messages, Notes
from source_kustomer.streams.correspondence import (
    ConversationAttachments,
    ConversationForwards,
    CustomerDrafts,
    MessageAttachments,
)
from source_kustomer.streams.customers import Customers
from source_kustomer.streams.knowledge_base import (
    KbArticles,
    KbCategories,
    KbForms,
    KbRoutes,
    KbTags,
    KbTemplates,
    KbThemes,
)
from source_kustomer.streams.kobjects import Kobjects
from source_kustomer.streams.settings import (
    Brands,
    BusinessSchedules,
    Companies,
    Klasses,
    Notifications,
    QueueRules,
    Queues,
    RoleGroups,
    RoutingStatuses,
    SatisfactionSurveys,
    SavedSearches,
    ShortcutCategories,
    Slas,
    SlaVersions,
    SnoozePresets,
    SpamSenders,
    TeamRoutingSettings,
    WorkSessions,
)
from source_kustomer.streams.timeline import (
    AuditLogs,
    ConversationEvents,
    CustomerEvents,
    CustomerMerges,
    CustomerSessions,
)
from source_kustomer.streams.workspace import Shortcuts, Tags, Teams, Users

STREAMS: tuple[type[Stream], ...] = (
    Conversations,
    Customers,
    Kobjects,
    Messages,
    Notes,
    Shortcuts,
    Tags,
    Teams,
    Users,
    AuditLogs,
    ConversationAttachments,
    ConversationEvents,
    ConversationForwards,
    CustomerDrafts,
    CustomerEvents,
    CustomerMerges,
    CustomerSessions,
    MessageAttachments,
    Companies,
    Brands,
    BusinessSchedules,
    SatisfactionSurveys,
    Slas,
    RoleGroups,
    ShortcutCategories,
    SnoozePresets,
    Notifications,
    SpamSenders,
    SavedSearches,
    Klasses,
    Queues,
    QueueRules,
    TeamRoutingSettings,
    RoutingStatuses,
    WorkSessions,
    SlaVersions,
    Cards,
    EmailHooks,
    FormHooks,
    Kviews,
    WebHooks,
    KbArticles,
    KbCategories,
    KbForms,
    KbRoutes,
    KbTags,
    KbTemplates,
    KbThemes,
)
"""Every stream that does not depend on the organization, in the order of the catalog."""
