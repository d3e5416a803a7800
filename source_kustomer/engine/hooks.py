"""Hooks: lists that end after ten pages, whatever is left, and records that hold secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from source_kustomer.engine.listing import ListStream, Walk
from source_kustomer.engine.reading import Reading
from source_kustomer.kustomer.documents import Document

SECRETS: Final = frozenset({"email", "hash", "key", "url"})
"""Attributes of hooks with which anyone could send data in."""

PAGES: Final = 10
"""Lists of hooks have ten pages of 99 (developer.kustomer.com, "Get email hooks")."""


class HookStream(ListStream, family=True):
    """A stream of hooks, without their secrets. Kustomer lists 990 at the most."""

    page_size = 99

    def pages(self, reading: Reading, walk: Walk) -> Iterator[Document]:
        """Yield the pages of the list, the secrets and the links that hold them taken out.

        Pages that overlap are smaller, so that ten of them end early: what the last page of full
        size has beyond them is read as well.
        """
        met: set[str] = set()
        pages = reading.client.list_pages(
            walk.path, walk.params, page_size=self.page_size, stream=self.name, last_page=PAGES
        )
        for page in pages:
            met.update(str(row.get("id")) for row in page.data)
            yield _without_secrets(page)
        if len(met) > (PAGES - 1) * self.page_size:
            params = {**walk.params, "page": PAGES, "pageSize": self.page_size}
            page = reading.client.get(walk.path, params, stream=self.name)
            rest = [row for row in page.data if str(row.get("id")) not in met]
            yield _without_secrets(replace(page, data=rest))


def _without_secrets(page: Document) -> Document:
    return replace(page, data=[_harmless(row) for row in page.data])


def _harmless(row: Mapping[str, Any]) -> dict[str, Any]:
    attributes = row.get("attributes")
    kept = {key: value for key, value in row.items() if key != "links"}
    if isinstance(attributes, Mapping):
        kept["attributes"] = {k: v for k, v in attributes.items() if k not in SECRETS}
    return kept
