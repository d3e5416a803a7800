"""The paged lists of whole objects."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

import orjson
from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data.ids import parse_id
from kustomer_sandbox.data.json_text import loads
from kustomer_sandbox.data.objects import BY_NAME
from kustomer_sandbox.data.organization import Resource
from kustomer_sandbox.server.answers import Answer, bad_request
from kustomer_sandbox.server.api import Api, get
from kustomer_sandbox.server.endpoints import LIST_ENDPOINTS, ListEndpoint
from kustomer_sandbox.server.lists import ListedRecords, Records, answer_list

# Lists that newer versions of the API serve as well.
_NEWER_PATHS = {"/kb/tags": "/v3/kb/tags"}
_USER_FILTERS = ("deleted", "pending", "userType", "email")


class Lists:
    """The lists of `endpoints.LIST_ENDPOINTS`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._children = api.organization.children

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            get(path, partial(self._list, endpoint=endpoint))
            for endpoint in LIST_ENDPOINTS
            for path in (f"/v1{endpoint.path}", _NEWER_PATHS.get(endpoint.path))
            if path is not None
        ]

    async def _list(self, request: Request, *, endpoint: ListEndpoint) -> Answer:
        name, query = endpoint.object, request.query_params
        self._api.allow(request, name, endpoint.roles)
        limit = None
        if name in BY_NAME:
            records: Records = self._stored(name, query)
            limit = self._api.settings.list_record_limit
        else:
            records = ListedRecords(self._listed(name, query))
        included = self._included(name, query)
        return answer_list(
            endpoint, request.url.path, query, records, limit=limit, included=included
        )

    def _stored(self, name: str, query: Mapping[str, str]) -> Records:
        numbers = self._api.organization.store.present[BY_NAME[name].code]
        backwards = query.get("sort") == "desc"
        return self._api.stored(name, numbers[::-1] if backwards else numbers)

    def _listed(self, name: str, query: Mapping[str, str]) -> list[Resource]:
        records = self._api.organization.workspace.lists[name]
        if name == "users":
            return _filtered_users(records, query)
        if name == "klasses":
            wanted = query.get("status", "enabled")
            return [klass for klass in records if klass["attributes"]["status"] == wanted]
        return records

    def _included(
        self, name: str, query: Mapping[str, str]
    ) -> Callable[[list[bytes]], list[Resource]] | None:
        """What makes the `included` member from the records of a page, if it is asked for."""
        workspace = self._api.organization.workspace
        if name == "messages" and query.get("include") == "attachments":
            return self._attachments
        if name == "slas" and query.get("versions") == "all":
            return lambda page: workspace.included_in("sla_versions", _ids(page))
        if name == "business_schedules" and query.get("include") == "holidays":
            return lambda page: workspace.included_in("business_holidays", _ids(page))
        return None

    def _attachments(self, messages: list[bytes]) -> list[Resource]:
        found = []
        for message in messages:
            parsed = parse_id(loads(message)["id"])
            found += self._children.attachments(parsed[1]) if parsed else []
        return found


def _ids(records: list[bytes]) -> set[str]:
    return {orjson.loads(record)["id"] for record in records}


def _filtered_users(users: list[Resource], query: Mapping[str, str]) -> list[Resource]:
    filters = [name for name in _USER_FILTERS if name in query]
    if len(filters) > 1:
        raise bad_request(f"{' and '.join(filters)} cannot be combined", parameter=filters[1])
    deleted = query.get("deleted") == "true"
    users = [u for u in users if (u["attributes"].get("deletedAt") is not None) == deleted]
    if "userType" in query:
        users = [u for u in users if u["attributes"]["userType"] == query["userType"]]
    if "email" in query:
        users = [u for u in users if u["attributes"]["email"] == query["email"]]
    return [] if query.get("pending") == "true" else users
