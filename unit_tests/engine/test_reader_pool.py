"""The pool: as many readers as the rate limit can feed, and no more cuts than are worth it."""

from source_kustomer.engine.reader_pool import CUTS_PER_PAGE, ReaderPool

ONE, OTHER = "one reader", "another"


def pool(*, pace=10.0, latency=1.0, size=32, pages=10_000):
    made = ReaderPool(size, pace=lambda: pace, latency=lambda: latency)
    made.join(1)
    made.expect(pages)
    return made


def test_readers_are_welcome_until_the_pace_is_fed():
    assert pool(pace=10.0, latency=1.0).vacancies(ONE, 1_000) == 15
    assert pool(pace=1.33, latency=0.3).vacancies(ONE, 1_000) == 1
    assert pool(pace=30.0, latency=2.0).vacancies(ONE, 1_000) == 31


def test_without_latency_one_reader_more_is_enough():
    assert pool(latency=0.0).vacancies(ONE, 1_000) == 0


def test_who_has_left_may_be_replaced():
    busy = pool(pace=1.33, latency=0.3)
    busy.join(1)
    assert busy.vacancies(ONE, 1_000) == 0

    busy.leave(OTHER)

    assert busy.vacancies(ONE, 1_000) == 1


def test_a_sync_of_few_pages_is_not_cut():
    assert pool(pages=30).vacancies(ONE, 30) == 0
    assert pool(pages=40).vacancies(ONE, 40) == 1


def test_cuts_stay_few_compared_with_the_pages_of_the_sync():
    large = pool(pages=200)
    assert large.vacancies(ONE, 1_000) == 200 * CUTS_PER_PAGE == 5

    large.cut(ONE, 4)

    assert large.vacancies(ONE, 1_000) == 1
    large.expect(100)
    assert large.vacancies(ONE, 1_000) == 3


def test_only_the_largest_window_is_cut_or_one_nearly_as_large():
    made = pool()
    assert made.vacancies(ONE, 100) > 0

    assert made.vacancies(OTHER, 79) == 0
    assert made.vacancies(OTHER, 80) > 0


def test_a_window_that_is_cut_or_read_is_no_longer_the_largest():
    made = pool()
    made.vacancies(ONE, 100)
    made.cut(ONE, 1)
    assert made.vacancies(OTHER, 50) > 0
    assert made.vacancies(ONE, 30) == 0

    made.leave(OTHER)

    assert made.vacancies(ONE, 30) > 0


def test_of_several_large_windows_each_is_cut_for_its_share_of_the_readers():
    made = pool(pace=30.0, latency=2.0)
    made.join(3)
    for number in range(1, 4):
        made.vacancies(f"reader {number}", 500)

    assert made.vacancies(ONE, 500) == 32 / 4 - 1
