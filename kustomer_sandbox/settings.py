"""Every switch of the sandbox, what it means and what it is at the start."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

FAULT_KINDS = ("500", "502", "503", "504", "reset", "cut", "html", "silence")
PAGE_QUIRKS = ("duplicates", "empty_page", "larger_page", "null_data", "repeated_page")


def _switch(default: Any, meaning: str, choices: tuple[str, ...] | None = None) -> Any:
    metadata = {"help": meaning, "choices": choices}
    if isinstance(default, (list, dict)):
        return field(default_factory=default.copy, metadata=metadata)
    return field(default=default, metadata=metadata)


@dataclass
class Settings:
    """Switches that may be changed while the sandbox runs.

    Rates are per minute where the name says so; durations are seconds unless the name says ms.
    """

    # Rate limits
    organization_per_minute: int | None = _switch(
        1000, "requests all keys together may make per window; null: no limit"
    )
    searches_per_minute: int | None = _switch(
        100, "searches API keys may make per window, inside the other limit; null: no such limit"
    )
    window_seconds: float = _switch(
        60.0, "length of the fixed window of both limits (shorter windows make tests quick)"
    )
    search_headers: str = _switch(
        "tightest",
        "which limit the headers of a search speak of: the one with less left, or the organization",
        ("tightest", "organization"),
    )
    reset_header: str = _switch(
        "normal",
        "what x-ratelimit-reset says",
        ("normal", "past", "far_future", "missing", "garbage"),
    )
    other_requests_per_minute: float = _switch(
        0.0, "requests, not searches, that another client of the organization makes, evenly"
    )
    other_searches_per_minute: float = _switch(
        0.0, "searches that another client's API key makes, evenly; they count in both limits"
    )
    # Search
    max_page_size: int = _switch(500, "largest page a search grants")
    page_size_policy: str = _switch(
        "clamp",
        "what happens to a larger pageSize: cut (meta.pageSize tells), 400, or a server error 500",
        ("clamp", "refuse", "500"),
    )
    page_cap: int = _switch(100, "pages a query may have; the next one answers 400")
    record_cap: int = _switch(10_000, "records a query may reach; beyond: 400")
    total_cap: int | None = _switch(None, "meta.total never says more than this; null: the truth")
    shuffle_ties: bool = _switch(
        True, "records of equal sort value come in another order at every call"
    )
    search_order: str = _switch("sorted", "whether a search minds its sort", ("sorted", "random"))
    refused_attributes: list[str] = _switch(
        [],
        "search attributes the standard search does not know (400), such as company_updated_at",
    )
    index_lag: float = _switch(0.0, "seconds after which a write appears in the search")
    edge_offset: float = _switch(
        0.0, "seconds added to the clock that divides the standard search from the archive"
    )
    page_quirks: list[str] = _switch(
        [], f"odd pages of searches, once per query: any of {', '.join(PAGE_QUIRKS)}"
    )
    # Lists
    list_record_limit: int | None = _switch(
        None, "records a GET list reaches at most (400 beyond); null: no limit"
    )
    # Access and errors
    pod: str = _switch("prod1", "the region this sandbox stands for")
    wrong_pod_status: int = _switch(401, "status of a key of another region")
    error_shape: str | None = _switch(
        None,
        "give every error body this shape; null: as the endpoint has it",
        ("code", "jsonapi", "old"),
    )
    forbidden: dict[str, int] = _switch(
        {}, 'objects answered with 403 after so many more requests, e.g. {"messages": 0}'
    )
    absent: list[str] = _switch([], "objects, or paths such as /kb/tags, answered with 404")
    # Trouble
    fault_rate: float = _switch(0.0, "share of answers, 0 to 1, replaced by a fault")
    fault_kinds: list[str] = _switch(
        ["500", "502", "503", "504", "reset", "cut", "html"],
        f"faults drawn from: any of {', '.join(FAULT_KINDS)} (502 and html are HTML pages)",
    )
    fault_next: list[str] = _switch(
        [], "faults of the very next requests, in this order; `ok` lets one pass"
    )
    fault_paths: list[str] = _switch([], "only paths that contain one of these have faults")
    silence_seconds: float = _switch(30.0, "how long the fault `silence` says nothing")
    latency_ms: float = _switch(0.0, "time every answer takes longer")
    latency_jitter_ms: float = _switch(0.0, "up to this much more, by chance")
    outage_seconds: float = _switch(0.0, "from now on nothing works for so many seconds")
    outage_kind: str = _switch("503", "how an outage looks", ("503", "reset"))
    # Changes that never stop
    live_updates: float = _switch(0.0, "records updated per second")
    live_inserts: float = _switch(0.0, "records inserted per second")
    live_deletes: float = _switch(0.0, "records deleted per second")
    live_objects: list[str] = _switch([], "objects live changes are made to; none: all")

    def change(self, changes: dict[str, Any]) -> None:
        """Set switches by name.

        Raises:
            ValueError: for an unknown switch or a value it cannot have.
        """
        known = {switch.name: switch for switch in fields(self)}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no switch {name!r}")
            _check(known[name], value)
        for name, value in changes.items():
            setattr(self, name, value)


def switches() -> list[tuple[str, Any, str]]:
    """Name, default and meaning of every switch."""
    return [(switch.name, default_of(switch), meaning_of(switch)) for switch in fields(Settings)]


def default_of(switch: Field[Any]) -> Any:
    """What a switch is at the start."""
    return switch.default if switch.default is not MISSING else switch.default_factory()  # type: ignore[misc]


def meaning_of(switch: Field[Any]) -> str:
    """What a switch does, with its choices."""
    choices = switch.metadata.get("choices")
    return switch.metadata["help"] + (f" ({' | '.join(choices)})" if choices else "")


_LISTED = {
    "fault_kinds": FAULT_KINDS,
    "fault_next": ("ok", *FAULT_KINDS),
    "page_quirks": PAGE_QUIRKS,
}


def _check(switch: Field[Any], value: Any) -> None:
    default = default_of(switch)
    choices = switch.metadata.get("choices")
    if choices and value not in choices and not (value is None and default is None):
        raise ValueError(f"{switch.name} is one of {', '.join(choices)}, not {value!r}")
    wanted = (int, float) if type(default) in (int, float) else type(default)
    if default is not None and value is not None and not isinstance(value, wanted):
        raise ValueError(f"{switch.name} cannot be {value!r}")
    if value is None and "None" not in str(switch.type):
        raise ValueError(f"{switch.name} cannot be null")
    unknown = (
        [item for item in value if item not in _LISTED[switch.name]]
        if switch.name in _LISTED
        else []
    )
    if unknown:
        raise ValueError(f"{switch.name} does not know {unknown}")
