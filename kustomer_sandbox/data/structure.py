"""The klasses and custom attributes of the generated organization, in place of the usual ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from kustomer_sandbox.data.custom import (
    CUSTOM_ATTRIBUTES,
    METADATA_RESOURCES,
    UNDESCRIBED,
    CustomAttribute,
    describe_klasses,
)
from kustomer_sandbox.data.objects import KLASS_NAMES, KLASSES


def use(
    klasses: Sequence[tuple[str, str, float]], attributes: Mapping[str, tuple[CustomAttribute, ...]]
) -> None:
    """Set the structure of this process. Call it once, before records are generated.

    Args:
        klasses: name, status and share of the kobjects; none: the usual ones.
        attributes: custom attributes by resource; resources that are not named have the usual ones.
    """
    if klasses:
        for name in KLASS_NAMES:
            del CUSTOM_ATTRIBUTES[f"kobject.{name}"]
        KLASSES[:] = klasses
        KLASS_NAMES[:] = [name for name, _, _ in klasses]
    CUSTOM_ATTRIBUTES.update(attributes)
    describe_klasses()
    METADATA_RESOURCES[:] = [name for name in CUSTOM_ATTRIBUTES if name not in UNDESCRIBED]
