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
from kustomer_sandbox.server.answers import Answer, document, forbidden, not_found
from kustomer_sandbox.server.keys import require
from kustomer_sandbox.server.lists import StoredRecords

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

    def allow(self, request: Request, name: str, roles: tuple[str, ...]) -> None:
        """Refuse an object that the key's roles or the switches do not allow.

        Raises:
            ApiError: 403 or 404.
        """
        path = request.url.path
        if not {name, path, path[len("/v1") :]}.isdisjoint(self.settings.absent):
            raise not_found()
        require(request.state.key, roles)
        if name in self.settings.forbidden:
            self._asked[name] = self._asked.get(name, 0) + 1
            if self._asked[name] > self.settings.forbidden[name]:
                raise forbidden()

    def start_counting(self) -> None:
        """Count the requests of objects from zero, for the switch `forbidden`."""
        self._asked.clear()

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
            ApiError: 404, for a deleted record as well unless the switches serve its children.
        """
        number = self.number(name, record_id)
        present = self.organization.store.is_present(BY_NAME[name].code, number)
        if not present and self.settings.deleted_parents == "not_found":
            raise not_found()
        return number

    def stored(self, name: str, numbers: list[int]) -> StoredRecords:
        """Records of the store, by their numbers."""
        code, store = BY_NAME[name].code, self.organization.store
        return StoredRecords(numbers, lambda wanted: store.bodies(code, wanted))

    def stored_by_ids(self, name: str, ids: str) -> Answer:
        """Answer with one stored record, or with several whose ids are separated by commas.

        Raises:
            ApiError: 404.
        """
        code = BY_NAME[name].code
        numbers = [self.number(name, record_id) for record_id in ids.split(",")]
        bodies = self.organization.store.bodies(code, numbers)
        if not bodies:
            raise not_found()
        data = bodies[0] if len(numbers) == 1 else b"[" + b",".join(bodies) + b"]"
        return Answer(document(data), rows=len(bodies), object=name)
