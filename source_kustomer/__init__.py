"""Airbyte source connector for Kustomer."""

__version__ = "0.1.0"
