"""What each dialect leads to, where it is not exact rows.

docs/assumptions.md says the same for users; `unit_tests/test_assumptions.py` compares both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

Pair = tuple[str, str]
"""A switch and its value."""


@dataclass(frozen=True)
class Outcome:
    """A documented outcome.

    Attributes:
        error: a pattern that the errors of the streams that fail match; None: no stream fails.
        warning: a pattern that a warning matches; None: no warning is needed.
        incomplete: streams whose rows differ from the truth; the warning reports it.
    """

    error: str | None = None
    warning: str | None = None
    incomplete: frozenset[str] = frozenset()


DOCUMENTED: Final[Mapping[Pair, Outcome]] = {
    ("body", "always-errors"): Outcome(error="no usable answer .* the answer contains errors"),
    ("partial", "always"): Outcome(error="no usable answer .* returned a part of the records"),
    ("search-sort", "ignored"): Outcome(error="The search did not sort by time of update"),
    ("precision", "seconds"): Outcome(error="The search did not sort by time of update"),
    ("search-bounds", "neither"): Outcome(
        error="leaves out records with this timestamp|records exist from .* could be read"
    ),
    ("klass-contexts", "refused"): Outcome(error="queryContext should match pattern"),
    ("archive-edge", "created"): Outcome(
        warning="only the archive search has .* created more than two years ago and updated since",
        incomplete=frozenset({"conversation_times", "notes", "work_items", "work_sessions"}),
    ),
    ("deletes", "keep"): Outcome(
        warning=r"at least \d+ records were deleted without a change of their update time",
        incomplete=frozenset(
            {
                *("companies", "kobjects", "messages", "notes"),
                *("work_items", "kobject_call_back_request", "kobject_order"),
                *("kobject_loop_returns_7f3a__return__item", "kobject_shopify__order"),
                "kobject_subscription",
            }
        ),
    ),
    ("list-cap", "400"): Outcome(error=r"page \d+ of \d+ is past the maximum"),
    ("list-cap", "404"): Outcome(error="does not exist in this organization"),
    ("list-cap", "empty"): Outcome(
        warning="ended after exactly 20 rows",
        incomplete=frozenset(
            {
                *("ai_evaluation_testcase_results", "message_attachments", "shortcuts", "snippets"),
                *("tags", "teams", "users"),
            }
        ),
    ),
}

DELETIONS_HIDDEN: Final[Mapping[Pair, frozenset[str]]] = {
    ("company-search", "refused"): frozenset({"companies"}),
    ("deletes", "keep"): frozenset({"conversations", "customers"}),
    ("search-sort", "ignored"): frozenset({"companies", "work_items", "work_sessions"}),
    ("work-contexts", "refused"): frozenset({"work_items", "work_sessions"}),
    **{
        ("deleted-lists", value): frozenset({"users", "teams", "tags", "shortcuts", "spam_senders"})
        for value in ("ignored", "refused")
    },
}
"""Streams whose deleted records no answer contains. Those that were read before are marked."""
