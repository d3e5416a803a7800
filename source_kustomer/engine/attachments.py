"""Files of messages: listed along with their messages at first, later fetched several at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from airbyte_cdk.sources.streams.concurrent.partitions.partition import Partition

from source_kustomer.engine.child import ChildStream
from source_kustomer.engine.endpoints import Endpoint, read_endpoint
from source_kustomer.engine.parent_feed import Parent
from source_kustomer.engine.reading import Reading, StreamPartition
from source_kustomer.errors import BadRequest, ConfigError, NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of
from source_kustomer.kustomer.paths import segments
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.sync.state import BEGINNING
from source_kustomer.timestamps import format_timestamp

IDS_PER_REQUEST: Final = 50


def without_signed_link(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Drop the signed address of a file: it expires within minutes, and lets anyone fetch it."""
    links = resource.get("links")
    if not isinstance(links, Mapping) or "related" not in links:
        return resource
    kept = {name: link for name, link in links.items() if name != "related"}
    return {**resource, "links": kept}


class AttachmentsByMessage(ChildStream, family=True):
    """The files of messages, by the ids that messages name.

    The first load reads `GET /messages?include=attachments`, which brings along 100 messages'
    files per request; that works on lists only, not on the search.
    """

    first_load: Endpoint
    """The list of messages that the first sync reads."""
    whole_at_first = True
    required = (*ChildStream.required, "first_load")
    is_asked_per_parent = False
    prepare = staticmethod(without_signed_link)

    def joins(self, reading: Reading) -> bool:
        """Tell whether the files are found through changed messages: not at the first load."""
        return reading.coverage.since != BEGINNING

    def partitions(self, reading: Reading) -> Iterator[Partition]:
        """Yield the first load, or readers of what has changed since."""
        if reading.is_ahead():
            return
        if self.joins(reading):
            yield from super().partitions(reading)
        else:
            yield FirstLoad(reading, self)

    def related(self, parent: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the ids of a message's files."""
        relationships = parent.get("relationships")
        files = relationships.get("attachments") if isinstance(relationships, Mapping) else None
        data = files.get("data") if isinstance(files, Mapping) else None
        entries = data if isinstance(data, list) else [data]
        return tuple(
            str(entry["id"]) for entry in entries if isinstance(entry, Mapping) and entry.get("id")
        )

    def children(
        self, client: Client, parents: Sequence[Parent]
    ) -> Iterator[tuple[Parent, Sequence[Mapping[str, Any]]]]:
        """Yield the files of messages, several per request."""
        owners = {file: parent for parent in parents for file in parent.related}
        files = list(owners)
        for start in range(0, len(files), IDS_PER_REQUEST):
            for resource in self._files(client, files[start : start + IDS_PER_REQUEST]):
                owner = owners.get(str(resource.get("id")))
                if owner is not None:
                    yield owner, [resource]

    def _files(self, client: Client, ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """Yield files by their ids; where one that is gone makes the API refuse all, in halves."""
        path = self.endpoints[0].path.format(id=segments(ids))
        try:
            yield from client.get(path, stream=self.name).data
        except NotFound:
            half = len(ids) // 2
            if half:
                yield from self._files(client, ids[:half])
                yield from self._files(client, ids[half:])


class FirstLoad(StreamPartition):
    """All messages' files, from the list of messages.

    Lists may have an end where records have none (AWS Glue's documentation speaks of 10,000). When
    this one has, the next sync looks for the files of all messages since the start date by id.
    """

    def __init__(self, reading: Reading, stream: AttachmentsByMessage) -> None:
        super().__init__(reading)
        self._stream = stream
        self._is_cut = False

    def pass_on(self) -> None:
        """Pass on the files that are included in the list."""
        reading, stream = self._reading, self._stream
        self._announce()
        rows = seen = 0
        for page in self._pages():
            reading.begun = True
            seen += len(page.data)
            messages = {str(message.get("id")): message for message in page.data}
            for resource in page.included:
                owner = _owner(resource)
                if owner and owner not in messages:
                    continue  # its message was on the page before, which this one overlaps
                message = messages.get(owner, {})
                updated_at = attribute_of(message, "updatedAt")
                parent = Parent(owner, updated_at or format_timestamp(reading.sync.end))
                rows += stream.put_rows(reading, parent, [resource])
            reading.sync.progress.count(stream.name, len(page.included))
        end = None
        if self._is_cut or seen == MAX_RECORDS:
            end = reading.sync.start
            LOGGER.warning(
                "Stream %s: the list of messages ended after %s of them, which may be a limit of "
                "the API. The next sync brings the files of all messages since the start date.",
                stream.name,
                f"{seen:,}",
            )
        reading.coverage.close(BEGINNING, end, rows=rows, final=True)

    def _announce(self) -> None:
        """Log what the list will cost, before it is spent; it does not tell its length itself."""
        client, stream = self._reading.client, self._stream
        try:
            messages = stream.parent().count(client)
        except (ConfigError, BadRequest):
            return  # the key may not search, but it may list
        if messages:
            size = stream.first_load.page_size or 1
            requests, pace = -(-messages // size), client.list_pace() * 60
            LOGGER.info(
                "%s: the first load lists all messages, those from before the start date "
                "included: %s requests or more, %s min at %s requests a minute.",
                stream.name,
                f"{requests:,}",
                f"{requests / max(pace, 0.1):,.0f}",
                f"{pace:,.0f}",
            )

    def _pages(self) -> Iterator[Document]:
        """Yield the list of messages, as far as it goes."""
        stream, reading = self._stream, self._reading
        try:
            yield from read_endpoint(reading.client, stream.first_load, stream=stream.name)
        except BadRequest:
            if not reading.begun:
                raise
            self._is_cut = True


def _owner(resource: Mapping[str, Any]) -> str:
    relationships = resource.get("relationships")
    message = relationships.get("message") if isinstance(relationships, Mapping) else None
    data = message.get("data") if isinstance(message, Mapping) else None
    return str(data.get("id")) if isinstance(data, Mapping) else ""
