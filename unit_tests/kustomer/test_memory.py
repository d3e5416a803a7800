"""The memory that answers take together."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from source_kustomer.errors import Stopped
from source_kustomer.kustomer.body import BodyTooLarge
from source_kustomer.kustomer.memory import (
    DECODED_AT_ONCE,
    LARGE_DECODED,
    LARGE_RECEIVED,
    OBJECT_LIMITS,
    MemoryPool,
    SizeLimits,
)


def never():
    pass


class Most:
    """The largest number of threads that were inside at a time."""

    def __init__(self):
        self.inside = self.most = 0
        self._lock = threading.Lock()

    def __enter__(self):
        with self._lock:
            self.inside += 1
            self.most = max(self.most, self.inside)

    def __exit__(self, *_):
        with self._lock:
            self.inside -= 1


def run(step):
    """Let twelve threads take a step with an answer each, and return how many did at a time."""
    pool, most = MemoryPool(never), Most()
    meet = threading.Barrier(12)

    def take(_number):
        meet.wait(10)
        for _ in range(20):
            with pool.answer(OBJECT_LIMITS) as memory:
                step(memory)
                with most:
                    pass

    with ThreadPoolExecutor(12) as threads:
        list(threads.map(take, range(12)))
    return most.most


def test_few_answers_are_decoded_at_a_time():
    assert run(lambda memory: memory.wait_to_decode()) <= DECODED_AT_ONCE


def test_one_large_answer_is_received_at_a_time():
    assert run(lambda memory: memory.on_received(LARGE_RECEIVED + 1)) == 1


def test_one_large_answer_is_decoded_at_a_time():
    assert run(lambda memory: memory.on_growth(LARGE_DECODED + 1)) == 1


def test_answers_that_take_every_place_do_not_wait_for_each_other_in_a_circle():
    def step(memory):
        memory.on_received(LARGE_RECEIVED + 1)
        memory.wait_to_decode()
        memory.on_growth(LARGE_DECODED + 1)

    assert run(step) == 1


def test_an_answer_is_limited_while_it_is_received():
    with MemoryPool(never).answer(SizeLimits(received=10 << 20, decompressed=1)) as memory:
        memory.on_received(6 << 20)
        with pytest.raises(BodyTooLarge, match="larger than 10 MB"):
            memory.on_received(6 << 20)


def test_a_stop_ends_a_wait_for_memory():
    stopped = threading.Event()

    def check():
        if stopped.is_set():
            raise Stopped

    pool = MemoryPool(check, seconds_between_checks=0.001)
    with pool.answer(OBJECT_LIMITS) as first, pool.answer(OBJECT_LIMITS) as second:
        first.on_growth(LARGE_DECODED + 1)
        stopped.set()
        with pytest.raises(Stopped):
            second.on_growth(LARGE_DECODED + 1)
