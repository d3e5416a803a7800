"""The two searches."""

from __future__ import annotations

from functools import partial

import orjson
from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data import roles
from kustomer_sandbox.data.timestamps import now_ms
from kustomer_sandbox.server.answers import Answer, bad_request, not_found, single
from kustomer_sandbox.server.api import Api, get
from kustomer_sandbox.server.query import read_search, search_schema
from kustomer_sandbox.server.search import Searcher, read_page

SEARCH_PATHS = ("/v1/customers/search", "/v1/customers/archive/search")


class Search:
    """The standard search and the archive search."""

    def __init__(self, api: Api) -> None:
        self._api = api
        organization = api.organization
        self._searcher = Searcher(
            api.settings, organization.store, organization.index, organization.dataset.seed
        )

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            Route(path, partial(self._search, archive=archive), methods=["POST"])
            for path, archive in zip(SEARCH_PATHS, (False, True), strict=True)
        ] + [get("/v1/customers/searches/schema", self._schema)]

    async def _schema(self, request: Request) -> Answer:
        self._api.allow(request, "search_schema", roles.SEARCH)
        if self._api.settings.dialect["schema"] == "missing":
            raise not_found()
        return single(search_schema(self._api.settings), "search_schema")

    async def _search(self, request: Request, *, archive: bool) -> Answer:
        self._api.require(request, roles.SEARCH)
        raw = await request.body()
        try:
            body = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise bad_request("body is not valid JSON") from error
        search = read_search(body, self._api.settings, archive=archive)
        self._api.allow(request, search.object.name, roles.ANY_KEY)
        asked = read_page(request.query_params, self._api.settings, search.object.name)
        return self._searcher.answer(search, asked, raw, now_ms())
