"""The course's terms: what each means, and the lesson that explains it first. The texts are in glossary.toml."""

import difflib
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from mirrorlab.course.learner.hints import Said

FILE = Path(__file__).with_suffix(".toml")
SHORT = re.compile(r"(\w+),? for short")


class Term(NamedTuple):
    """An entry."""

    name: str
    lesson: str
    """The number of the lesson where it is explained first, such as "00"."""
    means: str


@cache
def terms() -> dict[str, Term]:
    """All entries by name, in the order of the alphabet."""
    entries = tomllib.loads(FILE.read_text(encoding="utf-8"))
    found = [Term(name, lesson, means) for lesson, names in entries.items() for name, means in names.items()]
    return {term.name: term for term in sorted(found, key=lambda term: term.name.lower())}


def glossary(name: str | None = None) -> Said:
    """What a term means; without a name, all of them. Raises ValueError with the nearest names for an unknown one."""
    if name is None:
        return Said("\n\n".join(map(_entry, terms().values())))
    by_lower = {known.lower(): term for known, term in terms().items()}
    by_lower |= {short.lower(): term for term in terms().values() for short in SHORT.findall(term.means)}
    wanted = name.strip().lower()
    for candidate in (wanted, wanted.removesuffix("s"), wanted.removesuffix("ies") + "y"):
        if candidate in by_lower:
            return Said(_entry(by_lower[candidate]))
    near = difflib.get_close_matches(wanted, by_lower, n=3) or [known for known in by_lower if wanted in known][:3]
    there = f"did you mean {' or '.join(near)}?" if near else "glossary() shows all terms"
    raise ValueError(f"the glossary has no {name!r}: {there}")


def _entry(term: Term) -> str:
    return f"**{term.name}**: {term.means} (Lesson {term.lesson}.)"
