"""How fast, how many requests, how much memory: `make bench`."""
