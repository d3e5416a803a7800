"""JSON:API resources as rows: column types, values, schemas."""
