"""Work behind the answers: it goes on when there is more, rests when there is little, and survives what goes wrong."""

import threading
import time

from siyaj.moderation.background import Worker


def wait_for(ready: threading.Event) -> None:
    assert ready.wait(20), "the worker did not come so far"


def test_it_goes_on_until_little_is_left_and_then_rests() -> None:
    left, rested = [500, 500, 3], threading.Event()
    began = time.monotonic()

    def work() -> int:
        done = left.pop(0)
        if not left:
            rested.set()
            left.append(0)
        return done

    with Worker("test", work, seconds=2.0, full=500):
        wait_for(rested)
    assert time.monotonic() - began < 2.0 + 3  # one rest before the first go, none between full ones


def test_a_failure_is_tried_again() -> None:
    goes, again = [], threading.Event()

    def work() -> int:
        goes.append(1)
        if len(goes) == 1:
            raise RuntimeError("the database was away")
        again.set()
        return 0

    with Worker("test", work, seconds=0.01):
        wait_for(again)


def test_it_ends_while_it_rests() -> None:
    began = time.monotonic()
    with Worker("test", lambda: 0, seconds=600):
        pass
    assert time.monotonic() - began < 10
