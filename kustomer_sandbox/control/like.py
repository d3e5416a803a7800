"""The sandbox in the likeness of an account: from a report of `source-kustomer doctor`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kustomer_sandbox.control.dialects import BY_ID
from kustomer_sandbox.data.custom import CustomAttribute
from kustomer_sandbox.data.objects import BY_CONTEXT, BY_NAME
from kustomer_sandbox.data.workspace import USUAL_COUNTS

FORMAT = 1
MOST_OF_A_LIST = 5_000
_STATUSES = ("enabled", "existing_only", "disabled")
_NAMES = {
    "snooze_presets": "snoozes",
    "pinned_searches": "customer_searches_pinned",
    "saved_search_positions": "customer_searches_positions",
    "roles": "auth_roles",
}
"""Streams whose objects have other names here."""
_FIXED = {"customer_searches_positions", "auth_roles", "team_routing_settings"}
"""Lists whose length follows from others."""


@dataclass(frozen=True)
class Likeness:
    """What a report says of an account.

    Attributes:
        report: the report.
    """

    report: Mapping[str, Any]

    @staticmethod
    def read(path: str | Path) -> Likeness:
        """Read a report.

        Raises:
            ValueError: when the file is not a report.
        """
        try:
            report = json.loads(Path(path).read_text())
        except OSError as error:
            raise ValueError(f"{path} cannot be read: {error.strerror}") from error
        except (ValueError, RecursionError) as error:
            raise ValueError(f"{path} is not valid JSON") from error
        if not isinstance(report, dict) or report.get("format") != FORMAT:
            raise ValueError(f"{path} is not a report of `source-kustomer doctor`")
        found = Likeness(report)
        try:
            found.settings, found.counts(1), found.attributes()
        except (AttributeError, KeyError, OverflowError, TypeError) as error:
            raise ValueError(
                f"{path} is not a complete report of `source-kustomer doctor` "
                f"({type(error).__name__})"
            ) from error
        return found

    @property
    def dialect(self) -> dict[str, str]:
        """The observed values of the switches; what was not observed is left out."""
        found = self._member("assumptions")
        return {
            name: one["value"]
            for name, one in found.items()
            if name in BY_ID and one.get("value") in BY_ID[name].values
        }

    @property
    def settings(self) -> dict[str, Any]:
        """The switches: dialect, limits, page sizes, and what the key cannot read."""
        settings: dict[str, Any] = {"dialect": self.dialect, "page_sizes": self._page_sizes()}
        limits = self._member("limits")
        if isinstance(limits.get("requests_per_minute"), int):
            settings["organization_per_minute"] = limits["requests_per_minute"]
        if isinstance(limits.get("searches_per_minute"), int):
            settings["searches_per_minute"] = limits["searches_per_minute"]
        problems = {
            _NAMES.get(name, name): str(one.get("problem") or "")
            for name, one in self._member("streams").items()
        }
        settings["forbidden"] = {n: 0 for n, text in problems.items() if text.startswith("role")}
        settings["absent"] = [n for n, text in problems.items() if text == "does not exist"]
        return settings

    def counts(self, records: int) -> dict[str, int]:
        """How many records of each object there are.

        Args:
            records: the largest number of records of all search objects together. An account
                with more is made smaller in proportion.
        """
        found: dict[str, int] = {}
        for stream, one in self._member("streams").items():
            name, count = _NAMES.get(stream, stream), one.get("records")
            if name in BY_NAME:
                found[name] = (count or 0) + (one.get("in_archive") or 0)
            elif isinstance(count, int) and name in USUAL_COUNTS and name not in _FIXED:
                found[name] = min(count, MOST_OF_A_LIST)
        total = sum(count for name, count in found.items() if name in BY_NAME)
        if total > records:
            for name in found.keys() & BY_NAME.keys():
                found[name] = -(-found[name] * records // total)
        if found.get("klasses") is not None:
            found["klasses"] = len(self.klasses()) or found["klasses"]
        return found

    def klasses(self) -> list[tuple[str, str, float]]:
        """Name, status and share of each custom object; empty when the report has none."""
        found = self.report.get("klasses") or []
        counts = [max(1, one.get("records") or 1) for one in found]
        return [
            (
                str(one["name"]),
                one["status"] if one.get("status") in _STATUSES else "enabled",
                count / sum(counts),
            )
            for one, count in zip(found, counts, strict=True)
        ]

    def attributes(self) -> dict[str, tuple[CustomAttribute, ...]]:
        """The custom attributes of each resource that the report describes."""
        described = dict(self._member("attributes"))
        for klass in self.report.get("klasses") or []:
            if klass.get("attributes") is not None:
                described[f"kobject.{klass['name']}"] = klass["attributes"]
        return {
            resource: tuple(_attribute(one) for one in entries)
            for resource, entries in described.items()
        }

    def _page_sizes(self) -> dict[str, int]:
        return {
            BY_CONTEXT[context].name: size
            for context, size in self._member("page_sizes").items()
            if context in BY_CONTEXT and isinstance(size, int) and size > 0
        }

    def _member(self, name: str) -> Mapping[str, Any]:
        value = self.report.get(name)
        return value if isinstance(value, dict) else {}


def _attribute(one: Mapping[str, Any]) -> CustomAttribute:
    return CustomAttribute(
        str(one["name"]),
        str(one.get("type") or "string"),
        multi=bool(one.get("multi")),
        tree=bool(one.get("tree")),
        deleted=bool(one.get("deleted")),
    )
