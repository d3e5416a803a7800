"""The number of requests of a sync, compared with the fewest possible; and smaller pages."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from typing import Any

from benchmarks.figures import Figure
from benchmarks.process import NINE, read, run_command
from benchmarks.standin import StandinProcess
from kustomer_sandbox.control.process import Sandbox
from source_kustomer.kustomer.client import Client
from source_kustomer.kustomer.rate_limit import Budgets
from source_kustomer.kustomer.transport import Answer, Request
from source_kustomer.streams import STREAMS

SEARCHED = {"conversations", "customers", "kobjects", "messages", "notes"}
SEARCH_PAGE, LIST_PAGE = 500, 100
PER_SYNC = 4
"""Requests of any sync that searches: the API's time, two that check the search index, and one for
the deletions in the audit log."""
PER_FIRST_SYNC = 4
"""Requests of a first sync more: each object with an archive is searched there for changes."""
UNLIMITED = 1_000_000


def ideal(rows: Mapping[str, int]) -> int:
    """Return the fewest requests that rows could come in: full pages, at least one per list."""
    return sum(
        max(lists(name), -(-count // (SEARCH_PAGE if name in SEARCHED else LIST_PAGE)))
        for name, count in rows.items()
    )


def lists(name: str) -> int:
    """Return the number of lists that a stream has; a search is one."""
    if name in SEARCHED:
        return 1
    return next(len(stream.endpoints) for stream in STREAMS if stream.name == name)


def sandbox(records: int, **settings: Any) -> Sandbox:
    """Return a sandbox whose nine tables hold about this number of records, all of the last year.

    The nine are 96 % of what the sandbox generates.
    """
    since = datetime.now(timezone.utc) - timedelta(days=300)
    return Sandbox(
        round(records / 0.96),
        since=since.isoformat(timespec="seconds").replace("+00:00", "Z"),
        organization_per_minute=UNLIMITED,
        searches_per_minute=None,
        **settings,
    )


def requests(quick: bool) -> tuple[list[Figure], str]:
    """Compare the requests of a first sync, and of one that finds nothing new, with the ideal.

    The rate limit is out of reach, so windows are cut as often as they ever are.
    """
    figures = []
    for records, goal in ((10_000, 1.10), *(() if quick else ((100_000, 1.03),))):
        with sandbox(records, latency_ms=20.0) as api:
            first = read(api.url, api.key, NINE).require_success()
            sent = api.stats()["requests"]
            fewest = ideal(first.rows_by_stream)
            figures.append(
                Figure(
                    f"requests / fewest possible, first sync of {records:,} records",
                    (sent - PER_SYNC - PER_FIRST_SYNC) / fewest,
                    goal=goal,
                    more={
                        "requests": sent,
                        "of any sync": PER_SYNC,
                        "of a first sync": PER_FIRST_SYNC,
                        "fewest": fewest,
                        "rows": first.rows,
                    },
                )
            )
            api.forget_requests()
            states = first.last_states
            read(api.url, api.key, NINE, states=states).require_success()
            stats = api.stats()
            figures.append(
                Figure(
                    f"requests of the nine tables, nothing new, {records:,} records",
                    stats["requests"],
                    "requests",
                    goal=13,
                    more=dict(sorted(stats["requests_by_object"].items())),
                )
            )
    return figures, ""


def page_sizes(quick: bool) -> tuple[list[Figure], str]:
    """Read the same records at 500, 250 and 100 a page, and where 500 is taken away midway."""
    count = 9_800 if quick else 39_800
    figures = []
    for size in (500, 250, 100):
        with StandinProcess({"message": count}, per_minute=UNLIMITED, page_size=size) as api:
            cost = read(api.url, api.key, ["messages"]).require_success()
            sent = api.stats()["requests"]
        figures.append(
            Figure(
                f"requests / fewest, {size} granted where 500 are asked",
                sent / -(-count // size),
                goal=1.10,
                more={"requests": sent, "rows": cost.rows},
            )
        )
    for policy in ("clamped", "refused", "500"):
        figures.append(_midway(policy, count))
    return figures, ""


def _midway(policy: str, count: int) -> Figure:
    """Take pages of 500 away while a sync runs, as a limit of 250."""
    since = datetime.now(timezone.utc) - timedelta(days=300)
    api = Sandbox(
        0,
        counts={"messages": count},
        since=since.isoformat(timespec="seconds").replace("+00:00", "Z"),
        organization_per_minute=UNLIMITED,
        searches_per_minute=None,
        latency_ms=50.0,
    )
    with api:
        half = count // SEARCH_PAGE // 2

        def shrink() -> None:
            while api.stats()["requests"] < half:
                time.sleep(0.05)
            api.control(max_page_size=250, dialect={"larger-page": policy})

        switch = threading.Thread(target=shrink, daemon=True)
        switch.start()
        cost = read(api.url, api.key, ["messages"]).require_success()
        switch.join()
        asked = [entry for entry in api.requests() if entry["method"] == "POST"]
        missing = set(api.truth_stamps("messages"))
    full = [entry["rows"] for entry in asked if entry["status"] == 200]
    large = sum(rows for rows in full if rows > 250)
    refused = sum(entry["status"] != 200 for entry in asked)
    fewest = -(-large // SEARCH_PAGE) - (-(count - large) // 250)
    how = {"clamped": "cut to 250", "refused": "answered 400", "500": "answered 500"}[policy]
    return Figure(
        f"requests / fewest, midway through 500 are {how}",
        len(asked) / fewest,
        # Only failures can tell that pages fail: three each, of every window that is being read.
        goal=None if policy == "500" else 1.15,
        more={
            "requests": len(asked),
            "refused": refused,
            "pages of 500": sum(rows > 250 for rows in full),
            "rows": cost.rows,
            "missing": max(0, len(missing) - cost.rows),
        },
    )


def check(quick: bool) -> tuple[list[Figure], str]:
    """Count the requests of a check with a key that may read everything."""
    del quick
    with sandbox(500) as api:
        run_command("check", api.url, api.key).require_success()
        stats = api.stats()
    figure = Figure(
        "requests of a check",
        stats["requests"],
        "requests",
        goal=12,
        more=dict(sorted(stats["requests_by_object"].items())),
    )
    return [figure], ""


def growing_lists(quick: bool) -> tuple[list[Figure], str]:
    """Read lists to whose head a row is added every ten requests."""
    del quick
    figures = []
    for pages in (6, 500):
        api = GrowingList(pages * LIST_PAGE)
        client = Client("https://localhost/v1", "key", budgets=Budgets(1.0), transport=api)
        ids = {
            resource["id"]
            for document in client.list_pages("/tags", page_size=LIST_PAGE, stream="tags")
            for resource in document.data
        }
        missing = pages * LIST_PAGE - len(ids & set(api.at_start))
        figures.append(
            Figure(
                f"requests for a list of {pages} pages that grows at its head",
                api.requests if not missing else float("inf"),
                "requests",
                goal=1.1 * pages + 2,
                more={"missing rows": missing, "rows added": len(api.ids) - len(api.at_start)},
            )
        )
    return figures, ""


class GrowingList:
    """A transport with one list. Every tenth request adds a row to its head."""

    host = "https://localhost"

    def __init__(self, rows: int) -> None:
        self.ids = [f"row-{number}" for number in range(rows)]
        self.at_start = list(self.ids)
        self.requests = 0

    def send(self, request: Request) -> Answer:
        self.requests += 1
        if self.requests % 10 == 0:
            self.ids.insert(0, f"new-{self.requests}")
        size, page = int(request.params["pageSize"]), int(request.params["page"])
        rows = self.ids[(page - 1) * size : page * size]
        body = {
            "meta": {"page": page, "pageSize": size},
            "links": {"next": "/v1/tags" if page * size < len(self.ids) else None},
            "data": [{"type": "tag", "id": row, "attributes": {}} for row in rows],
        }
        headers = {"x-ratelimit-limit": str(UNLIMITED), "x-ratelimit-remaining": str(UNLIMITED)}
        return Answer(200, headers, json.dumps(body).encode())


def capped_totals(quick: bool) -> tuple[list[Figure], str]:
    """Read records whose totals stop counting at 10,000, at 700 ms of latency."""
    count = 100_000
    seconds = {}
    for cap in (10_000, *(() if quick else (None,))):
        api = StandinProcess({"message": count}, per_minute=2_000, latency_ms=700.0, total_cap=cap)
        with api:
            config = {"rate_limit_share": 100, "searches_per_minute": 2_000}
            cost = read(api.url, api.key, ["messages"], config=config).require_success()
            requests = api.stats()["requests"]
        seconds[cap] = Figure(
            f"{count:,} records at 700 ms, " + (f"totals capped at {cap:,}" if cap else "totals"),
            cost.seconds,
            "s",
            goal=55,
            more={"rows": cost.rows, "requests": requests},
        )
    return list(seconds.values()), ""


def settings(quick: bool) -> tuple[list[Figure], str]:
    """Count the requests of streams that could be read one object at a time."""
    del quick
    figures = []
    with sandbox(2_000, refused_attributes=["work_item_updated_at"]) as api:
        for stream, goal in (("business_holidays", 2), ("work_items", None)):
            api.forget_requests()
            cost = read(api.url, api.key, [stream]).require_success()
            stats = api.stats()
            figures.append(
                Figure(
                    f"requests of {stream}",
                    stats["requests"],
                    "requests",
                    goal=goal or PER_SYNC + 1 + 1.1 * max(1, -(-cost.rows // LIST_PAGE)),
                    more={"rows": cost.rows, **stats["requests_by_object"]},
                )
            )
    return figures, ""
