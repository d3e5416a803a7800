"""Answers of the API, and its errors in their three shapes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import orjson

from .catalogue import ErrorShape


@dataclass
class Answer:
    """What goes back to the client.

    Attributes:
        rows: records in it, for the request log.
        object: the sandbox's name of what was asked for, for the request log.
        note: more for the request log, such as a search's context and range.
    """

    body: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json; charset=utf-8"
    rows: int = 0
    object: str = ""
    note: dict[str, Any] = field(default_factory=dict)


class ApiError(Exception):
    """An answer that is an error.

    Attributes:
        shape: of the error body; None: as the endpoint has it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        shape: ErrorShape | None = None,
        meta: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.shape = shape
        self.meta = meta or {}

    def answer(self, shape: ErrorShape) -> Answer:
        """The error in the shape of an endpoint."""
        shape = self.shape or shape
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
    """400: the request is not as it must be."""
    return ApiError(400, "bad_request", message, meta=meta)


def not_found() -> ApiError:
    """404."""
    return ApiError(404, "not_found", "Not found")


def forbidden() -> ApiError:
    """403: a role is missing; the API does not say which."""
    return ApiError(403, "forbidden", "Forbidden")


def gateway_page(status: int, title: str) -> Answer:
    """What a gateway in front of the API says: HTML."""
    body = (
        f"<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n"
        f"<center><h1>{title}</h1></center>\r\n</body>\r\n</html>\r\n"
    )
    return Answer(body.encode(), status, content_type="text/html")


def document(data: bytes, meta: dict[str, Any] | None, links: dict[str, Any] | None) -> bytes:
    """A document around JSON that is ready: `data` is its member's text."""
    parts = [b'{"data":', data]
    if meta is not None:
        parts += [b',"meta":', orjson.dumps(meta)]
    if links is not None:
        parts += [b',"links":', orjson.dumps(links)]
    parts.append(b"}")
    return b"".join(parts)
