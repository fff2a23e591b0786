"""Every term is explained where it first appears, and collected in the glossary."""

import json
import re
from pathlib import Path

import pytest

from mirrorlab.course import glossary as show
from mirrorlab.course.glossary import terms

ROOT = Path(__file__).parent.parent
LESSONS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
EMPHASIS = {  # what is set in italics for another reason
    *("not yet", "right"),  # words of a check
    *("break one", "start again", "storm", "found by chance"),  # on buttons
    *("after", "first", "its", "largest", "n", "number", "one", "process", "smallest"),
    *("list", "page block's", "remembers", "the smallest block that fits"),
}
AGAIN = {"type", "pfns"}  # terms that have an entry under their full name
EVERYDAY = {"line"}  # terms that earlier lessons use as everyday words


def prose(number):
    """A lesson's prose, without code and addresses."""
    cells = json.loads(LESSONS[number].read_text())["cells"]
    text = "\n\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    return re.sub(r"`[^`]*`|\*Sources?:.*?\*\s*$", " ", text, flags=re.MULTILINE | re.DOTALL)


def italics(number):
    """What a lesson sets in italics, each once."""
    found = re.findall(r"(?<![*\w])\*([^*\n]+)\*(?![*\w])", prose(number))
    return dict.fromkeys(phrase.strip(".,:").lower() for phrase in found)


def singular(phrase):
    one = re.sub("ies$", "y", phrase) if phrase.endswith("ies") else phrase.removesuffix("s")
    return phrase if phrase in names() else one


def names():
    return {name.lower(): term for name, term in terms().items()}


@pytest.mark.parametrize("number", LESSONS)
def test_what_a_lesson_introduces_is_in_the_glossary(number):
    known = {*names(), *EMPHASIS, *AGAIN}
    assert [phrase for phrase in italics(number) if not known & {phrase, singular(phrase)}] == []


@pytest.mark.parametrize("number", LESSONS)
def test_what_the_glossary_says_of_a_lesson_stands_there(number):
    introduced = {singular(phrase) for phrase in italics(number)}
    missing = [term.name for term in terms().values() if term.lesson == number and term.name.lower() not in introduced]
    assert missing == []


@pytest.mark.parametrize(
    "term", [term for term in terms().values() if term.name not in EVERYDAY], ids=lambda term: term.name
)
def test_no_earlier_lesson_uses_a_term(term):
    word = re.compile(rf"\b{re.escape(term.name)}s?\b", re.IGNORECASE)
    earlier = [number for number in LESSONS if number < term.lesson and word.search(prose(number))]
    assert earlier == []


def test_a_term_is_found_in_any_case_and_in_the_plural():
    assert "other half" in repr(show("Buddies")) == repr(show("buddy"))
    assert repr(show()).count("(Lesson") == len(terms())


def test_a_term_is_found_under_its_short_name():
    assert repr(show("PFN")) == repr(show("page frame number"))
    assert repr(show("type")) == repr(show("migratetype"))


def test_an_unknown_term_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean buddy"):
        show("buddie")
