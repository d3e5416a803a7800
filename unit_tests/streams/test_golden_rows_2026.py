"""Example records of the objects that Kustomer documents since 2026, and their complete rows."""

import pytest

from source_kustomer.streams.ai import (
    AiAutomationRow,
    AiEvaluationRow,
    AiEvaluationRunRow,
    AiEvaluationTestcaseResultRow,
    AiEvaluationTestcaseRow,
)
from source_kustomer.streams.apps import (
    InstalledAppRow,
    OutboundWebhookRow,
    OutboundWebhooks,
    OutboundWebhookTransactionRow,
    OutboundWebhookTransactions,
)
from source_kustomer.streams.conversations import SubStatusRow
from source_kustomer.streams.knowledge_base import (
    KbArticleVersionRow,
    KbInternalCategoryRow,
    KbKnowledgeBaseRow,
)
from source_kustomer.streams.settings import SettingRow, Settings
from source_kustomer.streams.timeline import ConversationTimeV2Row
from source_kustomer.streams.workflows import WorkflowRow, Workflows
from source_kustomer.streams.workspace import SnippetRow
from unit_tests.streams.golden import AT, row, to


def test_a_sub_status():
    attributes = {
        "label": "Waiting for parts",
        "parentStatus": "snoozed",
        "resourceType": "conversation",
        "default": False,
    }

    assert row(SubStatusRow, {"id": "s1", "attributes": attributes}) == {
        "id": "s1",
        "label": "Waiting for parts",
        "parent_status": "snoozed",
        "resource_type": "conversation",
        "default": False,
    }


@pytest.mark.parametrize("author", ["u1", to("user", "u1")])
def test_a_workflow_whose_author_is_text(author):
    trigger = {
        "eventName": "kustomer.message.create",
        "transitions": [{"target": "step1"}],
        "callable": False,
    }
    attributes = {
        "name": "Tag VIPs",
        "trigger": trigger,
        "steps": [{"id": "step1", "action": "call", "params": {"X-Order": 1}, "errorCases": []}],
        "lastError": None,
        "enabled": True,
        "containsVariables": False,
        "createdAt": AT,
    }
    relationships = {"org": to("org", "g9"), "createdBy": author, "modifiedBy": None}
    resource = {"id": "w1", "attributes": attributes, "relationships": relationships}

    assert row(WorkflowRow, Workflows.prepare(resource)) == {
        "id": "w1",
        "name": "Tag VIPs",
        "trigger": {
            "event_name": "kustomer.message.create",
            "transitions": [{"target": "step1"}],
            "callable": False,
        },
        "steps": [{"id": "step1", "action": "call", "params": {"X-Order": 1}, "error_cases": []}],
        "last_error": None,
        "enabled": True,
        "contains_variables": False,
        "created_at": AT,
        "created_by": "u1",
        "modified_by": None,
        "org": {"type": "org", "id": "g9"},
    }


def test_an_ai_automation():
    resource = {
        "type": "automation",
        "id": "a1",
        "attributes": {"name": "Returns", "machineUserId": "u7", "type": "rep", "version": 3},
        "relationships": {"user": to("user", "u7")},
    }

    assert row(AiAutomationRow, resource) == {
        "type": "automation",
        "id": "a1",
        "name": "Returns",
        "machine_user_id": "u7",
        "automation_type": "rep",
        "version": 3,
        "user": {"type": "user", "id": "u7"},
    }


def test_evaluations_runs_test_cases_and_results():
    assert row(
        AiEvaluationRow,
        {"id": "e1", "attributes": {"name": "Smoke", "automationId": "a1", "createdBy": "u1"}},
    ) == {"id": "e1", "name": "Smoke", "automation_id": "a1", "created_by": "u1"}
    assert row(
        AiEvaluationRunRow,
        {
            "id": "r1",
            "attributes": {
                "evaluationId": "e1",
                "score": 87.5,
                "scoreByTestCase": {"Case-1": 100},
                "durationInNanos": 12_000_000_000,
            },
        },
    ) == {
        "id": "r1",
        "evaluation_id": "e1",
        "score": 87.5,
        "score_by_test_case": {"Case-1": 100},
        "duration_in_nanos": 12_000_000_000,
    }
    assert row(
        AiEvaluationTestcaseRow,
        {
            "id": "t1",
            "attributes": {
                "input": "Where is it?",
                "expectedOutput": "On its way",
                "toolCalls": [{"id": "c1", "name": "find", "toolType": "action"}],
                "multiTurnData": {"conversationId": "c1"},
            },
        },
    ) == {
        "id": "t1",
        "input": "Where is it?",
        "expected_output": "On its way",
        "tool_calls": [{"id": "c1", "name": "find", "tool_type": "action"}],
        "multi_turn_data": {"conversationId": "c1"},
    }
    assert row(
        AiEvaluationTestcaseResultRow,
        {
            "id": "x1",
            "attributes": {
                "evaluationRunId": "r1",
                "testCaseId": "t1",
                "status": "completed",
                "assertionResult": {"inputResult": {"met": True, "confidence": 0.9}},
                "startedAt": AT,
            },
        },
    ) == {
        "id": "x1",
        "evaluation_run_id": "r1",
        "test_case_id": "t1",
        "status": "completed",
        "assertion_result": {"input_result": {"met": True, "confidence": 0.9}},
        "started_at": AT,
    }


def test_a_conversation_time_in_milliseconds():
    resource = {
        "type": "conversation_time",
        "id": "t1",
        "attributes": {"handleTime": 19_250, "handleBy": "u1", "timerVersion": "v2"},
        "relationships": {"handleBy": to("user", "u1")},
    }

    assert row(ConversationTimeV2Row, resource) == {
        "type": "conversation_time",
        "id": "t1",
        "handle_time": 19_250,
        "handle_by": "u1",
        "timer_version": "v2",
        "handle_by_data": {"type": "user", "id": "u1"},
    }


def test_a_snippet():
    langs = {"en_us": {"value": "Hello", "outdated": False}}
    attributes = {"key": "greeting", "source": "en_us", "langs": langs}

    assert row(SnippetRow, {"id": "s1", "attributes": attributes}) == {"id": "s1", **attributes}


def test_an_installed_app_whose_components_have_dots_and_hyphens_in_their_names():
    component = {"status": "installed", "statusAt": AT, "id": "k1"}
    attributes = {
        "name": "kustomer-shopify",
        "statusAt": AT,
        "remote": {"statusAt": AT},
        "actions": {"kustomer.conversation.find-body": component},
        "klasses": {"shopify-order": component},
    }
    relationships = {"modifiedBy": {"data": {"type": "user"}, "links": {"self": "/v1/users/"}}}

    assert row(
        InstalledAppRow, {"id": "a1", "attributes": attributes, "relationships": relationships}
    ) == {
        "id": "a1",
        "name": "kustomer-shopify",
        "status_at": AT,
        "remote": {"status_at": AT},
        "actions": {"kustomer.conversation.find-body": component},
        "klasses": {"shopify-order": component},
        "modified_by": {"type": "user"},
    }


def test_an_outbound_webhook_without_its_secrets():
    attributes = {
        "name": "To the ERP",
        "url": "https://erp.example.com/in",
        "token": "signing-key",
        "headers": [{"name": "Authorization", "value": "secret"}],
        "isError": False,
        "events": ["kustomer.conversation.create"],
    }
    prepared = OutboundWebhooks.prepare({"id": "w1", "attributes": attributes})

    assert row(OutboundWebhookRow, prepared) == {
        "id": "w1",
        "name": "To the ERP",
        "url": "https://erp.example.com/in",
        "is_error": False,
        "events": ["kustomer.conversation.create"],
    }


@pytest.mark.parametrize("sent_at", [1_740_821_400_250, AT])
def test_a_delivery_whose_time_of_sending_is_a_number(sent_at):
    attributes = {"webhookId": "w1", "status": "failed", "sentAt": sent_at, "nextRetry": None}
    relationships = {"hook": {"data": {"type": "outbound_webhook"}}}
    resource = {"id": "t1", "attributes": attributes, "relationships": relationships}

    assert row(OutboundWebhookTransactionRow, OutboundWebhookTransactions.prepare(resource)) == {
        "id": "t1",
        "webhook_id": "w1",
        "status": "failed",
        "sent_at": AT,
        "next_retry": None,
        "hook": {"type": "outbound_webhook"},
    }


def test_an_internal_category_a_knowledge_base_and_a_version():
    langs = {"en_us": {"title": "Returns", "slug": "returns", "disabled": False}}
    assert row(KbInternalCategoryRow, {"id": "c1", "attributes": {"langs": langs}}) == {
        "id": "c1",
        "langs": langs,
    }
    languages = {"en_us": {"enabled": True, "title": "English"}}
    base = {"subdomain": "help", "noIndex": False, "languages": languages}
    assert row(
        KbKnowledgeBaseRow,
        {"id": "b1", "attributes": base, "relationships": {"brand": to("brand", "d1")}},
    ) == {
        "id": "b1",
        "subdomain": "help",
        "no_index": False,
        "languages": languages,
        "brand": {"type": "brand", "id": "d1"},
    }
    version = {
        "lang": "en_us",
        "htmlBody": "<p>Pack it.</p>",
        "version": 2,
        "categories": [{"id": "c1", "knowledgeBase": "b1"}],
    }
    assert row(
        KbArticleVersionRow,
        {
            "id": "v1",
            "attributes": version,
            "relationships": {
                "article": to("kb_article", "a1"),
                "categories": {"data": [{"type": "kb_category", "id": "c1"}]},
            },
        },
    ) == {
        "id": "v1",
        "lang": "en_us",
        "html_body": "<p>Pack it.</p>",
        "version": 2,
        "categories": [{"id": "c1", "knowledge_base": "b1"}],
        "article": {"type": "kb_article", "id": "a1"},
        "categories_data": [{"type": "kb_category", "id": "c1"}],
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (3, "3"),
        ("on", "on"),
        (None, None),
        ({"b": 1, "aB": [2]}, '{"aB": [2], "b": 1}'),
        ([1, 2], "[1, 2]"),
    ],
)
def test_a_setting_of_kustomer_with_its_value_as_text(value, text):
    attributes = {"app": "kustomer", "category": "chat", "name": "enabled", "value": value}

    assert row(SettingRow, Settings.prepare({"attributes": {**attributes, "type": "any"}})) == {
        "id": "kustomer.chat.enabled",
        "app": "kustomer",
        "category": "chat",
        "name": "enabled",
        "value_type": "any",
        "value": text,
        "default": None,
    }


def test_a_setting_of_an_app_without_its_value():
    attributes = {"app": "shopify", "category": "auth", "name": "key", "value": "secret"}
    prepared = Settings.prepare({"id": "s1", "attributes": {**attributes, "default": "secret"}})

    assert row(SettingRow, prepared) == {
        "id": "s1",
        "app": "shopify",
        "category": "auth",
        "name": "key",
    }
