"""Prediction cards in JupyterLab, as a learner gets lesson 02: nothing is told before an answer, all of it after it."""

import json
import re
from html import unescape

import pytest
from test_course_questions import NAMES, WITH_CARDS, bare, card_of, secrets

from mirrorlab.commands import lab as handing
from tools.browser import SHOTS

TALLEST = 480  # pixels of a card, at WIDTH
WIDTH = 950
ASK = "from mirrorlab.course import ask\n"
STATES = """import json; from ipywidgets.widgets.widget import _instances
print(json.dumps([each.get_state() for each in _instances.values()], default=str, ensure_ascii=False))"""
OWN_PROGRESS = "import os, tempfile; os.environ['MIRRORLAB_DATA'] = tempfile.mkdtemp()"
SMALL_TEXT = """card => [...card.querySelectorAll("*:not(svg *)")]
    .filter(each => [...each.childNodes].some(node => node.nodeType === 3 && node.textContent.trim()))
    .filter(each => !each.classList.contains("sr") && parseFloat(getComputedStyle(each).fontSize) < 13)
    .map(each => each.outerHTML.slice(0, 100))"""
MOVING = "document.getAnimations().filter(each => each.effect.target.closest('.predict')).length"
WAIT = "() => jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.requestExecute({code: %r})"


def answer(card, name):
    """Give the right answer, by keyboard alone; the focus is at the first field or thing to choose."""
    of, keyboard = card_of(name), card.page.keyboard
    made, usual = of.form.picture()["form"], of.form.usual(of.answer)
    card.locator("input, [role=radio], [role=checkbox]").first.focus()
    if made in ("numbers", "rows"):
        for number in re.findall(r"\w+", str(usual)):
            keyboard.type(number)
            keyboard.press("Tab")
    elif made == "blocks" or not getattr(of.form, "some", False):
        for _ in range(of.form.marks(of.answer)[0]):
            keyboard.press("ArrowRight")
    else:
        marks = of.form.marks(of.answer)
        for at in range(len(of.form.texts)):
            if at in marks:
                keyboard.press("Space")
            keyboard.press("Tab")
    for _ in range(3):  # past the empty row, if there is one
        if card.page.evaluate("document.activeElement.textContent") == "Commit":
            break
        keyboard.press("Tab")
    keyboard.press("Enter")


def told(lab):
    """All that the page says, hidden parts too, and the state of all widgets."""
    states = unescape(lab.python(STATES)).replace("\\\\n", " ").replace("\\n", " ").replace('\\"', '"')
    return bare(lab.page.evaluate("document.body.textContent")), bare(states)


SOURCES = "() => jupyterapp.shell.currentWidget.content.widgets.map(cell => cell.model.sharedModel.source)"


@pytest.mark.parametrize("path", WITH_CARDS, ids=lambda path: path.stem)
def test_every_card_of_a_lesson_tells_nothing_before_it_is_answered_and_all_afterwards(lab, path):
    names = [name for name in NAMES if name.startswith(path.stem[:2])]
    heard = []
    lab.page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
    lab.page.set_viewport_size({"width": WIDTH + 150, "height": 6000})  # all of the lesson is drawn
    handing.hand_out(path.parents[1], lab.folder)
    lab.open_file(f"notebooks/{path.name}")
    lab.page.evaluate("() => jupyterapp.shell.collapseLeft()")
    lab.python(OWN_PROGRESS)
    lab.run_all()
    cards = lab.page.locator(".predict")
    cards.nth(len(names) - 1).wait_for()
    assert cards.count() == len(names)

    file = bare(json.dumps(lab.save(), ensure_ascii=False))
    frames = bare(" ".join(each if isinstance(each, str) else each.decode(errors="replace") for each in heard))
    assert "Which blocks?" in frames or "Predict" in frames
    for name in names:
        for text in (*told(lab), file, frames):
            assert [secret for secret in secrets(name) if secret in text] == []
        assert lab.page.locator(".predict .reveal > div:not(:empty)").count() == 0

    sources = lab.page.evaluate(SOURCES)
    order = [name for source in sources for name in re.findall(r'\bask\(\s*"(.*?)"', source)]
    assert sorted(order) == sorted(names)
    for number, name in enumerate(order):
        card = cards.nth(number)
        assert card.bounding_box()["height"] <= TALLEST and card.evaluate(SMALL_TEXT) == []
        answer(card, name)
        outcome = card.locator(".outcome")
        outcome.get_by_text("Right", exact=True).wait_for()
        live = card.locator("[aria-live=polite]").evaluate("each => each.textContent")
        page, states = told(lab)
        back = card_of(name)
        back.open()
        for secret in map(bare, secrets(name)):
            seen = "" if secret in bare(back.picture()["back"]["seen"]["note"]) else secret  # comes with the follow-up
            assert seen in page and seen in bare(live) and secret in states
        assert back.form.shown(back.answer) in outcome.inner_text()
        lab.page.wait_for_function("document.activeElement.textContent === 'Right'")
        lab.page.keyboard.press("Tab")
        for _ in range(len(back.picture()["back"]["seen"]["options"])):
            lab.page.keyboard.press("ArrowRight")
            if card.locator(".note").inner_text().startswith("Right."):
                break
        assert bare(back.picture()["back"]["seen"]["note"]) in bare(card.locator(".note").inner_text())
        lab.page.wait_for_function(f"() => !({MOVING})")
        assert card.bounding_box()["height"] <= TALLEST and card.evaluate(SMALL_TEXT) == []
    assert lab.python("from mirrorlab.course import progress; print(progress())").endswith(
        f"{len(names)} of {len(names)} predictions came true"
    )


def test_a_card_in_every_look_with_motion_while_a_cell_runs_and_in_a_saved_notebook(lab):
    more = ', then="taken: 0, 16, 32, 48"'
    lab.open(OWN_PROGRESS, ASK, *(f'ask("02.head_of_a_list", 32{more})' for _ in range(3)))
    cards = lab.page.locator(".predict")
    cards.nth(2).wait_for()
    it_is_seen_in_every_look_and_opens_with_motion(lab, cards.nth(0))
    an_answer_waits_for_the_cell_that_runs_and_comes_without_motion(lab, cards.nth(1))
    a_saved_notebook_shows_it_without_its_kernel(lab, cards.nth(2))


def it_is_seen_in_every_look_and_opens_with_motion(lab, card):
    assert lab.in_every_look("question-asked") == []
    lab.page.emulate_media(reduced_motion="no-preference")
    card.get_by_role("radio").first.click()
    lab.page.evaluate("document.getAnimations().forEach(each => each.finish())")
    card.get_by_role("button", name="Commit").click()
    card.get_by_text("Not yet").wait_for()
    lab.page.wait_for_function(f"() => !({MOVING})")
    assert card.locator(".mini .answer").get_attribute("aria-label") == "+32, 16 pages, in use by c"
    height = card.locator(".reveal").evaluate("each => getComputedStyle(each).transitionDuration")
    assert height == "0.25s"
    lab.page.emulate_media(reduced_motion="reduce")
    assert lab.in_every_look("question-answered") == []
    lab.page.emulate_media(forced_colors="active")
    assert lab.accessibility_faults() == []
    SHOTS.mkdir(parents=True, exist_ok=True)
    card.screenshot(path=SHOTS / "question-answered-forced.png")
    lab.page.emulate_media(forced_colors="none")


def an_answer_waits_for_the_cell_that_runs_and_comes_without_motion(lab, card):
    commit = card.get_by_role("button", name="Commit")
    assert commit.get_attribute("aria-disabled") == "true"
    commit.click(force=True)  # nothing is complete yet
    lab.page.evaluate(WAIT % "import time; time.sleep(4)")
    card.get_by_role("radio").nth(2).click()
    assert commit.get_attribute("aria-disabled") == "false"
    commit.click()
    lab.page.get_by_text("Waiting for the running cell.").wait_for(timeout=3500)
    card.get_by_text("Right", exact=True).wait_for()
    assert lab.page.evaluate(MOVING) == 0
    card.get_by_role("radio").first.click(force=True)  # it is locked
    assert card.get_by_role("radio").nth(2).get_attribute("aria-checked") == "true"


def a_saved_notebook_shows_it_without_its_kernel(lab, card):
    card.get_by_role("button", name="Show me").click()
    card.get_by_text("Here it is").wait_for()
    shown = card.inner_text()
    name = lab.page.evaluate("() => jupyterapp.shell.currentWidget.context.path")
    lab.save()
    lab.shut_down()
    lab.open_file(name)
    card.wait_for()
    assert card.inner_text() == shown
