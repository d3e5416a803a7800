"""The objects that Kustomer documents since 2026, in the forms of its specification.

They are written by hand from the specification, not from the connector's row models.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kustomer_sandbox.data.ids import ORG_ID, list_code, make_id
from kustomer_sandbox.data.timestamps import to_ms, to_text

Resource = dict[str, Any]

COUNTS = {
    "sub_statuses": 6,
    "workflows": 5,
    "workflow_errors": 40,
    "ai_automations": 4,
    "ai_evaluations": 8,
    "ai_evaluation_runs": 12,
    "ai_evaluation_testcases": 16,
    "ai_evaluation_testcase_results": 48,
    "snippets": 20,
    "installed_apps": 3,
    "outbound_webhooks": 3,
    "outbound_webhook_transactions": 12,
    "settings": 10,
    "kb_internal_categories": 4,
    "kb_knowledge_bases": 2,
    "kb_article_versions": 100,
}
"""How many of each there are, unless `counts` has another number."""

_LANGUAGES = ("en_us", "fr")
_VERSIONS_PER_LANGUAGE = 2


def record(name: str, number: int, created: int, updated: int) -> Resource:
    """Make one record of an object.

    Args:
        name: the object, one of COUNTS.
        number: of the record within its object.
        created: its time of creation, in milliseconds since 1970.
        updated: its time of update, likewise.
    """
    made = _MAKERS[name](number, to_text(created), to_text(updated))
    made.setdefault("id", id_of(name, number))
    return made


def id_of(name: str, number: int) -> str:
    """The id of a record."""
    return make_id(list_code(name), number)


def language_of(version: int) -> str:
    """The language of an article's version, by the version's number."""
    return _LANGUAGES[version // _VERSIONS_PER_LANGUAGE % len(_LANGUAGES)]


def article_of(version: int) -> int:
    """The number of the article that a version belongs to."""
    return version // (_VERSIONS_PER_LANGUAGE * len(_LANGUAGES))


def versions_of(articles: int) -> int:
    """Return the number of versions of a number of articles."""
    return articles * _VERSIONS_PER_LANGUAGE * len(_LANGUAGES)


def queue_metrics(queue: str, name: str) -> Resource:
    """The waiting time of a queue at the moment."""
    return {
        "type": "session_queue",
        "id": queue,
        "attributes": {
            "name": name,
            "latestWaitTimeSeconds": 12.5,
            "latestWaitTimeSinceQueueEntryOrLastUnpauseSeconds": 12.5,
            "latestWaitTimeBeforeOrAfterLastPauseSeconds": None,
        },
        "relationships": {
            "org": _to("org", "orgs", ORG_ID),
            "queue": _to("queue", "routing/queues", queue),
            "latestWaitTimeWorkItem": {"data": {"type": "work-item", "id": make_id(0x11, 1)}},
        },
    }


def _to(kind: str, path: str, record_id: str) -> Resource:
    return {"links": {"self": f"/v1/{path}/{record_id}"}, "data": {"type": kind, "id": record_id}}


def _user(number: int = 0) -> Resource:
    return _to("user", "users", id_of("users", number))


def _org() -> Resource:
    return {"org": _to("org", "orgs", ORG_ID)}


def _stamps(created: str, updated: str) -> Resource:
    return {"createdAt": created, "updatedAt": updated}


def _sub_status(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "sub_status",
        "attributes": {
            "label": f"Waiting {number}",
            "description": "Waits for someone else.",
            "parentStatus": ("open", "snoozed", "done")[number % 3],
            "resourceType": "kobject" if number % 3 == 1 else "conversation",
            "default": number == 0,
            **_stamps(created, updated),
        },
        "links": {"self": f"/v1/sub-statuses/{id_of('sub_statuses', number)}"},
    }


def _workflow(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "workflow",
        "attributes": {
            "name": f"Workflow {number}",
            "description": "",
            "enabled": number != 1,
            "editable": True,
            "containsVariables": False,
            "lastError": {"message": "Timeout"} if number % 2 else {},
            "trigger": {
                "id": "trigger",
                "eventName": "kustomer.conversation.update",
                "transitions": [{"target": "step1"}],
            },
            "steps": [
                {
                    "id": "step1",
                    "action": "kustomer.rest-api.generic",
                    "params": {"uri": "https://erp.example.com", "headers": {"X-Order": "1"}},
                    "transitions": [],
                    "errorCases": [],
                }
            ],
            **_stamps(created, updated),
        },
        # The authors are ids here, not references.
        "relationships": {**_org(), "createdBy": id_of("users", 0), "modifiedBy": None},
        "links": {"self": f"/v1/workflows/{id_of('workflows', number)}"},
    }


def workflow_of(error: int) -> int:
    """The number of the workflow that a failed run belongs to."""
    return error % COUNTS["workflows"]


def _workflow_error(number: int, created: str, updated: str) -> Resource:
    workflow = id_of("workflows", workflow_of(number))
    return {
        "type": "process",
        "attributes": {
            "error": "connect ETIMEDOUT",
            "status": "error",
            "event": {
                "id": f"event{number}",
                "name": "kustomer.conversation.update",
                "data": {
                    "type": "conversation",
                    "id": make_id(0x10, number),
                    "attributes": {"preview": "private text"},
                },
            },
            "meta": {"context": "private text", "attempt": 3, "retry": False, "workflowRev": 2},
            **_stamps(created, updated),
        },
        "relationships": {
            **_org(),
            "workflow": {"data": {"type": "workflow", "id": workflow}},
            "workflowRunner": {"data": {"type": "workflow_runner", "id": id_of("runners", number)}},
        },
        "links": {"self": f"/v1/workflows/{workflow}/processes"},
    }


def _automation(number: int, created: str, updated: str) -> Resource:
    machine = id_of("users", 20 * (number + 1) - 1)
    return {
        "type": "automation",
        "attributes": {
            "name": f"Automation {number}",
            "description": "Answers questions about orders.",
            "type": ("customer", "rep", "conversational", "workflow")[number % 4],
            "version": 1 + number,
            "machineUserId": machine,
            "modifiedAt": updated,
            **_stamps(created, updated),
        },
        "relationships": {
            **_org(),
            "user": _to("user", "users", machine),
            "modifiedBy": _user(number),
        },
        "links": {"self": f"/v1/ai/automations/{id_of('ai_automations', number)}"},
    }


def automation_of(evaluation: int) -> int:
    """The number of the automation that an evaluation belongs to."""
    return evaluation % COUNTS["ai_automations"]


def _evaluation(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "evaluation",
        "attributes": {
            "name": f"Evaluation {number}",
            "orgId": ORG_ID,
            "automationId": id_of("ai_automations", automation_of(number)),
            "createdBy": id_of("users", 0),
            **_stamps(created, updated),
        },
        "relationships": _org(),
    }


def _run(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "evaluation_run",
        "attributes": {
            "evaluationId": id_of("ai_evaluations", number % COUNTS["ai_evaluations"]),
            "status": "completed",
            "score": 87.5,
            "scoreByTestCase": {id_of("ai_evaluation_testcases", number): 87.5},
            "durationInNanos": 12_000_000_000 + number,
            "runsPerTestCase": 2,
            "createdBy": id_of("users", 0),
            "orgId": ORG_ID,
            **_stamps(created, updated),
        },
    }


def _testcase(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "evaluation_testcase",
        "attributes": {
            "name": f"Case {number}",
            "evaluationId": id_of("ai_evaluations", number % COUNTS["ai_evaluations"]),
            "resourceId": make_id(0x12, number),
            "resourceType": "customer",
            "input": "Where is my order?",
            "expectedOutput": "It is on its way.",
            "resumeNode": None,
            "toolCalls": [{"id": "call1", "name": "find-order", "toolType": "action"}],
            "multiTurnData": {"history": []},
            "createdBy": id_of("users", 0),
            **_stamps(created, updated),
        },
        "relationships": _org(),
    }


def _result(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "evaluation_testcase_result",
        "attributes": {
            "evaluationRunId": id_of("ai_evaluation_runs", number % 12),
            "testCaseId": id_of("ai_evaluation_testcases", number % 16),
            "traceId": f"trace{number}",
            "input": "Where is my order?",
            "output": "It is on its way.",
            "error": None,
            "status": "completed",
            "toolCalls": [
                {
                    "canonicalName": "find-order",
                    "toolType": "action",
                    "toolInput": {"number": "7"},
                    "toolOutput": {"state": "sent"},
                }
            ],
            "outputMetadata": {},
            "assertionResult": {
                "inputResult": {"met": True, "explanation": "Same meaning.", "confidence": 0.9},
                "toolCallsResult": [],
                "assertionFailed": False,
            },
            "startedAt": created,
            "endedAt": updated,
            "durationInNanos": 900_000_000,
            "createdBy": id_of("users", 0),
            **_stamps(created, updated),
        },
    }


def _snippet(number: int, created: str, updated: str) -> Resource:
    key = f"sn.kustomer.text{number}" if number % 2 else f"text{number}"
    return {
        "type": "snippet",
        "attributes": {
            "name": f"Snippet {number}",
            "app": "kustomer" if number % 2 else "org",
            "description": "",
            "source": "en_us",
            "key": key,
            "category": "chat",
            "langs": {"en_us": {"value": f"Text {number}", "outdated": False}},
            **_stamps(created, updated),
        },
        "relationships": _org(),
        "links": {"self": f"/v1/snippets/{id_of('snippets', number)}"},
    }


def _app(number: int, created: str, updated: str) -> Resource:
    component = {"status": "installed", "statusAt": created, "id": id_of("components", number)}
    return {
        "type": "installed_app",
        "attributes": {
            "name": ("shopify", "postmark", "kustomer-ai")[number % 3],
            "version": f"1.{number}.0",
            "current": f"1.{number}.0",
            "status": "installed",
            "statusAt": created,
            "actions": {"kustomer.conversation.find-body": component},
            "cards": {},
            "hooks": {},
            "klasses": {"shopify-order": component},
            "triggers": {"kustomer.message.create": component},
            "workflows": {},
            "modifiedAt": updated,
            **_stamps(created, updated),
        },
        "relationships": {
            **_org(),
            "modifiedBy": {"data": {"type": "user"}, "links": {"self": "/v1/users/"}},
        },
        "links": {"self": f"/v1/apps/{id_of('installed_apps', number)}"},
    }


def _webhook(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "outbound_webhook",
        "attributes": {
            "name": f"Webhook {number}",
            "url": f"https://erp.example.com/kustomer/{number}",
            "token": f"canary-signing-key-{number}",
            "headers": [{"name": "Authorization", "value": f"canary-header-{number}"}],
            "enabled": True,
            "isError": number == 1,
            "events": ["kustomer.conversation.create", "kustomer.conversation.delete"],
            "modifiedAt": updated,
            **_stamps(created, updated),
        },
        "relationships": {**_org(), "createdBy": _user(), "modifiedBy": _user(number)},
        "links": {"self": f"/v1/outbound-webhooks/{id_of('outbound_webhooks', number)}"},
    }


def _transaction(number: int, created: str, updated: str) -> Resource:
    del updated
    return {
        "type": "outbound_webhook_transaction",
        "attributes": {
            "webhookId": id_of("outbound_webhooks", number % COUNTS["outbound_webhooks"]),
            "eventName": "kustomer.conversation.create",
            "status": "failed" if number % 3 == 0 else "success",
            # A number, where everything else has text.
            "sentAt": to_ms(created),
            "nextRetry": None,
        },
        "relationships": {**_org(), "hook": {"data": {"type": "outbound_webhook"}}},
    }


def _setting(number: int, created: str, updated: str) -> Resource:
    del updated
    values: tuple[Any, ...] = (True, 5, "on", {"days": [1, 2]}, None)
    is_own = number % 2 == 0
    return {
        "type": "setting",
        "attributes": {
            "app": "kustomer" if is_own else "shopify",
            "category": "general",
            "name": f"setting{number}",
            "value": values[number // 2 % len(values)] if is_own else f"canary-app-key-{number}",
            "createdAt": created,
        },
        "relationships": _org(),
    }


def _internal_category(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "kb_internal_category",
        "attributes": {
            "hash": f"c{number}",
            "langs": {
                "en_us": {"title": f"Internal {number}", "slug": f"internal-{number}"},
            },
            "published": True,
            "positions": [],
            **_stamps(created, updated),
        },
        "relationships": {**_org(), "createdBy": _user()},
        "links": {"self": f"/v1/kb/internal/categories/{id_of('kb_internal_categories', number)}"},
    }


def _knowledge_base(number: int, created: str, updated: str) -> Resource:
    return {
        "type": "knowledge_base",
        "attributes": {
            "name": f"Help {number}",
            "subdomain": f"help{number}",
            "logo": "",
            "favicon": "",
            "homepageTitle": "Help",
            "defaultLanguage": "en_us",
            "baseUrl": f"https://help{number}.example.com",
            "default": number == 0,
            "includeAllData": False,
            "noIndex": False,
            "languages": {"en_us": {"enabled": True, "title": "English"}},
            "modifiedAt": updated,
            **_stamps(created, updated),
        },
        "relationships": {
            **_org(),
            "brand": _to("brand", "brands", id_of("brands", number)),
            "theme": _to("kb_theme", "kb/themes", id_of("kb_themes", number)),
            "modifiedBy": _user(),
        },
        "links": {"self": f"/v1/kb/knowledge-bases/{id_of('kb_knowledge_bases', number)}"},
    }


def _version(number: int, created: str, updated: str) -> Resource:
    article = id_of("kb_articles", article_of(number))
    category = id_of("kb_categories", 0)
    return {
        "type": "kb_version",
        "attributes": {
            "lang": language_of(number),
            "title": f"Article {article_of(number)}",
            "slug": f"article-{article_of(number)}",
            "metaDescription": "",
            "metaKeywords": [],
            "htmlBody": "<p>Pack it.</p>",
            "status": "published" if number % _VERSIONS_PER_LANGUAGE else "draft",
            "scope": "public",
            "advanced": False,
            "version": 1 + number % _VERSIONS_PER_LANGUAGE,
            "rev": 1,
            "tags": [],
            "categories": [{"id": category, "knowledgeBase": id_of("kb_knowledge_bases", 0)}],
            "modifiedAt": updated,
            "publishedAt": updated,
            **_stamps(created, updated),
        },
        "relationships": {
            **_org(),
            "createdBy": _user(),
            "modifiedBy": _user(),
            "publishedBy": _user(),
            "article": _to("kb_article", "kb/articles", article),
            "categories": {"data": [{"type": "kb_category", "id": category}]},
        },
        "links": {"self": f"/v1/kb/versions/{id_of('kb_article_versions', number)}"},
    }


_MAKERS: dict[str, Callable[[int, str, str], Resource]] = {
    "sub_statuses": _sub_status,
    "workflows": _workflow,
    "workflow_errors": _workflow_error,
    "ai_automations": _automation,
    "ai_evaluations": _evaluation,
    "ai_evaluation_runs": _run,
    "ai_evaluation_testcases": _testcase,
    "ai_evaluation_testcase_results": _result,
    "snippets": _snippet,
    "installed_apps": _app,
    "outbound_webhooks": _webhook,
    "outbound_webhook_transactions": _transaction,
    "settings": _setting,
    "kb_internal_categories": _internal_category,
    "kb_knowledge_bases": _knowledge_base,
    "kb_article_versions": _version,
}
