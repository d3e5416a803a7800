"""The names of custom objects' streams: safe, apart, and the same as long as it matters."""

import re

from hypothesis import given
from hypothesis import strategies as st

from source_kustomer.engine.klass import Klass, klasses_of, stream_names

names = st.text("abAB_-@ é.1", min_size=1, max_size=6)
klasses = st.lists(names, max_size=8, unique=True).map(
    lambda found: [Klass(name, name.title()) for name in found]
)


def named(*found):
    return {name: klass.name for name, klass in stream_names(Klass(n, n) for n in found).items()}


def test_a_stream_is_named_after_its_klass():
    assert named("order", "shopify-order", "loop_returns_7f3a-return-item") == {
        "kobject_order": "order",
        "kobject_shopify-order": "shopify-order",
        "kobject_loop_returns_7f3a-return-item": "loop_returns_7f3a-return-item",
    }


def test_names_that_a_destination_would_take_for_one_are_told_apart():
    found = named("order", "Order", "call-back", "call_back")

    assert found["kobject_order"] == "order"
    assert found["kobject_call_back"] == "call_back"
    assert len(found) == 4


def test_a_name_with_other_characters_is_made_safe():
    (name,) = named("bestellung.größe")

    assert re.fullmatch(r"kobject_bestellung_gr__e_[0-9a-f]{6}", name)


@given(klasses)
def test_names_are_safe_and_apart_however_a_destination_folds_them(found):
    streams = stream_names(found)

    assert sorted(klass.name for klass in streams.values()) == sorted(k.name for k in found)
    assert all(re.fullmatch(r"kobject_[A-Za-z0-9_-]+", name) for name in streams)
    assert len({name.lower().replace("-", "_") for name in streams}) == len(streams)


@given(klasses, klasses)
def test_a_configured_stream_means_the_same_klass_whatever_klasses_come_and_go(before, after):
    still = {klass.name for klass in after}

    configured = stream_names(before)
    found = klasses_of(configured, after)

    for name, klass in configured.items():
        if klass.name in still:
            assert found[name].name == klass.name


def test_a_klass_that_is_gone_is_not_found():
    assert klasses_of(["kobject_order"], [Klass("ticket", "Ticket")]) == {}
