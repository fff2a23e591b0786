"""The runs of one verdict, done from both ends: by the judge's subject from the first on, by a second from the last."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any

from mirrorlab.course.judge.answer import Unfit
from mirrorlab.course.judge.link import Cancelled, Ended, Link

ONE_AT_A_TIME = threading.Lock()  # no third subject while the second of an earlier verdict is being ended


class Runs:
    """Requests that do not depend on each other. What they give is asked for in their order."""

    def __init__(self, prepare: Any, link: Link) -> None:
        """prepare: what makes a subject ready for them; `link` leads to the first one."""
        self.prepare = prepare
        self.todo: deque[tuple[int, Any]] = deque()
        self.found: list[Future[Any]] = []
        self.given = threading.Event()
        self.link = link
        self.second: Any = None
        self.over = False

    def give(self, requests: Sequence[Any]) -> None:
        """What is to be done."""
        self.found = [Future() for _ in requests]
        self.todo.extend(enumerate(requests))
        self.given.set()

    def result(self, number: int, meanwhile: Callable[[], Any] = lambda: None) -> Any:
        """What a run gives. Raises Ended, Unfit. meanwhile: what else there is to do until it is known."""
        try:
            mine = self.todo.popleft()
        except IndexError:  # the second has it
            pass
        else:
            self._run(*mine, self.link, meanwhile)
        return self.found[number].result()

    @property
    def calls(self) -> int:
        """How many calls were made in the runs that came to their end."""
        return sum(each.result()["calls"] for each in self.found if each.done() and not each.exception())

    def _run(self, number: int, request: Any, link: Link, meanwhile: Callable[[], Any] = lambda: None) -> bool:
        """Keep what a run gives, or what it ends in; whether the subject can go on."""
        try:
            self.found[number].set_result(link.ask(request, meanwhile))
        except Exception as problem:
            self.found[number].set_exception(problem)
            return False
        return True

    @contextmanager
    def helped(self) -> Iterator[None]:
        """A second subject takes part, where there is one to be had; it is ended with the block."""
        another = self.link.another() if (os.cpu_count() or 1) > 1 else None
        if another is not None:
            threading.Thread(target=self._from_the_end, args=(another,), daemon=True).start()
        try:
            yield
        finally:
            self.over = True
            self.todo.clear()
            self.given.set()
            if self.second is not None:
                self.second.cancel()

    def _from_the_end(self, another: Any) -> None:
        """In a thread. Where no second subject can be made ready, the first does everything."""
        with suppress(Ended, Unfit, Cancelled, OSError), ONE_AT_A_TIME, another as self.second:
            if not self.over and "stopped" not in self.second.ask(self.prepare):
                self._work()

    def _work(self) -> None:
        self.given.wait()
        with suppress(IndexError):  # none is left
            while True:
                mine = self.todo.pop()
                if not self._run(*mine, self.second):
                    return
