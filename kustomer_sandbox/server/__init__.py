"""The emulated API over HTTP: access, limits, faults and endpoints."""
