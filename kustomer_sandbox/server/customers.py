"""The filters and the sort of `GET /customers`, which reads the store, not the search index."""

from __future__ import annotations

import re
from collections.abc import Mapping

from kustomer_sandbox.control.settings import Settings
from kustomer_sandbox.data.index import Attribute
from kustomer_sandbox.data.organization import Organization
from kustomer_sandbox.data.timestamps import SECOND, to_ms
from kustomer_sandbox.server.answers import bad_request

_FILTER = re.compile(r"filter\[(createdAt|updatedAt)\]\[(gt|gte|lt|lte)\]")
_TIMES: dict[str, Attribute] = {"createdAt": "created", "updatedAt": "updated"}
_EARLIEST, _LATEST = 0, 1 << 44


def customer_numbers(
    organization: Organization, settings: Settings, query: Mapping[str, str]
) -> list[int]:
    """The numbers of the customers that a request lists, in its order.

    Raises:
        ApiError: 400 for a filter or a sort that is not known, or refused under the dialect.
    """
    mode = settings.dialect["customers-list"]
    sort = query.get("sort")
    filters = {name: value for name, value in query.items() if name.startswith("filter[")}
    if not (sort or filters) or mode == "ignored":
        return organization.numbers("customers")
    if mode == "refused":
        raise bad_request("unknown parameter", parameter=next(iter([*filters, "sort"])))
    unit = SECOND if mode == "seconds" else 1
    bounds = {attribute: [_EARLIEST, _LATEST] for attribute in _TIMES.values()}
    for name, value in filters.items():
        match = _FILTER.fullmatch(name)
        if match is None:
            raise bad_request("unknown filter", parameter=name)
        try:
            at = to_ms(value) // unit * unit
        except ValueError as error:
            raise bad_request("filter is not a date", parameter=name) from error
        bound = bounds[_TIMES[match[1]]]
        if match[2].startswith("g"):
            bound[0] = max(bound[0], at + unit * (match[2] == "gt"))
        else:
            bound[1] = min(bound[1], at + unit * (match[2] == "lte"))
    attribute = (sort or "createdAt").removeprefix("-")
    if attribute not in _TIMES:
        raise bad_request("unknown sort", parameter="sort")
    return organization.customers_between(
        _TIMES[attribute], bounds, descending=bool(sort and sort.startswith("-"))
    )
