"""Known dialects of the API, and the reports of the sandbox that speaks them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from unit_tests.doctor.conftest import report_of, with_every_sight
from unit_tests.doctor.in_process import InProcessSandbox

FOLDER: Final = Path(__file__).resolve().parent

EXAMPLES: Final[Mapping[str, Mapping[str, str]]] = {
    "as_assumed": {},
    # As recorded traffic of 2020 and the vendor's older pages show the API.
    "older_pages": {
        "reset": "on-429",
        "limit-headers": "organization",
        "role": "401",
        "past-end": "404",
        "links": "missing",
        "schema": "missing",
        "company-search": "refused",
        "work-contexts": "refused",
    },
    # As the vendor's specification of 2026 words it.
    "specification_of_2026": {
        "reset": "on-429",
        "totals": "tracked",
        "deleted-lists": "served",
        "inbound-attachments": "not-found",
        "kb-paths": "v3",
        "klass-contexts": "generic",
        "work-contexts": "refused",
    },
    # The answers that matter.
    "hinders_syncs": {
        "search-sort": "ignored",
        "list-scope": "narrow",
        "klass-contexts": "refused",
        "deletes": "keep",
    },
}
"""Name -> the switches that differ from the default."""

ROLES: Final = ("org.user.search", "org.user.customer", "org.user.conversation", "org.user.tag")
"""Of the key of an example with the switch `role`."""


def example(name: str) -> dict[str, Any]:
    """Examine a sandbox that speaks a dialect. The time is left out."""
    sandbox = InProcessSandbox(
        300,
        organization_per_minute=1_000,
        searches_per_minute=100,
        dialect=dict(EXAMPLES[name]),
        total_cap=50 if "totals" in EXAMPLES[name] else 10_000,
    )
    try:
        with_every_sight(sandbox)
        if "role" in EXAMPLES[name]:
            sandbox.new_key(*ROLES)
        report = report_of(sandbox, limit=200)
    finally:
        sandbox.close()
    return {**report, "at": "2026-01-01T00:00:00.000Z"}
