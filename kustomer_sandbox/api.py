"""The API's endpoints: which path is answered by what, for which roles."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from . import catalogue
from .answers import Answer, ApiError, bad_request, document, not_found
from .catalogue import BY_NAME, LIST_ENDPOINTS, ErrorShape, ListEndpoint
from .children import AUDIT_LOGS
from .custom import metadata_resource
from .ids import CHILD_CODES, make_id, parse_id
from .json_text import loads
from .keys import Key, require
from .lists import MadeRecords, Records, StoredRecords, answer_list
from .organization import Organization, Resource
from .query import read_search
from .records import queue_of
from .search import Searcher, read_page
from .settings import Settings
from .timestamps import now_ms, to_ms

_SEARCH_PATHS = {"/customers/search": False, "/customers/archive/search": True}
_MOST_AUDIT_LOGS = 1_000
_USER_FILTERS = ("deleted", "pending", "userType", "email")


@dataclass(frozen=True)
class Request:
    """A request as the endpoints see it; `path` is what follows the version."""

    method: str
    path: str
    query: dict[str, str]
    body: bytes
    key: Key
    version: str = "/v1"


@dataclass
class Api:
    """Answers requests that carry a valid key and are within the limits."""

    organization: Organization
    settings: Settings
    searcher: Searcher
    _asked: dict[str, int] = field(default_factory=dict)
    _routes: list[tuple[re.Pattern[str], Callable[..., Answer]]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lists = {endpoint.path: endpoint for endpoint in LIST_ENDPOINTS}
        patterns: list[tuple[str, Callable[..., Answer]]] = [
            (r"/auth/tokens/current", self._current_token),
            (r"/users/current", self._current_user),
            (r"/chat/settings", self._chat_settings),
            (r"/brands/default", self._default_brand),
            (r"/schedules/([^/]+)", self._schedule),
            (r"/slas/([^/]+)", self._sla),
            (r"/audit-logs", self._audit_logs),
            (r"/metadata/([^/]+)", self._metadata),
            (r"/conversations/times/([^/]+)", self._times_by_ids),
            (r"/conversations/([^/]+)/([a-z]+)", self._below_conversation),
            (r"/routing/conversations/([^/]+)/work-items", self._work_items),
            (r"/routing/queues/([^/]+)/work-items", self._work_items_of_queue),
            (r"/media/([^/]+)", self._media),
            (r"/customers/([^/]+)/sessions/([^/]+)/events", self._session_events),
            (r"/customers/([^/]+)/klasses/([^/]+)", self._klass_of_customer),
            (r"/customers/([^/]+)/([a-z]+)", self._below_customer),
            (r"/messages/([^/]+)/attachments", self._message_attachments),
            (r"/attachments/([^/]+)", self._attachments_by_ids),
            (r"/klasses/([^/]+)", self._klass),
            (r"/klasses/([^/]+)/([^/]+)", self._kobject),
            (r"/(conversations|customers|messages|notes|companies)/([^/]+)", self._by_ids),
            (r"/(users|teams|tags|shortcuts|brands)/([^/]+)", self._small_by_ids),
        ]
        self._routes = [(re.compile(pattern), answer) for pattern, answer in patterns]

    def is_search(self, method: str, path: str) -> bool:
        """Whether a request counts against the limit of searches."""
        return method == "POST" and path in _SEARCH_PATHS

    def error_shape(self, path: str) -> ErrorShape:
        """The shape of error bodies at a path."""
        if self.settings.error_shape in ("code", "jsonapi", "old"):
            return self.settings.error_shape  # type: ignore[return-value]
        endpoint = self._lists.get(path)
        if endpoint is not None:
            return endpoint.errors
        return "jsonapi" if path.startswith(("/conversations/", "/users/")) else "code"

    def answer(self, request: Request) -> Answer:
        """Answer a request.

        Raises:
            ApiError: for everything that is not 200.
        """
        if request.path in _SEARCH_PATHS:
            return self._search(request, archive=_SEARCH_PATHS[request.path])
        if request.method != "GET":
            # The sandbox has no writing endpoints: nothing of a source may ever need one.
            raise ApiError(405, "method_not_allowed", "Method not allowed")
        path = request.path.rstrip("/") or "/"
        endpoint = self._lists.get(path)
        if endpoint is not None:
            return self._list(request, endpoint)
        for pattern, answer in self._routes:
            match = pattern.fullmatch(path)
            if match:
                return answer(request, *match.groups())
        raise not_found()

    def _let_in(self, request: Request, name: str, roles: tuple[str, ...]) -> None:
        """Refuse what the key's roles or the settings do not allow."""
        places = {name, request.path, request.version + request.path}
        if not places.isdisjoint(self.settings.absent):
            raise not_found()
        require(request.key, roles)
        if name in self.settings.forbidden:
            self._asked[name] = self._asked.get(name, 0) + 1
            if self._asked[name] > self.settings.forbidden[name]:
                raise ApiError(403, "forbidden", "Forbidden")

    def start_counting(self) -> None:
        """Count the requests of objects anew, for the switch `forbidden`."""
        self._asked.clear()

    # Search

    def _search(self, request: Request, *, archive: bool) -> Answer:
        if request.method != "POST":
            raise not_found()
        require(request.key, catalogue.SEARCH_ROLES)
        try:
            body = orjson.loads(request.body)
        except orjson.JSONDecodeError as error:
            raise bad_request("body is no JSON") from error
        search = read_search(body, archive=archive, refused=self.settings.refused_attributes)
        self._let_in(request, search.object.name, ())
        asked = read_page(request.query, self.settings)
        return self.searcher.answer(search, asked, request.body, now_ms())

    # Lists

    def _list(self, request: Request, endpoint: ListEndpoint) -> Answer:
        self._let_in(request, endpoint.object, endpoint.roles)
        included: Callable[[list[bytes]], list[Resource]] | None = None
        limit = None
        if endpoint.object in BY_NAME:
            records: Records = self._stored(endpoint.object, request.query)
            limit = self.settings.list_record_limit
            if endpoint.object == "messages" and request.query.get("include") == "attachments":
                included = self._attachments_of
        else:
            records = MadeRecords(self._made(endpoint.object, request.query))
        if endpoint.object == "slas" and request.query.get("versions") == "all":
            included = self._versions_of
        if endpoint.object == "business_schedules" and request.query.get("include") == "holidays":
            included = self._holidays_of
        path = f"{request.version}{endpoint.path}"
        return answer_list(endpoint, path, request.query, records, limit=limit, included=included)

    def _stored(self, name: str, query: dict[str, str]) -> StoredRecords:
        code, store = BY_NAME[name].code, self.organization.store
        records = StoredRecords(store.present[code], lambda numbers: store.bodies(code, numbers))
        return records.backwards() if query.get("sort") == "desc" else records

    def _made(self, name: str, query: dict[str, str]) -> list[Resource]:
        records = self.organization.workspace.lists[name]
        if name == "users":
            return _filtered_users(records, query)
        if name == "klasses":
            wanted = query.get("status", "enabled")
            return [klass for klass in records if klass["attributes"]["status"] == wanted]
        return records

    def _attachments_of(self, messages: list[bytes]) -> list[Resource]:
        found = []
        for message in messages:
            parsed = parse_id(loads(message)["id"])
            found += self.organization.children.attachments(parsed[1]) if parsed else []
        return found

    def _versions_of(self, slas: list[bytes]) -> list[Resource]:
        return self._included("sla_versions", "sla", slas)

    def _holidays_of(self, schedules: list[bytes]) -> list[Resource]:
        return self._included("business_holidays", "schedule", schedules)

    def _included(self, name: str, relationship: str, parents: list[bytes]) -> list[Resource]:
        ids = {orjson.loads(parent)["id"] for parent in parents}
        return [
            resource
            for resource in self.organization.workspace.included[name]
            if resource["relationships"][relationship]["data"]["id"] in ids
        ]

    def _audit_logs(self, request: Request) -> Answer:
        self._let_in(request, "audit_logs", catalogue.AUDIT_LOG_ROLES)
        query = request.query
        try:
            count = min(int(query.get("count", "100")), _MOST_AUDIT_LOGS)
            start = to_ms(query["filter[start]"]) if "filter[start]" in query else 0
            end = to_ms(query["filter[end]"]) if "filter[end]" in query else now_ms()
        except ValueError as error:
            raise bad_request("count, filter[start] or filter[end] cannot be read") from error
        logs = [
            log
            for log in map(self.organization.children.audit_log, range(AUDIT_LOGS))
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

    # Single objects

    def _current_token(self, request: Request) -> Answer:
        self._let_in(request, "auth_tokens", ())
        attributes = {"name": request.key.name, "roles": list(request.key.roles or ("org",))}
        me = make_id(0x0F03, 1)
        return _single({"type": "token", "id": me, "attributes": attributes}, "auth_tokens")

    def _current_user(self, request: Request) -> Answer:
        require(request.key, catalogue.CURRENT_USER_ROLES)
        return _single(self.organization.workspace.lists["users"][0], "users")

    def _chat_settings(self, request: Request) -> Answer:
        self._let_in(request, "chat_settings", catalogue.CHAT_SETTINGS_ROLES)
        return _single(self.organization.workspace.chat_settings, "chat_settings")

    def _default_brand(self, request: Request) -> Answer:
        return self._small_by_ids(request, "brands", self._first_id("brands"))

    def _first_id(self, name: str) -> str:
        records = self.organization.workspace.lists[name]
        if not records:
            raise not_found()
        return str(records[0]["id"])

    def _schedule(self, request: Request, record_id: str) -> Answer:
        self._let_in(request, "business_schedules", self._lists["/schedules"].roles)
        if record_id == "default":
            record_id = self._first_id("business_schedules")
        schedule = self._small("business_schedules", record_id)
        if request.query.get("include") != "holidays":
            return _single(schedule, "business_schedules")
        holidays = self._holidays_of([orjson.dumps(schedule)])
        return _single(schedule, "business_holidays", included=holidays)

    def _sla(self, request: Request, record_id: str) -> Answer:
        self._let_in(request, "slas", self._lists["/slas"].roles)
        sla = self._small("slas", record_id)
        if request.query.get("versions") != "all":
            return _single(sla, "slas")
        versions = self._versions_of([orjson.dumps(sla)])
        # One version comes as an object, not as a list of one.
        return _single(sla, "slas", included=versions[0] if len(versions) == 1 else versions)

    def _metadata(self, request: Request, resource: str) -> Answer:
        self._let_in(request, "custom_attribute_metadata", catalogue.METADATA_ROLES)
        try:
            record = metadata_resource(resource, self.organization.dataset.now)
        except KeyError as error:
            raise not_found() from error
        return _single(record, "custom_attribute_metadata")

    def _small(self, name: str, record_id: str) -> Resource:
        for resource in self.organization.workspace.lists[name]:
            if resource["id"] == record_id:
                return resource
        raise not_found()

    def _small_by_ids(self, request: Request, name: str, ids: str) -> Answer:
        self._let_in(request, name, self._lists[f"/{name}"].roles)
        found = [self._small(name, record_id) for record_id in ids.split(",")]
        return _single(found[0], name) if len(found) == 1 else _several(found, name)

    def _by_ids(self, request: Request, name: str, ids: str) -> Answer:
        self._let_in(request, name, self._lists[f"/{name}"].roles)
        return self._stored_by_ids(name, ids)

    def _times_by_ids(self, request: Request, ids: str) -> Answer:
        self._let_in(request, "conversation_times", catalogue.CONVERSATION_ROLES)
        return self._stored_by_ids("conversation_times", ids)

    def _stored_by_ids(self, name: str, ids: str) -> Answer:
        code = BY_NAME[name].code
        numbers = [self._number(name, record_id) for record_id in ids.split(",")]
        bodies = self.organization.store.bodies(code, numbers)
        if not bodies:
            raise not_found()
        data = bodies[0] if len(numbers) == 1 else b"[" + b",".join(bodies) + b"]"
        return Answer(document(data, None, None), rows=len(bodies), object=name)

    def _number(self, name: str, record_id: str) -> int:
        try:
            number = self.organization.number_of(BY_NAME[name], record_id)
        except KeyError as error:
            raise not_found() from error
        if number >= self.organization.store.next_number[BY_NAME[name].code]:
            raise not_found()
        return number

    def _parent(self, name: str, record_id: str) -> int:
        number = self._number(name, record_id)
        alive = self.organization.store.is_present(BY_NAME[name].code, number)
        if not alive and self.settings.deleted_parents == "not_found":
            raise not_found()
        return number

    # Klasses

    def _klass(self, request: Request, name: str) -> Answer:
        """`GET /klasses/{name}` lists the klass's kobjects."""
        self._let_in(request, "kobjects", catalogue.KLASS_ROLES)
        if name not in catalogue.KLASS_NAMES:
            raise not_found()
        return self._kobjects(request, name, f"/v1/klasses/{name}", None)

    def _klass_of_customer(self, request: Request, customer: str, name: str) -> Answer:
        self._let_in(request, "kobjects", catalogue.CUSTOMER_ROLES)
        number = self._parent("customers", customer)
        if name not in catalogue.KLASS_NAMES:
            raise not_found()
        # The links leave the customer: they point at the whole klass.
        return self._kobjects(request, name, f"/v1/klasses/{name}", number)

    def _kobjects(self, request: Request, klass: str, path: str, customer: int | None) -> Answer:
        code, store = BY_NAME["kobjects"].code, self.organization.store
        place = catalogue.KLASS_NAMES.index(klass)
        klasses = self.organization.index.object(code).klass
        numbers = [
            number
            for number in (
                store.present[code]
                if customer is None
                else store.numbers_of_parent(code, "customer", customer)
            )
            if number < len(klasses) and klasses[number] == place
        ]
        records = StoredRecords(numbers, lambda wanted: store.bodies(code, wanted))
        return answer_list(_plain("kobjects"), path, request.query, records)

    def _kobject(self, request: Request, name: str, record_id: str) -> Answer:
        self._let_in(request, "kobjects", catalogue.KOBJECT_ROLES)
        return self._stored_by_ids("kobjects", record_id)

    # Children

    def _below_conversation(self, request: Request, record_id: str, what: str) -> Answer:
        if what not in _BELOW_CONVERSATION:
            raise not_found()
        name, roles = _BELOW_CONVERSATION[what]
        self._let_in(request, name, roles)
        number = self._parent("conversations", record_id)
        path = f"/v1/conversations/{record_id}/{what}"
        if name in BY_NAME:
            maximum = 1_000 if what == "times" else 100
            return self._stored_children(
                request, name, "conversation", number, path=path, maximum=maximum
            )
        made = (
            self._attachments_of_conversation(number)
            if what == "attachments"
            else (self.organization.children.of(name, number))
        )
        endpoint = _plain(name, empty_meta=what in ("attachments", "events"))
        return answer_list(endpoint, path, request.query, MadeRecords(made))

    def _attachments_of_conversation(self, conversation: int) -> list[Resource]:
        store, children = self.organization.store, self.organization.children
        messages = store.numbers_of_parent(BY_NAME["messages"].code, "conversation", conversation)
        return [found for message in messages for found in children.attachments(message)]

    def _stored_children(
        self,
        request: Request,
        name: str,
        parent: str,
        number: int,
        *,
        path: str,
        maximum: int = 100,
    ) -> Answer:
        code, store = BY_NAME[name].code, self.organization.store
        numbers = store.numbers_of_parent(code, parent, number)
        records = StoredRecords(numbers, lambda wanted: store.bodies(code, wanted))
        endpoint = replace(_plain(name), maximum=maximum)
        return answer_list(endpoint, path, request.query, records)

    def _work_items(self, request: Request, record_id: str) -> Answer:
        self._let_in(request, "work_items", catalogue.ROUTING_ROLES)
        number = self._parent("conversations", record_id)
        path = f"/v1/routing/conversations/{record_id}/work-items"
        return self._stored_children(request, "work_items", "conversation", number, path=path)

    def _work_items_of_queue(self, request: Request, record_id: str) -> Answer:
        self._let_in(request, "work_items", catalogue.ROUTING_ROLES)
        self._small("queues", record_id)
        code, store = BY_NAME["work_items"].code, self.organization.store
        numbers = [n for n in store.present[code] if queue_of(n) == record_id]
        records = StoredRecords(numbers, lambda wanted: store.bodies(code, wanted))
        path = f"/v1/routing/queues/{record_id}/work-items"
        return answer_list(_plain("work_items"), path, request.query, records)

    def _media(self, request: Request, record_id: str) -> Answer:
        """Any id of ours is some file's: media cannot be listed, so nothing else could be known."""
        self._let_in(request, "media", catalogue.MEDIA_ROLES)
        if parse_id(record_id) is None:
            raise not_found()
        return _single(self.organization.children.media(record_id), "media")

    def _below_customer(self, request: Request, record_id: str, what: str) -> Answer:
        # `/customers/{id}/events` is retired and not in the table.
        if what not in _BELOW_CUSTOMER:
            raise not_found()
        name, roles = _BELOW_CUSTOMER[what]
        self._let_in(request, name, roles)
        number = self._parent("customers", record_id)
        path = f"/v1/customers/{record_id}/{what}"
        if name in BY_NAME:
            return self._stored_children(request, name, "customer", number, path=path)
        made = self.organization.children.of(name, number)
        endpoint = _plain(name, empty_meta=what == "sessions")
        return answer_list(endpoint, path, request.query, MadeRecords(made))

    def _session_events(self, request: Request, record_id: str, session_id: str) -> Answer:
        self._let_in(request, "customer_events", catalogue.EVENT_ROLES)
        number = self._parent("customers", record_id)
        events = self.organization.children.session_events(number, session_id)
        if events is None:
            raise not_found()
        path = f"/v1/customers/{record_id}/sessions/{session_id}/events"
        endpoint = _plain("customer_events", empty_meta=True)
        return answer_list(endpoint, path, request.query, MadeRecords(events))

    def _message_attachments(self, request: Request, record_id: str) -> Answer:
        self._let_in(request, "attachments", catalogue.ATTACHMENT_ROLES)
        made = self.organization.children.attachments(self._parent("messages", record_id))
        path = f"/v1/messages/{record_id}/attachments"
        return answer_list(_plain("attachments"), path, request.query, MadeRecords(made))

    def _attachments_by_ids(self, request: Request, ids: str) -> Answer:
        self._let_in(request, "attachments", catalogue.ATTACHMENT_ROLES)
        children = self.organization.children
        found = []
        for record_id in ids.split(","):
            parsed = parse_id(record_id)
            known = parsed is not None and parsed[0] == CHILD_CODES["attachments"]
            if parsed is None or not known or not children.has_attachment(parsed[1], parsed[2]):
                raise not_found()
            message = make_id(BY_NAME["messages"].code, parsed[1])
            found.append(children.attachment(parsed[1], parsed[2], message))
        if len(found) == 1:
            return _single(found[0], "attachments")
        return _several(found, "attachments")


_BELOW_CONVERSATION = {
    "attachments": ("attachments", catalogue.ATTACHMENT_ROLES),
    "events": ("conversation_events", catalogue.EVENT_ROLES),
    "times": ("conversation_times", catalogue.CONVERSATION_ROLES),
    "forwards": ("forwards", catalogue.DRAFT_ROLES),
    "messages": ("messages", catalogue.MESSAGE_ROLES),
    "notes": ("notes", catalogue.NOTE_ROLES),
}
_BELOW_CUSTOMER = {
    "merges": ("customer_merges", catalogue.MERGE_ROLES),
    "sessions": ("customer_sessions", catalogue.EVENT_ROLES),
    "drafts": ("drafts", catalogue.DRAFT_ROLES),
    "conversations": ("conversations", catalogue.CONVERSATION_ROLES),
    "messages": ("messages", catalogue.MESSAGE_ROLES),
    "notes": ("notes", catalogue.NOTE_ROLES),
}


def _filtered_users(users: list[Resource], query: dict[str, str]) -> list[Resource]:
    filters = [name for name in _USER_FILTERS if name in query]
    if len(filters) > 1:
        raise bad_request(f"{' and '.join(filters)} cannot be combined", parameter=filters[1])
    gone = query.get("deleted") == "true"
    users = [u for u in users if (u["attributes"].get("deletedAt") is not None) == gone]
    if "userType" in query:
        users = [u for u in users if u["attributes"]["userType"] == query["userType"]]
    if "email" in query:
        users = [u for u in users if u["attributes"]["email"] == query["email"]]
    return [] if query.get("pending") == "true" else users


def _place(ids: list[str], wanted: str) -> int:
    if wanted not in ids:
        raise bad_request(f"no audit log {wanted}")
    return ids.index(wanted)


def _plain(name: str, *, empty_meta: bool = False) -> ListEndpoint:
    return ListEndpoint("", name, (), meta="empty" if empty_meta else "page", errors="jsonapi")


def _single(resource: Resource, name: str, *, included: Any = None) -> Answer:
    body = document(orjson.dumps(resource), None, None)
    if included is not None:
        body = body[:-1] + b',"included":' + orjson.dumps(included) + b"}"
    return Answer(body, rows=1, object=name)


def _several(resources: list[Resource], name: str) -> Answer:
    return Answer(document(orjson.dumps(resources), None, None), rows=len(resources), object=name)
