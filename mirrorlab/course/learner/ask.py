"""`ask("02.what_is_left", blocks(machine))`: a question on a card, whose answer is shown once one is committed.

To convert a lesson's predict():
1. Write the question as a table of course/lessons/NN_name.toml: `question`; one of `numbers` (a name for each field),
   `rows` (the fields of a row), `one_of` or `some_of` (texts, or text = value), `blocks` ([first page, pages, letter]);
   `explanation` (60 words at most); and, below [NAME.seen], `question`, `options`, `right`, `note`.
   {PAGES} is filled from ask(..., PAGES=PAGES), and in what comes after it {answer} and {linux} too.
2. In the notebook: ask("NN.name", what the model computed) in place of predict; the texts "Predict" and "Explain" go.
3. Nothing else in the lesson may tell the answer: what a cell printed goes into ask(..., then=text), and a view begins
   before the event. Where a lesson is read, the view's cell makes it happen: if reading(): machine.alloc_pages(...).
4. A number that differs by seed: `[given]` in the TOML, `PAGES = given("NN.PAGES")` in the cell with the imports.
5. Run tools/run_notebooks.py, and tests/test_course_questions.py.
"""

from typing import Any

from mirrorlab.course.learner import card, predict
from mirrorlab.course.learner.card import Card
from mirrorlab.course.learner.check import reading, show
from mirrorlab.course.learner.forms import Unfit
from mirrorlab.course.learner.progress import STORE, Store

SHOW_ME = "show me"


class Open:
    """An answered card, to be read."""

    def __init__(self, of: Card) -> None:
        self.lines, self.html = of.lines(), of.html()

    def __repr__(self) -> str:
        return "\n".join(self.lines)

    def _repr_html_(self) -> str:
        return self.html


def ask(name: str, answer: Any, *, mine: Any = ..., then: str = "", store: Store = STORE, **values: Any) -> None:
    """Show a question's card. Its answer and explanation come after Commit or Show me; the first answer counts.

    name: of the question, such as "02.what_is_left". answer: what the model computed.
    mine: an answer, where there is no card to click; "show me" shows the answer.
    then: text to look at once it is answered. values: what the words of the question need.

    Raises ValueError for an unknown name or a missing value.
    """
    asked = Card(name, answer, values, then, store)
    if reading():
        asked.open()
    elif isinstance(mine, str) and mine.strip().lower() == SHOW_ME:
        asked.show()
    elif mine is not ...:
        try:
            asked.commit(mine)
        except Unfit as problem:
            print(f"This is no answer yet: {problem}.")
            return
        _note_the_form(asked)
    elif in_notebook():
        from mirrorlab.widgets.question import Question

        show(Question(asked))
        return
    show(Open(asked))


def _note_the_form(asked: Card) -> None:
    usual = asked.form.usual(asked.mine)
    if asked.state == card.RIGHT and repr(asked.mine) not in (repr(usual), repr(asked.answer)):
        asked.notes.append(f"Your answer was understood. It is usually written {usual!r}.")


def in_notebook() -> bool:
    """Whether a kernel runs this cell, and cards can be drawn."""
    try:
        import anywidget  # noqa: F401
        from IPython import get_ipython
    except ImportError:
        return False
    return getattr(get_ipython(), "kernel", None) is not None


def given(name: str, store: Store = STORE) -> Any:
    """A number that a lesson's questions are about; the learner's seed chooses which (see set_seed).

    name: such as "02.PAGES". Raises ValueError for an unknown one.
    """
    number, _, short = name.partition(".")
    choices = card.lesson(number).get(card.GIVEN, {})
    if short not in choices:
        raise ValueError(f"lesson {number} gives no {short!r}: it gives {', '.join(choices) or 'nothing'}")
    return predict.chosen(f"{number} {short}", choices[short], store)
