"""Page sizes: what is refused is not asked for again; what only failed is, later."""

from source_kustomer.kustomer.page_size import SEARCHES_BEFORE_LARGER, PageSizes


def failing(times):
    sizes = PageSizes()
    for _ in range(times):
        sizes.next()
        sizes.granted(250, failed=True)
    return sizes


def test_the_largest_size_is_tried_first():
    assert PageSizes().next() == (500, 250, 100)


def test_a_refused_size_is_never_asked_for_again():
    sizes = PageSizes()
    sizes.granted(250, refused=True)

    assert {sizes.next() for _ in range(500)} == {(250, 100)}


def test_one_search_that_fails_at_a_size_proves_nothing_about_it():
    assert failing(1).next() == (500, 250, 100)


def test_a_size_that_fails_twice_in_a_row_is_left_alone_for_a_while():
    sizes = failing(2)

    tried = [sizes.next() for _ in range(SEARCHES_BEFORE_LARGER + 1)]

    assert set(tried[:-1]) == {(250, 100)}
    assert tried[-1] == (500, 250, 100)


def test_a_size_that_fails_again_after_a_while_is_left_alone_at_once():
    sizes = failing(2)
    for _ in range(SEARCHES_BEFORE_LARGER):
        sizes.next()
        sizes.granted(250)

    sizes.next()
    sizes.granted(250, failed=True)

    assert sizes.next() == (250, 100)


def test_a_success_at_the_largest_size_forgives_earlier_failures():
    sizes = failing(1)
    sizes.granted(500)
    sizes.granted(250, failed=True)

    assert sizes.next() == (500, 250, 100)
