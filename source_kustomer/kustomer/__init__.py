"""The wire: one budgeted, retried HTTPS request after the other. Knows nothing of Airbyte."""
