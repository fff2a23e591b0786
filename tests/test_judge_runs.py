"""The runs of a verdict are done from both ends: each once, and what they give comes in their order."""

import threading
import time
from contextlib import contextmanager

import pytest

from mirrorlab.course.judge.link import Cancelled, Ended
from mirrorlab.course.judge.runs import Runs


class Fake:
    """A subject: gives a request back, after a while; `bad` says for which one it ends, or cannot begin."""

    def __init__(self, seconds=0.0, bad=None, second=None):
        self.seconds, self.bad, self.second = seconds, bad, second
        self.done, self.open = [], True
        self.cancelled = threading.Event()

    def ask(self, request, meanwhile=lambda: None):
        meanwhile()
        if self.cancelled.wait(self.seconds):
            raise Cancelled
        if request == self.bad:
            raise Ended("gone", calls=3)
        self.done.append(request)
        return {"request": request, "calls": 1}

    def cancel(self):
        self.cancelled.set()

    @contextmanager
    def opened(self):
        try:
            yield self
        finally:
            self.open = False

    def another(self):
        return self.second and self.second.opened()


def results(first, requests):
    runs = Runs("prepare", first)
    with runs.helped():
        first.ask("prepare", lambda: runs.give(requests))
        return [runs.result(number)["request"] for number in range(len(requests))], runs


def is_true_soon(what):
    end = time.monotonic() + 5
    while not what() and time.monotonic() < end:
        time.sleep(0.005)
    return what()


@pytest.mark.parametrize(("slow", "fast"), [(0.0, 0.0), (0.004, 0.0), (0.0, 0.004), (0.002, 0.002)])
def test_each_is_done_once_and_given_in_order(slow, fast):
    second = Fake(fast)
    first = Fake(slow, second=second)
    found, runs = results(first, range(60))
    assert found == [*range(60)]
    assert sorted(each for each in first.done + second.done if each != "prepare") == [*range(60)]
    assert runs.calls == 60
    assert [each for each in second.done if each != "prepare"] == sorted(second.done[1:], reverse=True)


def test_both_take_part():
    second = Fake(0.002)
    first = Fake(0.002, second=second)
    results(first, range(60))
    assert len(first.done) > 10
    assert len(second.done) > 10


def test_where_there_is_no_second_one_the_first_does_everything():
    first = Fake()
    assert results(first, range(9))[0] == [*range(9)]
    assert first.done == ["prepare", *range(9)]


def test_where_the_second_cannot_begin_the_first_does_everything():
    second = Fake(bad="prepare")
    first = Fake(0.002, second=second)
    assert results(first, range(9))[0] == [*range(9)]
    assert second.done == []
    assert is_true_soon(lambda: not second.open)


def test_what_ends_the_second_is_told_at_its_place():
    runs = Runs("prepare", first := Fake(0.01, second=Fake(bad=7)))
    with runs.helped():
        first.ask("prepare", lambda: runs.give(range(9)))
        assert [runs.result(number)["request"] for number in range(7)] == [*range(7)]
        with pytest.raises(Ended, match="gone"):
            runs.result(7)


def test_when_the_first_is_done_with_them_the_second_is_ended():
    runs = Runs("prepare", first := Fake(second=(second := Fake(0.05))))
    with runs.helped():
        first.ask("prepare", lambda: runs.give(range(400)))
        runs.result(0)
        assert is_true_soon(lambda: second.done)
    assert is_true_soon(lambda: not second.open)
    assert len(second.done) < 40


def test_a_second_one_that_comes_too_late_does_nothing():
    second = Fake()
    late = threading.Event()

    class Late(Fake):
        @contextmanager
        def opened(self):
            late.wait(5)
            with super().opened() as link:
                yield link

    second = Late()
    assert results(Fake(second=second), range(3))[0] == [0, 1, 2]
    late.set()
    assert is_true_soon(lambda: not second.open)
    assert second.done == []
