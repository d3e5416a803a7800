"""From a resource to its row, checked by the row model."""

from source_kustomer.rows.mapper import RowMapper

AT = "2025-03-01T09:30:00.250Z"


def to(kind, identity):
    return {"links": {"self": f"/v1/{kind}s/{identity}"}, "data": {"type": kind, "id": identity}}


def row(model, resource):
    """Return the row of a resource. The model must declare its columns and accept its values."""
    flat = RowMapper(model).flatten(resource)
    assert flat.keys() <= model.column_types().keys()
    validated = model.model_validate(flat, strict=True)
    assert validated.model_dump(exclude_unset=True, by_alias=True) == flat
    return flat
