"""The audit log, which is paged by the ids of its entries."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data import roles
from kustomer_sandbox.data.children import AUDIT_LOGS
from kustomer_sandbox.data.timestamps import now_ms, to_ms
from kustomer_sandbox.server.answers import Answer, bad_request, document
from kustomer_sandbox.server.api import Api, get

_LARGEST_PAGE = 1_000


class AuditLogs:
    """`GET /audit-logs`."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def routes(self) -> list[Route]:
        """Make the route."""
        return [get("/v1/audit-logs", self._page)]

    async def _page(self, request: Request) -> Answer:
        self._api.allow(request, "audit_logs", roles.AUDIT_LOG)
        query = request.query_params
        try:
            count = min(int(query.get("count", "100")), _LARGEST_PAGE)
            start = to_ms(query["filter[start]"]) if "filter[start]" in query else 0
            end = to_ms(query["filter[end]"]) if "filter[end]" in query else now_ms()
        except ValueError as error:
            raise bad_request("count, filter[start] or filter[end] cannot be read") from error
        logs = [
            log
            for log in map(self._api.organization.children.audit_log, range(AUDIT_LOGS))
            if start <= to_ms(log["attributes"]["createdAt"]) <= end
        ]
        ids = [log["id"] for log in logs]
        page = logs[:count]
        if "before" in query:
            place = _place(ids, query["before"]) + 1
            page = logs[place : place + count]
        elif "after" in query:
            place = _place(ids, query["after"])
            page = logs[max(0, place - count) : place]
        others = {n: v for n, v in query.items() if n not in ("before", "after")}
        path = "/v1/audit-logs?" + "&".join(
            f"{n}={v}" for n, v in {**others, "count": count}.items()
        )
        more = bool(page) and page[-1]["id"] != ids[-1]
        return Answer(
            document(
                orjson.dumps(page),
                {"count": len(page), "total": len(logs), "cursorCount": len(logs)},
                {
                    "self": path,
                    "first": path,
                    "prev": f"{path}&after={page[0]['id']}" if page else None,
                    "next": f"{path}&before={page[-1]['id']}" if more else None,
                },
            ),
            rows=len(page),
            object="audit_logs",
        )


def _place(ids: list[str], wanted: str) -> int:
    if wanted not in ids:
        raise bad_request(f"there is no audit log entry {wanted}")
    return ids.index(wanted)
