"""An endpoint of Kustomer's API, as a stream declares it, and how it is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Final

from source_kustomer.engine.kept import Kept
from source_kustomer.errors import BadRequest, InvalidId, NotFound, NotPermitted
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import Document
from source_kustomer.kustomer.pages import Until
from source_kustomer.kustomer.paths import segment, segments
from source_kustomer.logger import LOGGER

IDS_PER_REQUEST: Final = 50
"""Ids in one request. Kustomer documents several, but no number."""


@dataclass(frozen=True)
class Endpoint:
    """One list, or one object, that a stream is read from."""

    path: str
    """The path below `/v1`, or with a version of its own. A name in braces, such as `{id}`, stands
    for the id of another record; `of` fills it in."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Query parameters that select what the endpoint lists."""
    roles: tuple[str, ...] = ()
    """Any one of these roles lets a key read it. Empty: every key may, or no source names one."""
    page_size: int | None = 100
    """The largest page that the endpoint grants; None where the answer is not paged."""
    daily: bool = False
    """Whether it only adds to another list, so that the first sync of a day reads it."""
    last_page: int | None = None
    """The number of the last page that the list serves, where it has such a limit."""
    with_deleted: bool = False
    """Whether it lists deleted records, alone or among others. Those of its records that no other
    list of the stream has are deleted."""
    oldest_first: bool = False
    """Whether it accepts `sort=asc`, which lists the oldest record first."""
    older_path: str | None = None
    """The path to ask where `path` does not exist, since sources disagree on the API version."""

    @property
    def request(self) -> str:
        """The request for it, as messages name it."""
        query = "&".join(f"{name}={value}" for name, value in self.params.items())
        return f"GET {self.path}" + (f"?{query}" if query else "")

    def of(self, **ids: object) -> Endpoint:
        """Return the endpoint with ids in the place of the braces in its path, percent-encoded.

        Args:
            ids: by the names in the braces, as the API sends them.

        Raises:
            InvalidId: when an id cannot be a segment of a path.
        """
        quoted = {name: segment(value) for name, value in ids.items()}
        older_path = None if self.older_path is None else self.older_path.format(**quoted)
        return replace(self, path=self.path.format(**quoted), older_path=older_path)


def one_record(path: str, *, older_path: str | None = None) -> Endpoint:
    """Return the endpoint of a single record.

    Args:
        path: the path, with `{id}`.
        older_path: the path to ask where `path` does not exist, with `{id}`.
    """
    return Endpoint(path, page_size=None, older_path=older_path)


def with_ids(endpoint: Endpoint, *, stream: str, **ids: object) -> Endpoint | None:
    """Return an endpoint with ids in its path; None, with a warning, when one cannot be there.

    Args:
        endpoint: with names in braces in its path.
        stream: the name of the stream that is read, for the log.
        ids: by those names, as the API sends them.
    """
    try:
        return endpoint.of(**ids)
    except InvalidId as error:
        LOGGER.warning("Stream %s: %s", stream, error.message)
        return None


@contextmanager
def needing(roles: tuple[str, ...]) -> Iterator[None]:
    """Name the roles of an endpoint in the error when a request to it is not permitted."""
    try:
        yield
    except NotPermitted as error:
        raise error.needs(roles) from None


def read_endpoint(
    client: Client, endpoint: Endpoint, *, stream: str, until: Until | None = None
) -> Iterator[Document]:
    """Yield the pages of an endpoint, at its older path if it does not exist at its path.

    Args:
        client: the API.
        endpoint: a list, or an object that is not paged.
        stream: the name of the stream that is read, for logs and errors.
        until: returns, for the new rows of a page, whether the rest of a list is not needed.

    Raises:
        NotPermitted: when the key may not read it; the error names the endpoint's roles.
        NotFound: when it exists at neither path.
    """
    has_begun = False
    pages = _pages(client, endpoint, stream, until)
    try:
        while True:
            with needing(endpoint.roles):
                page = next(pages, None)
            if page is None:
                return
            has_begun = True
            yield page
            del page  # or it would be kept while the next one is awaited
    except NotFound:
        if has_begun or endpoint.older_path is None:
            raise
    older = replace(endpoint, path=endpoint.older_path, older_path=None)
    yield from read_endpoint(client, older, stream=stream, until=until)


def _pages(
    client: Client, endpoint: Endpoint, stream: str, until: Until | None
) -> Iterator[Document]:
    size = endpoint.page_size
    if size is None:
        yield client.get(endpoint.path, endpoint.params, stream=stream)
    elif endpoint.last_page is None:
        yield from client.list_pages(
            endpoint.path, endpoint.params, page_size=size, stream=stream, until=until
        )
    else:
        yield from _first_pages(client, endpoint, size, endpoint.last_page, stream)


def _first_pages(
    client: Client, endpoint: Endpoint, size: int, last_page: int, stream: str
) -> Iterator[Document]:
    """Yield the pages of a list that serves a limited number of them.

    Pages that overlap are smaller, so `last_page` of them end before the list does: the rest of
    the last page of full size is read as well.
    """
    seen = Kept(stream)
    for page in client.list_pages(
        endpoint.path, endpoint.params, page_size=size, stream=stream, last_page=last_page
    ):
        seen.add(page.data)
        yield page
    if len(seen) > (last_page - 1) * size:
        params = {**endpoint.params, "page": last_page, "pageSize": size}
        page = client.get(endpoint.path, params, stream=stream)
        yield replace(page, data=seen.new(page.data))


def probe_endpoint(client: Client, endpoint: Endpoint, *, stream: str) -> None:
    """Request one record of an endpoint.

    Raises:
        NotPermitted: when the key may not read it; the error names the endpoint's roles.
        NotFound: when it does not exist.
    """
    paging = {} if endpoint.page_size is None else {"page": 1, "pageSize": 1}
    params = {**endpoint.params, **paging}
    try:
        with needing(endpoint.roles):
            client.get(endpoint.path, params, stream=stream)
    except NotFound:
        if endpoint.older_path is None:
            raise
        older = replace(endpoint, path=endpoint.older_path, older_path=None)
        probe_endpoint(client, older, stream=stream)


def read_by_ids(
    client: Client, endpoint: Endpoint, ids: Sequence[str], *, stream: str
) -> Iterator[Document]:
    """Yield records by their ids, several per request.

    A request that the API refuses is repeated in halves, since one id can be the reason. An id
    that is refused alone is left out, unless all are. One that cannot be part of a path is left out
    with a warning.

    Args:
        client: the API.
        endpoint: with `{id}` in its path, which takes ids that are separated by commas.
        ids: the ids.
        stream: the name of the stream that is read, for logs and errors.

    Raises:
        NotFound: when none of the ids exists, or the endpoint does not.
        BadRequest: when none of the ids is accepted.
    """
    is_found = False
    error: NotFound | BadRequest | None = None
    left = [list(ids[at : at + IDS_PER_REQUEST]) for at in range(0, len(ids), IDS_PER_REQUEST)]
    while left:
        batch = left.pop(0)
        try:
            several = replace(endpoint, path=endpoint.path.format(id=segments(batch)))
            for page in read_endpoint(client, several, stream=stream):
                is_found = True
                yield page
        except (NotFound, BadRequest, InvalidId) as refusal:
            half = len(batch) // 2
            if half:
                left[:0] = [batch[:half], batch[half:]]
            elif isinstance(refusal, InvalidId):
                LOGGER.warning("Stream %s: %s", stream, refusal.message)
            if not isinstance(refusal, InvalidId):
                error = refusal
    if error is not None and not is_found:
        raise error
