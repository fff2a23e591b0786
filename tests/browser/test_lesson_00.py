"""Lesson 00 in JupyterLab, as a learner gets it: the three things it asks for, by mouse and by keyboard."""

import json
from pathlib import Path

import pytest

LESSON = Path(__file__).resolve().parents[2] / "notebooks" / "00_start_here.ipynb"
STATE = "import json; print(json.dumps([sorted(view.machine.owners), view.machine.free_blocks(), view.story.position]))"
WHOLE, SPLIT = [[0, 6, 2]], [[4, 2, 2], [8, 3, 2], [16, 4, 2], [32, 5, 2]]


@pytest.fixture
def view(lab):
    """The lesson's view, after all cells ran."""
    lab.open(LESSON)
    view = lab.page.locator(".mirrorlab").first
    view.scroll_into_view_if_needed()
    return view


def said(view, words):
    view.get_by_role("status").filter(has_text=words).wait_for()


def state(lab):
    """The allocated blocks, the free ones, and how many operations were done."""
    return json.loads(lab.python(STATE))


def tab_to(lab, selector, key="Tab"):
    for _ in range(60):
        if lab.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        lab.page.keyboard.press(key)
    raise AssertionError(f"no way to {selector} with {key}")


def test_by_mouse(lab, view):
    assert state(lab) == [[], WHOLE, 0]
    view.get_by_role("button", name="Allocate").click()
    said(view, "Allocated the 4 pages from +0")
    assert state(lab) == [[0], SPLIT, 1]

    view.locator("[data-pfn='0']").click()
    said(view, "Freed the 4 pages from +0")
    assert state(lab) == [[], WHOLE, 2]

    view.get_by_label("Time line: operations done").click(position={"x": 2, "y": 5})
    said(view, "After 0 of 2 operations.")
    assert state(lab) == [[], WHOLE, 0]


def test_by_keyboard(lab, view):
    lab.page.evaluate("() => document.querySelector('.mirrorlab select').focus()")  # Tab leads here from the cell above
    tab_to(lab, "button[title='Ask for a block']")
    lab.page.keyboard.press("Enter")
    said(view, "Allocated the 4 pages from +0")
    assert state(lab) == [[0], SPLIT, 1]

    tab_to(lab, "[role=listbox]")
    lab.page.keyboard.press("Delete")
    said(view, "Freed the 4 pages from +0")
    assert state(lab) == [[], WHOLE, 2]

    tab_to(lab, "input[type=range]", "Shift+Tab")
    lab.page.keyboard.press("Home")
    said(view, "After 0 of 2 operations.")
    assert state(lab) == [[], WHOLE, 0]
