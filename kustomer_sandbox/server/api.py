"""What every endpoint uses: the records, the switches and the access rules."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.objects import BY_NAME
from kustomer_sandbox.data.organization import Organization, Resource
from kustomer_sandbox.data.workspace import is_deleted
from kustomer_sandbox.server.answers import (
    Answer,
    ApiError,
    bad_request,
    document,
    not_found,
    several,
    single,
    unauthorized,
)
from kustomer_sandbox.server.endpoints import ListEndpoint
from kustomer_sandbox.server.keys import missing_role
from kustomer_sandbox.server.lists import Records, StoredRecords, answer_list

Endpoint = Callable[[Request], Coroutine[Any, Any, Answer]]


def get(path: str, endpoint: Endpoint) -> Route:
    """Make the route of a GET endpoint; `path` includes the version."""
    return Route(path, endpoint, methods=["GET"])


@dataclass
class Api:
    """The state that the endpoints share."""

    organization: Organization
    settings: Settings
    _asked: dict[str, int] = field(default_factory=dict)

    # Access

    def allow_endpoint(self, request: Request, endpoint: ListEndpoint) -> None:
        """Refuse a list, or a record of it, that the key, the plan or the dialect does not allow.

        Raises:
            ApiError: 403, or 401 under the dialect; 404.
        """
        version = request.url.path[1:3]
        if len(endpoint.versions) > 1 and self.settings.dialect["kb-paths"] not in (
            "both",
            version,
        ):
            raise not_found()
        self.allow(request, endpoint.object, endpoint.roles)
        if endpoint.feature:
            self.require_plan()

    def allow(self, request: Request, name: str, roles: tuple[str, ...]) -> None:
        """Refuse an object that the key's roles or the switches do not allow.

        Raises:
            ApiError: 403, or 401 under the dialect; 404.
        """
        path = request.url.path
        if not {name, path, path[len("/v1") :]}.isdisjoint(self.settings.absent):
            raise not_found()
        self.require(request, roles)
        if name in self.settings.forbidden:
            self._asked[name] = self._asked.get(name, 0) + 1
            if self._asked[name] > self.settings.forbidden[name]:
                raise missing_role(self.settings)

    def require(self, request: Request, roles: tuple[str, ...]) -> None:
        """Refuse a key that has none of the roles.

        Raises:
            ApiError: 403, or 401 under the dialect.
        """
        if not request.state.key.may(roles):
            raise missing_role(self.settings)

    def require_plan(self) -> None:
        """Refuse what the plan does not include.

        Raises:
            ApiError: 403 or 401.
        """
        value = self.settings.dialect["plan-feature"]
        if value == "403":
            raise ApiError(403, "forbidden", "This feature is not included in your plan")
        if value == "401":
            raise unauthorized()

    def start_counting(self) -> None:
        """Count the requests of objects from zero, for the switch `forbidden`."""
        self._asked.clear()

    # Records

    def listed(self, name: str, record_id: str) -> Resource:
        """A record of a small list, by its id.

        Raises:
            ApiError: 404.
        """
        for resource in self.organization.workspace.lists[name]:
            if resource["id"] == record_id:
                return resource
        raise not_found()

    def number(self, name: str, record_id: str) -> int:
        """The number of a stored record, by its id.

        Raises:
            ApiError: 404.
        """
        try:
            number = self.organization.number_of(BY_NAME[name], record_id)
        except KeyError as error:
            raise not_found() from error
        if number >= self.organization.store.next_number[BY_NAME[name].code]:
            raise not_found()
        return number

    def parent(self, name: str, record_id: str) -> int:
        """The number of a record whose children are asked for.

        Raises:
            ApiError: 404, for a deleted record as well unless the dialect serves its children.
        """
        number = self.number(name, record_id)
        present = self.organization.store.is_present(BY_NAME[name].code, number)
        if not present and self.settings.dialect["deleted-parents"] == "not-found":
            raise not_found()
        return number

    def stored(self, name: str, numbers: list[int]) -> StoredRecords:
        """Records of the store, by their numbers."""
        code, store = BY_NAME[name].code, self.organization.store
        return StoredRecords(numbers, lambda wanted: store.bodies(code, wanted))

    # Answers

    def page(
        self,
        request: Request,
        endpoint: ListEndpoint,
        records: Records,
        *,
        path: str | None = None,
        included: Callable[[list[bytes]], list[Resource]] | None = None,
    ) -> Answer:
        """Answer with one page of a list; `path` is that of the links, if it is another."""
        path = path or request.url.path
        return answer_list(
            self.settings, endpoint, path, request.query_params, records, included=included
        )

    def ids(self, text: str) -> list[str]:
        """The ids of a path, which are separated by commas.

        Raises:
            ApiError: 400 for too many, under the dialect.
        """
        ids = text.split(",")
        largest = self.settings.max_ids
        if self.settings.dialect["ids-per-path"] == "20" and len(ids) > largest:
            raise bad_request(f"no more than {largest} ids", parameter="id")
        return ids

    def listed_by_ids(self, name: str, ids: str) -> Answer:
        """Answer with one or several records of a small list.

        Raises:
            ApiError: 404.
        """
        found = [self.listed(name, record_id) for record_id in self.ids(ids)]
        hidden = self.settings.dialect["removed-records"] == "not-found" and name != "users"
        if hidden and any(map(is_deleted, found)):
            raise not_found()
        return single(found[0], name) if len(found) == 1 else several(found, name)

    def stored_by_ids(self, name: str, ids: str) -> Answer:
        """Answer with one or several stored records; of several, removed ones are left out.

        Raises:
            ApiError: 404.
        """
        code, store = BY_NAME[name].code, self.organization.store
        numbers = [self.number(name, record_id) for record_id in self.ids(ids)]
        if self.settings.dialect["removed-records"] == "not-found":
            wanted = [number for number in numbers if store.is_present(code, number)]
        else:
            wanted = numbers
        bodies = store.bodies(code, wanted)
        if not bodies:
            raise not_found()
        data = bodies[0] if len(numbers) == 1 else b"[" + b",".join(bodies) + b"]"
        return Answer(document(data), rows=len(bodies), object=name)
