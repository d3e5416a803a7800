"""Which shape rows have: one typed model per object, and the flattening of resources into rows."""
