"""When to read and which rows: instants, windows, coverage, keyset reading. Opens no socket."""
