"""Lesson 00 as it is handed out: the first block, in sight all the time, by mouse and by keyboard; all of it."""

from lesson import STAGE, OnStage, commit, open_lesson

from tools.browser import ROOT

IN_SIGHT = """() => {
    const outer = document.querySelector(".jp-WindowedPanel-outer").getBoundingClientRect();
    const stage = document.querySelector(".stage.card");
    return [".tasks", ".alloc", ".strip"].filter(each => {
        const {top, bottom} = stage.querySelector(each).getBoundingClientRect();
        return top < outer.top || bottom > outer.bottom;
    });
}"""


def begin(lab):
    """Do what the first cell asks for: a click, and Shift+Enter twice."""
    lab.page.set_viewport_size({"width": 1440, "height": 900})
    lab.open(ROOT / "notebooks" / "00_start_here.ipynb", run=False)
    lab.page.locator("p").get_by_text("Click here.").click()
    lab.page.keyboard.press("Shift+Enter")
    lab.page.keyboard.press("Shift+Enter")
    lab.page.locator(STAGE).wait_for()
    assert lab.page.evaluate(IN_SIGHT) == []
    return OnStage(lab, 0)


def test_the_first_block_by_mouse(lab):
    stage = begin(lab)
    stage.press("Allocate")
    stage.ticked(1)
    assert lab.page.evaluate(IN_SIGHT) == []
    stage.click_block("a")
    stage.ticked(2)
    assert lab.page.evaluate(IN_SIGHT) == []
    stage.back_to("Cut 2: 32 pages become 16 and 16")
    stage.ticked(3)
    assert lab.page.evaluate(IN_SIGHT) == []


def test_the_first_block_by_keyboard(lab):
    stage = begin(lab)
    stage.stage.locator(".alloc").focus()
    lab.page.keyboard.press("Enter")
    stage.ticked(1)
    stage.stage.locator(".strip .b.used").focus()
    lab.page.keyboard.press("Enter")
    stage.ticked(2)
    stage.stage.locator(".track").focus()
    while not stage.sentence().startswith("Cut 2"):
        lab.page.keyboard.press("ArrowLeft")
    stage.ticked(3)


def test_a_learner_goes_through_lesson_00(lab):
    open_lesson(lab, "00_start_here")
    assert commit(lab, 0, "8", "16", "32") == "Right"
    assert commit(lab, 1, "0x102cc0") == "Not yet"
    assert commit(lab, 2, "Yes") == "Right"
