"""What passes between the judge and the subject, and what the judge makes of it."""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, Protocol

from mirrorlab.words import shorten

NONSENSE = "The answer of the function's process makes no sense: open, close and write no files or sockets in it."


class Link(Protocol):
    """The way to the subject."""

    def ask(self, request: Any, meanwhile: Callable[[], Any] = ...) -> Any:
        """Its answer. Raises Ended when there is none, Unfit when the answer cannot be judged.

        meanwhile: what else there is to do until it comes.
        """

    def another(self) -> AbstractContextManager["Link"] | None:
        """A second subject with the same limits; None where there is only one."""

    def extend(self, seconds: float) -> None:
        """From now on it has this long."""


class Ended(Exception):
    """The subject was ended, or is gone. The first argument: one sentence, {calls} is how far it came."""

    def __init__(self, sentence: str, calls: int = 0, slow: bool = False) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.calls = calls
        self.slow = slow


class Stopped(Exception):
    """The answer ended in an exception. As the subject tells it, and where."""

    def __init__(self, told: Any, where: list[str], printed: list[str]) -> None:
        super().__init__(told["lines"])
        self.told = told
        self.where = where
        self.printed = printed

    def lines(self) -> list[str]:
        """What happened, and where."""
        return [*map(shorten, self.told["lines"]), *self.where]


def failing(found: Iterable[tuple[Any, Any]], unlike: Callable[[Any, Any], Any]) -> tuple[list[Any], list[str]]:
    """The cases that fail, as (case, how), and an error in a case after the first of them, in words.

    found: (case, what the subject says of it). unlike: how that differs from what is right, if it does. Raises what
    comes before any case has failed: Stopped, Ended.
    """
    failures: list[Any] = []
    elsewhere: list[str] = []
    try:
        for case, answer in found:
            try:
                how = unlike(case, answer)
            except Stopped as stopped:
                if not failures:
                    raise
                elsewhere = elsewhere or ["", "And in another case it ends in an error:", *stopped.lines()]
                continue
            if how:
                failures.append((case, how))
    except Ended:
        if not failures:
            raise
    return failures, elsewhere


@dataclass
class Tally:
    """How often the answer ran, and which way its decisions went."""

    lines: list[int]
    calls: int = 0
    taken: set[tuple[int, bool]] = field(default_factory=set)

    def add(self, found: Any) -> None:
        """Count what the subject says of one request."""
        self.calls += found["calls"]
        self.taken.update((number, way) for number, way in found["taken"])

    def ran(self) -> str:
        """How often it ran and what it decided, in words."""
        branches = 2 * len(self.lines)
        text = f"your function ran {self.calls:,} times"
        return text + (f" and took {len(self.taken)} of {branches} branches" if branches else "")

    def never(self) -> list[str]:
        """The ways that were not taken, as text."""
        return [
            f"not tested here: the condition in line {line} was never {'true' if way else 'false'}"
            for number, line in enumerate(self.lines)
            for way in (True, False)
            if (number, way) not in self.taken
        ]


class Cancelled(Exception):
    """The answer is no longer needed."""
