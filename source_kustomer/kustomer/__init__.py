"""The client of Kustomer's API: requests, searches, lists, retries and rate limits."""
