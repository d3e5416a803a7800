"""How objects are read: one module per family of endpoints."""
