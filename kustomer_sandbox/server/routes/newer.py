"""The endpoints that Kustomer documents since 2026 and that are not lists of whole objects."""

from __future__ import annotations

from collections.abc import Iterable

from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data import newer, roles
from kustomer_sandbox.data.ids import CHILD_CODES, parse_id
from kustomer_sandbox.data.objects import BY_NAME
from kustomer_sandbox.data.organization import Resource
from kustomer_sandbox.data.timestamps import to_ms
from kustomer_sandbox.server.answers import Answer, bad_request, not_found, several, single
from kustomer_sandbox.server.api import Api, get
from kustomer_sandbox.server.endpoints import ListEndpoint, Meta
from kustomer_sandbox.server.lists import ListedRecords

_MOST_IDS = 100


class Newer:
    """Lists below workflows, automations, articles and conversations, and records by ids."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._made = api.organization.children
        self._lists = api.organization.workspace.lists

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            get("/v1/workflows/{id}/processes", self._workflow_errors),
            get("/v1/ai/automations/{id}/evaluations", self._evaluations),
            get("/v1/ai/evaluations/{id}", self._evaluation),
            get("/v1/ai/summaries/batch", self._summaries),
            get("/v1/kb/articles/{id}/versions/{lang}", self._versions),
            get("/v1/kb/knowledge-bases/{id}", self._knowledge_base),
            get("/v2/conversations/{id}/times", self._times),
            get("/v1/satisfaction-responses/{id}", self._response),
            get("/v1/chat/queues/metrics/{ids}", self._queue_metrics),
        ]

    async def _workflow_errors(self, request: Request) -> Answer:
        self._api.allow(request, "workflow_errors", roles.WORKFLOW)
        workflow = self._api.listed("workflows", request.path_params["id"])["id"]
        query = request.query_params
        start = to_ms(query["createdAtFrom"]) if "createdAtFrom" in query else None
        end = to_ms(query["createdAtTo"]) if "createdAtTo" in query else None
        found = [
            error
            for error in self._lists["workflow_errors"]
            if error["relationships"]["workflow"]["data"]["id"] == workflow
            and (start is None or to_ms(error["attributes"]["createdAt"]) >= start)
            and (end is None or to_ms(error["attributes"]["createdAt"]) <= end)
        ]
        found.sort(
            key=lambda error: str(error["attributes"]["createdAt"]),
            reverse=query.get("sort") == "desc",
        )
        return self._page(request, "workflow_errors", found, meta="total")

    async def _evaluations(self, request: Request) -> Answer:
        self._api.allow(request, "ai_evaluations", roles.AI)
        self._api.require_plan()
        automation = self._api.listed("ai_automations", request.path_params["id"])["id"]
        found = [
            evaluation
            for evaluation in self._lists["ai_evaluations"]
            if evaluation["attributes"]["automationId"] == automation
        ]
        return self._page(request, "ai_evaluations", found)

    async def _evaluation(self, request: Request) -> Answer:
        self._api.allow(request, "ai_evaluations", roles.AI)
        self._api.require_plan()
        return self._api.listed_by_ids("ai_evaluations", request.path_params["id"])

    async def _summaries(self, request: Request) -> Answer:
        self._api.allow(request, "ai_summaries", roles.SUMMARY)
        self._api.require_plan()
        ids = request.query_params.get("resourceIds", "").split(",")
        if len(ids) > _MOST_IDS:
            raise bad_request(f"resourceIds should have at most {_MOST_IDS} ids")
        conversations = BY_NAME["conversations"].code
        parsed = [found for found in map(parse_id, ids) if found is not None]
        found = [
            summary
            for code, number, _ in parsed
            if code == conversations and self._exists(number)
            for summary in self._made.summaries(number)
        ]
        return self._page(request, "ai_summaries", found)

    async def _versions(self, request: Request) -> Answer:
        self._api.allow(request, "kb_article_versions", roles.KNOWLEDGE_BASE)
        article = self._api.listed("kb_articles", request.path_params["id"])["id"]
        found = [
            version
            for version in self._lists["kb_article_versions"]
            if version["relationships"]["article"]["data"]["id"] == article
            and version["attributes"]["lang"] == request.path_params["lang"]
        ]
        return self._page(request, "kb_article_versions", found)

    async def _knowledge_base(self, request: Request) -> Answer:
        self._api.allow(request, "kb_knowledge_bases", roles.KNOWLEDGE_BASE)
        found = self._api.listed("kb_knowledge_bases", request.path_params["id"])
        return single(found, "kb_knowledge_bases")

    async def _times(self, request: Request) -> Answer:
        self._api.allow(request, "conversation_times_v2", roles.CONVERSATION)
        number = self._api.parent("conversations", request.path_params["id"])
        return self._page(request, "conversation_times_v2", self._made.times(number), maximum=1_000)

    async def _response(self, request: Request) -> Answer:
        self._api.allow(request, "satisfaction_responses", roles.SURVEY_RESPONSE)
        parsed = parse_id(request.path_params["id"])
        if parsed is None or parsed[0] != CHILD_CODES["satisfaction_responses"]:
            raise not_found()
        found = self._made.responses(parsed[1]) if self._exists(parsed[1]) else []
        if not found:
            raise not_found()
        return single(found[0], "satisfaction_responses")

    async def _queue_metrics(self, request: Request) -> Answer:
        self._api.allow(request, "queue_metrics", roles.QUEUE)
        queues = [
            self._api.listed("queues", each) for each in request.path_params["ids"].split(",")
        ]
        found = [newer.queue_metrics(queue["id"], queue["attributes"]["name"]) for queue in queues]
        return several(found, "queue_metrics")

    def _exists(self, conversation: int) -> bool:
        store = self._api.organization.store
        return store.is_present(BY_NAME["conversations"].code, conversation)

    def _page(
        self,
        request: Request,
        name: str,
        records: Iterable[Resource],
        *,
        meta: Meta = "page",
        maximum: int = 100,
    ) -> Answer:
        endpoint = ListEndpoint("", name, (), maximum=maximum, meta=meta)
        return self._api.page(request, endpoint, ListedRecords(list(records)))
