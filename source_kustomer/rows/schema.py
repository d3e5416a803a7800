"""From a row model to the JSON schema of its stream."""

from __future__ import annotations

from typing import Any

from source_kustomer.rows.custom import CustomAttributes
from source_kustomer.rows.row import Row
from source_kustomer.rows.values import SCHEMAS


def json_schema(row: type[Row], custom: CustomAttributes | None = None) -> dict[str, Any]:
    """Return the draft-07 schema of a stream's rows: nullable types, no references.

    Args:
        row: the model of the rows.
        custom: the organization's own attributes, when they are known.
    """
    descriptions = row.descriptions()
    properties = {
        name: {**SCHEMAS[kind], "description": descriptions[name]}
        for name, kind in row.column_types().items()
    }
    properties["id"]["type"] = "string"
    if custom is not None and "custom" in properties:
        properties["custom"]["properties"] = {
            attribute.name: attribute.schema for attribute in custom.by_name.values()
        }
        for column, attribute in custom.columns.items():
            properties[column] = attribute.schema
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "additionalProperties": True,
        "properties": properties,
    }
