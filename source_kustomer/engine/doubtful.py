"""Objects that the search may or may not find by what changed: asked first, listed otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar, Final

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.engine.listing import ListPartition, ListStream
from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.engine.search import SearchStream
from source_kustomer.errors import BadRequest, NotFound, NotPermitted, UnorderedPage
from source_kustomer.kustomer.client import Client
from source_kustomer.logger import LOGGER
from source_kustomer.sync.keyset import ordered_stamps

SAMPLE: Final = 100
"""So many records tell whether the search sorts."""


class DoubtfulSearchStream(SearchStream, ListStream, family=True):
    """A search stream whose search attribute no source documents, with a list to fall back to.

    Each sync asks the search for a page. If the search refuses, or does not sort, the list is
    read whole instead, and what has changed is emitted. The list leaves out deleted records.
    """

    whole_at_first = False
    required: ClassVar[tuple[str, ...]] = ("name", "row", "query_context", "endpoints")

    @property
    def old_endpoints(self) -> tuple[Endpoint, ...]:
        """The lists hold what is too old for the search as well."""
        return self.endpoints

    def partitions(self, reading: Reading) -> Iterator[StreamPartition]:
        """Yield the windows of the search, or the whole list."""
        if reading.is_ahead():
            return
        reason = self.refusal(reading.client)
        if reason is None:
            yield from super().partitions(reading)
            return
        LOGGER.warning(
            "Stream %s: the search does not tell what has changed (%s), so all of the list is "
            "read, at every sync. Deleted records are not in it.",
            self.name,
            reason,
        )
        yield ListPartition(reading, self)

    def refusal(self, client: Client) -> str | None:
        """Tell why the search cannot be used; None when it can."""
        try:
            with client.search(self._query(), page_size=SAMPLE, stream=self.name) as page:
                ordered_stamps(page.data, self.stamp)
        except UnorderedPage:
            return "it does not sort"
        except (BadRequest, NotPermitted, NotFound) as error:
            return error.message
        return None

    def probe(self, client: Client) -> None:
        """Search for one record, or ask for the first of the list."""
        try:
            SearchStream.probe(self, client)
        except (BadRequest, NotPermitted, NotFound):
            self.probe_list(client)

    def probe_list(self, client: Client) -> None:
        """Ask for the first record of the list."""
        ListStream.probe(self, client)
