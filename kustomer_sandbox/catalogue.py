"""What objects there are, at which paths, behind which roles, and how their lists behave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ErrorShape = Literal["code", "jsonapi", "old"]
Meta = Literal["page", "total", "empty"]
Links = Literal["all", "self", "none"]


def _roles(legacy: str, permission: str) -> tuple[str, ...]:
    return tuple(legacy.split() + permission.split())


SEARCH_ROLES = _roles(
    "org.user.search.read org.admin.search.read",
    "org.permission.search.create org.permission.search.update "
    "org.permission.search_global.create org.permission.search_preview.create",
)


def _read(name: str) -> tuple[str, ...]:
    return _roles(f"org.user.{name}.read", f"org.permission.{name}.read")


_KLASS = _roles("org.user.klass.read org.admin.klass.read", "org.permission.klass.read")
_METADATA = _roles("org.user.metadata.read org.admin.metadata.read", "org.permission.metadata.read")
_SHORTCUT = _roles(
    "org.user.content.shortcut.read org.user.shortcut.read "
    "org.admin.content.shortcut.read org.admin.shortcut.read",
    "org.permission.shortcut.read",
)
_KB = _roles(
    "org.user.content.kb.read org.user.kb.read org.admin.content.kb.read org.admin.kb.read",
    "org.permission.kb.read",
)
_APPS = _roles("org.user.apps.read org.admin.apps.read", "org.permission.apps.read")
_HOOK = _roles("org.admin.hook.read", "org.permission.hook.read")
_SCHEDULE = _roles("org.user.schedule.read org.admin.schedule.read", "org.permission.schedule.read")
_SEARCHES = _roles("org.user.search.read", "org.permission.search.read")
_MEDIA = ("org.user.media.read", "org.user.setting.read", *_KB)
ANY_KEY: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchObject:
    """An object that is read by search.

    Attributes:
        name: the sandbox's name of the object, in the plural.
        context: its `queryContext`.
        code: a small number that stands in the ids of its records.
        share: its share of the generated records.
        archived: whether the archive search knows the context.
        cursor: the attribute that orders it: conversation times have no `updatedAt`.
    """

    name: str
    context: str
    code: int
    share: float
    archived: bool = True
    cursor: Literal["updated", "created"] = "updated"


SEARCH_OBJECTS = (
    SearchObject("customers", "customer", 1, 0.15),
    SearchObject("conversations", "conversation", 2, 0.20),
    SearchObject("messages", "message", 3, 0.49),
    SearchObject("notes", "note", 4, 0.06, archived=False),
    SearchObject("companies", "company", 5, 0.01),
    SearchObject("kobjects", "kobject", 6, 0.06),
    SearchObject("conversation_times", "conversation_time", 7, 0.01, False, "created"),
    SearchObject("work_sessions", "work_session", 8, 0.01, archived=False),
    SearchObject("work_items", "work_item", 9, 0.01, archived=False),
)
BY_CONTEXT = {search_object.context: search_object for search_object in SEARCH_OBJECTS}
BY_NAME = {search_object.name: search_object for search_object in SEARCH_OBJECTS}


@dataclass(frozen=True)
class ListEndpoint:
    """A paged list.

    Attributes:
        path: below `/v1`.
        object: the sandbox's name of what it lists.
        roles: any one of them suffices; none: any valid key.
        page_size: what is served when the request names none.
        maximum: a larger `pageSize` is cut to this.
        pages: the list ends after this many pages, whatever is left (hooks).
        meta: `page`: page and pageSize; `total`: total and totalPages as well; or `empty`.
        links: all of self, first, prev and next; only self; or no links member at all.
        errors: the shape of this endpoint's error bodies.
    """

    path: str
    object: str
    roles: tuple[str, ...]
    page_size: int = 100
    maximum: int = 100
    pages: int | None = None
    meta: Meta = "page"
    links: Links = "all"
    errors: ErrorShape = "code"


LIST_ENDPOINTS = (
    ListEndpoint("/customers", "customers", _read("customer"), 30, meta="total", errors="jsonapi"),
    ListEndpoint("/conversations", "conversations", _read("conversation"), errors="jsonapi"),
    ListEndpoint("/messages", "messages", _read("message"), errors="jsonapi"),
    ListEndpoint("/notes", "notes", _read("note"), errors="jsonapi"),
    ListEndpoint("/companies", "companies", _read("company"), errors="jsonapi"),
    ListEndpoint("/brands", "brands", ("org.admin.brand.read", *_read("brand"))),
    ListEndpoint("/schedules", "business_schedules", _SCHEDULE),
    ListEndpoint("/klasses", "klasses", _KLASS),
    ListEndpoint(
        "/outboundAccounts", "outbound_accounts", _read("apps"), meta="empty", links="self"
    ),
    ListEndpoint("/satisfaction", "satisfaction_surveys", _read("satisfaction"), links="none"),
    ListEndpoint("/slas", "slas", _read("sla")),
    ListEndpoint(
        "/spam/senders",
        "spam_senders",
        ("org.admin.spam.read", "org.permission.spam.read"),
    ),
    ListEndpoint(
        "/users",
        "users",
        ("org.user.read", "org.permission.user.read"),
        maximum=500,
        errors="jsonapi",
    ),
    ListEndpoint(
        "/teams",
        "teams",
        _roles("org.user.team.read org.admin.team.read", "org.permission.team.read"),
        maximum=500,
        errors="jsonapi",
    ),
    ListEndpoint("/tags", "tags", _read("tag"), errors="old"),
    ListEndpoint("/shortcuts", "shortcuts", _SHORTCUT, errors="old"),
    ListEndpoint("/shortcuts/categories", "shortcut_categories", _SHORTCUT, errors="old"),
    ListEndpoint("/role-groups", "role_groups", _read("role_group")),
    ListEndpoint(
        "/auth/tokens", "auth_tokens", ("org.admin.auth.read", "org.permission.auth.read")
    ),
    ListEndpoint(
        "/auth/roles",
        "auth_roles",
        ("org.admin.auth.read", "org.permission.auth.read"),
        1000,
        1000,
        links="none",
    ),
    ListEndpoint("/routing/queues", "queues", (*_read("routing"), "org.permission.queue.read")),
    ListEndpoint(
        "/routing/queue-rules",
        "queue_rules",
        (*_read("routing"), "org.permission.queue_rule.read"),
    ),
    ListEndpoint("/routing/settings", "team_routing_settings", _read("routing")),
    ListEndpoint(
        "/routing/statuses",
        "routing_statuses",
        (*_read("routing"), "org.permission.routing_status.read"),
    ),
    ListEndpoint(
        "/routing/work-sessions",
        "work_sessions",
        (*_read("routing"), "org.permission.work_session.read"),
    ),
    ListEndpoint("/snoozes", "snoozes", ("org.user.snooze.read", "org.permission.snooze.read")),
    ListEndpoint("/notifications", "notifications", ANY_KEY),
    ListEndpoint("/customers/searches", "saved_searches", _SEARCHES),
    ListEndpoint("/customers/searches/pinned", "customer_searches_pinned", _SEARCHES),
    ListEndpoint(
        "/customers/searches/positions", "customer_searches_positions", _SEARCHES, links="none"
    ),
    ListEndpoint("/cards", "cards", _APPS, errors="old"),
    ListEndpoint("/kviews", "kviews", _read("kview"), errors="old"),
    ListEndpoint("/hooks/email", "email_hooks", _HOOK, 99, 99, 10, errors="old"),
    ListEndpoint("/hooks/web", "web_hooks", _HOOK, 99, 99, 10, errors="old"),
    ListEndpoint("/hooks/form", "form_hooks", _HOOK, 99, 99, 10, errors="old"),
    ListEndpoint("/kb/articles", "kb_articles", _KB, errors="old"),
    ListEndpoint("/kb/categories", "kb_categories", _KB, errors="old"),
    ListEndpoint("/kb/forms", "kb_forms", _KB, errors="old"),
    ListEndpoint("/kb/routes", "kb_routes", _KB, errors="old"),
    ListEndpoint("/kb/tags", "kb_tags", _KB, errors="old"),
    ListEndpoint("/kb/templates", "kb_templates", _KB, errors="old"),
    ListEndpoint("/kb/themes", "kb_themes", _KB, errors="old"),
)

AUDIT_LOG_ROLES = _read("audit_logs")
CHAT_SETTINGS_ROLES = _APPS
METADATA_ROLES = _METADATA
KLASS_ROLES = _KLASS
KOBJECT_ROLES = (*_read("kobject"), "org.permission.kobject.kobject_*.read")
MEDIA_ROLES = _MEDIA
CURRENT_USER_ROLES = ("org.user.read", "org.admin.user.read", "org.permission.user.read")
CONVERSATION_ROLES = _read("conversation")
CUSTOMER_ROLES = _read("customer")
MESSAGE_ROLES = _read("message")
NOTE_ROLES = _read("note")
COMPANY_ROLES = _read("company")
EVENT_ROLES = _read("event")
DRAFT_ROLES = _read("draft")
ATTACHMENT_ROLES = _read("attachment")
ROUTING_ROLES = _read("routing")
MERGE_ROLES = (
    "org.user.customer.read",
    "org.admin.customer.merge.read",
    "org.permission.customer_merge.read",
)

# Klasses of the generated organization: name, status, share of the kobjects. Names carry
# hyphens, underscores and an app's prefix, which is what makes `kobject_<klass>` hard to parse.
KLASSES: tuple[tuple[str, str, float], ...] = (
    ("order", "enabled", 0.5),
    ("shopify-order", "enabled", 0.2),
    ("call_back_request", "enabled", 0.1),
    ("loop_returns_7f3a-return-item", "enabled", 0.1),
    ("subscription", "existing_only", 0.06),
    ("legacy_warranty-claim", "disabled", 0.04),
)
KLASS_NAMES = tuple(name for name, _, _ in KLASSES)
