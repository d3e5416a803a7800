"""Strange records: forms that real records have now and then."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from kustomer_sandbox.data.masks import MASKED
from kustomer_sandbox.data.organization import Organization
from kustomer_sandbox.data.timestamps import DAY, now_ms, to_ms, to_text

Resource = dict[str, Any]
_BIG = 5_000_000


def make_strange(
    organization: Organization, name: str, kinds: list[str] | None, at: int | None
) -> dict[str, str]:
    """Insert one record per kind; all kinds that fit the object when none are named.

    Raises:
        KeyError: for an unknown object or kind.
    """
    made = {}
    fitting = {
        kind: change for kind, (objects, change) in _KINDS.items() if not objects or name in objects
    }
    for kind in fitting if kinds is None else kinds:
        moment = now_ms() + DAY if kind == "future" else at
        made[kind] = organization.insert_raw(name, fitting[kind], moment)
    return made


def _edited(edit: Callable[[Resource], None]) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        resource = json.loads(body)
        edit(resource)
        return json.dumps(resource, separators=(",", ":")).encode()

    return change


def _set(**attributes: Any) -> Callable[[bytes], bytes]:
    return _edited(lambda resource: resource["attributes"].update(attributes))


def _custom(**attributes: Any) -> Callable[[bytes], bytes]:
    def edit(resource: Resource) -> None:
        resource["attributes"].setdefault("custom", {}).update(attributes)

    return _edited(edit)


def _without_updated_at(resource: Resource) -> None:
    resource["attributes"].pop("updatedAt", None)


def _offset(resource: Resource) -> None:
    moment = to_text(to_ms(resource["attributes"]["updatedAt"]) - 5 * 3_600_000)
    resource["attributes"]["updatedAt"] = f"{moment[:-1]}-05:00"


def _no_milliseconds(resource: Resource) -> None:
    resource["attributes"]["updatedAt"] = resource["attributes"]["updatedAt"][:19] + "Z"


def _no_hex_id(resource: Resource) -> None:
    resource["id"] = f"legacy:{resource['id']}/ü"


def _misspelt(resource: Resource) -> None:
    resource["attributes"]["extenalId"] = resource["attributes"].pop("externalId", None)


def _links_for_link(resource: Resource) -> None:
    for relationship in resource["relationships"].values():
        if "link" in relationship:
            relationship["links"] = relationship.pop("link")


def _meta_to(value: Any) -> Callable[[bytes], bytes]:
    return _edited(lambda resource: resource["attributes"]["meta"].update(to=value))


def _raw_text(escape: bytes) -> Callable[[bytes], bytes]:
    def change(body: bytes) -> bytes:
        marked = _edited(_mark_text)(body)
        return marked.replace(b'"@@"', b'"a' + escape + b'b"')

    return change


def _mark_text(resource: Resource) -> None:
    attributes = resource["attributes"]
    texts = ("preview", "body", "title", "name")
    attributes[next((n for n in texts if isinstance(attributes.get(n), str)), "name")] = "@@"


def _raw_value(attribute: str, value: bytes) -> Callable[[bytes], bytes]:
    """Set an attribute to JSON text that `json` would not write."""
    return lambda body: _set(**{attribute: "@@"})(body).replace(b'"@@"', value)


_DEEP = b"[" * 300 + b'"\\ud800"' + b"]" * 300
# Kind -> the objects that it fits (none: all), and the change of the record's JSON.
_KINDS: dict[str, tuple[tuple[str, ...], Callable[[bytes], bytes]]] = {
    "null_updated_at": ((), _set(updatedAt=None)),
    "no_updated_at": ((), _edited(_without_updated_at)),
    "future": ((), _edited(lambda resource: None)),
    "offset": ((), _edited(_offset)),
    "no_milliseconds": ((), _edited(_no_milliseconds)),
    "big": ((), _set(description="x" * _BIG)),
    "nul": ((), _raw_text(b"\\u0000")),
    "lone_surrogate": ((), _raw_text(b"\\ud800")),
    "changed_type": ((), _set(rev="seven", tags="not a list", createdByTeams={"a": 1})),
    "long_integer": ((), _raw_value("rev", b"9" * 400)),
    "deep": ((), _raw_value("brandNewAttribute", _DEEP)),
    "no_hex_id": ((), _edited(_no_hex_id)),
    "unknown_attribute": ((), _set(brandNewAttribute={"someThing": [1, "two", None]})),
    "null_relationships": ((), _edited(lambda resource: resource.update(relationships=None))),
    "misspelt_external_id": (("companies", "customers"), _edited(_misspelt)),
    "masked": (("customers",), _set(name=MASKED, birthdayAt=MASKED, emails=[{"email": MASKED}])),
    "satisfaction_text": (("conversations",), _set(satisfaction="very good")),
    "to_text": (("messages",), _meta_to("a@example.com")),
    "to_object": (("messages",), _meta_to({"email": "a@example.com"})),
    "to_list": (("messages",), _meta_to([{"email": "a@example.com"}, "b@example.com"])),
    "links_of_kobject": (("kobjects",), _edited(_links_for_link)),
    "misfit_custom": (
        ("customers",),
        _custom(
            lifetimeValueNum="a lot", newsletterBool="yes", firstOrderAt="soon", ordersId="one"
        ),
    ),
    "misfit_custom_kobject": (
        ("kobjects",),
        _custom(amountNum="1,5", openedAt=17, totalPriceNum={"amount": 3}, giftBool="no"),
    ),
}
