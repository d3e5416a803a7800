"""An endpoint of Kustomer's API, as a stream declares it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Endpoint:
    """One list, or one object, that a stream is read from."""

    path: str
    """The path below `/v1`, or with a version of its own. A child's path has `{id}` in the place
    of the parent's id."""
    params: Mapping[str, str] = field(default_factory=dict)
    """Query parameters that select what the endpoint lists."""
    roles: tuple[str, ...] = ()
    """Any one of these roles lets a key read it. Empty: every key may, or no source says."""
    page_size: int | None = 100
    """The largest page that the endpoint grants; None where the answer is not paged."""
    last_page: int | None = None
    """The number of the last page that the list serves, where it has such a limit."""
    only_deleted: bool = False
    """Whether it lists nothing but deleted records."""
