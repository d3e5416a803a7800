"""Masked values: what the API shows in place of values that the key may not read."""

from __future__ import annotations

from typing import Final

import orjson

MASKED: Final = {"isMasked": True, "maskedPresentation": "********"}
_OBJECT: Final = orjson.dumps(MASKED)
_TEXT: Final = orjson.dumps(MASKED["maskedPresentation"])
MASKED_JSON: Final = _OBJECT.decode()


def masks_in_form(body: bytes, form: str) -> bytes:
    """Write the masked values of JSON text in a form of the switch `masked-values`."""
    return body.replace(_OBJECT, _TEXT) if form == "texts" else body
