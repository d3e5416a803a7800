"""What is synced: one class per stream, and the registry of them all."""

from __future__ import annotations

from source_kustomer.engine.stream import Stream
from source_kustomer.streams.apps import (
    Cards,
    EmailHooks,
    FormHooks,
    Kviews,
    WebHooks,
)
from source_kustomer.streams.conversations import (
    Conversations,
    ConversationTimes,
    Messages,
    Notes,
)
from source_kustomer.streams.correspondence import (
    ConversationAttachments,
    ConversationForwards,
    CustomerDrafts,
    MessageAttachments,
)
from source_kustomer.streams.customers import Companies, Customers
from source_kustomer.streams.knowledge_base import (
    KbArticles,
    KbCategories,
    KbForms,
    KbRoutes,
    KbTags,
    KbTemplates,
    KbThemes,
)
from source_kustomer.streams.kobjects import CustomAttributes, Klasses, Kobjects
from source_kustomer.streams.routing import (
    QueueRules,
    Queues,
    RoutingStatuses,
    TeamRoutingSettings,
    WorkItems,
    WorkSessions,
)
from source_kustomer.streams.settings import (
    Brands,
    BusinessHolidays,
    BusinessSchedules,
    ChatSettings,
    Notifications,
    OutboundAccounts,
    PinnedSearches,
    RoleGroups,
    Roles,
    SatisfactionSurveys,
    SavedSearches,
    SavedSearchPositions,
    ShortcutCategories,
    Slas,
    SlaVersions,
    SnoozePresets,
    SpamSenders,
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
    ConversationTimes,
    WorkSessions,
    WorkItems,
    Brands,
    BusinessSchedules,
    BusinessHolidays,
    SatisfactionSurveys,
    Slas,
    SlaVersions,
    RoleGroups,
    Roles,
    ShortcutCategories,
    SnoozePresets,
    Notifications,
    SpamSenders,
    OutboundAccounts,
    ChatSettings,
    SavedSearches,
    PinnedSearches,
    SavedSearchPositions,
    Klasses,
    CustomAttributes,
    Queues,
    QueueRules,
    TeamRoutingSettings,
    RoutingStatuses,
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
