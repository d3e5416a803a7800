"""The lists below conversations, customers, messages and queues."""

from __future__ import annotations

from functools import partial

from starlette.requests import Request
from starlette.routing import Route

from kustomer_sandbox.data import roles
from kustomer_sandbox.data.ids import CHILD_CODES, make_id, parse_id
from kustomer_sandbox.data.json_text import loads
from kustomer_sandbox.data.objects import BY_NAME
from kustomer_sandbox.data.organization import Resource
from kustomer_sandbox.data.records import queue_of
from kustomer_sandbox.server.answers import Answer, not_found, several, single
from kustomer_sandbox.server.api import Api, get
from kustomer_sandbox.server.endpoints import child_list
from kustomer_sandbox.server.lists import ListedRecords, Records

# Last part of the path -> object and roles. `/customers/{id}/events` is retired and left out.
_BELOW_CONVERSATION = {
    "attachments": ("attachments", roles.ATTACHMENT),
    "events": ("conversation_events", roles.EVENT),
    "times": ("conversation_times", roles.CONVERSATION),
    "forwards": ("forwards", roles.DRAFT),
    "messages": ("messages", roles.MESSAGE),
    "notes": ("notes", roles.NOTE),
}
_BELOW_CUSTOMER = {
    "merges": ("customer_merges", roles.MERGE),
    "sessions": ("customer_sessions", roles.EVENT),
    "drafts": ("drafts", roles.DRAFT),
    "conversations": ("conversations", roles.CONVERSATION),
    "messages": ("messages", roles.MESSAGE),
    "notes": ("notes", roles.NOTE),
}
_EMPTY_META = {"attachments", "conversation_events", "customer_sessions", "customer_events"}


class Children:
    """The lists below a record."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._made = api.organization.children

    def routes(self) -> list[Route]:
        """Make the routes."""
        return [
            get("/v1/conversations/times/{ids}", self._times_by_ids),
            *self._below("conversations", _BELOW_CONVERSATION),
            *self._below("customers", _BELOW_CUSTOMER),
            get("/v1/customers/{id}/sessions/{session}/events", self._session_events),
            get("/v1/messages/{id}/attachments", self._attachments_of_message),
            get("/v1/messages/{id}/attachments/{attachment}", self._attachment_of_message),
            get("/v1/attachments/{ids}", self._attachments_by_ids),
            get("/v1/routing/conversations/{id}/work-items", self._work_items),
            get("/v1/routing/queues/{id}/work-items", self._work_items_of_queue),
        ]

    def _below(self, parent: str, children: dict[str, tuple[str, tuple[str, ...]]]) -> list[Route]:
        return [
            get(
                f"/v1/{parent}/{{id}}/{what}",
                partial(self._list, parent=parent, name=name, needed=needed),
            )
            for what, (name, needed) in children.items()
        ]

    async def _list(
        self, request: Request, *, parent: str, name: str, needed: tuple[str, ...]
    ) -> Answer:
        self._api.allow(request, name, needed)
        number = self._api.parent(parent, request.path_params["id"])
        if name in BY_NAME:
            # `conversations` -> `conversation`
            return self._page(request, name, self._stored(name, parent[:-1], number))
        if name == "attachments":
            return self._page(request, name, ListedRecords(self._attachments(number)))
        return self._page(request, name, ListedRecords(self._made.of(name, number)))

    def _page(self, request: Request, name: str, records: Records) -> Answer:
        maximum = 1_000 if name == "conversation_times" else 100
        endpoint = child_list(name, maximum=maximum, empty_meta=name in _EMPTY_META)
        return self._api.page(request, endpoint, records)

    def _stored(self, name: str, parent: str, number: int) -> Records:
        store = self._api.organization.store
        numbers = store.numbers_of_parent(BY_NAME[name].code, parent, number)
        return self._api.stored(name, numbers)

    def _attachments(self, conversation: int) -> list[Resource]:
        store = self._api.organization.store
        messages = store.numbers_of_parent(BY_NAME["messages"].code, "conversation", conversation)
        return [found for message in messages for found in self._made.attachments(message)]

    async def _times_by_ids(self, request: Request) -> Answer:
        self._api.allow(request, "conversation_times", roles.CONVERSATION)
        return self._api.stored_by_ids("conversation_times", request.path_params["ids"])

    async def _session_events(self, request: Request) -> Answer:
        self._api.allow(request, "customer_events", roles.EVENT)
        number = self._api.parent("customers", request.path_params["id"])
        events = self._made.session_events(number, request.path_params["session"])
        if events is None:
            raise not_found()
        return self._page(request, "customer_events", ListedRecords(events))

    async def _attachments_of_message(self, request: Request) -> Answer:
        self._api.allow(request, "attachments", roles.ATTACHMENT)
        message = self._api.parent("messages", request.path_params["id"])
        records = ListedRecords(self._made.attachments(message))
        return self._api.page(request, child_list("attachments"), records)

    async def _attachment_of_message(self, request: Request) -> Answer:
        self._api.allow(request, "attachments", roles.ATTACHMENT)
        message = self._api.parent("messages", request.path_params["id"])
        for attachment in self._made.attachments(message):
            if attachment["id"] == request.path_params["attachment"]:
                return single(attachment, "attachments")
        raise not_found()

    async def _attachments_by_ids(self, request: Request) -> Answer:
        self._api.allow(request, "attachments", roles.ATTACHMENT)
        found = [self._attachment(each) for each in self._api.ids(request.path_params["ids"])]
        mode = self._api.settings.dialect["inbound-attachments"]
        served = [one for message, one in found if mode == "served" or not self._inbound(message)]
        if not served or (mode == "not-found" and len(served) < len(found)):
            raise not_found()
        if len(found) == 1:
            return single(served[0], "attachments")
        return several(served, "attachments")

    def _inbound(self, message: int) -> bool:
        body = self._api.organization.store.body(BY_NAME["messages"].code, message)
        return body is not None and loads(body)["attributes"]["direction"] == "in"

    def _attachment(self, record_id: str) -> tuple[int, Resource]:
        """The number of the message, and the attachment."""
        parsed = parse_id(record_id)
        if parsed is None:
            raise not_found()
        code, message, child = parsed
        if code != CHILD_CODES["attachments"] or not self._made.has_attachment(message, child):
            raise not_found()
        message_id = make_id(BY_NAME["messages"].code, message)
        return message, self._made.attachment(message, child, message_id)

    async def _work_items(self, request: Request) -> Answer:
        self._api.allow(request, "work_items", roles.ROUTING)
        number = self._api.parent("conversations", request.path_params["id"])
        return self._page(request, "work_items", self._stored("work_items", "conversation", number))

    async def _work_items_of_queue(self, request: Request) -> Answer:
        self._api.allow(request, "work_items", roles.ROUTING)
        queue = self._api.listed("queues", request.path_params["id"])["id"]
        present = self._api.organization.store.present[BY_NAME["work_items"].code]
        numbers = [number for number in present if queue_of(number) == queue]
        return self._page(request, "work_items", self._api.stored("work_items", numbers))
