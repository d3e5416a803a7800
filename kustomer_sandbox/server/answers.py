"""Answers of the API, and its errors in their three shapes."""

from __future__ import annotations

from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from kustomer_sandbox.server.endpoints import ErrorShape

_JSON = "application/json; charset=utf-8"


class Answer(Response):
    """An answer with what the request log notes of it.

    Attributes:
        rows: how many records it contains.
        object: the sandbox's name of what was asked for.
        note: more for the request log, such as a search's context and range.
    """

    def __init__(
        self,
        body: bytes,
        status: int = 200,
        *,
        content_type: str = _JSON,
        rows: int = 0,
        object: str = "",
        note: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(body, status, media_type=content_type)
        self.rows = rows
        self.object = object
        self.note = note or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Leave the answer for the gate, which sends it or a fault in its place."""
        scope["state"]["answer"] = self


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        status: the HTTP status.
        code, message, meta: the members of the error body.
    """

    def __init__(
        self, status: int, code: str, message: str, *, meta: dict[str, Any] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.meta = meta or {}

    def answer(self, shape: ErrorShape) -> Answer:
        """The error in the shape of an endpoint."""
        body: dict[str, Any]
        if shape == "code":
            body = {"errors": [{"code": self.code, "message": self.message, "meta": self.meta}]}
        elif shape == "jsonapi":
            error = {
                "status": self.status,
                "code": self.code,
                "title": self.message,
                "detail": self.message,
                "source": {"parameter": self.meta.get("parameter")},
            }
            body = {"errors": [error]}
        else:
            body = {"error": self.code, "message": self.message}
        return Answer(orjson.dumps(body), self.status)


def bad_request(message: str, **meta: Any) -> ApiError:
    """Make a 400: the request is not valid."""
    return ApiError(400, "bad_request", message, meta=meta)


def not_found() -> ApiError:
    """Make a 404."""
    return ApiError(404, "not_found", "Not found")


def unauthorized() -> ApiError:
    """Make a 401."""
    return ApiError(401, "unauthorized", "Unauthorized")


def gateway_page(status: int, title: str) -> Answer:
    """Make the HTML page that a gateway in front of the API answers with."""
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(body.encode(), status, content_type="text/html")


def document(
    data: bytes,
    meta: dict[str, Any] | None = None,
    links: dict[str, Any] | None = None,
    included: Any = None,
) -> bytes:
    """Make a JSON:API document; `data` is JSON text, and None leaves a member out."""
    parts = [b'{"data":', data]
    for name, value in (("meta", meta), ("links", links), ("included", included)):
        if value is not None:
            parts += [f',"{name}":'.encode(), orjson.dumps(value)]
    parts.append(b"}")
    return b"".join(parts)


def single(resource: dict[str, Any], name: str, *, included: Any = None) -> Answer:
    """Answer with one record."""
    return Answer(document(orjson.dumps(resource), included=included), rows=1, object=name)


def several(resources: list[dict[str, Any]], name: str) -> Answer:
    """Answer with records that were asked for by their ids."""
    return Answer(document(orjson.dumps(resources)), rows=len(resources), object=name)
