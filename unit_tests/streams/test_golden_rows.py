"""One example record per row model, and its complete row."""

import pytest
from pydantic import ValidationError

from source_kustomer.engine.attachments import without_signed_link
from source_kustomer.streams.apps import CardRow, EmailHooks, HookRow
from source_kustomer.streams.conversations import ConversationRow, ConversationTimeRow, MessageRow
from source_kustomer.streams.correspondence import AttachmentRow, ForwardRow
from source_kustomer.streams.customers import CompanyRow, CustomerRow
from source_kustomer.streams.knowledge_base import (
    KbArticleRow,
    KbArticles,
    KbCategoryRow,
    KbFormRow,
    KbRouteRow,
    KbThemeRow,
)
from source_kustomer.streams.kobjects import CustomAttributeRow, KlassRow, KobjectRow
from source_kustomer.streams.routing import (
    QueueRow,
    QueueRuleRow,
    Queues,
    RoutingStatusRow,
    TeamRoutingSettingsRow,
    WorkItemRow,
    WorkSessionRow,
)
from source_kustomer.streams.satisfaction import SatisfactionSurveyRow
from source_kustomer.streams.settings import (
    NotificationRow,
    SavedSearchRow,
    ShortcutCategoryRow,
    SlaVersionRow,
    SnoozePresetRow,
)
from source_kustomer.streams.timeline import AuditLogRow, EventRow
from unit_tests.streams.golden import AT, row, to


@pytest.mark.parametrize(
    "values",
    [{"priority": "three"}, {"status": 1}, {"customer": "c1"}, {"spam": "yes"}, {"tags": "t1"}],
)
def test_a_model_refuses_values_of_another_type(values):
    with pytest.raises(ValidationError):
        ConversationRow.model_validate({"id": "c1", **values}, strict=True)


def test_a_conversation():
    resource = {
        "type": "conversation",
        "id": "c1",
        "attributes": {
            "name": "Where is my parcel?",
            "priority": 3,
            "satisfaction": "5",
            "assignedUsers": ["u1"],
            "firstDone": {"createdBy": "u1", "businessTime": 90000, "messageCount": 2},
            "sla": {"name": "Gold", "metrics": {"firstResponse": {"breachAt": AT}}},
            "custom": {"orderNumberStr": "A-1", "OrderNumberStr": "a-1"},
            "updatedAt": AT,
        },
        "relationships": {
            "customer": to("customer", "k1"),
            "messages": {"links": {"self": "/v1/conversations/c1/messages"}},
            "sla": to("sla", "s1"),
            "slaVersion": {"data": {"type": "sla_version", "id": "s1v2"}},
        },
        "links": {"self": "/v1/conversations/c1"},
    }

    assert row(ConversationRow, resource) == {
        "type": "conversation",
        "id": "c1",
        "name": "Where is my parcel?",
        "priority": 3,
        "satisfaction": 5,
        "assigned_users": ["u1"],
        "first_done": {"created_by": "u1", "business_time": 90000, "message_count": 2},
        "sla": {"name": "Gold", "metrics": {"first_response": {"breach_at": AT}}},
        "custom": {"orderNumberStr": "A-1", "OrderNumberStr": "a-1"},
        "updated_at": AT,
        "customer": {"type": "customer", "id": "k1"},
        "sla_data": {"type": "sla", "id": "s1"},
        "sla_version": {"type": "sla_version", "id": "s1v2"},
        "links": {"self": "/v1/conversations/c1"},
    }


def test_a_message():
    resource = {
        "type": "message",
        "id": "m1",
        "attributes": {
            "preview": "It was to come on Friday.",
            "channel": "email",
            "direction": "in",
            "directionType": "initial-in",
            "sentAt": AT,
            "meta": {
                "from": "ada@example.com",
                "to": {"email": "help@example.com", "displayName": "Help"},
                "cc": "joe@example.com",
                "bcc": None,
                "inReplyTo": "<1@example.com>",
            },
        },
        "relationships": {
            "conversation": to("conversation", "c1"),
            "customer": to("customers", "k1"),
            "attachments": {"data": [{"type": "attachment", "id": "f1"}]},
        },
    }

    assert row(MessageRow, resource) == {
        "type": "message",
        "id": "m1",
        "preview": "It was to come on Friday.",
        "channel": "email",
        "direction": "in",
        "direction_type": "initial-in",
        "sent_at": AT,
        "meta": {
            "from": "ada@example.com",
            "to": [{"email": "help@example.com", "display_name": "Help"}],
            "cc": [{"email": "joe@example.com"}],
            "bcc": None,
            "in_reply_to": "<1@example.com>",
        },
        "conversation": {"type": "conversation", "id": "c1"},
        "customer": {"type": "customers", "id": "k1"},
        "attachments": [{"type": "attachment", "id": "f1"}],
    }


def test_a_customer_whose_values_are_masked():
    masked = {"isMasked": True, "maskedPresentation": "******"}
    resource = {
        "type": "customer",
        "id": "k1",
        "attributes": {
            "name": masked,
            "birthdayAt": masked,
            "emails": [{"type": "home", "email": masked, "externalVerified": True}],
            "conversationCounts": {"open": 1, "all": 4},
            "deletedAt": AT,
        },
        "relationships": {"shopify-orders": {"links": {}, "meta": {"count": 3}}},
    }

    assert row(CustomerRow, resource) == {
        "type": "customer",
        "id": "k1",
        "name": "******",
        "birthday_at": None,
        "emails": [
            {
                "type": "home",
                "email": "******",
                "external_verified": True,
            }
        ],
        "conversation_counts": {"open": 1, "all": 4},
        "deleted_at": AT,
        "deleted": True,
        "misfit_values": {"birthday_at": masked},
    }


def test_a_company_whose_external_id_is_misspelt():
    resource = {"type": "company", "id": "o1", "attributes": {"name": "Acme", "extenalId": "7"}}

    assert row(CompanyRow, resource) == {
        "type": "company",
        "id": "o1",
        "name": "Acme",
        "external_id": "7",
    }


def test_a_kobject():
    resource = {
        "type": "kobject.order",
        "id": "b1",
        "attributes": {"title": "Order 7", "queue": "q1", "custom": {"shippedAt": "2025-03-01"}},
        "relationships": {
            "klass": {"link": "/v1/klasses/order", "data": {"type": "klass", "id": "order"}},
            "queue": to("queue", "q1"),
            "customer": to("customer", "k1"),
        },
    }

    assert row(KobjectRow, resource) == {
        "type": "kobject.order",
        "id": "b1",
        "title": "Order 7",
        "queue": "q1",
        "custom": {"shippedAt": "2025-03-01"},
        "klass": {"type": "klass", "id": "order"},
        "queue_data": {"type": "queue", "id": "q1"},
        "customer": {"type": "customer", "id": "k1"},
    }


def test_a_conversation_time():
    resource = {
        "type": "conversation_time",
        "id": "t1",
        "attributes": {"createdAt": AT, "handleTime": 19, "handleAt": AT, "createdByTeams": []},
        "relationships": {"conversation": to("conversation", "c1"), "createdBy": to("user", "u1")},
    }

    assert row(ConversationTimeRow, resource) == {
        "type": "conversation_time",
        "id": "t1",
        "created_at": AT,
        "handle_time": 19,
        "handle_at": AT,
        "created_by_teams": [],
        "conversation": {"type": "conversation", "id": "c1"},
        "created_by": {"type": "user", "id": "u1"},
    }


def test_an_event_of_a_conversation():
    resource = {
        "type": "customer_event",
        "id": "e1",
        "attributes": {
            "type": "customer_event",
            "name": "kustomer.conversation.update",
            "changes": {
                "attributes": {
                    "assignedTeams": {"op": "replace", "before": [], "after": ["g1"]},
                    "custom": {"planStr": {"op": "add", "after": "gold"}},
                },
                "relationships": {"customer": {"before": to("customer", "k1"), "after": None}},
            },
            "meta": None,
        },
        "relationships": {"conversation": to("conversation", "c1")},
    }

    assert row(EventRow, resource) == {
        "type": "customer_event",
        "id": "e1",
        "event_type": "customer_event",
        "name": "kustomer.conversation.update",
        "changes": {
            "attributes": {
                "assigned_teams": {"op": "replace", "before": [], "after": ["g1"]},
                "custom": {"planStr": {"op": "add", "after": "gold"}},
            },
            "relationships": {"customer": {"before": to("customer", "k1"), "after": None}},
        },
        "meta": None,
        "conversation": {"type": "conversation", "id": "c1"},
    }


def test_an_entry_of_the_audit_log_that_no_user_made():
    resource = {
        "type": "audit_log",
        "id": "l1",
        "attributes": {"eventVerb": "delete", "objectType": "message", "org": "g9", "ip": None},
        "relationships": {"user": {"links": {}, "data": {"type": "user", "id": None}}},
    }

    assert row(AuditLogRow, resource) == {
        "type": "audit_log",
        "id": "l1",
        "event_verb": "delete",
        "object_type": "message",
        "org": "g9",
        "ip": None,
        "user": {"type": "user", "id": None},
    }


def test_a_file_without_its_signed_address():
    resource = {
        "type": "attachment",
        "attributes": {"name": "a.jpg", "contentType": "image/jpeg", "contentLength": 512},
        "relationships": {"message": to("message", "m1")},
        "links": {"self": "/v1/messages/m1/attachments/f1", "related": "https://x/?Signature=1"},
    }

    assert row(AttachmentRow, without_signed_link(resource)) == {
        "type": "attachment",
        "id": "f1",
        "name": "a.jpg",
        "content_type": "image/jpeg",
        "content_length": 512,
        "message": {"type": "message", "id": "m1"},
        "links": {"self": "/v1/messages/m1/attachments/f1"},
    }


def test_a_forwarded_message():
    resource = {
        "type": "forward",
        "id": "w1",
        "attributes": {"from": {"email": "help@example.com"}, "to": {"email": "x@example.com"}},
    }

    assert row(ForwardRow, resource) == {
        "type": "forward",
        "id": "w1",
        "sender": {"email": "help@example.com"},
        "to": [{"email": "x@example.com"}],
    }


def test_a_work_item():
    resource = {
        "type": "work_item",
        "id": "i1",
        "attributes": {"status": "completed", "lastRevision": {"enteredQueueAt": AT}},
        "relationships": {
            "resource": {"data": {"type": "conversation", "id": "c1"}},
            "lastRevision": {"data": {"type": "work_item_revision", "id": "r1"}},
        },
    }

    assert row(WorkItemRow, resource) == {
        "type": "work_item",
        "id": "i1",
        "status": "completed",
        "last_revision": {"entered_queue_at": AT},
        "resource": {"type": "conversation", "id": "c1"},
        "last_revision_data": {"type": "work_item_revision", "id": "r1"},
    }


def test_a_version_of_a_service_level_agreement():
    criteria = {"and": [{"conversation_custom_planStr": {"operator": "equals", "value": "gold"}}]}
    resource = {
        "type": "sla_version",
        "id": "s1v1",
        "attributes": {
            "version": 1,
            "metrics": {"firstResponse": {"enabled": True, "times": {"1": 3600000}}},
            "criteria": criteria,
        },
    }

    assert row(SlaVersionRow, resource) == {
        "type": "sla_version",
        "id": "s1v1",
        "version": 1,
        "metrics": {"first_response": {"enabled": True, "times": {"1": 3600000}}},
        "criteria": criteria,
    }


def test_a_satisfaction_survey():
    resource = {
        "type": "satisfaction",
        "id": "v1",
        "attributes": {"from": {"app": "postmark"}, "modified": AT, "scale": {"labelLow": "bad"}},
    }

    assert row(SatisfactionSurveyRow, resource) == {
        "type": "satisfaction",
        "id": "v1",
        "sender": {"app": "postmark"},
        "modified_at": AT,
        "scale": {"label_low": "bad"},
    }


def test_a_klass_however_its_display_name_is_spelt():
    for spelling in ("displayName", "displayname"):
        resource = {"type": "klass", "id": "order", "attributes": {spelling: "Order"}}

        assert row(KlassRow, resource) == {
            "type": "klass",
            "id": "order",
            "display_name": "Order",
        }


def test_a_custom_attribute():
    resource = {
        "type": "custom_attribute",
        "id": "customer.tierStr",
        "attributes": {
            "resource": "customer",
            "name": "tierStr",
            "type": "string",
            "displayName": "Tier",
            "enumeration": ["gold", "silver"],
            "modifiedBy": "u1",
            "deletedAt": AT,
        },
    }

    assert row(CustomAttributeRow, resource) == {
        "type": "custom_attribute",
        "id": "customer.tierStr",
        "resource": "customer",
        "name": "tierStr",
        "value_type": "string",
        "display_name": "Tier",
        "enumeration": ["gold", "silver"],
        "modified_by": "u1",
        "deleted_at": AT,
        "deleted": True,
    }


def test_a_work_session():
    times = {"statusAt": AT, "time": 3_600_000, "businessTime": 1_800_000}
    resource = {
        "type": "work_session",
        "id": "w1",
        "attributes": {
            "signedInAt": AT,
            "signedOutAt": None,
            "routable": True,
            "workItemCount": 2,
            "capacityRemaining": 1.5,
            "capacity": [{"priority": 1, "limit": 4, "remaining": 2}],
            "totalAvailable": times,
            "totalBusyAtCapacity": {"time": 5, "businessTime": 5},
            "totalTimeByStatus": {"60de145b2ea8f27777329A01": times},
            "lastRevision": {"statusType": "available"},
        },
        "relationships": {
            "routingSettings": to("team_routing_settings", "s1"),
            "queues": {"data": [{"type": "queue", "id": "q1"}]},
            "lastRevision": {"data": {"type": "work_session_revision", "id": "r1"}},
            "pendingItem": to("work_item", "i1"),
        },
    }

    assert row(WorkSessionRow, resource) == {
        "type": "work_session",
        "id": "w1",
        "signed_in_at": AT,
        "signed_out_at": None,
        "routable": True,
        "work_item_count": 2,
        "capacity_remaining": 1.5,
        "capacity": [{"priority": 1, "limit": 4, "remaining": 2}],
        "total_available": {"status_at": AT, "time": 3_600_000, "business_time": 1_800_000},
        "total_busy_at_capacity": {"time": 5, "business_time": 5},
        "total_time_by_status": {"60de145b2ea8f27777329A01": times},
        "last_revision": {"status_type": "available"},
        "routing_settings": {"type": "team_routing_settings", "id": "s1"},
        "queues": [{"type": "queue", "id": "q1"}],
        "last_revision_data": {"type": "work_session_revision", "id": "r1"},
        "pending_item": {"type": "work_item", "id": "i1"},
    }


def test_a_conversation_time_of_a_version_2_timer():
    resource = {
        "type": "conversation_time",
        "id": "t1",
        "attributes": {
            "handleTime": 19_000,
            "handleBy": "u1",
            "timerVersion": "v2",
            "isFocused": True,
            "agentActionTrigger": "reply_sent",
            "conversationStatus": "open",
        },
        "relationships": {"handleBy": to("user", "u1")},
    }

    assert row(ConversationTimeRow, resource) == {
        "type": "conversation_time",
        "id": "t1",
        "handle_time": 19_000,
        "handle_by": "u1",
        "timer_version": "v2",
        "is_focused": True,
        "agent_action_trigger": "reply_sent",
        "conversation_status": "open",
        "handle_by_data": {"type": "user", "id": "u1"},
    }


def test_a_queue_whose_time_of_creation_is_a_number():
    resource = {"type": "queue", "id": "q1", "attributes": {"createdAt": 1_740_821_400_250}}

    assert row(QueueRow, Queues.prepare(resource)) == {
        "type": "queue",
        "id": "q1",
        "created_at": AT,
    }


def test_a_queue_whose_time_of_creation_is_a_timestamp():
    resource = {"type": "queue", "id": "q1", "attributes": {"createdAt": AT}}

    assert row(QueueRow, Queues.prepare(resource))["created_at"] == AT


def test_a_hook_whose_authors_are_nested_in_its_organization():
    org = {**to("org", "g9"), "createdBy": to("user", "u1"), "modifiedBy": to("user", "u2")}
    resource = {
        "type": "email_hook",
        "id": "h1",
        "attributes": {"title": "Orders", "hash": "secret", "email": "secret@example.com"},
        "relationships": {"org": org},
        "links": {"self": "/v1/hooks/email/secret"},
    }

    assert row(HookRow, EmailHooks.prepare(resource)) == {
        "type": "email_hook",
        "id": "h1",
        "title": "Orders",
        "org": {"type": "org", "id": "g9"},
        "created_by": {"type": "user", "id": "u1"},
        "modified_by": {"type": "user", "id": "u2"},
    }


def test_an_article_with_a_version_per_language():
    resource = {
        "type": "kb_article",
        "id": "a1",
        "attributes": {"title": "Returns"},
        "relationships": {
            "publishedBy": to("user", "u1"),
            "published_en_us": to("kb_version", "v1"),
            "published_pt_br": to("kb_version", "v2"),
            "unpublished_en_us": to("kb_version", "v3"),
        },
    }

    assert row(KbArticleRow, KbArticles.prepare(resource)) == {
        "type": "kb_article",
        "id": "a1",
        "title": "Returns",
        "published_by": {"type": "user", "id": "u1"},
        "published_versions": {
            "en_us": {"type": "kb_version", "id": "v1"},
            "pt_br": {"type": "kb_version", "id": "v2"},
        },
        "unpublished_versions": {"en_us": {"type": "kb_version", "id": "v3"}},
    }


def test_a_theme_however_the_time_of_its_files_is_spelt():
    for spelling in ("lastFileUpdatedAt", "lastfileUpdatedAt"):
        resource = {"type": "kb_theme", "id": "t1", "attributes": {spelling: AT}}

        assert row(KbThemeRow, resource) == {
            "type": "kb_theme",
            "id": "t1",
            "lastfile_updated_at": AT,
        }


def test_a_snooze_preset_whose_organization_has_a_number_as_id():
    resource = {
        "type": "snooze",
        "id": "z1",
        "attributes": {"resource": "kobject", "type": "relative", "value": 7_200_000},
        "relationships": {"org": {"data": {"type": "org", "id": 9}}},
    }

    assert row(SnoozePresetRow, resource) == {
        "type": "snooze",
        "id": "z1",
        "resource": "kobject",
        "snooze_type": "relative",
        "value": "7200000",
        "org": {"type": "org", "id": "9"},
    }


def test_rows_of_settings_with_columns_of_2026():
    criteria = {"and": [{"conversation_custom_planStr": {"equals": "gold"}}], "or": []}
    rule = {"name": "Gold", "description": "", "criteria": criteria, "enabled": True}
    status = {"selectable": True, "enabled": True, "routable": False, "description": "At lunch"}
    team = {"workItemCapacity": 4, "capacity": {"chat": 2}}
    search = {
        "dataHash": "h",
        "badgeColor": "red",
        "showBadge": True,
        "private": False,
        "cacheable": True,
        "position": 3,
        "accessTeams": ["g1"],
        "accessUsers": [],
    }

    assert row(QueueRuleRow, {"id": "r1", "attributes": rule}) == {"id": "r1", **rule}
    assert row(RoutingStatusRow, {"id": "s1", "attributes": status}) == {"id": "s1", **status}
    assert row(TeamRoutingSettingsRow, {"id": "t1", "attributes": team}) == {
        "id": "t1",
        "work_item_capacity": 4,
        "capacity": {"chat": 2},
    }
    assert row(SavedSearchRow, {"id": "f1", "attributes": search}) == {
        "id": "f1",
        "data_hash": "h",
        "badge_color": "red",
        "show_badge": True,
        "private": False,
        "cacheable": True,
        "position": 3,
        "access_teams": ["g1"],
        "access_users": [],
    }


@pytest.mark.parametrize(
    ("model", "relationship", "column"),
    [
        (ShortcutCategoryRow, "parent", "parent"),
        (CardRow, "app", "app"),
        (NotificationRow, "user", "user"),
        (KbCategoryRow, "knowledgeBase", "knowledge_base"),
        (KbRouteRow, "article", "article"),
        (KbFormRow, "publishedBy", "published_by"),
    ],
)
def test_relationships_of_2026(model, relationship, column):
    resource = {"id": "x1", "relationships": {relationship: to("target", "t1")}}

    assert row(model, resource) == {"id": "x1", column: {"type": "target", "id": "t1"}}
