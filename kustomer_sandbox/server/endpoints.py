"""The paged lists: path, roles, page sizes, and the form of their meta, links and errors."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kustomer_sandbox.data import roles

ErrorShape = Literal["code", "jsonapi", "old"]
Meta = Literal["page", "total", "empty", "none"]
Links = Literal["all", "self", "none"]


@dataclass(frozen=True)
class ListEndpoint:
    """A paged list.

    Attributes:
        path: below `/v1`.
        object: the sandbox's name of what it lists.
        roles: any one of them is enough; none: any valid key.
        page_size: records of a page when the request names no size.
        maximum: the largest page; a larger `pageSize` is reduced to it.
        pages: the list ends after this many pages, even if records are left (hooks).
        meta: `page`: page and pageSize; `total`: total and totalPages as well; `empty`; or
            `none`: no meta member at all.
        links: all of self, first, prev and next; only self; or no links member at all.
        errors: the shape of this endpoint's error bodies.
        feature: whether it is a feature that not every plan includes.
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
    feature: bool = False


_KB = roles.KNOWLEDGE_BASE
_SEARCHES = roles.SAVED_SEARCH
LIST_ENDPOINTS = (
    ListEndpoint("/customers", "customers", roles.CUSTOMER, 30, meta="total", errors="jsonapi"),
    ListEndpoint("/conversations", "conversations", roles.CONVERSATION, errors="jsonapi"),
    ListEndpoint("/messages", "messages", roles.MESSAGE, errors="jsonapi"),
    ListEndpoint("/notes", "notes", roles.NOTE, errors="jsonapi"),
    ListEndpoint("/companies", "companies", roles.COMPANY, errors="jsonapi"),
    ListEndpoint("/brands", "brands", roles.BRAND),
    ListEndpoint("/schedules", "business_schedules", roles.SCHEDULE),
    ListEndpoint("/klasses", "klasses", roles.KLASS),
    ListEndpoint(
        "/outboundAccounts",
        "outbound_accounts",
        roles.read_roles("apps"),
        meta="empty",
        links="self",
    ),
    ListEndpoint(
        "/satisfaction", "satisfaction_surveys", roles.read_roles("satisfaction"), links="none"
    ),
    ListEndpoint("/slas", "slas", roles.read_roles("sla")),
    ListEndpoint("/spam/senders", "spam_senders", roles.SPAM),
    ListEndpoint("/users", "users", roles.USER, maximum=500, errors="jsonapi"),
    ListEndpoint("/teams", "teams", roles.TEAM, maximum=500, errors="jsonapi"),
    ListEndpoint("/tags", "tags", roles.read_roles("tag"), errors="old"),
    ListEndpoint("/shortcuts", "shortcuts", roles.SHORTCUT, errors="old"),
    ListEndpoint("/shortcuts/categories", "shortcut_categories", roles.SHORTCUT, errors="old"),
    ListEndpoint("/role-groups", "role_groups", roles.read_roles("role_group")),
    ListEndpoint("/auth/tokens", "auth_tokens", roles.AUTH),
    ListEndpoint("/auth/roles", "auth_roles", roles.AUTH, 1000, 1000, links="none"),
    ListEndpoint("/routing/queues", "queues", roles.QUEUE),
    ListEndpoint("/routing/queue-rules", "queue_rules", roles.QUEUE_RULE),
    ListEndpoint("/routing/settings", "team_routing_settings", roles.ROUTING),
    ListEndpoint("/routing/statuses", "routing_statuses", roles.ROUTING_STATUS),
    ListEndpoint("/routing/work-sessions", "work_sessions", roles.WORK_SESSION),
    ListEndpoint("/routing/work-items", "work_items", roles.ROUTING),
    ListEndpoint("/snoozes", "snoozes", roles.SNOOZE),
    ListEndpoint("/notifications", "notifications", roles.ANY_KEY),
    ListEndpoint("/customers/searches", "saved_searches", _SEARCHES),
    ListEndpoint("/customers/searches/pinned", "customer_searches_pinned", _SEARCHES),
    ListEndpoint(
        "/customers/searches/positions", "customer_searches_positions", _SEARCHES, links="none"
    ),
    ListEndpoint("/cards", "cards", roles.APPS, errors="old"),
    ListEndpoint("/kviews", "kviews", roles.read_roles("kview"), errors="old"),
    ListEndpoint("/hooks/email", "email_hooks", roles.HOOK, 99, 99, 10, errors="old"),
    ListEndpoint("/hooks/web", "web_hooks", roles.HOOK, 99, 99, 10, errors="old"),
    ListEndpoint("/hooks/form", "form_hooks", roles.HOOK, 99, 99, 10, errors="old"),
    ListEndpoint("/kb/articles", "kb_articles", _KB, errors="old"),
    ListEndpoint("/kb/categories", "kb_categories", _KB, errors="old"),
    ListEndpoint("/kb/forms", "kb_forms", _KB, errors="old"),
    ListEndpoint("/kb/routes", "kb_routes", _KB, errors="old"),
    ListEndpoint("/kb/tags", "kb_tags", _KB, errors="old"),
    ListEndpoint("/kb/templates", "kb_templates", _KB, errors="old"),
    ListEndpoint("/kb/themes", "kb_themes", _KB, errors="old"),
    ListEndpoint("/sub-statuses", "sub_statuses", roles.SUB_STATUS),
    ListEndpoint("/workflows", "workflows", roles.WORKFLOW),
    ListEndpoint("/ai/automations", "ai_automations", roles.AI, feature=True),
    ListEndpoint("/ai/evaluation-runs", "ai_evaluation_runs", roles.AI, feature=True),
    ListEndpoint("/ai/evaluation-testcases", "ai_evaluation_testcases", roles.AI, feature=True),
    ListEndpoint(
        "/ai/evaluation-testcase-results", "ai_evaluation_testcase_results", roles.AI, feature=True
    ),
    ListEndpoint("/snippets", "snippets", roles.SNIPPET),
    ListEndpoint("/apps", "installed_apps", roles.APPS),
    ListEndpoint(
        "/outbound-webhooks", "outbound_webhooks", roles.WEBHOOK, meta="none", links="none"
    ),
    ListEndpoint(
        "/outbound-webhooks/transactions",
        "outbound_webhook_transactions",
        roles.WEBHOOK,
        meta="none",
        links="none",
    ),
    ListEndpoint("/settings", "settings", roles.SETTING, meta="none", links="none"),
    ListEndpoint("/kb/internal/categories", "kb_internal_categories", _KB, errors="old"),
)
BY_PATH = {endpoint.path: endpoint for endpoint in LIST_ENDPOINTS}


def child_list(name: str, *, maximum: int = 100, empty_meta: bool = False) -> ListEndpoint:
    """A list below a record; access is checked by its route."""
    return ListEndpoint(
        "", name, (), maximum=maximum, meta="empty" if empty_meta else "page", errors="jsonapi"
    )
