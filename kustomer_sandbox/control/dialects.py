"""Dialect switches: each fact about the API that is disputed or open, with its possible answers.

The ids are those of docs/assumptions.md. The first value of a switch is the default.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Switch:
    """One disputed or open fact.

    Attributes:
        id: of the assumption in docs/assumptions.md.
        question: what the values answer.
        values: value -> meaning; the first one is the default.
    """

    id: str
    question: str
    values: Mapping[str, str]

    @property
    def default(self) -> str:
        """The value at the start."""
        return next(iter(self.values))


# Faults that pass replace these answers of each object: the first one, and one in ten after it.
_PASSING = "in place of the first and every tenth answer of each object"
_MIDSTREAM = "in place of the second and every tenth answer of each object"

SWITCHES = (
    # Rate limits
    Switch(
        "reset",
        "Which answers have the header x-ratelimit-reset?",
        {"on-429": "only 429", "always": "all", "never": "none"},
    ),
    Switch(
        "retry-after",
        "Does a 429 have the header Retry-After?",
        {"never": "no", "on-429": "yes, in seconds"},
    ),
    Switch(
        "limit-headers",
        "Which limit do the rate-limit headers of a search describe?",
        {
            "tightest": "the one with fewer requests left",
            "organization": "the organization's, as in all other answers",
        },
    ),
    # Access
    Switch(
        "role",
        "What answers a key without the role?",
        {"403": "HTTP 403", "401": "HTTP 401, with the same text as for an unknown key"},
    ),
    Switch(
        "plan-feature",
        "Does the plan include the AI features, and what answers if not?",
        {"included": "it does", "403": "HTTP 403", "401": "HTTP 401"},
    ),
    Switch(
        "unauthorized",
        "Does a valid key get a passing 401 in the middle of a sync?",
        {"never": "no", "passing": f"yes, {_MIDSTREAM}"},
    ),
    # Answers that are not what they seem
    Switch(
        "body",
        "Are there 2xx answers without the member `data`?",
        {
            "data": "no",
            "errors": f'`{{"errors": [...]}}` {_PASSING}',
            "message": f'`{{"message": "Endpoint request timed out"}}` {_PASSING}',
            "empty": f"`{{}}` {_PASSING}",
            "always-errors": '`{"errors": [...]}` in place of every list and search answer',
        },
    ),
    Switch(
        "partial",
        "Are there search answers with `meta.timed_out: true`, fewer records and a smaller total?",
        {
            "never": "no",
            "passing": f"yes, {_PASSING}",
            "always": "yes, every search answer with records",
        },
    ),
    Switch(
        "empty-page",
        "Are there well-formed pages without records in the middle of the data?",
        {
            "never": "no",
            "passing": "yes, in place of the second and every tenth search answer or later page "
            "of each object",
        },
    ),
    Switch(
        "gateway",
        "Are there HTML pages of a gateway in place of answers?",
        {
            "never": "no",
            "403": f"with status 403, {_PASSING}",
            "404": f"with status 404, {_PASSING}",
            "501": f"with status 501, {_PASSING}",
            "502": f"with status 502, {_PASSING}",
        },
    ),
    Switch(
        "masked-values",
        "What stands in place of a value that the key may not read?",
        {
            "objects": "an object with `isMasked` and `maskedPresentation`",
            "texts": "the text of `maskedPresentation`",
        },
    ),
    # Search
    Switch(
        "totals",
        "Is `meta.total` of a search exact?",
        {
            "exact": "yes",
            "capped": "it stops at 10,000",
            "tracked": "it stops at 10,000 unless `trackTotalHits=true` is sent",
            "untracked": "it stops at 10,000, and `trackTotalHits` is answered with status 400",
            "missing": "there is no `meta.total`",
        },
    ),
    Switch(
        "page-size",
        "Which page sizes does the API grant?",
        {
            "documented": "the same for all searches, and the documented ones of lists",
            "by-object": "a tenth, a fifth, three fifths or all of it, by object",
        },
    ),
    Switch(
        "larger-page",
        "What answers a search with a larger page size than is granted?",
        {"clamped": "a smaller page", "refused": "HTTP 400", "500": "HTTP 500"},
    ),
    Switch(
        "search-cap",
        "How many records does one query reach?",
        {"10000": "10,000 records and 100 pages", "100-pages": "100 pages of any size"},
    ),
    Switch(
        "precision",
        "How precisely does a search compare timestamps?",
        {"milliseconds": "to the millisecond", "seconds": "both sides are cut to whole seconds"},
    ),
    Switch(
        "search-bounds",
        "Do `gte` and `lt` of a search include their own timestamps?",
        {
            "gte": "`gte` does, `lt` does not",
            "both": "both do",
            "neither": "neither does",
        },
    ),
    Switch(
        "search-sort",
        "Does a search obey its sort?",
        {"obeyed": "yes", "ignored": "no: the records come in random order"},
    ),
    Switch(
        "unknown-attribute",
        "What answers a search that filters or sorts by an unknown attribute?",
        {"refused": "HTTP 400", "ignored": "the criterion or the sort is ignored"},
    ),
    Switch(
        "company-search",
        "Does the standard search have `company_updated_at`?",
        {"served": "yes", "refused": "no: it is an unknown attribute"},
    ),
    Switch(
        "work-contexts",
        "Does the search have the timestamps of work sessions and work items?",
        {"served": "yes", "refused": "no: they are unknown attributes"},
    ),
    Switch(
        "klass-contexts",
        "Which attributes does the context `kobject_<klass>` have?",
        {
            "both": "`kobject_*` and `kobject_<klass>_*`",
            "generic": "only `kobject_*`",
            "own": "only `kobject_<klass>_*`",
            "refused": "none: only the context `kobject` exists",
        },
    ),
    Switch(
        "schema",
        "Is there `GET /customers/searches/schema`?",
        {"served": "yes", "missing": "no: HTTP 404"},
    ),
    Switch(
        "archive-edge",
        "Which timestamp decides that a record is in the archive search?",
        {"updated": "`updatedAt`, two years ago", "created": "`createdAt`, two years ago"},
    ),
    Switch(
        "index",
        "When do searches find a write?",
        {
            "prompt": "at once, or after the switch index_lag",
            "stalled": "not before this switch is set back",
        },
    ),
    Switch(
        "deletes",
        "Does a deletion move `updatedAt`?",
        {"move": "yes", "keep": "no: it sets `deleted` and `deletedAt` only"},
    ),
    # Lists
    Switch(
        "links",
        "Do pages have `links`, while more pages exist?",
        {"present": "yes, as documented", "missing": "no page has them"},
    ),
    Switch(
        "past-end",
        "What answers a page past the end?",
        {"empty": "a page without records", "404": "HTTP 404", "400": "HTTP 400"},
    ),
    Switch(
        "list-order",
        "In which order does a list come that is not sorted by the request?",
        {
            "oldest-first": "the oldest record first",
            "newest-first": "the newest record first",
            "growing": "the newest record first, and each page that is read is followed by a new "
            "record at the head, three times per object",
        },
    ),
    Switch(
        "list-cap",
        "Do lists end at 10,000 records?",
        {
            "none": "no",
            "empty": "yes: later pages have no records, and the last one has no next link",
            "400": "yes: later pages answer HTTP 400, although the last one has a next link",
            "404": "yes: later pages answer HTTP 404, although the last one has a next link",
        },
    ),
    Switch(
        "list-scope",
        "What does a list have that is asked without filters?",
        {
            "all": "everything that is not deleted",
            "narrow": "no system queue, no disabled schedules and rules, no snoozes of KObjects, "
            "no machine and pending users, no closed work sessions, nothing of disabled apps",
        },
    ),
    Switch(
        "deleted-lists",
        "Which lists have deleted teams, tags, shortcuts, spam senders and users?",
        {
            "included": "all lists, of users only those that ask for them",
            "served": "only those that ask for them",
            "ignored": "none: the parameter that asks for them changes nothing",
            "refused": "none: the parameter that asks for them answers HTTP 400",
        },
    ),
    Switch(
        "include",
        "Do lists obey `include=attachments`, `include=holidays` and `versions=all`?",
        {"served": "yes", "ignored": "no: there is no `included`"},
    ),
    Switch(
        "customers-list",
        "Does `GET /customers` obey its filters on timestamps and its sort?",
        {
            "obeyed": "yes, to the millisecond",
            "seconds": "yes, but timestamps are cut to whole seconds",
            "ignored": "no: it lists all customers in its usual order",
            "refused": "no: HTTP 400",
        },
    ),
    Switch(
        "from-date",
        "Which timestamp does `fromDate` of `GET /klasses/{name}` compare?",
        {
            "created": "`createdAt`",
            "updated": "`updatedAt`",
            "ignored": "none: the parameter changes nothing",
            "refused": "none: HTTP 400",
        },
    ),
    Switch(
        "ids-per-path",
        "How many ids may stand in one path?",
        {"any": "any number", "20": "20; more answer HTTP 400"},
    ),
    Switch(
        "inbound-attachments",
        "Does `GET /attachments/{ids}` find the files of inbound messages?",
        {
            "served": "yes",
            "not-found": "no: HTTP 404 if any of the ids is one",
            "left-out": "no: several ids are answered without them, a single one with HTTP 404",
        },
    ),
    Switch(
        "deleted-parents",
        "What answers the child lists of a deleted conversation or customer?",
        {"not-found": "HTTP 404", "served": "their records"},
    ),
    Switch(
        "removed-records",
        "What answers `GET` by the id of a removed record?",
        {"not-found": "HTTP 404", "served": "the record, with `deleted: true`"},
    ),
    Switch(
        "kb-paths",
        "Where are the tags, templates and themes of the knowledge base?",
        {"both": "below /v1 and /v3", "v3": "below /v3", "v1": "below /v1"},
    ),
    # Audit log
    Switch(
        "audit-order",
        "In which order does the audit log come?",
        {"newest-first": "the newest entry first", "oldest-first": "the oldest entry first"},
    ),
    Switch(
        "audit-bounds",
        "Do `filter[start]` and `filter[end]` include their own timestamps?",
        {"inclusive": "yes", "exclusive": "no"},
    ),
)
BY_ID = {switch.id: switch for switch in SWITCHES}
DEFAULT = {switch.id: switch.default for switch in SWITCHES}


def dialect(chosen: Mapping[str, str]) -> dict[str, str]:
    """Make the value of every switch from those that differ from the default.

    Raises:
        ValueError: for an unknown switch or value.
    """
    for name, value in chosen.items():
        if name not in BY_ID:
            raise ValueError(f"there is no dialect switch {name!r}; see --list-dialects")
        if value not in BY_ID[name].values:
            known = ", ".join(BY_ID[name].values)
            raise ValueError(f"the dialect switch {name} is one of {known}, not {value!r}")
    return {**DEFAULT, **chosen}


def parse(text: str) -> dict[str, str]:
    """Read `reset=never,totals=capped`.

    Raises:
        ValueError: for an unknown switch or value, or another form.
    """
    pairs = [part.partition("=") for part in text.split(",") if part.strip()]
    if not all(equals for _, equals, _ in pairs):
        raise ValueError(f"a dialect is written id=value,id=value, not {text!r}")
    return dialect({name.strip(): value.strip() for name, _, value in pairs})


def listing() -> str:
    """Describe every switch, for a person."""
    lines = []
    for switch in SWITCHES:
        lines += ["", f"{switch.id}: {switch.question}"]
        for value, meaning in switch.values.items():
            mark = " (default)" if value == switch.default else ""
            lines.append(f"  {value}{mark}: {meaning}")
    return "\n".join(lines[1:])
