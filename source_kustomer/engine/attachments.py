"""Files of messages: listed along with their messages at first, later requested by id."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from source_kustomer.engine.children import ChildPage, ChildStream, Parent
from source_kustomer.engine.endpoints import (
    IDS_PER_REQUEST,
    Endpoint,
    needing,
    read_by_ids,
    read_endpoint,
)
from source_kustomer.engine.stream_sync import StreamSync
from source_kustomer.errors import BadRequest, ConfigError, InvalidId, NotFound
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document, attribute_of, target_of
from source_kustomer.logger import LOGGER
from source_kustomer.query_limits import MAX_RECORDS
from source_kustomer.sync.state import BEGINNING
from source_kustomer.timestamps import format_timestamp


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
    files per request; that works on lists only, not on the search. Later, files are requested by
    id. Kustomer documents `GET /attachments/{ids}` for outbound files only, so files that it does
    not return are requested below their message.
    """

    whole_at_first = True
    parents_per_task = 100
    is_requested_per_parent = False
    first_load: ClassVar[Endpoint]
    """The list of messages that the first sync reads."""
    by_message: ClassVar[Endpoint]
    """One file, below its message."""
    required: ClassVar[tuple[str, ...]] = (*ChildStream.required, "first_load", "by_message")
    prepare = staticmethod(without_signed_link)

    def read(self, sync: StreamSync) -> None:
        """Read all messages at first, then those that have changed."""
        if sync.cursor.since == BEGINNING:
            self._read_first_load(sync)
        else:
            super().read(sync)

    def related(self, parent: Mapping[str, Any]) -> tuple[str, ...]:
        """Return the ids of a message's files."""
        relationships = parent.get("relationships")
        files = relationships.get("attachments") if isinstance(relationships, Mapping) else None
        data = files.get("data") if isinstance(files, Mapping) else None
        entries = data if isinstance(data, list) else [data]
        return tuple(
            str(entry["id"]) for entry in entries if isinstance(entry, Mapping) and entry.get("id")
        )

    def children(self, client: Client, parents: Sequence[Parent]) -> Iterator[ChildPage]:
        """Yield the files of messages, several per request."""
        owners = {file: parent for parent in parents for file in parent.related}
        files = list(owners)
        missing: list[str] = []
        for start in range(0, len(files), IDS_PER_REQUEST):
            wanted = files[start : start + IDS_PER_REQUEST]
            found = self._by_ids(client, wanted)
            for parent in {owners[file].id: owners[file] for file in found}.values():
                own = [found[file] for file in parent.related if file in found]
                yield ChildPage(parent, own)
            missing += [file for file in wanted if file not in found]
        lost = 0
        for file in missing:
            resource = self._by_message(client, owners[file], file)
            if resource is not None:
                yield ChildPage(owners[file], [resource])
            else:
                lost += not owners[file].is_deleted
        if lost:
            LOGGER.warning(
                "Stream %s: %s any more.",
                self.name,
                "1 file that messages name does not exist"
                if lost == 1
                else f"{lost} files that messages name do not exist",
            )

    def _by_ids(self, client: Client, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return the files that are served by id; none when all are refused."""
        try:
            pages = read_by_ids(client, self.endpoints[0], ids, stream=self.name)
            return {str(file.get("id")): file for page in pages for file in page.data}
        except (NotFound, BadRequest):
            return {}

    def _by_message(self, client: Client, message: Parent, file: str) -> Mapping[str, Any] | None:
        try:
            endpoint = self.by_message.of(message=message.id, id=file)
            with needing(endpoint.roles):
                return client.get(endpoint.path, stream=self.name).resource or None
        except (NotFound, InvalidId):
            return None

    def _read_first_load(self, sync: StreamSync) -> None:
        """Read all messages' files from the list of messages.

        Lists may have an end where records have none (AWS Glue's documentation speaks of 10,000).
        When this one has, the next sync requests the files of all messages since the start date.
        """
        self._announce(sync)
        seen, rows, is_cut = 0, 0, False
        try:
            for page in self._pages(sync.client):
                sync.answered()
                seen += len(page.data)
                rows += sync.put_children(self._files(sync, page))
        except BadRequest:
            if not seen:
                raise
            is_cut = True
        end = None
        if is_cut or seen == MAX_RECORDS:
            end = sync.sync.start
            LOGGER.warning(
                "Stream %s: the list of messages ended after %s of them, which may be a limit of "
                "the API. The next sync brings the files of all messages since the start date.",
                self.name,
                f"{seen:,}",
            )
        sync.cursor.close(BEGINNING, end, rows=rows, final=True)

    def _pages(self, client: Client) -> Iterator[Document]:
        return read_endpoint(client, self.first_load, stream=self.name)

    def _files(
        self, sync: StreamSync, page: Document
    ) -> Iterator[tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """Yield the files of a page of messages, each with the columns of its message.

        Files that the messages name, but that are not included in the page, are requested.
        """
        messages = {
            str(message.get("id")): self._message(sync, message, self.related(message))
            for message in page.data
        }
        for file in page.included:
            owner = target_of(file, "message") or ""
            if not owner or owner in messages:  # else it was on the page before, which overlaps
                message = messages.get(owner) or self._message(sync, {"id": owner}, ())
                yield file, self.parent_columns(message)
        included = {str(file.get("id")) for file in page.included}
        lacking = [
            replace(
                message, related=tuple(file for file in message.related if file not in included)
            )
            for message in messages.values()
        ]
        for found in self.children(sync.client, lacking):
            columns = self.parent_columns(found.parent)
            yield from ((file, columns) for file in found.resources)

    @staticmethod
    def _message(sync: StreamSync, message: Mapping[str, Any], files: tuple[str, ...]) -> Parent:
        updated_at = attribute_of(message, "updatedAt") or format_timestamp(sync.sync.end)
        return Parent(str(message.get("id")), str(updated_at), files)

    def _announce(self, sync: StreamSync) -> None:
        """Log what the list will cost, before it is spent; it does not report its length."""
        try:
            messages = self.parent().count(sync.client)
        except (ConfigError, BadRequest):
            return  # the key may not search, but it may list
        if messages:
            requests = -(-messages // (self.first_load.page_size or 1))
            pace = sync.client.list_pace() * 60
            LOGGER.info(
                "Stream %s: the first load lists all messages, those from before the start date "
                "included: %s requests or more, %s min at %s requests a minute.",
                self.name,
                f"{requests:,}",
                f"{requests / max(pace, 0.1):,.0f}",
                f"{pace:,.0f}",
            )
