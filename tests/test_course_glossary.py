"""Every term is explained where it first appears, and collected in the glossary."""

import io
import json
import re
import tokenize
from pathlib import Path

import pytest

from mirrorlab.course import glossary as show
from mirrorlab.course.author import way
from mirrorlab.course.learner import card
from mirrorlab.course.learner.glossary import terms
from mirrorlab.linux.mmzone import MIGRATETYPE_NAMES

ROOT = Path(__file__).parent.parent
LESSONS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))}
EXERCISES = {path.name[:2]: path for path in sorted((ROOT / "exercises").glob("*.ipynb"))}
EMPHASIS = {  # what is set in italics for another reason
    *("not started", "error", "not yet", "right"),  # words of a check
    *("not", "row"),  # in exercises; a row is explained and used in one of them only
    *("break one", "start again", "storm", "found by chance", "hint", "see the call", "why it is so"),  # on buttons
    *("after", "first", "its", "largest", "n", "number", "one", "process", "smallest"),
    *("list", "page block's", "remembers", "the smallest block that fits"),
}
AGAIN = {"type", "pfns"}  # terms that have an entry under their full name
EVERYDAY = {"line"}  # terms that earlier lessons use as everyday words
EARLY = {"free", "head", "memblock", "watermark"}  # used above their explanation: everyday words, names of stages


def cells_of(path):
    """Cells of a notebook as (kind, source), without the way back and the next step: they name other lessons."""
    cells = [cell for cell in json.loads(path.read_text())["cells"] if cell["id"] not in (way.BACK, way.ON)]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]


def plain(text):
    """Prose without code and sources."""
    return re.sub(r"`[^`]*`|\*Sources?:.*?\*\s*$", " ", text, flags=re.MULTILINE | re.DOTALL)


def prose(path):
    """A notebook's prose, without code and addresses."""
    return plain("\n\n".join(source for kind, source in cells_of(path) if kind == "markdown"))


def on_cards(number):
    """What a lesson's cards explain."""
    questions = card.lesson(number) if any(card.LESSONS.glob(f"{number}_*.toml")) else {}
    return "\n".join(plain(each["explanation"]) for name, each in questions.items() if name != card.GIVEN)


def comments(code):
    """What code says to a reader."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return "\n".join(token.string for token in tokens if token.type == tokenize.COMMENT)


def read(kind, source):
    """The words of a cell."""
    return plain(source) if kind == "markdown" else comments(source)


def said_in(number):
    """All that a lesson and its exercises say to a reader."""
    paths = [paths[number] for paths in (LESSONS, EXERCISES) if number in paths]
    return "\n\n".join(read(*cell) for path in paths for cell in cells_of(path))


def italics(text):
    """What is set in italics, each once."""
    found = re.findall(r"(?<![*\w])\*([^*\n]+)\*(?![*\w])", text)
    return dict.fromkeys(phrase.strip(".,:").lower() for phrase in found)


def singular(phrase):
    one = re.sub("ies$", "y", phrase) if phrase.endswith("ies") else phrase.removesuffix("s")
    return phrase if phrase in names() else one


def names():
    return {name.lower(): term for name, term in terms().items()}


def word(term):
    return re.compile(rf"\b{re.escape(term.name)}s?\b", re.IGNORECASE)


@pytest.mark.parametrize("path", [*LESSONS.values(), *EXERCISES.values()], ids=lambda path: "/".join(path.parts[-2:]))
def test_what_a_notebook_introduces_is_in_the_glossary(path):
    known = {*names(), *EMPHASIS, *AGAIN}
    assert [phrase for phrase in italics(prose(path)) if not known & {phrase, singular(phrase)}] == []


@pytest.mark.parametrize("number", LESSONS)
def test_what_the_glossary_says_of_a_lesson_stands_there(number):
    introduced = {singular(phrase) for phrase in italics(prose(LESSONS[number]) + on_cards(number))}
    missing = [term.name for term in terms().values() if term.lesson == number and term.name.lower() not in introduced]
    assert missing == []


@pytest.mark.parametrize(
    "term", [term for term in terms().values() if term.name not in EVERYDAY], ids=lambda term: term.name
)
def test_no_earlier_lesson_uses_a_term(term):
    assert [number for number in LESSONS if number < term.lesson and word(term).search(said_in(number))] == []


@pytest.mark.parametrize(
    "term", [term for term in terms().values() if term.name not in EARLY], ids=lambda term: term.name
)
def test_no_earlier_cell_of_its_lesson_uses_a_term(term):
    for number, (kind, source) in enumerate(cells_of(LESSONS[term.lesson])):
        if kind == "markdown" and term.name.lower() in map(singular, italics(plain(source))):
            return
        assert number == 0 or not word(term).search(read(kind, source))  # the title may name what is to come


def test_lesson_04_explains_every_type_that_its_tables_show():
    assert [name for name in MIGRATETYPE_NAMES[:5] if f"**{name}**" not in prose(LESSONS["04"])] == []


@pytest.mark.parametrize("number", [number for number in LESSONS if number < "11"])
def test_no_lesson_before_the_one_on_counting_shows_counters(number):
    assert re.findall(r"\b(?:NR|NUMA)_\w+", json.dumps(json.loads(LESSONS[number].read_text())["cells"])) == []


def test_a_term_is_found_in_any_case_and_in_the_plural():
    assert "other half" in repr(show("Buddies")) == repr(show("buddy"))
    assert repr(show()).count("(Lesson") == len(terms())


def test_a_term_is_found_under_its_short_name():
    assert repr(show("PFN")) == repr(show("page frame number"))
    assert repr(show("type")) == repr(show("migratetype"))


def test_an_unknown_term_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean buddy"):
        show("buddie")
