"""The body of a query, and its pages."""

import pytest

from source_kustomer.kustomer.search import SearchQuery


def query(**conditions):
    return SearchQuery("message", "message_updated_at", **conditions)


def test_a_query_by_creation_keeps_its_span_of_updates():
    asked = query(gte="a", lt="b", include_deleted=False).by_creation(
        "message_created_at", "c", "d"
    )

    assert asked.body() == {
        "queryContext": "message",
        "and": [
            {"message_updated_at": {"gte": "a"}},
            {"message_updated_at": {"lt": "b"}},
            {"message_created_at": {"gte": "c"}},
            {"message_created_at": {"lt": "d"}},
        ],
        "sort": [{"message_created_at": "asc"}],
        "includeDeleted": False,
    }


def test_conditions_are_unique():
    asked = query(gte="a", lt="b").by_creation("message_updated_at", "a", "b")

    assert asked.body()["and"] == [
        {"message_updated_at": {"gte": "a"}},
        {"message_updated_at": {"lt": "b"}},
    ]


def test_a_query_by_creation_has_no_page_size_yet():
    asked = query()
    asked.page_size, asked.granted = 20, 20

    narrowed = asked.by_creation("message_created_at", None, None)

    assert (narrowed.page_size, narrowed.granted) == (None, None)


@pytest.mark.parametrize(
    ("page_size", "granted", "last"),
    [(500, None, 20), (500, 100, 100), (300, 300, 34), (50, 500, 100), (1, 1, 100)],
)
def test_a_query_has_the_pages_within_its_limits(page_size, granted, last):
    asked = query()
    asked.page_size, asked.granted = page_size, granted

    assert [page for page in range(200) if asked.has_page(page)] == list(range(1, last + 1))


def test_an_exact_total_is_requested_by_a_parameter():
    asked = query()
    asked.page_size = 1

    assert asked.params(3) == {"page": 3, "pageSize": 1}
    assert asked.params(3, track_total_hits=True) == {**asked.params(3), "trackTotalHits": "true"}
