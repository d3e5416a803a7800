"""Pools of words, people and texts, made once with Faker; records are then composed from them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

import orjson
from faker import Faker

Item = TypeVar("Item")

PRODUCTS = (
    "hoodie",
    "trail shoes",
    "espresso machine",
    "rain jacket",
    "desk lamp",
    "gift card",
    "backpack",
    "yoga mat",
    "water bottle",
    "headphones",
)
_OPENINGS = (
    "Hi, I ordered the {product} two weeks ago and it still has not arrived.",
    "Hello! The {product} arrived with a scratch, can I have it replaced?",
    "I would like to return my {product}, it is the wrong size.",
    "Could you tell me when the {product} is back in stock?",
    "My discount code was not applied to the {product}.",
    "Thanks for the quick answer. The {product} works now.",
    "Bonjour, je n'ai pas reçu le reçu pour mon achat ({product}). Merci d'avance ☕",
    "Guten Tag, die Rechnung für {product} enthält die falsche Adresse.",
)
_SUBJECTS = (
    "Where is my {product}?",
    "Return of {product}",
    "Re: Your order of {product}",
    "Damaged {product}",
    "Invoice for {product}",
    "Question about the {product}",
)


def dumps(value: Any) -> str:
    """JSON text."""
    return orjson.dumps(value).decode()


def pick(chance: random.Random, pool: Sequence[Item]) -> Item:
    """Draw one of a pool; faster than `random.choice`, which matters for a million records."""
    return pool[int(chance.random() * len(pool))]


def happens(chance: random.Random, share: float) -> bool:
    """Draw true in this share of all cases."""
    return chance.random() < share


@dataclass(frozen=True)
class Person:
    """A customer's name and ways to reach them.

    Attributes:
        names: JSON members name, displayName, firstName and lastName.
        reach: JSON members of emails, phones, socials, urls and locations.
        email: their address.
    """

    names: str
    reach: str
    email: str


@dataclass(frozen=True)
class Words:
    """The pools; every text is JSON, quotes included, except `plain_names`."""

    people: list[Person]
    companies: list[str]
    texts: list[str]
    subjects: list[str]
    sentences: list[str]
    plain_names: list[str]


@cache
def make_words(seed: int) -> Words:
    """Build the pools, once in a process."""
    fake = Faker(["en_US"], use_weighting=False)
    fake.seed_instance(seed)
    chance = random.Random(seed)
    names = [(fake.first_name(), fake.last_name()) for _ in range(400)]
    sentences = [fake.sentence(nb_words=14) for _ in range(300)]
    cities = [(fake.city(), fake.state_abbr(), fake.postcode()) for _ in range(60)]
    people = [_person(chance, *pick(chance, names), pick(chance, cities)) for _ in range(1_500)]
    return Words(
        people=people,
        companies=[dumps(fake.company()) for _ in range(250)],
        texts=[dumps(_text(chance, sentences)) for _ in range(500)],
        subjects=[
            dumps(pick(chance, _SUBJECTS).format(product=pick(chance, PRODUCTS))) for _ in range(60)
        ],
        sentences=[dumps(sentence) for sentence in sentences],
        plain_names=[f"{first} {last}" for first, last in names],
    )


def _text(chance: random.Random, sentences: list[str]) -> str:
    opening = pick(chance, _OPENINGS).format(product=pick(chance, PRODUCTS))
    rest = [pick(chance, sentences) for _ in range(2 + int(chance.random() * 10))]
    return "\n\n".join([opening, " ".join(rest), "Thank you"])


def _person(chance: random.Random, first: str, last: str, city: tuple[str, str, str]) -> Person:
    email = f"{first}.{last}{int(chance.random() * 90 + 10)}@example.com".lower()
    phone = f"+1555{int(chance.random() * 9_000_000 + 1_000_000)}"
    names = {
        "name": f"{first} {last}",
        "displayName": f"{first} {last}",
        "firstName": first,
        "lastName": last,
    }
    location = {
        "type": "home",
        "address": f"{int(chance.random() * 900 + 1)} Main Street",
        "cityName": city[0],
        "regionCode": city[1],
        "zipCode": city[2],
        "countryCode": "US",
        "latitude": round(chance.random() * 20 + 28, 4),
        "longitude": round(-chance.random() * 40 - 75, 4),
    }
    reach = {
        "emails": [{"email": email, "verified": happens(chance, 0.7), "type": "home", "id": None}],
        "phones": [{"phone": phone, "verified": False, "type": "mobile"}]
        if happens(chance, 0.6)
        else [],
        "whatsapps": [],
        "facebookIds": [],
        "instagramIds": [],
        "socials": [{"type": "twitter", "username": first.lower(), "verified": False}]
        if happens(chance, 0.1)
        else [],
        "urls": [{"url": "https://example.com"}] if happens(chance, 0.1) else [],
        "locations": [location] if happens(chance, 0.5) else [],
    }
    return Person(dumps(names)[1:-1], dumps(reach)[1:-1], dumps(email))
