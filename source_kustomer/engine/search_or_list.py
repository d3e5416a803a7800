"""Objects that the search may or may not find by update time: searched if possible, else listed."""

from __future__ import annotations

from typing import ClassVar, Final

from source_kustomer.engine.endpoints import needing, probe_endpoint
from source_kustomer.engine.lists import read_lists
from source_kustomer.engine.search import SEARCH_ROLES, SearchStream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import BadRequest, NotFound, NotPermitted, UnorderedPage
from source_kustomer.kustomer.client import Client
from source_kustomer.logger import LOGGER
from source_kustomer.sync.keyset import ordered_stamps

SAMPLE: Final = 100
"""The number of records that show whether the search sorts."""


class SearchOrListStream(SearchStream, family=True):
    """A search stream whose search attribute no source documents, with lists to fall back to.

    Each sync requests a page of the search. If the search refuses, does not sort, or finds nothing
    although the list has records, the lists are read whole instead, and the records that have
    changed are emitted. Lists leave out deleted records, so these are found by comparison.
    """

    required: ClassVar[tuple[str, ...]] = ("name", "row", "query_context", "endpoints")

    def read(self, sync: StreamSync) -> None:
        """Read by the search, or the whole lists."""
        reason = self.refusal(sync.client)
        if reason is None:
            super().read(sync)
            return
        LOGGER.warning(
            "Stream %s: the search cannot be used (%s), so all of the list is read at every sync. "
            "Deleted records are not in it; they are found by comparison with the last sync.",
            self.name,
            reason,
        )
        read_lists(self, sync)

    def refusal(self, client: Client) -> str | None:
        """Return why the search cannot be used; None when it can."""
        try:
            with (
                needing(SEARCH_ROLES),
                client.search(self.query(), page_size=SAMPLE, stream=self.name) as page,
            ):
                ordered_stamps(page.data, self.stamp)
                is_empty = not page.data
        except UnorderedPage:
            return "it does not sort"
        except (BadRequest, NotPermitted, NotFound) as error:
            return error.message
        if is_empty and self._is_listed(client):
            return "it finds nothing, although the list has records"
        return None

    def _is_listed(self, client: Client) -> bool:
        """Return whether the list has any record, as far as the key may read it."""
        endpoint = self.endpoints[0]
        params = {**endpoint.params, "page": 1, "pageSize": 1}
        try:
            return bool(client.get(endpoint.path, params, stream=self.name).data)
        except (BadRequest, NotPermitted, NotFound):
            return False

    def probe(self, client: Client) -> None:
        """Search for one record, or request the first of the list."""
        try:
            super().probe(client)
        except (BadRequest, NotPermitted, NotFound):
            probe_endpoint(client, self.endpoints[0], stream=self.name)
