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
from kustomer_sandbox.data.workspace import is_deleted
from kustomer_sandbox.server.answers import Answer, bad_request
from kustomer_sandbox.server.api import Api, get
from kustomer_sandbox.server.customers import customer_numbers
from kustomer_sandbox.server.endpoints import LIST_ENDPOINTS, ListEndpoint
from kustomer_sandbox.server.lists import ListedRecords, Records
from kustomer_sandbox.server.scopes import DELETED_PARAMETERS, in_scope, session_numbers

_USER_FILTERS = ("deleted", "pending", "userType", "email")
# The dialect `list-order=growing` adds records to an object. Not to these: their records
# are streams, or exist once per role, team or key.
_GROWTH = 3
_NOT_GROWING = {"klasses", "auth_roles", "team_routing_settings", "customer_searches_positions"}


class Lists:
    """The lists of `endpoints.LIST_ENDPOINTS`."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._children = api.organization.children

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            get(f"/{version}{endpoint.path}", partial(self._list, endpoint=endpoint))
            for endpoint in LIST_ENDPOINTS
            for version in endpoint.versions
        ]

    async def _list(self, request: Request, *, endpoint: ListEndpoint) -> Answer:
        name, query, dialect = endpoint.object, request.query_params, self._api.settings.dialect
        self._api.allow_endpoint(request, endpoint)
        records = self._stored(name, query) if name in BY_NAME else self._listed(name, query)
        answer = self._api.page(request, endpoint, records, included=self._included(name, query))
        if dialect["list-order"] == "growing":
            self._grow(name)
        return answer

    def _grow(self, name: str) -> None:
        added = self._api.organization.grown
        if name not in _NOT_GROWING and added.get(name, 0) < _GROWTH:
            added[name] = added.get(name, 0) + 1
            self._api.organization.insert(name, 1, None)

    def _stored(self, name: str, query: Mapping[str, str]) -> Records:
        settings, organization = self._api.settings, self._api.organization
        numbers = organization.store.present[BY_NAME[name].code]
        if name == "customers":
            return self._api.stored(name, customer_numbers(organization, settings, query))
        if name == "notes" and "sort" in query:
            numbers = organization.notes_by_creation()
        elif name == "work_sessions":
            numbers = session_numbers(settings, query, numbers)
        backwards = query.get("sort") == "desc"
        return self._api.stored(name, numbers[::-1] if backwards else numbers)

    def _listed(self, name: str, query: Mapping[str, str]) -> Records:
        settings = self._api.settings
        records = self._api.organization.workspace.lists[name]
        if name == "sub_statuses" and "resource" not in query:
            raise bad_request("resource is required", parameter="resource")
        if name == "users":
            filters = [each for each in _USER_FILTERS if each in query]
            if len(filters) > 1:
                raise bad_request(f"{filters[0]} and {filters[1]} cannot be combined")
        if name in DELETED_PARAMETERS:
            parameter, mode = DELETED_PARAMETERS[name], settings.dialect["deleted-lists"]
            everything = mode == "included" and name != "users"
            wanted = query.get(parameter, "all" if everything else "false")
            if parameter in query and mode == "refused":
                raise bad_request(f"unknown parameter {parameter}", parameter=parameter)
            if mode == "ignored":
                wanted = "false"
            if wanted != "all" and not (parameter == "includeDeleted" and wanted == "true"):
                records = [each for each in records if is_deleted(each) == (wanted == "true")]
        return ListedRecords([each for each in records if self._in_scope(name, each, query)])

    def _in_scope(self, name: str, record: Resource, query: Mapping[str, str]) -> bool:
        attributes = record["attributes"]
        if name == "business_schedules":
            disabled = self._api.organization.workspace.disabled_schedules
            attributes = {**attributes, "enabled": record["id"] not in disabled}
        return in_scope(self._api.settings, name, attributes, query)

    def _included(
        self, name: str, query: Mapping[str, str]
    ) -> Callable[[list[bytes]], list[Resource]] | None:
        """What makes the `included` member from the records of a page, if it is asked for."""
        workspace = self._api.organization.workspace
        if self._api.settings.dialect["include"] == "ignored":
            return None
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
