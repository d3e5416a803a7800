"""The people and companies that a support desk serves."""

from __future__ import annotations

from source_kustomer.families.search import SearchStream
from source_kustomer.records.customers import CustomerRecord


class Customers(SearchStream):
    """Every customer: names, addresses, activity, satisfaction, custom attributes."""

    name = "customers"
    query_context = "customer"
    record = CustomerRecord
    custom_resource = "customer"
    suggested = True
