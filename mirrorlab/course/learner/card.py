"""A prediction card without its buttons: the question, what was said, and only then the answer and why.

The words of a lesson's cards are in course/lessons/NN_name.toml. The answer stays here until something is committed.
"""

import difflib
import re
import textwrap
import tomllib
from functools import cache
from html import escape, unescape
from pathlib import Path
from typing import Any

from mirrorlab.course.learner import forms, stale
from mirrorlab.course.learner.forms import Unfit
from mirrorlab.course.learner.progress import STORE, Store

LESSONS = Path(__file__).resolve().parents[1] / "lessons"
GIVEN = "given"  # the table with the numbers that differ by seed; every other one is a question
ASKING, READING, SHOWN, RIGHT, NOT_YET = "asking", "reading", "Here it is", "Right", "Not yet"
AGAIN = "You have been here before. Only your first answer counts."
WIDTH = 100  # columns of text
MARKED = ((r"`(.+?)`", r"<code>\1</code>"), (r"\*\*(.+?)\*\*", r"<b>\1</b>"), (r"\*(.+?)\*", r"<i>\1</i>"))


@cache
def lesson(number: str) -> dict[str, Any]:
    """What the TOML file of a lesson holds, by its number, such as "02". Raises ValueError when there is none."""
    for path in LESSONS.glob(f"{number}_*.toml"):
        return tomllib.loads(path.read_text(encoding="utf-8"))
    raise ValueError(f"there are no questions for lesson {number!r}: a name begins with a number, such as 02")


def find(name: str) -> dict[str, Any]:
    """A question's table. Raises ValueError with the nearest names for an unknown one."""
    number, _, short = name.partition(".")
    there = [each for each in lesson(number) if each != GIVEN]
    if short not in there:
        near = difflib.get_close_matches(short, there, n=3) or there
        raise ValueError(f"lesson {number} has no question {short!r}: did you mean {' or '.join(near)}?")
    question: dict[str, Any] = lesson(number)[short]
    return question


def rich(text: str) -> str:
    """The little Markdown that cards know, as HTML: `code`, **bold**, *italic*."""
    html = escape(text.strip(), quote=False)
    for mark, element in MARKED:
        html = re.sub(mark, element, html)
    return html


def plain(text: str) -> str:
    """The same without its stars."""
    return re.sub(r"\*+(\S.*?)\*+", r"\1", " ".join(text.split()))


class Card:
    """One question, and what became of it."""

    def __init__(self, name: str, answer: Any, values: dict[str, Any], then: str = "", store: Store = STORE) -> None:
        """then: text to look at once it is answered. Raises ValueError for an unknown name or a missing value."""
        self.name, self.answer, self.then, self.store = name, answer, then.rstrip(), store
        self._table = find(name)
        self._values = values
        self.form = forms.of(self._table)
        self.question = self._filled(self._table["question"])
        self.state = ASKING
        self.mine: Any = None
        self.again = name in store.read()["predictions"]
        self.notes = stale.warnings() + store.news()

    def _filled(self, text: str, **more: Any) -> str:
        try:
            return text.format(**self._values, **more)
        except KeyError as missing:
            raise ValueError(f"the text of {self.name} needs the value {missing}: give it to ask()") from None

    # -- What can be done -------------------------------------------------------------------------------------------

    def commit(self, mine: Any) -> None:
        """Answer; the first time counts. Raises Unfit for what cannot be read: then nothing has happened."""
        try:
            said = self.form.read(mine)
        except Unfit as problem:
            raise Unfit(f"{problem}. Give {self.form.how}; for example mine={self.form.example}") from None
        right = said == self._meant()
        self._turn(RIGHT if right else NOT_YET, {"right": right})
        self.mine = mine

    def show(self) -> None:
        """Give the answer away. It counts as skipped, not as wrong."""
        self._turn(SHOWN, {"skipped": True})

    def open(self) -> None:
        """Be read, not asked: nothing is stored."""
        self.state, self.notes, self.again = READING, [], False

    def _turn(self, state: str, entry: dict[str, bool]) -> None:
        self.state = state
        self.store.change(lambda record: record["predictions"].setdefault(self.name, entry))
        self.notes += self.store.news()

    def _meant(self) -> Any:
        """The model's answer, to be compared. After a change to the cell, it may be one that no form has."""
        try:
            return self.form.read(self.answer)
        except Unfit:
            return None

    # -- What is shown ----------------------------------------------------------------------------------------------

    def picture(self) -> dict[str, Any]:
        """Everything for the script. `back` is None until it is answered: only then it holds what explains."""
        return {
            "question": rich(self.question),
            **self.form.picture(),
            "notes": [*self.notes, *([AGAIN] if self.again else [])],
            "back": None if self.state == ASKING else self._back(),
        }

    def _back(self) -> dict[str, Any]:
        known = self._meant() is not None
        linux = self.form.shown(self.answer) if known else str(self.answer)
        seen = self._table["seen"]
        fill = {"answer": self.answer, "linux": linux}
        return {
            "outcome": "" if self.state == READING else self.state,
            "mine": self.mine,
            "said": None if self.mine is None else self.form.shown(self.mine),
            "chosen": [] if self.mine is None else self.form.marks(self.mine),
            "whose": self._table.get("whose", "Linux"),
            "linux": linux,
            "marks": self.form.marks(self.answer) if known else [],
            "explanation": rich(self._filled(self._table["explanation"], **fill)),
            "seen": {
                "question": rich(self._filled(seen["question"], **fill)),
                "options": [self._filled(option, **fill) for option in seen["options"]],
                "right": seen["options"].index(seen["right"]),
                "note": rich(self._filled(seen["note"], **fill)),
            },
            "then": self.then,
        }

    def lines(self) -> list[str]:
        """The card as lines of text."""
        picture = self.picture()
        lines = [f"note: {note}" for note in picture["notes"]] + _wrapped(f"Predict: {plain(self.question)}")
        back = picture["back"]
        if back is None:
            lines += _wrapped(f"Your answer is {self.form.how}.")
            lines.append(
                f"Where there are no buttons, add it to the call of ask in this cell: mine={self.form.example}"
            )
            return [*lines, 'mine="show me" shows the answer.']
        seen = back["seen"]
        lines += [f"{back['outcome']}."] if back["outcome"] else []
        said = {} if back["said"] is None else {"you said:": back["said"]}
        both = {**said, f"{back['whose']}:": back["linux"]}
        lines += [f"{whose:{max(map(len, both))}} {answer}" for whose, answer in both.items()]
        lines += _wrapped(_text(back["explanation"]))
        lines += _wrapped(f"{_text(seen['question'])} ({' / '.join(seen['options'])})")
        lines += _wrapped(f"{seen['options'][seen['right']]}. {_text(seen['note'])}")
        return lines + back["then"].splitlines()

    def html(self) -> str:
        """The card as HTML that needs neither script nor style sheet: for saved notebooks, drawn from the picture."""
        picture = self.picture()
        notes = "".join(f"<p>{escape(note)}</p>" for note in picture["notes"])
        back = "<p>Run this cell to answer.</p>" if picture["back"] is None else _html(picture["back"])
        return f'<section style="{FRAME}"><p><b>Predict: {picture["question"]}</b></p>{notes}{back}</section>'


def _html(back: dict[str, Any]) -> str:
    """What stands on the back of a card."""
    seen = back["seen"]
    said = "" if back["said"] is None else f"<dt>you said</dt><dd>{escape(back['said'])}</dd>"
    options = list(map(escape, seen["options"]))
    options[seen["right"]] = f"<b>{options[seen['right']]}</b> ✓"
    return (
        (f"<p><b>{back['outcome']}</b></p>" if back["outcome"] else "")
        + f"<dl>{said}<dt>{escape(back['whose'])}</dt><dd><b>{escape(back['linux'])}</b></dd></dl>"
        + f"<p>{back['explanation']}</p><p><b>{seen['question']}</b></p>"
        + f"<ul><li>{'</li><li>'.join(options)}</li></ul><p>{seen['note']}</p>"
        + (f"<pre>{escape(back['then'])}</pre>" if back["then"] else "")
    )


FRAME = "max-width:720px;border:1px solid #888;border-radius:12px;padding:4px 16px"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH)


def _text(html: str) -> str:
    """HTML made by rich() as text."""
    return " ".join(unescape(re.sub("<code>|</code>", "`", re.sub("</?[bi]>", "", html))).split())
