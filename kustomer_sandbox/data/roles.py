"""The roles that let a key read; any one of a tuple is enough, an empty one lets every key in."""

from __future__ import annotations


def _roles(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def read_roles(name: str) -> tuple[str, ...]:
    """The older and the newer role that read an object."""
    return (f"org.user.{name}.read", f"org.permission.{name}.read")


ANY_KEY: tuple[str, ...] = ()
SEARCH = _roles(
    "org.user.search.read org.admin.search.read org.permission.search.create"
    " org.permission.search.update org.permission.search_global.create"
    " org.permission.search_preview.create"
)
KLASS = _roles("org.user.klass.read org.admin.klass.read org.permission.klass.read")
METADATA = _roles("org.user.metadata.read org.admin.metadata.read org.permission.metadata.read")
SHORTCUT = _roles(
    "org.user.content.shortcut.read org.user.shortcut.read org.admin.content.shortcut.read"
    " org.admin.shortcut.read org.permission.shortcut.read"
)
KNOWLEDGE_BASE = _roles(
    "org.user.content.kb.read org.user.kb.read org.admin.content.kb.read org.admin.kb.read"
    " org.permission.kb.read"
)
APPS = _roles("org.user.apps.read org.admin.apps.read org.permission.apps.read")
AI = _roles("org.permission.assistant.read org.user.apps.read")
SUB_STATUS = _roles(
    "org.permission.sub_status.read org.permission.conversation.read org.permission.kobject.read"
    " org.user.conversation.read org.user.kobject.read org.admin.sub_status.read"
    " org.admin.content.sub_status.read"
)
WORKFLOW = _roles("org.permission.workflow.read org.admin.workflow.read")
SNIPPET = _roles(
    "org.permission.snippet.read org.user.snippet.read org.user.content.snippet.read"
    " org.admin.snippet.read org.admin.content.snippet.read"
)
WEBHOOK = _roles(
    "org.outbound_webhooks org.permission.outbound_webhook.read org.admin.outbound_webhooks"
)
SETTING = _roles("org.permission.setting.read org.user.setting.read")
SURVEY_RESPONSE = _roles(
    "org.permission.satisfaction.read org.permission.satisfaction_response.read"
    " org.user.satisfaction.read"
)
SUMMARY = _roles(
    "org.permission.conversation.read org.permission.customer.read org.user.conversation.read"
    " org.user.customer.read"
)
HOOK = _roles("org.admin.hook.read org.permission.hook.read")
SCHEDULE = _roles("org.user.schedule.read org.admin.schedule.read org.permission.schedule.read")
AUTH = _roles("org.admin.auth.read org.permission.auth.read")
TEAM = _roles("org.user.team.read org.admin.team.read org.permission.team.read")
BRAND = _roles("org.admin.brand.read org.user.brand.read org.permission.brand.read")
SPAM = _roles("org.admin.spam.read org.permission.spam.read")
USER = _roles("org.user.read org.permission.user.read")
CURRENT_USER = _roles("org.user.read org.admin.user.read org.permission.user.read")
SAVED_SEARCH = read_roles("search")
SNOOZE = read_roles("snooze")
MEDIA = ("org.user.media.read", "org.user.setting.read", *KNOWLEDGE_BASE)
ROUTING = read_roles("routing")
QUEUE = (*ROUTING, "org.permission.queue.read")
QUEUE_RULE = (*ROUTING, "org.permission.queue_rule.read")
ROUTING_STATUS = (*ROUTING, "org.permission.routing_status.read")
WORK_SESSION = (*ROUTING, "org.permission.work_session.read")
AUDIT_LOG = read_roles("audit_logs")
CONVERSATION = read_roles("conversation")
CUSTOMER = read_roles("customer")
MESSAGE = read_roles("message")
NOTE = read_roles("note")
COMPANY = read_roles("company")
EVENT = read_roles("event")
DRAFT = read_roles("draft")
ATTACHMENT = read_roles("attachment")
KOBJECT = (*read_roles("kobject"), "org.permission.kobject.kobject_*.read")
MERGE = (
    "org.user.customer.read",
    "org.admin.customer.merge.read",
    "org.permission.customer_merge.read",
)
