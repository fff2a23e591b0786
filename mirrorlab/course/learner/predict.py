"""Predict, then look: a value that the learner types before the answer stands on the page."""

import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from mirrorlab.course.learner import stale
from mirrorlab.course.learner.check import show
from mirrorlab.course.learner.progress import STORE, Store

Item = TypeVar("Item")
SKIPPED = (None, ...)
HEXADECIMAL = re.compile("0[xX][0-9a-fA-F]+")


@dataclass
class Reveal:
    """What was said beside what is, and the question why."""

    predicted: Any
    actual: Any
    why: str
    banner: Sequence[str] = ()
    """Warnings about the notebook, shown first."""

    @property
    def skipped(self) -> bool:
        """Whether nothing was predicted."""
        return any(self.predicted is each for each in SKIPPED)

    @property
    def right(self) -> bool:
        """Whether the prediction came true; lists and tuples count as the same, and so do 255 and "0xff"."""
        return not self.skipped and _plain(self.predicted) == _plain(self.actual)

    @property
    def shuffled(self) -> bool:
        """Whether all that was predicted came true, but in another order."""
        said, came = _plain(self.predicted), _plain(self.actual)
        if not isinstance(said, tuple) or not isinstance(came, tuple):
            return False
        return said != came and sorted(map(repr, said)) == sorted(map(repr, came))

    def __repr__(self) -> str:
        said = "nothing (skipped)" if self.skipped else repr(self.predicted)
        no = "  as you said, but in another order" if self.shuffled else "  not what you said"
        came = "" if self.skipped else "  as you said" if self.right else no
        notes = "".join(f"note: {line}\n" for line in self.banner)
        return f"{notes}you said: {said}\nit is:    {self.actual!r}{came}\nWhy? {self.why}"


def _plain(value: Any) -> Any:
    if isinstance(value, str) and HEXADECIMAL.fullmatch(value):
        return int(value, 16)
    return tuple(map(_plain, value)) if isinstance(value, list | tuple) else value


def predict(
    predicted: Any,
    actual: Any,
    why: str = "Say it in one sentence before you read on.",
    *,
    name: str | None = None,
    store: Store = STORE,
) -> None:
    """Show a prediction beside the answer and ask why. Nothing is refused; `...` or None skips.

    name: under which it is stored for progress(); None: it is not stored.
    """
    reveal = Reveal(predicted, actual, why)
    if name and not reveal.skipped:  # the first one counts
        store.change(lambda record: record["predictions"].setdefault(name, {"right": reveal.right}))
    reveal.banner = stale.warnings() + store.news()
    show(reveal)


def variant(name: str, choices: Sequence[Item], store: Store = STORE) -> Item:
    """One of several values for the same question; which one depends on the learner's seed (0: the first).

    Says so when it is not the first, which is the one in the text.
    name: the lesson, and what the value is called there, such as "02 PAGES".
    """
    found = chosen(name, choices, store)
    if found != choices[0]:
        seed = store.read()["seed"]
        print(f"With your seed, {seed}: {name.split()[-1]} = {found!r} (in the text: {choices[0]!r})")
    return found


def chosen(name: str, choices: Sequence[Item], store: Store = STORE) -> Item:
    """One of several values, by the learner's seed (0: the first)."""
    seed = store.read()["seed"]
    return choices[zlib.crc32(f"{seed} {name}".encode()) % len(choices)] if seed else choices[0]


def set_seed(seed: int, store: Store = STORE) -> None:
    """Choose which variants of questions are asked from now on; 0 asks those of the printed course."""
    if not isinstance(seed, int):
        raise ValueError(f"a seed is a whole number, not {seed!r}")
    store.change(lambda record: record.update(seed=seed))
