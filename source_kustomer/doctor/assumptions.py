"""What is assumed about the API, the answers that are possible, and what each means for a sync.

The ids and values are those of docs/assumptions.md and of the sandbox's dialect switches.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final


class Outcome(str, Enum):
    """What an observation means."""

    AS_ASSUMED = "as assumed"
    HANDLED = "differs, handled"
    MATTERS = "differs, matters"
    NOT_OBSERVED = "not observed"


@dataclass(frozen=True)
class Meaning:
    """What one value of an assumption means for a sync."""

    outcome: Outcome
    action: str = ""
    """What to do, where it matters."""


@dataclass(frozen=True)
class Assumption:
    """One disputed or open fact about the API."""

    id: str
    question: str
    values: Mapping[str, Meaning]
    """Every possible answer; the first is the one that is assumed."""


OK: Final = Meaning(Outcome.AS_ASSUMED)
HANDLED: Final = Meaning(Outcome.HANDLED)


def _matters(action: str) -> Meaning:
    return Meaning(Outcome.MATTERS, action)


_OPEN_AN_ISSUE: Final = "Open an issue with this report"

ASSUMPTIONS: Final = (
    Assumption(
        "reset",
        "Which answers have the header x-ratelimit-reset?",
        {"on-429": OK, "always": HANDLED, "never": HANDLED},
    ),
    Assumption(
        "retry-after", "Does a 429 have the header Retry-After?", {"never": OK, "on-429": HANDLED}
    ),
    Assumption(
        "limit-headers",
        "Which limit do the headers of a search describe?",
        {"tightest": OK, "organization": HANDLED},
    ),
    Assumption("role", "What answers a key without the role?", {"403": OK, "401": HANDLED}),
    Assumption(
        "plan-feature",
        "What answers a feature that the plan lacks?",
        {"included": OK, "403": HANDLED, "401": HANDLED},
    ),
    Assumption(
        "unauthorized", "Does a valid key get a passing 401?", {"never": OK, "passing": HANDLED}
    ),
    Assumption(
        "body",
        "Are there successes without data?",
        {
            "data": OK,
            "errors": HANDLED,
            "message": HANDLED,
            "empty": HANDLED,
            "always-errors": _matters(
                "No list and no search brings data. Ask Kustomer's support, then run this again."
            ),
        },
    ),
    Assumption(
        "partial",
        "Are there searches that time out?",
        {
            "never": OK,
            "passing": HANDLED,
            "always": _matters(
                "Every search timed out, so streams that are searched fail. Ask Kustomer's support."
            ),
        },
    ),
    Assumption(
        "empty-page",
        "Are there pages without records in the middle of the data?",
        {"never": OK, "passing": HANDLED},
    ),
    Assumption(
        "gateway",
        "Are there HTML pages of a gateway in place of answers?",
        {"never": OK, "403": HANDLED, "404": HANDLED, "501": HANDLED, "502": HANDLED},
    ),
    Assumption(
        "masked-values",
        "What stands in place of a value that the key may not read?",
        {"objects": OK, "texts": HANDLED},
    ),
    Assumption(
        "totals",
        "Is the total of a search exact?",
        {
            "exact": OK,
            "capped": HANDLED,
            "tracked": HANDLED,
            "untracked": HANDLED,
            "missing": HANDLED,
        },
    ),
    Assumption(
        "page-size",
        "Which page sizes are granted?",
        {"documented": OK, "by-object": HANDLED},
    ),
    Assumption(
        "larger-page",
        "What answers a page size above the largest?",
        {"clamped": OK, "refused": HANDLED, "500": HANDLED},
    ),
    Assumption(
        "search-cap",
        "How many records does one query reach?",
        {"10000": OK, "100-pages": HANDLED},
    ),
    Assumption(
        "precision",
        "How precisely does a search compare timestamps?",
        {
            "milliseconds": OK,
            "seconds": _matters(
                f"Streams that are searched can fail with an error about order. {_OPEN_AN_ISSUE}."
            ),
        },
    ),
    Assumption(
        "search-bounds",
        "Do gte and lt of a search include their own timestamps?",
        {
            "gte": OK,
            "both": HANDLED,
            "neither": _matters(
                "Streams fail where records with the same timestamp are on two pages. "
                f"{_OPEN_AN_ISSUE}."
            ),
        },
    ),
    Assumption(
        "search-sort",
        "Does a search obey its sort?",
        {
            "obeyed": OK,
            "ignored": _matters(
                f"Streams that are searched fail. {_OPEN_AN_ISSUE}: another way to read them is "
                "needed."
            ),
        },
    ),
    Assumption(
        "unknown-attribute",
        "What answers a search by an unknown attribute?",
        {"refused": OK, "ignored": HANDLED},
    ),
    Assumption(
        "company-search",
        "Can companies be searched by company_updated_at?",
        {"served": OK, "refused": HANDLED},
    ),
    Assumption(
        "work-contexts",
        "Can work sessions and work items be searched by update time?",
        {"served": OK, "refused": HANDLED},
    ),
    Assumption(
        "klass-contexts",
        "Which attributes does the context kobject_<klass> have?",
        {
            "both": OK,
            "generic": HANDLED,
            "own": HANDLED,
            "refused": _matters(
                "The stream of each custom object fails. Select the stream kobjects, which has the "
                "records of all of them."
            ),
        },
    ),
    Assumption(
        "schema",
        "Is there a list of the searchable attributes?",
        {"served": OK, "missing": HANDLED},
    ),
    Assumption(
        "archive-edge",
        "Which timestamp decides that a record is in the archive?",
        {
            "updated": OK,
            "created": _matters(
                "Changes of records that were created more than two years ago come once a day. Of "
                "notes, conversation times, work items and work sessions they are not found."
            ),
        },
    ),
    Assumption(
        "index",
        "When do searches find a write?",
        {
            "prompt": OK,
            "stalled": HANDLED,
        },
    ),
    Assumption(
        "deletes",
        "Does a deletion move updatedAt?",
        {
            "move": OK,
            "keep": _matters(
                "Incremental syncs count the deletions that they do not find, and warn. A full "
                "refresh marks them."
            ),
        },
    ),
    Assumption("links", "Do pages have links?", {"present": OK, "missing": HANDLED}),
    Assumption(
        "past-end",
        "What answers a page past the end?",
        {"empty": OK, "404": HANDLED, "400": HANDLED},
    ),
    Assumption(
        "list-order",
        "In which order do lists come?",
        {"oldest-first": OK, "newest-first": HANDLED, "growing": HANDLED},
    ),
    Assumption(
        "list-cap",
        "Do lists end at 10,000 records?",
        {
            "none": OK,
            "empty": _matters("Lists of more than 10,000 records are cut off. Heed the warnings."),
            "400": _matters("Lists of more than 10,000 records are cut off. Heed the warnings."),
            "404": _matters("Lists of more than 10,000 records are cut off. Heed the warnings."),
        },
    ),
    Assumption(
        "list-scope",
        "What does a list have that is requested without filters?",
        {
            "all": OK,
            "narrow": HANDLED,
        },
    ),
    Assumption(
        "deleted-lists",
        "Which lists have deleted records?",
        {"included": OK, "served": HANDLED, "ignored": HANDLED, "refused": HANDLED},
    ),
    Assumption(
        "include",
        "Do lists obey the parameter include?",
        {"served": OK, "ignored": HANDLED},
    ),
    Assumption(
        "customers-list",
        "Does GET /customers obey its filters and its sort?",
        {"obeyed": OK, "seconds": HANDLED, "ignored": HANDLED, "refused": HANDLED},
    ),
    Assumption(
        "from-date",
        "Which timestamp does fromDate of GET /klasses/<name> compare?",
        {"created": OK, "updated": HANDLED, "ignored": HANDLED, "refused": HANDLED},
    ),
    Assumption("ids-per-path", "How many ids may stand in one path?", {"any": OK, "20": HANDLED}),
    Assumption(
        "inbound-attachments",
        "Does GET /attachments/{ids} find the files of inbound messages?",
        {"served": OK, "not-found": HANDLED, "left-out": HANDLED},
    ),
    Assumption(
        "deleted-parents",
        "What answers the child lists of a deleted record?",
        {"not-found": OK, "served": HANDLED},
    ),
    Assumption(
        "removed-records",
        "What answers GET by the id of a deleted record?",
        {"not-found": OK, "served": HANDLED},
    ),
    Assumption(
        "kb-paths",
        "Where are the tags and themes of the knowledge base?",
        {"both": OK, "v3": HANDLED, "v1": HANDLED},
    ),
    Assumption(
        "audit-order",
        "In which order does the audit log come?",
        {"newest-first": OK, "oldest-first": HANDLED},
    ),
    Assumption(
        "audit-bounds",
        "Do the bounds of the audit log include their own timestamps?",
        {"inclusive": OK, "exclusive": HANDLED},
    ),
)
BY_ID: Final = {one.id: one for one in ASSUMPTIONS}
