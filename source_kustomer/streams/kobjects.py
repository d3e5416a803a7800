"""Custom objects: records (kobjects) of the organization's own types (klasses)."""

from __future__ import annotations

from source_kustomer.families.search import SearchStream
from source_kustomer.records.kobjects import KobjectRecord


class Kobjects(SearchStream):
    """The records of all custom objects together; the column `type` names the klass."""

    name = "kobjects"
    query_context = "kobject"
    record = KobjectRecord
    suggested = True
