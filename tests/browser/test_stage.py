"""The stage in JupyterLab: cuts and merges as steps, by button, key and time line; at one height; in every look."""

import time

CELL = """\
from mirrorlab.machine.toy import toy
from mirrorlab.widgets import Stage, Task
machine = toy(64)
view = Stage(machine, tasks=[Task("Press Allocate", "allocate"), Task("Click block a: it is freed", "free"),
                             Task("Go back to the second cut", "cut", 2, "back")])
view"""
LONG = """\
from mirrorlab.machine.toy import toy
from mirrorlab.story.recording import random_operations
from mirrorlab.widgets import Stage
machine = toy(64)
view = Stage(machine)
random_operations(machine, 300, seed=1)
view"""
STAGE = ".mirrorlab-stage"
THROUGH = """async name => { // from the start, operation by operation: which are seen, its heights, the most ticks
    const [stage, track, say] = [name, ".track", ".say p"].map(each => document.querySelector(each));
    const seen = [], heights = new Set();
    let most = 0;
    for (let at = 0; at <= 300; at++) {
        track.dispatchEvent(new KeyboardEvent("keydown", {key: at ? "PageUp" : "Home", bubbles: true}));
        while (say.textContent.startsWith("Waiting")) await new Promise(requestAnimationFrame);
        seen.push(+track.getAttribute("aria-valuenow"));
        heights.add(stage.getBoundingClientRect().height);
        most = Math.max(most, track.querySelectorAll("i").length);
    }
    return [seen, [...heights], most];
}"""
MOVING = "document.getAnimations().filter(each => each.effect.target.closest('.stage')).length"


def sentence(lab):
    return lab.page.locator(".say p[role=status]")


def press(lab, name):
    lab.page.get_by_role("button", name=name, exact=True).click()


def wait_for_step(lab, text):
    lab.page.locator(".say .count").filter(has_text=text).wait_for()


def allocated(lab):
    press(lab, "Allocate")
    wait_for_step(lab, "step 6 of 6")


def test_four_cuts_are_four_steps_by_button_by_key_and_by_the_time_line(lab):
    lab.open(CELL)
    allocated(lab)
    assert lab.python("print([o.order for o in machine.owners.values()])") == "[2]"
    press(lab, "To the start")
    for cut in range(1, 5):
        press(lab, "One step on")
        if cut == 1:
            press(lab, "One step on")
        assert sentence(lab).inner_text().startswith(f"Cut {cut}: {128 >> cut} pages become {64 >> cut} and")
        assert lab.page.locator(".strip .b").count() == cut + 1

    track = lab.page.locator(".track")
    track.focus()
    lab.page.keyboard.press("Home")
    wait_for_step(lab, "step 0 of 6")
    for _ in range(2):
        lab.page.keyboard.press("ArrowRight")
    assert sentence(lab).inner_text().startswith("Cut 1:")
    lab.page.keyboard.press("End")
    wait_for_step(lab, "step 6 of 6")
    box = track.bounding_box()
    lab.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 16)
    wait_for_step(lab, "step 3 of 6")
    assert sentence(lab).inner_text().startswith("Cut 2:")


def test_the_tasks_are_ticked_by_what_happened(lab):
    lab.open(CELL)
    ticked = lab.page.locator(".tasks li.done")
    assert ticked.count() == 0
    allocated(lab)
    assert ticked.count() == 1
    lab.page.locator(".strip .b.used").click()
    wait_for_step(lab, "step 12 of 12")
    assert lab.python("print(len(machine.owners))") == "0"
    assert ticked.count() == 2
    track = lab.page.locator(".track")
    track.focus()
    lab.page.keyboard.press("PageDown")  # to the end of the first operation
    for _ in range(3):
        lab.page.keyboard.press("ArrowLeft")
    assert sentence(lab).inner_text().startswith("Cut 2:")
    assert ticked.count() == 3


def test_doing_something_else_in_the_past_asks_first(lab):
    lab.open(CELL)
    allocated(lab)
    lab.page.locator(".strip .b.used").click()
    wait_for_step(lab, "step 12 of 12")
    lab.page.locator(".track").focus()
    lab.page.keyboard.press("PageDown")
    wait_for_step(lab, "step 6 of 12")
    press(lab, "Allocate")
    keep = lab.page.get_by_role("button", name="Keep")
    keep.wait_for()
    assert "allocating drops the 6 steps" in lab.page.locator(".say").inner_text()
    lab.page.keyboard.press("Escape")
    wait_for_step(lab, "step 6 of 12")
    press(lab, "Allocate")
    press(lab, "Drop and allocate")
    wait_for_step(lab, "step 8 of 8")
    assert lab.python("print(len(machine.owners))") == "2"


def test_its_height_stays_while_it_plays_and_it_is_low_enough(lab):
    lab.page.emulate_media(reduced_motion="no-preference")
    lab.open(CELL)
    stage = lab.page.locator(STAGE)
    lab.page.locator(".stage").wait_for()
    heights = {stage.bounding_box()["height"]}
    press(lab, "Allocate")
    for _ in range(40):
        heights.add(stage.bounding_box()["height"])
        time.sleep(0.05)
    wait_for_step(lab, "step 6 of 6")
    heights.add(stage.bounding_box()["height"])
    assert len(heights) == 1
    assert heights.pop() <= 480


def test_while_a_cell_runs_it_steps_and_a_click_is_done(lab):
    lab.open(CELL)
    allocated(lab)
    lab.page.evaluate(
        "() => { jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
        ".requestExecute({code: 'import time; time.sleep(4)'}); }"
    )
    press(lab, "To the start")
    wait_for_step(lab, "step 0 of 6")
    press(lab, "To the end")
    press(lab, "Allocate")
    wait_for_step(lab, "of 8")
    assert lab.python("print(len(machine.owners))") == "2"


def test_a_story_of_300_operations_can_be_stepped_through(lab):
    lab.open(LONG)
    wait_for_step(lab, "operation 300 of 300")
    seen, heights, most = lab.page.evaluate(THROUGH, STAGE)
    assert seen == [*range(301)]
    assert len(heights) == 1 and heights[0] <= 480
    assert most < 80  # on the track is a stretch of it
    track = lab.page.locator(".track")
    later = lab.page.get_by_role("button", name="operations after these")
    assert later.count() == 0
    lab.page.get_by_role("button", name="operations before these").click()
    assert 270 < int(track.get_attribute("aria-valuenow")) < 300
    later.wait_for()
    assert lab.in_every_look("stage_long") == []


def test_while_a_cell_runs_steps_that_are_not_here_are_waited_for(lab):
    lab.open(LONG)
    wait_for_step(lab, "operation 300 of 300")
    lab.page.evaluate(
        "() => { jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
        ".requestExecute({code: 'import time; time.sleep(3)'}); }"
    )
    press(lab, "To the start")
    assert sentence(lab).inner_text().startswith("Waiting for")
    wait_for_step(lab, "operation 0 of 300")


def test_the_cpus_own_list_is_a_row_once_it_is_touched(lab):
    lab.open(CELL.replace("toy(64)", "toy(64, stock=(6, 3))"))
    allocated(lab)
    assert lab.page.get_by_text("CPU 0", exact=True).count() == 0
    stage = lab.page.locator(STAGE)
    height = stage.bounding_box()["height"]
    lab.python("machine.alloc_pages(0, 'GFP_HIGHUSER_MOVABLE')")
    row = lab.page.locator(".row").filter(has_text="CPU 0")
    row.filter(has_text="hot").filter(has_text="cold").wait_for()
    assert row.locator(".chip").count() == 2
    assert stage.bounding_box()["height"] == height <= 480
    press(lab, "One step back")
    press(lab, "One step back")
    assert row.locator(".chip").count() == 3
    assert lab.in_every_look("stage_cpu") == []


def test_by_keyboard_alone(lab):
    lab.open(CELL)
    lab.page.get_by_role("button", name="Allocate", exact=True).focus()
    lab.page.keyboard.press("Enter")
    wait_for_step(lab, "step 6 of 6")
    lab.page.locator(".strip .b[tabindex='0']").focus()
    lab.page.keyboard.press("ArrowRight")
    assert lab.page.evaluate("document.activeElement.dataset.at") == "4"
    lab.page.keyboard.press("Enter")  # a free block: it is picked, and its buddy shown
    sentence(lab).filter(has_text="Picked: +4, order 2; its buddy is at +0").wait_for()
    lab.page.keyboard.press("ArrowLeft")
    lab.page.keyboard.press("Enter")  # a block in use: it is freed
    wait_for_step(lab, "step 12 of 12")
    assert lab.python("print(len(machine.owners))") == "0"


def test_with_reduced_motion_there_are_the_same_steps_without_motion(lab):
    lab.open(CELL)  # reduced: as all tests begin (conftest.py)
    press(lab, "Allocate")
    wait_for_step(lab, "step 6 of 6")
    press(lab, "One step back")
    wait_for_step(lab, "step 5 of 6")
    assert lab.page.evaluate(MOVING) == 0
    lab.page.emulate_media(reduced_motion="no-preference")
    press(lab, "One step back")
    wait_for_step(lab, "step 4 of 6")
    assert lab.page.evaluate(MOVING) > 0


def test_a_frame_of_a_cut_and_of_a_merge_and_every_look(lab):
    lab.page.emulate_media(reduced_motion="no-preference")
    lab.open(CELL)
    stage = lab.page.locator(STAGE)
    press(lab, "Allocate")
    sentence(lab).filter(has_text="Cut 1").wait_for()
    shots(lab, stage, "cut")
    wait_for_step(lab, "step 6 of 6")
    lab.page.locator(".strip .b.used").click()
    sentence(lab).filter(has_text="Merge 1").wait_for()
    shots(lab, stage, "merge")
    wait_for_step(lab, "step 12 of 12")
    press(lab, "Details")
    lab.page.get_by_text("What happened in this operation").wait_for()
    assert lab.in_every_look("stage") == []


def shots(lab, stage, name):
    """The motion, held at six moments, to be looked at."""
    from tools.browser import SHOTS

    SHOTS.mkdir(parents=True, exist_ok=True)
    lab.page.evaluate("document.getAnimations().forEach(a => a.pause())")
    for moment in (0, 100, 200, 300, 420, 560):
        lab.page.evaluate("moment => document.getAnimations().forEach(a => { a.currentTime = moment; })", moment)
        stage.screenshot(path=SHOTS / f"stage_{name}-{moment:03}.png")
    lab.page.evaluate("document.getAnimations().forEach(a => a.finish())")
