"""The audit log, which is paged by the ids of its entries."""

from __future__ import annotations

import orjson
from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data import roles
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
            largest = self._api.settings.max_list_page or _LARGEST_PAGE
            count = min(int(query.get("count", "100")), largest)
            start = to_ms(query["filter[start]"]) if "filter[start]" in query else 0
            end = to_ms(query["filter[end]"]) if "filter[end]" in query else now_ms()
        except ValueError as error:
            raise bad_request("count, filter[start] or filter[end] cannot be read") from error
        logs = [
            log
            for log in self._api.organization.audit_log.newest_first()
            if self._is_between(start, to_ms(log["attributes"]["createdAt"]), end)
        ]
        ids = [log["id"] for log in logs]
        rest = logs
        if "before" in query:
            rest = logs[_place(ids, query["before"]) + 1 :]
        elif "after" in query:
            rest = logs[: _place(ids, query["after"])]
        # The log is generated newest first.
        oldest_first = self._api.settings.dialect["audit-order"] == "oldest-first"
        if oldest_first:
            rest = rest[::-1]
        page = rest[-count:] if "after" in query and not oldest_first else rest[:count]
        onwards = "after" if oldest_first else "before"
        backwards = "before" if oldest_first else "after"
        last = None if not ids else ids[0] if oldest_first else ids[-1]
        others = {n: v for n, v in query.items() if n not in ("before", "after")}
        path = "/v1/audit-logs?" + "&".join(
            f"{n}={v}" for n, v in {**others, "count": count}.items()
        )
        more = bool(page) and page[-1]["id"] != last
        return Answer(
            document(
                orjson.dumps(page),
                {"count": len(page), "total": len(logs), "cursorCount": len(logs)},
                {
                    "self": path,
                    "first": path,
                    "prev": f"{path}&{backwards}={page[0]['id']}" if page else None,
                    "next": f"{path}&{onwards}={page[-1]['id']}" if more else None,
                },
            ),
            rows=len(page),
            object="audit_logs",
        )

    def _is_between(self, start: int, at: int, end: int) -> bool:
        if self._api.settings.dialect["audit-bounds"] == "inclusive":
            return start <= at <= end
        return start < at < end


def _place(ids: list[str], wanted: str) -> int:
    if wanted not in ids:
        raise bad_request(f"there is no audit log entry {wanted}")
    return ids.index(wanted)
