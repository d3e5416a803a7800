"""The page sizes that queries begin with."""

from source_kustomer.kustomer.page_size import MAX_HOLD, TARGET_BYTES, PageSizes

SMALL = 1_000


def succeed(sizes, times, context="message"):
    """Answer pages of small records at the size that is offered, and return the sizes."""
    offered = []
    for _ in range(times):
        size = sizes.first(context)
        sizes.succeeded(context, size, rows=size, body_bytes=size * SMALL)
        offered.append(size)
    return offered


def test_the_largest_page_is_tried_first():
    assert PageSizes().first("message") == 500


def test_a_refused_size_is_never_offered_again_for_its_object():
    sizes = PageSizes()
    sizes.refused("message", 250)

    assert set(succeed(sizes, 500)) == {250}
    assert sizes.first("conversation") == 500


def test_a_size_that_failed_is_offered_again_after_a_page():
    sizes = PageSizes()
    sizes.failed("message", 100)

    assert succeed(sizes, 5) == [100, 200, 400, 500, 500]
    assert sizes.first("conversation") == 500


def test_a_size_that_keeps_failing_is_offered_less_and_less_often():
    sizes = PageSizes()
    failures = 0
    for _ in range(2_000):
        size = sizes.first("message")
        if size > 20:
            failures += 1
            size = 20
            sizes.failed("message", size)
        sizes.succeeded("message", size, rows=size, body_bytes=size * SMALL)

    assert failures < 10 + 2_000 / MAX_HOLD


def test_pages_of_large_records_have_the_target_size():
    sizes = PageSizes()
    sizes.succeeded("message", 500, rows=500, body_bytes=500 * 100_000)

    assert sizes.first("message") == TARGET_BYTES // 100_000


def test_pages_grow_when_records_are_small_again():
    sizes = PageSizes()
    sizes.succeeded("message", 8, rows=8, body_bytes=8 << 20)
    assert sizes.first("message") == 8

    assert succeed(sizes, 8) == [8, 16, 32, 64, 128, 256, 500, 500]
