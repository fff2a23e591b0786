"""Every term is explained where it first appears, and collected in the glossary."""

import json
import re
from pathlib import Path

import pytest

from mirrorlab.course import glossary as show
from mirrorlab.course.glossary import terms

ROOT = Path(__file__).parent.parent
LESSONS = {path.name[:2]: path for path in sorted((ROOT / "notebooks").glob("*.ipynb"))}
EMPHASIS = set[str]()  # what is set in italics for another reason


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
    missing = [phrase for phrase in italics(number) if singular(phrase) not in names() and phrase not in EMPHASIS]
    assert missing == []


@pytest.mark.parametrize("number", LESSONS)
def test_what_the_glossary_says_of_a_lesson_stands_there(number):
    introduced = {singular(phrase) for phrase in italics(number)}
    missing = [term.name for term in terms().values() if term.lesson == number and term.name.lower() not in introduced]
    assert missing == []


@pytest.mark.parametrize("term", terms().values(), ids=lambda term: term.name)
def test_no_earlier_lesson_uses_a_term(term):
    word = re.compile(rf"\b{re.escape(term.name)}s?\b", re.IGNORECASE)
    earlier = [number for number in LESSONS if number < term.lesson and word.search(prose(number))]
    assert earlier == []


def test_a_term_is_found_in_any_case_and_in_the_plural():
    assert "twice the size" in repr(show("Buddys")) == repr(show("buddy"))
    assert repr(show()).count("(Lesson") == len(terms())


def test_an_unknown_term_names_the_nearest():
    with pytest.raises(ValueError, match="did you mean buddy"):
        show("buddie")
