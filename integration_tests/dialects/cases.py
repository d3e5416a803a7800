"""The dialects of the matrix: every value of every switch, and pairs of them."""

from __future__ import annotations

import itertools
import random
from typing import Final

from kustomer_sandbox.control.dialects import SWITCHES

Dialect = dict[str, str]

SINGLES: Final[tuple[Dialect, ...]] = tuple(
    {switch.id: value} for switch in SWITCHES for value in switch.values if value != switch.default
)
PAIRS: Final[tuple[Dialect, ...]] = tuple(
    {**one, **other}
    for one, other in itertools.combinations(SINGLES, 2)
    if not one.keys() & other.keys()
)


def sample_of_pairs(count: int, seed: int) -> list[Dialect]:
    """Draw pairs in which every switch is about equally frequent."""
    chance = random.Random(seed)
    pairs = list(PAIRS)
    used = dict.fromkeys((switch.id for switch in SWITCHES), 0)
    drawn: list[Dialect] = []
    while len(drawn) < min(count, len(pairs)):
        chance.shuffle(pairs)
        pair = min(pairs, key=lambda one: sum(used[switch] for switch in one))
        pairs.remove(pair)
        drawn.append(pair)
        for switch in pair:
            used[switch] += 1
    return drawn


def name_of(dialect: Dialect) -> str:
    """Write a dialect as on the command line."""
    return ",".join(f"{switch}={value}" for switch, value in dialect.items()) or "default"
