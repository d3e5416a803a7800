"""The crew: as many readers as the rate limit can feed, and no more cuts than are worth it."""

from source_kustomer.families.crew import CUTS_PER_PAGE, Crew


def crew(*, pace=10.0, latency=1.0, size=32, pages=10_000):
    made = Crew(size, pace=lambda: pace, latency=lambda: latency)
    made.join(1)
    made.expect(pages)
    return made


def test_readers_are_welcome_until_the_pace_is_fed():
    assert crew(pace=10.0, latency=1.0).welcome() == 15
    assert crew(pace=1.33, latency=0.3).welcome() == 1
    assert crew(pace=30.0, latency=2.0).welcome() == 31


def test_without_latency_one_reader_more_is_enough():
    assert crew(latency=0.0).welcome() == 0


def test_who_has_left_may_be_replaced():
    busy = crew(pace=1.33, latency=0.3)
    busy.join(1)
    assert busy.welcome() == 0

    busy.leave()

    assert busy.welcome() == 1


def test_a_small_sync_is_cut_once_at_the_most():
    small = crew(pages=20)
    assert small.welcome() == 1

    small.cut(1)

    assert small.welcome() == 0


def test_cuts_stay_few_beside_the_pages_of_the_sync():
    large = crew(pages=200)
    assert large.welcome() == 1 + 200 * CUTS_PER_PAGE

    large.cut(6)

    assert large.welcome() == 3
    large.expect(100)
    assert large.welcome() == 7
