"""Answers that are not what they seem, under the dialect: in place of some answers of each object.

Unlike the faults, which are drawn by chance, they follow the number of the answer.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any

import orjson

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.json_text import dumps, loads
from kustomer_sandbox.server.answers import Answer, gateway_page, unauthorized
from kustomer_sandbox.server.endpoints import ErrorShape

_EVERY = 10
_FIRST, _SECOND = 1, 2
_BODIES: dict[str, dict[str, Any]] = {
    "errors": {"errors": [{"code": "internal_error", "message": "Search timed out", "meta": {}}]},
    "message": {"message": "Endpoint request timed out"},
    "empty": {},
}
_TITLES = {
    403: "403 Forbidden",
    404: "404 Not Found",
    501: "501 Not Implemented",
    502: "502 Bad Gateway",
}


class Disturbances:
    """Replaces answers; counts the answers of each object."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._answers: Counter[str] = Counter()
        self._later_pages: Counter[str] = Counter()

    def start_counting(self) -> None:
        """Count the answers of each object from zero."""
        self._answers.clear()
        self._later_pages.clear()

    def replace(
        self, answer: Answer, shape: ErrorShape, *, search: bool, later_page: bool
    ) -> Answer:
        """Replace an answer with status 200, if the dialect says so.

        Args:
            answer: of the endpoint.
            shape: of the endpoint's error bodies.
            search: whether it answers a search.
            later_page: whether records came before it: no client can doubt an empty first page.
        """
        dialect = self._settings.dialect
        self._answers[answer.object] += 1
        place = self._answers[answer.object] % _EVERY
        if dialect["body"] == "always-errors":
            return self._like(answer, orjson.dumps(_BODIES["errors"]))
        if place == _FIRST and dialect["gateway"] != "never":
            status = int(dialect["gateway"])
            return gateway_page(status, _TITLES[status])
        if place == _FIRST and dialect["body"] != "data":
            return self._like(answer, orjson.dumps(_BODIES[dialect["body"]]))
        if place == _SECOND and dialect["unauthorized"] == "passing":
            return unauthorized().answer(shape)
        if later_page and dialect["empty-page"] == "passing":
            self._later_pages[answer.object] += 1
            if self._later_pages[answer.object] % _EVERY == _SECOND:
                return self._without_records(answer)
        partial = dialect["partial"] == "always" or (
            dialect["partial"] == "passing" and place == _FIRST
        )
        return _partial(answer) if search and partial else answer

    def _without_records(self, answer: Answer) -> Answer:
        body = loads(bytes(answer.body))
        if not isinstance(body["data"], list):
            return answer
        return self._like(answer, dumps({**body, "data": []}))

    @staticmethod
    def _like(answer: Answer, body: bytes) -> Answer:
        return Answer(body, object=answer.object, note=answer.note)


def _partial(answer: Answer) -> Answer:
    """An answer that the search did not finish in time: half of the records."""
    body = loads(bytes(answer.body))
    meta, data = body["meta"], body["data"] or []
    body["data"] = data[: len(data) // 2]
    meta["timed_out"] = True
    if "total" in meta:
        meta["total"] = max(len(body["data"]), meta["total"] // 2)
        meta["totalPages"] = math.ceil(meta["total"] / meta["pageSize"])
    return Answer(dumps(body), rows=len(body["data"]), object=answer.object, note=answer.note)
