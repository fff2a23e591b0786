"""The questions of the lessons: each fits its lesson, and tells neither answer nor explanation too early."""

import json
import re
from functools import cache
from html import unescape

import pytest
from test_course_lessons import LESSONS, cells_of, set_up

from mirrorlab import course
from mirrorlab.commands import lab
from mirrorlab.course.learner import ask, card, forms
from mirrorlab.course.learner.card import Card
from mirrorlab.course.learner.progress import Store

MOST_WORDS = 60  # of an explanation
SEEDS = range(12)
WITH_CARDS = [path for path in LESSONS if any(card.LESSONS.glob(f"{path.stem[:2]}_*.toml"))]
NAMES = [f"{path.stem[:2]}.{name}" for path in WITH_CARDS for name in card.lesson(path.stem[:2]) if name != card.GIVEN]
EVERY = pytest.mark.parametrize("name", NAMES)


class Seed:
    """A store that has a seed and keeps nothing."""

    def __init__(self, seed=0):
        self.record = {"seed": seed, "exercises": {}, "predictions": {}}

    def read(self):
        return self.record

    def change(self, change):
        return self.record

    def news(self):
        return []


@cache
def asked(number, seed=0):
    """What the cells of a lesson ask, by name: (answer, then, values). Each cell runs after those with the imports."""
    [path] = [path for path in LESSONS if path.stem.startswith(number)]
    found = []

    def note(name, answer, then="", **values):
        found.append((name, (answer, then, values)))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(course, "ask", note)
        patch.setattr(course, "given", lambda name: ask.given(name, Seed(seed)))
        for cell in cells_of(path, "code"):
            if "ask(" in cell["source"]:
                names = {}
                for source in [*set_up(path), cell["source"]]:
                    exec(source, names)
    return found


def card_of(name, seed=0, **other):
    answer, then, values = dict(asked(name[:2], seed))[name]
    return Card(name, other.get("answer", answer), values, other.get("then", then), Seed())


def secrets(name):
    """The sentences that only an answered card may say, without the marks of Markdown."""
    return written(name) + [line for line in map(bare, card_of(name).then.splitlines()) if len(line) > 12]


def written(name):
    """Those of them that are written in the lesson's TOML."""
    back = opened(card_of(name)).picture()["back"]
    texts = [back["explanation"], back["seen"]["note"], back["seen"]["question"]]
    sentences = [part for text in texts for part in re.split(r"(?<=[.:?])\s", unescape(re.sub("<.*?>", "", text)))]
    return [sentence for sentence in sentences if len(sentence) > 12]


def opened(of):
    of.open()
    return of


def bare(text):
    """A text without marks and line ends, as secrets() has them."""
    return " ".join(re.sub(r"</?(code|b|i)>|[`*]", "", text).split())


# -- The words --


def test_lessons_have_questions():
    assert "02.what_is_left" in NAMES


@pytest.mark.parametrize("path", WITH_CARDS, ids=lambda path: path.stem)
def test_a_lesson_asks_each_of_its_questions_once(path):
    number = path.stem[:2]
    assert sorted(name for name, _ in asked(number)) == sorted(name for name in NAMES if name.startswith(number))


@EVERY
@pytest.mark.parametrize("seed", SEEDS)
def test_the_answer_fits_the_form_and_the_words_fit_the_seed(name, seed):
    of = card_of(name, seed)
    assert of.form.read(of.answer) is not None
    assert of.form.read(of.form.usual(of.answer)) == of.form.read(of.answer)
    back = opened(of).picture()["back"]
    seen = back["seen"]
    words = [of.question, back["explanation"], *seen["options"], seen["question"], seen["note"]]
    assert all(words) and not re.search("[{}]", "".join(words))
    assert len(back["explanation"].split()) <= MOST_WORDS
    assert len(set(seen["options"])) == len(seen["options"]) >= 2


def test_every_number_that_a_seed_may_give_is_asked_about():
    for path in WITH_CARDS:
        for name, choices in card.lesson(path.stem[:2]).get(card.GIVEN, {}).items():
            given = {str(ask.given(f"{path.stem[:2]}.{name}", Seed(seed))) for seed in SEEDS}
            assert given == set(map(str, choices))


@EVERY
def test_the_example_of_the_form_is_not_the_answer(name):
    of = card_of(name)
    assert of.form.read(eval(of.form.example)) != of.form.read(of.answer)


# -- What is told, and when --


def other_answer(of):
    """Another answer that the form can have."""
    example = of.form.read(eval(of.form.example))
    return eval(of.form.example) if example != of.form.read(of.answer) else None


@EVERY
def test_before_it_is_answered_a_card_is_the_same_whatever_the_answer(name):
    of = card_of(name)
    other = card_of(name, answer=other_answer(of), then="something else")
    assert of.picture() == other.picture() and of.picture()["back"] is None
    assert of.lines() == other.lines()
    assert of.html() == other.html()


@EVERY
def test_before_it_is_answered_nothing_of_what_explains_is_told(name):
    of = card_of(name)
    told = bare(" ".join([json.dumps(of.picture(), ensure_ascii=False), *of.lines(), of.html()]))
    assert [secret for secret in secrets(name) if secret in told] == []


@EVERY
@pytest.mark.parametrize("how", ["commit", "show", "open"])
def test_afterwards_all_of_it_is_told_in_every_form(name, how):
    of = card_of(name)
    getattr(of, how)(*([of.form.usual(of.answer)] if how == "commit" else []))
    for text in (json.dumps(of.picture()["back"], ensure_ascii=False), "\n".join(of.lines()), of.html()):
        text = bare(unescape(text.replace("\\n", "\n").replace('\\"', '"')))
        assert [secret for secret in secrets(name) if bare(secret) not in text] == []
        assert of.form.shown(of.answer) in text


@EVERY
def test_the_widgets_state_holds_it_only_afterwards(name):
    question = pytest.importorskip("mirrorlab.widgets.question")

    def state(view):
        view.draw()
        return bare(unescape(json.dumps([view.get_state(), view.drawing.get_state()], default=str, ensure_ascii=False)))

    of = card_of(name)
    view = question.Question(of)
    assert [secret for secret in secrets(name) if secret in state(view)] == []
    assert view.picture()["back"] is None
    view.do_commit(of.form.usual(of.answer))
    assert of.state == card.RIGHT
    told = state(view).replace("\\\\n", " ").replace("\\n", " ")
    assert [secret for secret in secrets(name) if secret not in bare(told)] == []
    view.close()


@pytest.mark.parametrize("path", WITH_CARDS, ids=lambda path: path.stem)
def test_a_learners_notebook_holds_neither(path):
    copy = lab.cleared(json.loads(path.read_text()))
    text = bare(" ".join("".join(cell["source"]) for cell in copy["cells"]) + json.dumps(copy["metadata"]))
    for name in (name for name in NAMES if name.startswith(path.stem[:2])):
        of = card_of(name)
        assert [secret for secret in written(name) if secret in text] == []
        shown = [of.form.shown(of.answer), repr(of.answer)]
        assert [answer for answer in shown if len(answer) > 4 and answer in text] == []


# -- Asking without widgets --


def said(capsys, name, answer, **more):
    ask.ask(name, answer, **more)
    return capsys.readouterr().out


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


HEAD, LEFT, WHICH, ROW = "02.head_of_a_list", "02.what_is_left", "02.which_block", "02.a_real_kernel"
BLOCKS = [(2, 1), (4, 2)]


def test_in_plain_python_the_question_comes_with_how_to_answer_it(capsys, store):
    out = said(capsys, HEAD, 32, store=store)
    assert out.startswith("Predict: Four blocks of order 4 are in use.")
    assert "one of: +0, +16, +32, +48" in out and "mine=0" in out and 'mine="show me"' in out
    assert "pile of plates" not in out
    assert store.read()["predictions"] == {}


def test_an_answer_is_compared_and_explained(capsys, store):
    out = said(capsys, HEAD, 32, mine=0, store=store)
    assert "Not yet.\nyou said: +0\nLinux:    +32\nAs with a pile of plates" in out
    assert store.read()["predictions"] == {HEAD: {"right": False}}


def test_reading_shows_the_back_and_stores_nothing(capsys, store, monkeypatch):
    monkeypatch.setenv("MIRRORLAB_READING", "1")
    out = said(capsys, HEAD, 32, store=store)
    assert "Linux: +32" in out and "pile of plates" in out and "you said" not in out and "mine=" not in out
    assert store.read()["predictions"] == {}


def test_to_be_shown_it_is_no_wrong_answer_and_a_later_one_does_not_count(capsys, store):
    assert "Here it is.\nLinux: +32" in said(capsys, HEAD, 32, mine="show me", store=store)
    assert "Right." in said(capsys, HEAD, 32, mine=32, store=store)
    assert store.read()["predictions"] == {HEAD: {"skipped": True}}
    assert "predictions came true" not in repr(course.progress(store))


def test_it_asks_again_but_the_first_answer_counts(capsys, store):
    said(capsys, HEAD, 32, mine=0, store=store)
    again = said(capsys, HEAD, 32, store=store)
    assert "Only your first answer counts." in again and "pile of plates" not in again
    said(capsys, HEAD, 32, mine=32, store=store)
    assert store.read()["predictions"] == {HEAD: {"right": False}}
    assert "0 of 1 predictions came true" in repr(course.progress(store))


class Numpys(int):
    """As numpy's whole numbers: an int that is written otherwise."""

    def __repr__(self):
        return f"np.int64({int(self)})"


OTHER_FORMS = [
    (HEAD, 32, [32]),
    (HEAD, 32, "+32"),
    (HEAD, 32, "0x20"),
    (HEAD, 32, Numpys(32)),
    (HEAD, 32, 32.0),
    (WHICH, [32, 40, 0], (32, 40, 0)),
    (WHICH, [32, 40, 0], ["0x20", "40", 0]),
    (LEFT, BLOCKS, ((2, 1), (4, 2))),
    (LEFT, BLOCKS, {(2, 1), (4, 2)}),
    (LEFT, BLOCKS, {2: 1, 4: 2}),
    (LEFT, BLOCKS, [(4, 2), (2, 1)]),
    (LEFT, BLOCKS, [[Numpys(2), 1], ["0x4", 2]]),
    (LEFT, [(2, 1)], (2, 1)),
    (ROW, [2, 3], {3, 2}),
    (ROW, [2, 3], ("3", "2")),
    (ROW, [2], 2),
]


@pytest.mark.parametrize(("name", "answer", "mine"), OTHER_FORMS)
def test_a_right_answer_in_another_form_is_right_and_told_the_usual_form(capsys, store, name, answer, mine):
    out = said(capsys, name, answer, mine=mine, store=store)
    assert "\nRight.\n" in out
    assert "note: Your answer was understood. It is usually written " in out
    assert store.read()["predictions"] == {name: {"right": True}}


@pytest.mark.parametrize(("name", "answer"), [(HEAD, 32), (WHICH, [32, 40, 0]), (LEFT, BLOCKS), (ROW, [2, 3])])
def test_the_usual_form_gets_no_note(capsys, store, name, answer):
    out = said(capsys, name, answer, mine=answer, store=store)
    assert "\nRight.\n" in out and "note:" not in out


@pytest.mark.parametrize(
    ("name", "answer", "mine"),
    [
        (HEAD, 32, "thirty-two"),
        (HEAD, 32, None),
        (HEAD, 32, [0, 32]),
        (HEAD, 32, 7),
        (WHICH, [32, 40, 0], 32),
        (WHICH, [32, 40, 0], {0, 32, 40}),
        (WHICH, [32, 40, 0], [32, 40]),
        (LEFT, BLOCKS, [2, 1, 4, 2]),
        (LEFT, BLOCKS, []),
        (LEFT, BLOCKS, "(2, 1), (4, 2)"),
        (ROW, [2, 3], [2, 11]),
    ],
)
def test_what_cannot_be_read_is_no_answer_and_says_the_form(capsys, store, name, answer, mine):
    out = said(capsys, name, answer, mine=mine, store=store)
    assert out.startswith("This is no answer yet: ") and "for example mine=" in out
    assert "Linux" not in out and store.read()["predictions"] == {}


def test_an_answer_that_no_form_has_is_shown_as_it_is(capsys, store):
    """As after a change to the cell: a request that gets nothing."""
    assert "Not yet.\nyou said: +0\nLinux:    None" in said(capsys, HEAD, None, mine=0, store=store)


def test_a_wrong_name_and_a_missing_value_are_said(store):
    with pytest.raises(ValueError, match=r"no question 'what_is_right': did you mean what_is_left"):
        ask.ask("02.what_is_right", 1, store=store)
    with pytest.raises(ValueError, match=r"no questions for lesson '77'"):
        ask.ask("77.x", 1, store=store)
    with pytest.raises(ValueError, match=r"needs the value 'PAGES': give it to ask"):
        ask.ask("02.blocks_of_a_toy", [], store=store)
    with pytest.raises(ValueError, match=r"lesson 02 gives no 'PAGE': it gives PAGES"):
        ask.given("02.PAGE", store)


# -- The view --


def test_a_card_locks_and_says_what_it_cannot_read(store):
    question = pytest.importorskip("mirrorlab.widgets.question")
    view = question.Question(Card(HEAD, 32, {}, store=store))
    view._receive(None, {"do": "commit", "mine": "x", "number": 1}, None)
    assert "'x' is none of +0, +16, +32, +48" in view.drawing.said[1]
    assert view.picture()["back"] is None
    view._receive(None, {"do": "commit", "mine": "16", "number": 2}, None)
    assert view.drawing.picture["back"]["outcome"] == "Not yet"
    view._receive(None, {"do": "commit", "mine": "32", "number": 3}, None)
    view._receive(None, {"do": "show", "number": 4}, None)
    assert view.drawing.picture["back"]["outcome"] == "Not yet"
    assert view.drawing.picture["back"]["marks"] == [2] and view.drawing.picture["back"]["chosen"] == [1]
    assert store.read()["predictions"] == {HEAD: {"right": False}}
    view.close()


def test_some_of_several_things_may_be_named_by_value():
    form = forms.of({"one_of": {"It panics": True, "It goes on": False}})
    assert form.read(True) == form.read("it panics") == form.read("True") == (0,)
    assert form.shown(False) == "It goes on" and form.usual("It goes on") is False
