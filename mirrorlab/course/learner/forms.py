"""The forms a prediction can have: what is asked for, how an answer is read, and how one is shown.

An answer is compared as it was meant: "0xff" is 255, a list is as good as a tuple, [32] is 32.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from mirrorlab.words import count, joined

FREE = "URMXV"  # letters of free blocks, by migratetype; any other letter names who uses the block


class Unfit(ValueError):
    """What was given cannot be read as an answer; the message says why, and which form is right."""


class Form(Protocol):
    """One question's form."""

    @property
    def how(self) -> str:
        """What an answer is made of."""

    @property
    def example(self) -> str:
        """How an answer may look in Python. It tells nothing of the right one."""

    def read(self, mine: Any) -> Any:
        """The answer that is meant, to be compared. Raises Unfit."""

    def shown(self, mine: Any) -> str:
        """An answer as text. Raises Unfit."""

    def usual(self, mine: Any) -> Any:
        """An answer as Python writes it best. Raises Unfit."""

    def marks(self, mine: Any) -> list[int]:
        """Which of the things to choose from an answer names. Raises Unfit."""

    def picture(self) -> dict[str, Any]:
        """What the script of the card needs."""


def number(thing: Any) -> int:
    """A whole number, however it is written: 255, "0xff", 255.0, numpy's. Raises Unfit."""
    try:
        if isinstance(thing, str):
            return int(thing.replace(",", ""), 16 if "x" in thing.lower() else 10)
        return int(thing) if isinstance(thing, float) and thing.is_integer() else operator.index(thing)
    except (ValueError, TypeError):
        raise Unfit(f"{thing!r} is no whole number") from None


def parts(thing: Any) -> list[Any] | None:
    """What a list, tuple, set, array or dictionary holds; None for a single thing."""
    if isinstance(thing, Mapping):
        thing = thing.items()
    try:
        return None if isinstance(thing, str | bytes) else list(thing)
    except TypeError:
        return None


def several(thing: Any) -> list[Any]:
    """The same, a single thing as a list of one."""
    each = parts(thing)
    return [thing] if each is None else each


def written(thing: Any) -> str:
    """A number as it was written."""
    return thing.strip() if isinstance(thing, str) else str(number(thing))


@dataclass
class Fields:
    """What is typed into named fields: there is nothing to mark, and the script needs the names."""

    form: ClassVar[str]
    fields: Sequence[str]

    def marks(self, mine: Any) -> list[int]:
        return []

    def picture(self) -> dict[str, Any]:
        return {"form": self.form, "fields": list(self.fields)}


class Numbers(Fields):
    """A number for each field."""

    form = "numbers"

    @property
    def how(self) -> str:
        return "a number" if len(self.fields) == 1 else f"numbers in this order: {', '.join(self.fields)}"

    @property
    def example(self) -> str:
        return "123" if len(self.fields) == 1 else str(list(range(1, len(self.fields) + 1)))

    def _each(self, mine: Any) -> list[Any]:
        if len(self.fields) > 1 and isinstance(mine, set | frozenset):
            raise Unfit("a set has no order")
        each = several(mine)
        if len(each) != len(self.fields):
            raise Unfit(f"{mine!r} is not {count(len(self.fields), 'number')}")
        return each

    def read(self, mine: Any) -> tuple[int, ...]:
        return tuple(map(number, self._each(mine)))

    def shown(self, mine: Any) -> str:
        self.read(mine)
        return ", ".join(map(written, self._each(mine)))

    def usual(self, mine: Any) -> Any:
        read = list(self.read(mine))
        return read[0] if len(read) == 1 else read


class Rows(Fields):
    """Any number of rows, such as pairs of first page and order; their order does not count."""

    form = "rows"

    @property
    def how(self) -> str:
        return f"rows of {joined(self.fields)}, in any order"

    @property
    def example(self) -> str:
        return str([tuple(range(row, row + len(self.fields))) for row in (1, 5)])

    def _rows(self, mine: Any) -> list[list[Any]]:
        rows = parts(mine) or []
        if len(rows) == len(self.fields) and all(parts(row) is None for row in rows):
            rows = [rows]  # one row, without the brackets around it
        rows = [parts(row) or [] for row in rows]
        if not rows or any(len(row) != len(self.fields) for row in rows):
            raise Unfit(f"{mine!r} is not made of rows of {joined(self.fields)}")
        return sorted(rows, key=lambda row: tuple(map(number, row)))

    def read(self, mine: Any) -> tuple[tuple[int, ...], ...]:
        return tuple(tuple(map(number, row)) for row in self._rows(mine))

    def shown(self, mine: Any) -> str:
        return ", ".join(f"({', '.join(map(written, row))})" for row in self._rows(mine))

    def usual(self, mine: Any) -> Any:
        return list(self.read(mine))


@dataclass
class Options:
    """One of several things, or some of them; the order does not count."""

    texts: Sequence[str]
    values: Sequence[Any]
    """What each stands for."""
    some: bool = False

    @property
    def how(self) -> str:
        return f"{'some' if self.some else 'one'} of: {', '.join(self.texts)}"

    @property
    def example(self) -> str:
        return repr([self.values[0], self.values[-1]] if self.some else self.values[0])

    def _find(self, thing: Any) -> int:
        for at, (text, value) in enumerate(zip(self.texts, self.values, strict=True)):
            if str(thing).strip().lower() in (text.lower(), str(value).lower()):
                return at
        try:
            return list(map(number, self.values)).index(number(thing))
        except ValueError:
            raise Unfit(f"{thing!r} is none of {', '.join(self.texts)}") from None

    def read(self, mine: Any) -> tuple[int, ...]:
        each = several(mine)
        if not self.some and len(each) != 1:
            raise Unfit(f"{mine!r} is more than one")
        return tuple(sorted({self._find(thing) for thing in each}))

    def shown(self, mine: Any) -> str:
        return ", ".join(self.texts[at] for at in self.read(mine)) or "none"

    def usual(self, mine: Any) -> Any:
        chosen = [self.values[at] for at in self.read(mine)]
        return chosen if self.some else chosen[0]

    def marks(self, mine: Any) -> list[int]:
        return list(self.read(mine))

    def picture(self) -> dict[str, Any]:
        return {"form": "options", "options": list(self.texts), "some": self.some}


@dataclass
class Blocks(Options):
    """One of several blocks in a small picture of memory."""

    pages: Sequence[int] = ()
    letters: Sequence[str] = ()

    def picture(self) -> dict[str, Any]:
        blocks = [
            [
                *(text, pages, letter if letter in FREE else "used", letter),
                f"{text}, {count(pages, 'page')}, {'free' if letter in FREE else f'in use by {letter}'}",
            ]
            for text, pages, letter in zip(self.texts, self.pages, self.letters, strict=True)
        ]
        return {"form": "blocks", "blocks": blocks}


def of(question: Mapping[str, Any]) -> Form:
    """The form of a question, by what its table in a lesson's TOML names."""
    if "rows" in question:
        return Rows(question["rows"])
    if "numbers" in question:
        return Numbers(question["numbers"])
    if "blocks" in question:
        firsts, pages, letters = zip(*question["blocks"], strict=True)
        return Blocks([f"+{first}" for first in firsts], firsts, pages=pages, letters=letters)
    chosen = question.get("one_of", question.get("some_of"))
    texts, values = zip(*chosen.items(), strict=True) if isinstance(chosen, dict) else (chosen, chosen)
    return Options(texts, values, "some_of" in question)
