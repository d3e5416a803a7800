"""Control of the sandbox over HTTP, below `/_sandbox`: no key, no limits."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict, dataclass
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from kustomer_sandbox.control.live import Live
from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.json_text import loads
from kustomer_sandbox.data.masks import masks_in_form
from kustomer_sandbox.data.organization import Organization
from kustomer_sandbox.data.strange import make_strange
from kustomer_sandbox.data.timestamps import to_ms, to_text
from kustomer_sandbox.server.gate import Gate
from kustomer_sandbox.server.keys import Key, Keyring

_CHUNK = 500


@dataclass
class Control:
    """The control endpoints."""

    organization: Organization
    settings: Settings
    keys: Keyring
    gate: Gate
    live: Live

    def routes(self) -> list[Route]:
        """Make the routes, relative to where they are mounted."""
        return [
            Route("/settings", self.read_settings, methods=["GET"]),
            Route("/settings", self.change_settings, methods=["POST"]),
            Route("/truth/{name}", self.truth, methods=["GET"]),
            Route("/versions/{name}", self.versions, methods=["GET"]),
            Route("/removed/{name}", self.removed, methods=["GET"]),
            Route("/change", self.change, methods=["POST"]),
            Route("/ties", self.ties, methods=["POST"]),
            Route("/strange", self.strange, methods=["POST"]),
            Route("/keys", self.key, methods=["POST"]),
            Route("/requests", self.requests, methods=["GET"]),
            Route("/requests", self.forget_requests, methods=["DELETE"]),
            Route("/stats", self.stats, methods=["GET"]),
        ]

    async def read_settings(self, request: Request) -> Response:
        """The present values of all switches."""
        return _json(asdict(self.settings))

    async def change_settings(self, request: Request) -> Response:
        """Set switches; answer with all of them."""
        changes = orjson.loads(await request.body())
        try:
            self.settings.change(changes)
        except ValueError as error:
            return _json({"error": str(error)}, 400)
        if "outage_seconds" in changes:
            self.gate.start_outage()
        if "forbidden" in changes:
            self.gate.api.start_counting()
        if "window_seconds" in changes:
            self.gate.limits.start_anew()
        if "dialect" in changes:
            self.gate.disturbances.start_counting()
            self.organization.grown.clear()
        stalled = self.settings.dialect["index"] == "stalled"
        if "index_lag" in changes or ("dialect" in changes and not stalled):
            # Earlier writes appear now, so that a later one does not overtake them.
            self.organization.show_all_now()
        return _json(asdict(self.settings))

    async def truth(self, request: Request) -> Response:
        """The newest version of every record of an object, as lines of JSON.

        With `?stamps=true` only its id and timestamp.
        """
        try:
            records = self.organization.everything(request.path_params["name"])
        except KeyError as error:
            return _json({"error": f"no object {error}"}, 404)
        if request.query_params.get("stamps") == "true":
            records = map(_stamp, records)
        form = self.settings.dialect["masked-values"]
        shown = (masks_in_form(record, form) for record in records)
        return StreamingResponse(_lines(shown), media_type="application/x-ndjson")

    async def versions(self, request: Request) -> Response:
        """Every version of a search object's records."""
        try:
            records = list(self.organization.versions(request.path_params["name"]))
        except KeyError as error:
            return _json({"error": f"no search object {error}"}, 404)
        return StreamingResponse(_lines(iter(records)), media_type="application/x-ndjson")

    async def removed(self, request: Request) -> Response:
        """The records that were removed without a mark: id -> when."""
        removed = self.organization.removed.get(request.path_params["name"], {})
        return _json({record_id: to_text(at) for record_id, at in removed.items()})

    async def change(self, request: Request) -> Response:
        """Update, insert and delete; answer with the ids of each."""
        wanted = orjson.loads(await request.body())
        name = wanted["object"]
        at = to_ms(wanted["at"]) if wanted.get("at") else None
        attributes = wanted.get("set", {})
        try:
            updated, deleted = self._chosen(name, wanted)
            self.organization.update(name, updated, attributes, at)
            self.organization.delete(name, deleted, at)
            inserted = self.organization.insert(name, wanted.get("inserts", 0), at)
        except KeyError as error:
            return _json({"error": f"unknown: {error}"}, 404)
        return _json({"updated": updated, "inserted": inserted, "deleted": deleted})

    async def ties(self, request: Request) -> Response:
        """Insert a group of records with one `updatedAt`; answer with their ids."""
        wanted = orjson.loads(await request.body())
        at = to_ms(wanted["at"])
        created = at if wanted.get("same_created") else None
        ids = self.organization.insert(wanted["object"], wanted["count"], at, created_at=created)
        return _json({"inserted": ids})

    async def strange(self, request: Request) -> Response:
        """Insert strange records; answer with kind -> id."""
        wanted = orjson.loads(await request.body())
        at = to_ms(wanted["at"]) if wanted.get("at") else None
        try:
            made = make_strange(self.organization, wanted["object"], wanted.get("kinds"), at)
        except KeyError as error:
            return _json({"error": f"unknown: {error}"}, 404)
        return _json({"inserted": made})

    async def key(self, request: Request) -> Response:
        """Make a key, or change the one with this name; answer with its secret."""
        wanted: dict[str, Any] = orjson.loads(await request.body())
        name = wanted.get("name") or f"key-{time.time_ns()}"
        known = self.keys.named(name)
        key = known or self.keys.add(Key(name, wanted.get("key") or self.keys.new_secret()))
        if "roles" in wanted:
            key.roles = None if wanted["roles"] is None else tuple(wanted["roles"])
        if "pod" in wanted:
            key.pod = wanted["pod"]
        if "expires_in" in wanted:
            seconds = wanted["expires_in"]
            key.expires_at = None if seconds is None else self.gate.now() + seconds
        if "expires_after_requests" in wanted:
            key.requests_left = wanted["expires_after_requests"]
        return _json({"name": name, "key": key.secret})

    async def requests(self, request: Request) -> Response:
        """The request log, as lines of JSON."""
        entries = [orjson.dumps(entry, default=str) for entry in list(self.gate.log.entries)]
        return StreamingResponse(_lines(iter(entries)), media_type="application/x-ndjson")

    async def forget_requests(self, request: Request) -> Response:
        """Clear the request log and its sums."""
        self.gate.log.clear()
        return _json({})

    async def stats(self, request: Request) -> Response:
        """Sums of requests, of other clients' requests, of changes and of faults."""
        limits = self.gate.limits
        limits.let_others_go(self.gate.now())
        return _json(
            {
                **self.gate.log.sums(),
                **limits.others(),
                "allowed": limits.allowed,
                "refused": limits.refused,
                "changes": self.organization.changes_made,
                "faults": self.gate.faults.injected,
                "not_yet_searchable": self.organization.index.late,
                "records": self.organization.sizes(),
            }
        )

    def _chosen(self, name: str, wanted: dict[str, Any]) -> tuple[list[str], list[str]]:
        """Ids to update and ids to delete: the named ones, or a number drawn by chance."""
        ids = wanted.get("ids")
        if ids is not None:
            return ([], ids) if wanted.get("deletes") else (ids, [])
        updates, deletes = wanted.get("updates", 0), wanted.get("deletes", 0)
        drawn = self.organization.some(name, updates + deletes)
        return drawn[:updates], drawn[updates:]


def _json(value: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(value), status, media_type="application/json")


def _stamp(record: bytes) -> bytes:
    resource = loads(record)
    attributes = resource["attributes"]
    stamp = attributes.get("updatedAt", attributes.get("createdAt"))
    return orjson.dumps({"id": resource["id"], "stamp": stamp})


async def _lines(records: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Lines in chunks; made in the server's thread, the only one that may use the store."""
    chunk: list[bytes] = []
    for record in records:
        chunk.append(record + b"\n")
        if len(chunk) >= _CHUNK:
            yield b"".join(chunk)
            chunk = []
    yield b"".join(chunk)
