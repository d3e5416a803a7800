"""The records of klasses (KObjects), below the klass and below a customer."""

from __future__ import annotations

from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data import roles
from kustomer_sandbox.data.objects import BY_NAME, KLASS_NAMES
from kustomer_sandbox.data.timestamps import to_ms
from kustomer_sandbox.server.answers import Answer, bad_request, not_found
from kustomer_sandbox.server.api import Api, get
from kustomer_sandbox.server.endpoints import child_list


class Klasses:
    """`/klasses/{klass}` and what is below it."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            get("/v1/klasses/{klass}", self._of_klass),
            get("/v1/klasses/{klass}/{id}", self._record),
            get("/v1/customers/{id}/klasses/{klass}", self._of_customer),
        ]

    async def _of_klass(self, request: Request) -> Answer:
        self._api.allow(request, "kobjects", roles.KLASS)
        numbers = self._api.organization.store.present[BY_NAME["kobjects"].code]
        since = request.query_params.get("fromDate")
        return self._page(request, numbers if since is None else self._since(numbers, since))

    def _since(self, numbers: list[int], since: str) -> list[int]:
        """The numbers of those that are not older than `fromDate`, under the dialect."""
        mode = self._api.settings.dialect["from-date"]
        if mode == "refused":
            raise bad_request("fromDate should not exist", parameter="fromDate")
        try:
            start = to_ms(since)
        except ValueError as error:
            raise bad_request("fromDate is not a date", parameter="fromDate") from error
        if mode == "ignored":
            return numbers
        index = self._api.organization.index.object(BY_NAME["kobjects"].code)
        times = index.created if mode == "created" else index.updated
        return [n for n in numbers if n < len(times) and times[n] >= start]

    async def _of_customer(self, request: Request) -> Answer:
        self._api.allow(request, "kobjects", roles.CUSTOMER)
        customer = self._api.parent("customers", request.path_params["id"])
        code = BY_NAME["kobjects"].code
        numbers = self._api.organization.store.numbers_of_parent(code, "customer", customer)
        return self._page(request, numbers)

    def _page(self, request: Request, numbers: list[int]) -> Answer:
        klass = request.path_params["klass"]
        if klass not in KLASS_NAMES:
            raise not_found()
        place = KLASS_NAMES.index(klass)
        klasses = self._api.organization.index.object(BY_NAME["kobjects"].code).klass
        wanted = [n for n in numbers if n < len(klasses) and klasses[n] == place]
        # The links of a customer's kobjects point at the whole klass, as the real ones do.
        path = f"/v1/klasses/{klass}"
        records = self._api.stored("kobjects", wanted)
        return self._api.page(request, child_list("kobjects"), records, path=path)

    async def _record(self, request: Request) -> Answer:
        self._api.allow(request, "kobjects", roles.KOBJECT)
        return self._api.stored_by_ids("kobjects", request.path_params["id"])
