"""Objects that the search may or may not find by update time: searched if possible, else listed."""

from __future__ import annotations

from functools import partial
from typing import ClassVar, Final

from source_kustomer.engine.endpoints import needing, probe_endpoint
from source_kustomer.engine.lists import read_lists
from source_kustomer.engine.outlets import RowOutlet
from source_kustomer.engine.search import SEARCH_ROLES, SearchStream
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.engine.window_tasks import REFUSALS
from source_kustomer.errors import BadRequest, KustomerError, NotFound, NotPermitted, UnorderedPage
from source_kustomer.kustomer.client import Client
from source_kustomer.logger import LOGGER
from source_kustomer.sync.keyset import ordered_stamps
from source_kustomer.sync.state import BEGINNING

SAMPLE: Final = 100
"""The number of records that show whether the search sorts."""


def _reason(error: KustomerError) -> str:
    return "it does not sort" if isinstance(error, UnorderedPage) else error.message


class SearchOrListStream(SearchStream, family=True):
    """A search stream whose search attribute no source documents, with lists to fall back to.

    A sync uses the search if the search's schema lists the attribute. Otherwise, and
    in a first load, it requests a page of the search. If the search refuses, does not sort, or
    finds nothing although the list has records, the lists are read whole instead, and the records
    that have changed are emitted. Lists leave out deleted records, so these are found by
    comparison.
    """

    required: ClassVar[tuple[str, ...]] = ("name", "row", "query_context", "endpoints")

    def read(self, sync: StreamSync) -> None:
        """Read by the search, or the whole lists."""
        reason = None if self._is_in_schema(sync) else self.refusal(sync.client)
        if reason is None:
            self.read_windows(sync, RowOutlet(sync), refused=partial(self._refused, sync))
        else:
            self._read_lists(sync, reason)

    def _is_in_schema(self, sync: StreamSync) -> bool:
        """Return whether the schema shows that the search can be used.

        A first load is not left to the schema: an empty search would look like an empty object.
        """
        if sync.cursor.since == BEGINNING:
            return False
        return sync.sync.schema.sorts_by(self.attribute, sync.client)

    def _refused(self, sync: StreamSync, error: KustomerError) -> None:
        self._read_lists(sync, _reason(error))

    def _read_lists(self, sync: StreamSync, reason: str) -> None:
        LOGGER.warning(
            "Stream %s: the search cannot be used (%s), so all of the list is read at every sync. "
            "Deleted records are not in it; they are found by comparison with the last sync.",
            self.name,
            reason,
        )
        read_lists(self, sync)

    def refusal(self, client: Client) -> str | None:
        """Return why the search cannot be used; None when it can.

        A search that finds nothing is asked twice: one empty answer can be a fault.
        """
        try:
            if self._finds_any(client) or not self._is_listed(client) or self._finds_any(client):
                return None
        except REFUSALS as error:
            return _reason(error)
        return "it finds nothing, although the list has records"

    def _finds_any(self, client: Client) -> bool:
        """Return whether a page of the search has records, after a check of their order."""
        with (
            needing(SEARCH_ROLES),
            client.search(self.query(), page_size=SAMPLE, stream=self.name) as page,
        ):
            ordered_stamps(page.data, self.stamp)
            return bool(page.data)

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
