"""The report: JSON without data of customers, and a table for a person."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from source_kustomer import __version__
from source_kustomer.doctor.account import Account, kind_of
from source_kustomer.doctor.asker import NotObserved
from source_kustomer.doctor.assumptions import ASSUMPTIONS, Assumption, Outcome
from source_kustomer.doctor.probes import PROBES, searchable_attributes
from source_kustomer.doctor.survey import Estimates, Survey
from source_kustomer.errors import KustomerError
from source_kustomer.timestamps import MINUTE, format_timestamp

FORMAT: Final = 1
HOUR: Final = 60 * MINUTE
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
_SUFFIX: Final = re.compile(r"(Num|At|Str|Txt|Bool|Url|Tree|Ids|Id)$")

Report = dict[str, Any]


@dataclass(frozen=True)
class Finding:
    """What was observed of one assumption."""

    assumption: Assumption
    value: str | None
    outcome: Outcome
    observed: str
    action: str = ""


def observe(account: Account, assumption: Assumption) -> Finding:
    """Run the probe of an assumption; a probe that cannot observe it is not an error."""
    probe = PROBES.get(assumption.id)
    if probe is None:
        return Finding(assumption, None, Outcome.NOT_OBSERVED, "no request that reads shows it")
    try:
        seen = probe(account)
    except NotObserved as error:
        return Finding(assumption, None, Outcome.NOT_OBSERVED, str(error))
    except KustomerError as error:
        return Finding(assumption, None, Outcome.NOT_OBSERVED, kind_of(error))
    except Exception as error:
        # What an answer looks like is not known beforehand. One probe must not end the others.
        text = f"the answers have an unexpected form ({type(error).__name__})"
        return Finding(assumption, None, Outcome.NOT_OBSERVED, text)
    if seen.value is None:
        return Finding(assumption, None, Outcome.HANDLED, seen.observed)
    meaning = assumption.values[seen.value]
    return Finding(assumption, seen.value, meaning.outcome, seen.observed, meaning.action)


def in_order_of_probes() -> list[Assumption]:
    """Return the assumptions in the order in which they are observed."""
    places = {assumption: place for place, assumption in enumerate(PROBES)}
    return sorted(ASSUMPTIONS, key=lambda one: places.get(one.id, len(places)))


def report_of(
    account: Account, findings: Iterable[Finding], found: Survey, *, anonymous: bool = False
) -> Report:
    """Return the report as JSON.

    Args:
        account: the account.
        findings: what was observed.
        found: what the account has.
        anonymous: whether to number the names of custom objects and attributes.
    """
    names = _Names(anonymous=anonymous)
    by_id = {finding.assumption.id: finding for finding in findings}
    config = account.config
    schema = account.asker.get("/customers/searches/schema") if _has_room(account) else None
    attributes = searchable_attributes(schema) if schema is not None and schema.is_ok else []
    return {
        "format": FORMAT,
        "connector": __version__,
        "at": format_timestamp(account.now - account.now % HOUR),
        "configuration": {
            "region": config.region,
            "has_organization": config.organization is not None,
            "has_start_date": config.start_date is not None,
            "include_deleted": config.include_deleted,
            "custom_attribute_columns": config.custom_attribute_columns,
            "include_disabled_klasses": config.include_disabled_klasses,
            "rate_limit_share": config.rate_limit_share,
            "searches_per_minute": config.searches_per_minute,
            "lookback_minutes": config.lookback_minutes,
            "num_workers": config.num_workers,
        },
        "requests": {
            "sent": account.asker.sent,
            "searches": account.asker.client.meter.searches,
            "statuses": _statuses(account),
            "header_names": sorted(
                name for name in account.asker.header_names if _NAME.fullmatch(name)
            ),
        },
        "limits": {
            "requests_per_minute": found.organization_limit,
            "searches_per_minute": found.search_limit,
        },
        "assumptions": {
            one.id: {
                "outcome": by_id[one.id].outcome.value,
                "value": by_id[one.id].value,
                "observed": by_id[one.id].observed,
                **({"action": by_id[one.id].action} if by_id[one.id].action else {}),
            }
            for one in ASSUMPTIONS
        },
        "streams": {
            name: {
                "problem": access.problem,
                "missing_roles": list(access.missing_roles),
                **(asdict(found.sizes[name]) if name in found.sizes else {}),
            }
            for name, access in found.access.items()
        },
        "page_sizes": found.page_sizes,
        "klasses": [
            {
                "name": names.klass(one.name),
                "status": one.status,
                "records": one.records,
                "attributes": names.attributes(one.attributes),
            }
            for one in found.klasses
        ],
        "attributes": {
            resource: names.attributes(one) for resource, one in found.attributes.items()
        },
        "searchable_attributes": [
            name for name in attributes if _NAME.fullmatch(name) and not _is_custom(name)
        ],
        "estimates": Estimates(account, found).report(),
    }


def _has_room(account: Account) -> bool:
    return any(request.path == "/customers/searches/schema" for request, _ in account.asker.replies)


def _is_custom(name: str) -> bool:
    return "_custom_" in name or name.startswith(("custom_", "kobject_"))


def _statuses(account: Account) -> dict[str, int]:
    counts: dict[str, int] = {}
    for _, reply in account.asker.replies:
        counts[str(reply.status)] = counts.get(str(reply.status), 0) + 1
    return dict(sorted(counts.items()))


class _Names:
    """Names of custom objects and attributes, as they are or numbered."""

    def __init__(self, *, anonymous: bool) -> None:
        self._is_anonymous = anonymous
        self._klasses: dict[str, str] = {}
        self._count = 0

    def klass(self, name: str) -> str:
        """Return the name of a custom object."""
        if self._is_anonymous or not _NAME.fullmatch(name):
            return self._klasses.setdefault(name, f"klass_{len(self._klasses) + 1}")
        return name

    def attributes(self, found: Sequence[Mapping[str, Any]] | None) -> list[dict[str, Any]] | None:
        """Return attributes; a number keeps the suffix, which tells the type."""
        return None if found is None else [self._attribute(one) for one in found]

    def _attribute(self, one: Mapping[str, Any]) -> dict[str, Any]:
        name = str(one["name"])
        kind = one.get("type")
        if self._is_anonymous or not _NAME.fullmatch(name):
            self._count += 1
            suffix = _SUFFIX.search(name)
            name = f"attribute{self._count}{suffix[0] if suffix else ''}"
        is_plain = isinstance(kind, str) and _NAME.fullmatch(kind)
        return {**one, "name": name, "type": kind if is_plain else None}


def json_of(report: Report) -> str:
    """Return a report as JSON, with a line per entry of each member."""
    members = []
    for name, value in report.items():
        if isinstance(value, dict):
            entries = [f"    {json.dumps(key)}: {json.dumps(one)}" for key, one in value.items()]
            members.append(f'  "{name}": ' + "{\n" + ",\n".join(entries) + "\n  }")
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            entries = [f"    {json.dumps(one)}" for one in value]
            members.append(f'  "{name}": [\n' + ",\n".join(entries) + "\n  ]")
        else:
            members.append(f'  "{name}": {json.dumps(value)}')
    return "{\n" + ",\n".join(members) + "\n}\n"


# For a person


def text_of(report: Report) -> str:
    """Return a report as text: the assumptions, then the answers to the user's questions."""
    return "\n".join(
        [
            *_assumptions(report),
            "",
            *_streams(report),
            "",
            *_custom(report),
            "",
            *_estimates(report),
            "",
            *_summary(report),
        ]
    )


def mattering(report: Report) -> list[str]:
    """Return the ids of the assumptions whose answer matters."""
    return [
        name
        for name, one in report["assumptions"].items()
        if one["outcome"] == Outcome.MATTERS.value
    ]


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
    lines = [
        "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    return [lines[0], "  ".join("-" * width for width in widths), *lines[1:]]


def _assumptions(report: Report) -> list[str]:
    rows = [("Assumption", "Meaning", "Answer", "Observed")]
    rows += [
        (name, one["outcome"], one["value"] or "", one["observed"])
        for name, one in report["assumptions"].items()
    ]
    actions = [
        f"  {name}: {one['action']}"
        for name, one in report["assumptions"].items()
        if one.get("action")
    ]
    return [*_table(rows), *(["", "What to do:", *actions] if actions else [])]


def _streams(report: Report) -> list[str]:
    rows = [("Stream", "Records", "Since the start date", "Changed in a day")]
    missing = []
    for name, one in report["streams"].items():
        if one["problem"] is not None:
            roles = f": one of {', '.join(one['missing_roles'])}" if one["missing_roles"] else ""
            missing.append(f"  {name}: {one['problem']}{roles}")
        elif "records" in one:
            more = "or more" if one["is_more"] else ""
            rows.append(
                (
                    name,
                    f"{_number(one['records'])} {more}".rstrip(),
                    _number(one["in_scope"]),
                    _number(one["changed_in_a_day"]),
                )
            )
    return [
        *_table(rows),
        *(["", "Streams that the key cannot read:", *missing] if missing else []),
    ]


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _custom(report: Report) -> list[str]:
    if not report["klasses"]:
        return ["Custom objects: none, or the key may not list them."]
    rows = [("Custom object", "Status", "Records", "Attributes")]
    for one in report["klasses"]:
        attributes = "" if one["attributes"] is None else str(len(one["attributes"]))
        rows.append((one["name"], one["status"], _number(one["records"]), attributes))
    return _table(rows)


def _estimates(report: Report) -> list[str]:
    rows = [("Estimate", "Searches", "Other requests", "Minutes")]
    for name, one in report["estimates"].items():
        minutes = one["first"]["minutes_by_share"]
        text = ", ".join(f"{value:,} at {share} %" for share, value in minutes.items())
        for key in ("first", "hourly", "daily"):
            rows.append(
                (
                    f"{name} streams, {'first sync' if key == 'first' else f'{key} sync'}",
                    f"{one[key]['searches']:,}",
                    f"{one[key]['other_requests']:,}",
                    text if key == "first" else "",
                )
            )
    share = report["configuration"]["rate_limit_share"]
    return [*_table(rows), f"The configured share of the rate limits is {share} %."]


def _summary(report: Report) -> list[str]:
    matters = mattering(report)
    sent = f"{report['requests']['sent']} requests were sent; all of them only read."
    if not matters:
        return [sent, "Nothing that was observed hinders a sync."]
    return [sent, f"{len(matters)} observations matter: {', '.join(matters)}. See above."]
