"""`source-kustomer doctor`: observes how an account's API behaves, and reports it."""
