"""Every switch of the sandbox: its meaning and its value at the start."""

from __future__ import annotations

from dataclasses import MISSING, Field, dataclass, field, fields
from typing import Any

from kustomer_sandbox.control import dialects

FAULT_KINDS = ("500", "502", "503", "504", "reset", "cut", "html", "silence")
PAGE_QUIRKS = ("duplicates", "empty_page", "larger_page", "null_data", "repeated_page")


def _means(meaning: str, choices: tuple[str, ...] | None = None) -> dict[str, Any]:
    """The meaning of a switch, kept with its field."""
    return {"help": meaning, "choices": choices}


@dataclass
class Settings:
    """Switches that may be changed while the sandbox runs.

    Rates are per minute if the name says so. Durations are seconds unless the name says ms.
    """

    dialect: dict[str, str] = field(
        default_factory=lambda: dict(dialects.DEFAULT),
        metadata=_means(
            "facts about the API that differ from the default, see --list-dialects; "
            "written reset=never,totals=capped, or as JSON"
        ),
    )
    # Rate limits
    organization_per_minute: int | None = field(
        default=1000,
        metadata=_means("requests that all keys together may make per window; null: no limit"),
    )
    searches_per_minute: int | None = field(
        default=100,
        metadata=_means(
            "searches per window by API keys, inside the other limit; null: no such limit"
        ),
    )
    window_seconds: float = field(
        default=60.0,
        metadata=_means("length of the fixed window of both limits"),
    )
    clock_ahead: float = field(
        default=0.0,
        metadata=_means(
            "seconds by which the clock of limits, keys, outages and the header Date is ahead of "
            "this machine's"
        ),
    )
    reset_header: str = field(
        default="normal",
        metadata=_means(
            "the value of x-ratelimit-reset, where the dialect has the header",
            ("normal", "past", "far_future", "garbage"),
        ),
    )
    other_requests_per_minute: float = field(
        default=0.0,
        metadata=_means(
            "requests, not searches, that another client of the organization makes, evenly"
        ),
    )
    other_searches_per_minute: float = field(
        default=0.0,
        metadata=_means(
            "searches that another client's API key makes, evenly; they count in both limits"
        ),
    )
    # Search
    max_page_size: int = field(default=500, metadata=_means("largest page a search grants"))
    page_sizes: dict[str, int] = field(
        default_factory=dict,
        metadata=_means(
            'largest page of the searches of single objects, e.g. {"messages": 100}, in place of '
            "max_page_size and the dialect"
        ),
    )
    page_cap: int = field(default=100, metadata=_means("pages of a query; a later one answers 400"))
    record_cap: int = field(
        default=10_000, metadata=_means("records that a query may reach; a page beyond answers 400")
    )
    total_cap: int = field(
        default=10_000, metadata=_means("where the dialect `totals` stops counting")
    )
    shuffle_ties: bool = field(
        default=True,
        metadata=_means("records of equal sort value come in another order at every request"),
    )
    refused_attributes: list[str] = field(
        default_factory=list,
        metadata=_means(
            "search attributes that the standard search refuses (400), such as company_updated_at"
        ),
    )
    index_lag: float = field(
        default=0.0, metadata=_means("seconds after which a write appears in the search")
    )
    edge_offset: float = field(
        default=0.0,
        metadata=_means(
            "seconds added to the clock that divides the standard search from the archive"
        ),
    )
    page_quirks: list[str] = field(
        default_factory=list,
        metadata=_means(f"odd pages of searches, once per query: any of {', '.join(PAGE_QUIRKS)}"),
    )
    # Lists
    max_list_page: int | None = field(
        default=None,
        metadata=_means("largest page of every list; null: as documented for each of them"),
    )
    list_record_cap: int = field(
        default=10_000, metadata=_means("where the dialect `list-cap` ends lists")
    )
    max_ids: int = field(
        default=20, metadata=_means("ids that one path may have under the dialect `ids-per-path`")
    )
    # Access and errors
    pod: str = field(default="prod1", metadata=_means("the region of this sandbox"))
    wrong_pod_status: int = field(default=401, metadata=_means("status of a key of another region"))
    error_shape: str | None = field(
        default=None,
        metadata=_means(
            "shape of every error body; null: the shape of the endpoint",
            ("code", "jsonapi", "old"),
        ),
    )
    forbidden: dict[str, int] = field(
        default_factory=dict,
        metadata=_means(
            'objects answered with 403 after this number of requests, e.g. {"messages": 0}'
        ),
    )
    absent: list[str] = field(
        default_factory=list,
        metadata=_means("objects, or paths such as /kb/tags, answered with 404"),
    )
    # Faults
    fault_rate: float = field(
        default=0.0, metadata=_means("share of answers, 0 to 1, replaced by a fault")
    )
    fault_kinds: list[str] = field(
        default_factory=lambda: ["500", "502", "503", "504", "reset", "cut", "html"],
        metadata=_means(
            f"faults to draw from: any of {', '.join(FAULT_KINDS)} (502 and html are HTML pages)"
        ),
    )
    fault_next: list[str] = field(
        default_factory=list,
        metadata=_means("faults of the very next requests, in this order; `ok` lets one pass"),
    )
    fault_paths: list[str] = field(
        default_factory=list, metadata=_means("only paths that contain one of these have faults")
    )
    silence_seconds: float = field(
        default=30.0, metadata=_means("how long the fault `silence` sends nothing")
    )
    latency_ms: float = field(default=0.0, metadata=_means("delay of every answer"))
    latency_jitter_ms: float = field(
        default=0.0, metadata=_means("more delay, up to this much, by chance")
    )
    outage_seconds: float = field(
        default=0.0, metadata=_means("from now on every request fails for this number of seconds")
    )
    outage_kind: str = field(
        default="503", metadata=_means("the answer during an outage", ("503", "reset"))
    )
    # Changes that never stop
    live_updates: float = field(default=0.0, metadata=_means("records updated per second"))
    live_inserts: float = field(default=0.0, metadata=_means("records inserted per second"))
    live_deletes: float = field(default=0.0, metadata=_means("records deleted per second"))
    live_objects: list[str] = field(
        default_factory=list, metadata=_means("objects that live changes apply to; none: all")
    )

    def change(self, changes: dict[str, Any]) -> None:
        """Set switches by name.

        Raises:
            ValueError: for an unknown switch or a value that it does not accept.
        """
        known = {switch.name: switch for switch in fields(self)}
        if "dialect" in changes:
            changes = {**changes, "dialect": _dialect(changes["dialect"])}
        for name, value in changes.items():
            if name not in known:
                raise ValueError(f"there is no switch {name!r}")
            _check(known[name], value)
        for name, value in changes.items():
            setattr(self, name, value)


def _dialect(value: Any) -> dict[str, str]:
    if isinstance(value, str):
        return dialects.parse(value)
    if not isinstance(value, dict):
        raise ValueError(f"dialect cannot be {value!r}")
    return dialects.dialect(value)


def switches() -> list[tuple[str, Any, str]]:
    """Name, default and meaning of every switch."""
    return [(switch.name, default_of(switch), meaning_of(switch)) for switch in fields(Settings)]


def default_of(switch: Field[Any]) -> Any:
    """The value of a switch at the start."""
    if switch.default_factory is not MISSING:
        return switch.default_factory()
    return switch.default


def meaning_of(switch: Field[Any]) -> str:
    """The meaning of a switch, with its choices."""
    choices = switch.metadata.get("choices")
    meaning = str(switch.metadata["help"])
    return f"{meaning} ({' | '.join(choices)})" if choices else meaning


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
        raise ValueError(f"{switch.name} does not accept {unknown}")
