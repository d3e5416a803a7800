"""Is the search index up to date? `GET /customers` does not use it, so the two can be compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from source_kustomer.engine.endpoints import Endpoint
from source_kustomer.errors import BadRequest, KustomerError, NotFound, NotPermitted, Stopped
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.documents import attribute_of
from source_kustomer.kustomer.search import SearchQuery
from source_kustomer.logger import LOGGER
from source_kustomer.sync.keyset import ordered_stamps
from source_kustomer.sync.windows import LIVE_SEARCH_AGE, SEAM_AFTER
from source_kustomer.timestamps import SECOND, format_timestamp, parse_timestamp

CUSTOMERS: Final = Endpoint("/customers", {"sort": "-updatedAt"}, page_size=100)
"""Sort and filter of this list: developer.kustomer.com, "Get customers"."""
CUSTOMER: Final = Endpoint("/customers/{id}", page_size=None)
STREAM: Final = "index check"
CONFIRMED: Final = 5
"""How many missing customers are requested by id, to see whether they have changed since."""

Resource = Mapping[str, Any]


def stale_since(client: Client, *, before: int) -> int | None:
    """Return the timestamp from which on the search index lacks changes.

    The customers that were last changed before a timestamp are listed, and searched for. It costs
    two requests when the index is up to date.

    Args:
        client: the API.
        before: the timestamp before which the index is expected to be complete.

    Returns:
        The update time of the oldest listed customer that the search does not find; None when it
        finds them all, or when that cannot be found out.

    Raises:
        Stopped: when the process is to end.
    """
    try:
        listed = _listed(client, before)
        if not listed:
            return None
        return _oldest_missing(client, listed)
    except Stopped:
        raise
    except (BadRequest, NotFound, NotPermitted) as error:
        LOGGER.info("The search index cannot be checked: %s", error.message)
    except KustomerError as error:
        LOGGER.warning("The search index could not be checked: %s", error.message)
    return None


def _listed(client: Client, before: int) -> list[tuple[int, str]]:
    """Return the newest customers before a timestamp, as update times and ids; oldest first.

    Customers that may be in the archive are left out, since the standard search lacks them. No
    source states whether their time of update or of creation decides that.
    """
    params = {**CUSTOMERS.params, "page": 1, "pageSize": CUSTOMERS.page_size}
    only_before = {"filter[updatedAt][lt]": format_timestamp(before)}
    try:
        page = client.get(CUSTOMERS.path, {**params, **only_before}, stream=STREAM)
    except BadRequest:  # the filter is refused; the newest customers may be old enough
        page = client.get(CUSTOMERS.path, params, stream=STREAM)
    found = [pair for row in page.data if (pair := _dated(row)) is not None]
    if found != sorted(found, key=lambda pair: -pair[0]):
        LOGGER.info(
            "The search index cannot be checked: GET %s does not sort by update time.",
            CUSTOMERS.path,
        )
        return []
    edge = before - LIVE_SEARCH_AGE + SEAM_AFTER
    archived = {
        str(row.get("id"))
        for row in page.data
        if (created_at := parse_timestamp(attribute_of(row, "createdAt"))) is not None
        and created_at < edge
    }
    return sorted(
        (updated_at, identity)
        for updated_at, identity in found
        if edge <= updated_at < before and identity not in archived
    )


def _oldest_missing(client: Client, listed: Sequence[tuple[int, str]]) -> int | None:
    """Return a second before the update time of the oldest customer that the search does not find.

    Searches start a second earlier, here and in the next sync, because a search may leave out its
    own bound, or compare by seconds.
    """
    start = listed[0][0]
    since = format_timestamp(start - SECOND)
    query = SearchQuery(query_context="customer", attribute="customer_updated_at", gte=since)
    with client.search(query, stream=STREAM) as page:
        ordered_stamps(page.data, "updatedAt")
        found = dict(pair[::-1] for row in page.data if (pair := _dated(row)) is not None)
        is_whole = not page.has_next and (page.total is None or page.total <= len(page.data))
    reached = max(found.values(), default=start) if not is_whole else None
    missing = [
        (updated_at, identity)
        for updated_at, identity in listed
        if (reached is None or updated_at < reached) and found.get(identity, -1) < updated_at
    ]
    for updated_at, identity in missing[:CONFIRMED]:
        if _is_unchanged(client, identity, updated_at):
            return updated_at - SECOND
    return None


def _is_unchanged(client: Client, identity: str, updated_at: int) -> bool:
    """Return whether a customer still has the update time that the list showed.

    One that was updated, merged or deleted meanwhile is no sign of a stale index.
    """
    try:
        customer = client.get(CUSTOMER.of(id=identity).path, stream=STREAM).resource
    except NotFound:
        return False
    return parse_timestamp(attribute_of(customer, "updatedAt")) == updated_at


def _dated(row: Resource) -> tuple[int, str] | None:
    updated_at = parse_timestamp(attribute_of(row, "updatedAt"))
    identity = row.get("id")
    return None if updated_at is None or identity is None else (updated_at, str(identity))
