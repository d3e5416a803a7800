"""Custom objects: records (kobjects) of the organization's own types (klasses)."""

from __future__ import annotations

from source_kustomer.families.search import SearchStream
from source_kustomer.records.kobjects import KobjectRecord

ANY_KLASS = "kobject"
"""Stands for the custom attributes of all klasses together; no resource of that name exists."""


class Kobjects(SearchStream):
    """The records of all custom objects together; the column `type` names the klass."""

    name = "kobjects"
    query_context = "kobject"
    record = KobjectRecord
    custom_resource = ANY_KLASS
    suggested = True
