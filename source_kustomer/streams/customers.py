"""The people and companies that a support desk serves."""

from __future__ import annotations

from source_kustomer.engine.doubtful import DoubtfulSearchStream
from source_kustomer.engine.listing import Walk
from source_kustomer.engine.search import SEARCH_ROLES, SearchStream
from source_kustomer.records.customers import CompanyRecord, CustomerRecord


class Customers(SearchStream):
    """Every customer: names, addresses, activity, satisfaction, custom attributes."""

    name = "customers"
    query_context = "customer"
    record = CustomerRecord
    custom_resource = "customer"
    suggested = True


class Companies(DoubtfulSearchStream):
    """Companies that customers belong to."""

    name = "companies"
    query_context = "company"
    walks = (Walk("/companies"),)
    record = CompanyRecord
    roles = (*SEARCH_ROLES, "org.permission.company.read", "org.user.company.read")
    custom_resource = "company"
    suggested = True
