"""Custom attributes: their metadata per resource, and values that fit it."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from kustomer_sandbox.data.ids import ORG_ID, make_id
from kustomer_sandbox.data.objects import KLASS_NAMES
from kustomer_sandbox.data.timestamps import DAY, YEAR, now_ms, to_text
from kustomer_sandbox.data.words import happens

_VALUES = ("Silver", "Gold", "Platinum", "none")


@dataclass(frozen=True)
class CustomAttribute:
    """A custom attribute of the metadata endpoint."""

    name: str
    type: str
    enumeration: tuple[str, ...] | None = None
    target: str | None = None
    multi: bool = False
    tree: bool = False
    deleted: bool = False

    def metadata(self, at: str) -> dict[str, Any]:
        """The entry of the `properties` map."""
        entry: dict[str, Any] = {
            "type": self.type,
            "displayName": self.name[:-3],
            "modifiedAt": at,
            "updatedAt": at,
            "modifiedBy": make_id(0x0F02, 1),
        }
        if self.enumeration is not None:
            entry["enumeration"] = list(self.enumeration)
        if self.target is not None:
            entry["target"] = self.target
        if self.multi:
            entry["multi"] = True
        if self.tree:
            entry["tree"] = {"children": [{"name": "Shipping", "children": [{"name": "Late"}]}]}
        if self.deleted:
            entry |= {"deletedAt": at, "deletedBy": make_id(0x0F02, 1)}
        return entry

    def value(self, chance: random.Random) -> Any:
        """Draw a value of the declared type, now and then null."""
        if happens(chance, 0.1):
            return None
        return _BY_SUFFIX[self._suffix](self, chance)

    @cached_property
    def _suffix(self) -> str:
        usual = _SUFFIXES.get(self.type, "Str")
        return next((suffix for suffix in _BY_SUFFIX if self.name.endswith(suffix)), usual)


def _timestamp(attribute: CustomAttribute, chance: random.Random) -> str:
    text = to_text(now_ms() - int(chance.random() * YEAR))
    # An importer's offset is kept as it was written.
    return text if happens(chance, 0.8) else text[:-5] + "-05:00"


def _id_or_ids(attribute: CustomAttribute, chance: random.Random) -> Any:
    ids = [make_id(6, int(chance.random() * 500)) for _ in range(1 + int(chance.random() * 3))]
    return ids if attribute.multi else ids[0]


_BY_SUFFIX: dict[str, Any] = {
    "Str": lambda attribute, chance: (attribute.enumeration or _VALUES)[
        int(chance.random() * len(attribute.enumeration or _VALUES))
    ],
    "Txt": lambda attribute, chance: "First line\nsecond line of the text",
    "Num": lambda attribute, chance: (
        round(chance.random() * 1_000, 2) if happens(chance, 0.5) else int(chance.random() * 1_000)
    ),
    "Bool": lambda attribute, chance: happens(chance, 0.5),
    "At": _timestamp,
    "Url": lambda attribute, chance: f"https://example.com/{int(chance.random() * 999)}",
    "Tree": lambda attribute, chance: "Shipping.Late" if happens(chance, 0.5) else "Billing",
    "Ids": _id_or_ids,
    "Id": _id_or_ids,
}

# Of attributes whose names have no known suffix, by type.
_SUFFIXES = {"number": "Num", "boolean": "Bool", "date": "At"}

_A = CustomAttribute
CUSTOM_ATTRIBUTES: dict[str, tuple[CustomAttribute, ...]] = {
    "customer": (
        _A("loyaltyTierStr", "string", ("Silver", "Gold", "Platinum")),
        _A("lifetimeValueNum", "number"),
        _A("newsletterBool", "boolean"),
        _A("firstOrderAt", "date"),
        _A("profileUrl", "string"),
        _A("ordersId", "string", target="kobject.order", multi=True),
        _A("companyId", "string", target="company"),
        _A("remarksTxt", "string"),
        # Two attributes that differ only in case are two attributes.
        _A("shopIdStr", "string"),
        _A("shopIDStr", "string"),
        _A("oldScoreNum", "number", deleted=True),
    ),
    "conversation": (
        _A("topicTree", "string", tree=True),
        _A("urgencyNum", "number"),
        _A("escalatedBool", "boolean"),
        _A("promisedAt", "date"),
        _A("channelReasonStr", "string", ("bug", "question", "praise")),
        _A("orderId", "string", target="kobject.order"),
    ),
    "message": (
        _A("campaignStr", "string"),
        _A("autoReplyBool", "boolean"),
        _A("translatedTxt", "string"),
    ),
    "company": (
        _A("segmentStr", "string", ("smb", "enterprise")),
        _A("seatsNum", "number"),
        _A("renewalAt", "date"),
    ),
    "note": (_A("reasonStr", "string"),),
    "user": (_A("deskStr", "string"),),
    "kobject.order": (
        _A("orderNumberNum", "number"),
        _A("orderStatusStr", "string", ("fulfilled", "open", "cancelled")),
        _A("totalPriceNum", "number"),
        _A("orderUpdatedAt", "date"),
        _A("orderDescriptionStr", "string"),
        _A("giftBool", "boolean"),
        _A("trackingUrl", "string"),
        _A("itemsIds", "string", target="kobject.shopify-order", multi=True),
    ),
}


def describe_klasses() -> None:
    """Give every klass without custom attributes some."""
    for klass in KLASS_NAMES:
        CUSTOM_ATTRIBUTES.setdefault(
            f"kobject.{klass}",
            (
                _A("referenceStr", "string"),
                _A("amountNum", "number"),
                _A("openedAt", "date"),
                _A("confirmedBool", "boolean"),
            ),
        )


describe_klasses()
# Notes and users have custom attributes, but no metadata endpoint.
UNDESCRIBED = ("note", "user")
METADATA_RESOURCES = [name for name in CUSTOM_ATTRIBUTES if name not in UNDESCRIBED]


def custom_values(resource: str, chance: random.Random) -> dict[str, Any]:
    """Make a `custom` map; attributes without a value are left out, as in real records."""
    return {
        attribute.name: attribute.value(chance)
        for attribute in CUSTOM_ATTRIBUTES[resource]
        if not attribute.deleted and happens(chance, 0.8)
    }


def metadata_resource(resource: str, at_ms: int) -> dict[str, Any]:
    """Make the record of `GET /metadata/{resource}`.

    Raises:
        KeyError: if there is no such resource.
    """
    if resource not in METADATA_RESOURCES:
        raise KeyError(resource)
    at = to_text(at_ms - 90 * DAY)
    return {
        "type": "metadata",
        "id": resource,
        "attributes": {"properties": {a.name: a.metadata(at) for a in CUSTOM_ATTRIBUTES[resource]}},
        "relationships": {
            "org": {
                "links": {"self": f"/v1/orgs/{ORG_ID}"},
                "data": {"type": "org", "id": ORG_ID},
            }
        },
        "links": {"self": f"/v1/metadata/{resource}"},
    }
