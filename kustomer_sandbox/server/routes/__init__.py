"""The endpoints of the API, one module per area."""

from __future__ import annotations

from starlette.routing import Route

from kustomer_sandbox.server.api import Api
from kustomer_sandbox.server.routes.audit_logs import AuditLogs
from kustomer_sandbox.server.routes.children import Children
from kustomer_sandbox.server.routes.klasses import Klasses
from kustomer_sandbox.server.routes.lists import Lists
from kustomer_sandbox.server.routes.newer import Newer
from kustomer_sandbox.server.routes.records import Records
from kustomer_sandbox.server.routes.search import Search


def all_routes(api: Api) -> list[Route]:
    """Make the routes of every endpoint, in the order in which they are matched."""
    return [
        *Search(api).routes(),
        *Lists(api).routes(),
        *AuditLogs(api).routes(),
        *Klasses(api).routes(),
        *Children(api).routes(),
        *Newer(api).routes(),
        *Records(api).routes(),
    ]
