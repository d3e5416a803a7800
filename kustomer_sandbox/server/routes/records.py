"""Single records, and objects that exist once."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data import roles
from kustomer_sandbox.data.custom import metadata_resource
from kustomer_sandbox.data.ids import make_id, parse_id
from kustomer_sandbox.data.objects import BY_NAME
from kustomer_sandbox.server.answers import Answer, not_found, single
from kustomer_sandbox.server.api import Api, get
from kustomer_sandbox.server.endpoints import BY_PATH

_BY_IDS = (
    "conversations",
    "customers",
    "messages",
    "notes",
    "companies",
    "users",
    "teams",
    "tags",
    "shortcuts",
    "brands",
)


class Records:
    """Records by their ids, the key's own record, settings and metadata."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            get("/v1/auth/tokens/current", self._current_token),
            get("/v1/users/current", self._current_user),
            get("/v1/chat/settings", self._chat_settings),
            get("/v1/brands/default", self._default_brand),
            get("/v1/schedules/{id}", self._schedule),
            get("/v1/slas/{id}", self._sla),
            get("/v1/metadata/{resource}", self._metadata),
            get("/v1/media/{id}", self._media),
            *(get(f"/v1/{name}/{{ids}}", partial(self._by_ids, name=name)) for name in _BY_IDS),
        ]

    async def _current_token(self, request: Request) -> Answer:
        self._api.allow(request, "auth_tokens", roles.ANY_KEY)
        key = request.state.key
        attributes = {"name": key.name, "roles": list(key.roles or ("org",))}
        me = make_id(0x0F03, 1)
        return single({"type": "token", "id": me, "attributes": attributes}, "auth_tokens")

    async def _current_user(self, request: Request) -> Answer:
        self._api.require(request, roles.CURRENT_USER)
        return single(self._api.organization.workspace.lists["users"][0], "users")

    async def _chat_settings(self, request: Request) -> Answer:
        self._api.allow(request, "chat_settings", roles.APPS)
        return single(self._api.organization.workspace.chat_settings, "chat_settings")

    async def _default_brand(self, request: Request) -> Answer:
        self._api.allow(request, "brands", roles.BRAND)
        return single(self._api.listed("brands", self._first_id("brands")), "brands")

    def _first_id(self, name: str) -> str:
        records = self._api.organization.workspace.lists[name]
        if not records:
            raise not_found()
        return str(records[0]["id"])

    async def _schedule(self, request: Request) -> Answer:
        self._api.allow(request, "business_schedules", roles.SCHEDULE)
        record_id = request.path_params["id"]
        if record_id == "default":
            record_id = self._first_id("business_schedules")
        schedule = self._api.listed("business_schedules", record_id)
        if request.query_params.get("include") != "holidays":
            return single(schedule, "business_schedules")
        workspace = self._api.organization.workspace
        holidays = workspace.included_in("business_holidays", {schedule["id"]})
        return single(schedule, "business_holidays", included=holidays)

    async def _sla(self, request: Request) -> Answer:
        self._api.allow(request, "slas", BY_PATH["/slas"].roles)
        sla = self._api.listed("slas", request.path_params["id"])
        if request.query_params.get("versions") != "all":
            return single(sla, "slas")
        versions = self._api.organization.workspace.included_in("sla_versions", {sla["id"]})
        # One version comes as an object, not as a list of one.
        return single(sla, "slas", included=versions[0] if len(versions) == 1 else versions)

    async def _metadata(self, request: Request) -> Answer:
        self._api.allow(request, "custom_attribute_metadata", roles.METADATA)
        try:
            record = metadata_resource(
                request.path_params["resource"], self._api.organization.dataset.now
            )
        except KeyError as error:
            raise not_found() from error
        return single(record, "custom_attribute_metadata")

    async def _media(self, request: Request) -> Answer:
        # Media cannot be listed, so every id that the sandbox could have made is a file.
        self._api.allow(request, "media", roles.MEDIA)
        record_id = request.path_params["id"]
        if parse_id(record_id) is None:
            raise not_found()
        return single(self._api.organization.children.media(record_id), "media")

    async def _by_ids(self, request: Request, *, name: str) -> Answer:
        self._api.allow(request, name, BY_PATH[f"/{name}"].roles)
        ids = request.path_params["ids"]
        if name in BY_NAME:
            return self._api.stored_by_ids(name, ids)
        return self._api.listed_by_ids(name, ids)
