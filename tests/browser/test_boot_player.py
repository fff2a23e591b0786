"""BootPlayer in JupyterLab: by mouse and by keyboard, with its tasks, and while another cell runs."""

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
CELL = """\
from mirrorlab.widgets import BootPlayer, Task
player = BootPlayer("toy-64m", tasks=[
    Task("Go on to bootmem", "bootmem"), Task("Go back to zones", "zones", 0, "back"),
    Task("Come closer to 0x103bf0", "part", 0x103bf0), Task("Boot rfc-48g", "boot", 0, "rfc-48g")])
player"""
BUSY = """() => {
    const kernel = jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    kernel.requestExecute({code: "import time; time.sleep(2)"});
}"""
HEIGHT = "() => document.querySelector('.mirrorlab .card').getBoundingClientRect().height"


@pytest.fixture
def page(lab):
    lab.open(CELL)
    lab.page.locator(".mirrorlab .piece").first.wait_for()
    return lab.page


def at(page, stage):
    sync_api.expect(page.locator(".mirrorlab .track em.now")).to_have_text(stage)


def said(page, words):
    sync_api.expect(page.locator(".mirrorlab p[role=status]")).to_contain_text(words)


def ticked(page, number):
    sync_api.expect(page.locator(".mirrorlab .tasks .done")).to_have_count(number)


def test_by_mouse_stages_tasks_and_parts_of_memory(page, lab):
    at(page, "map")
    heights, fresh = [page.evaluate(HEIGHT)], []
    for stage in ("mirror_info", "memblock", "zones", "pageblocks", "bootmem"):
        page.get_by_role("button", name="One stage on").click()
        at(page, stage)
        heights.append(page.evaluate(HEIGHT))
        fresh.append(page.locator(".lane.fresh .name").all_text_contents())
    assert lab.python("print(player.stage.name)") == "bootmem"
    said(page, "Stage 6 of 7, bootmem: All that is not reserved is on the free lists now")
    new = " (new or changed)"
    assert fresh[:3] == [["mirror_info" + new], ["memblock" + new], ["zones" + new]]
    assert len(set(heights)) == 1 and heights[0] <= 480
    ticked(page, 1)
    page.evaluate(BUSY)  # going back through what was seen needs no kernel
    track = page.locator(".mirrorlab .track")
    track.click(position={"x": track.bounding_box()["width"] * 2 / 6, "y": 20})
    at(page, "memblock")
    page.get_by_role("button", name="To the start").click()
    ticked(page, 1)  # zones was passed over
    page.get_by_role("button", name="To the end").click()
    at(page, "watermarks")
    page.get_by_role("slider").press("ArrowLeft")
    for _ in range(2):
        page.get_by_role("button", name="One stage back").click()
    at(page, "zones")
    ticked(page, 2)

    bar = page.locator(".mirrorlab .lane .bar").first
    bar.click(position={"x": 5, "y": 5})
    said(page, "Shown: 0x0 to 0x7ff")
    ticked(page, 2)  # another part than the task's
    page.get_by_label("Part of memory shown").select_option("All memory")
    said(page, "Shown: all memory.")
    box = bar.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + 5)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + 5, steps=3)
    page.mouse.up()
    said(page, "Shown: 0x10")
    ticked(page, 3)
    assert lab.accessibility_faults() == []


def test_by_keyboard_another_machine_boots_and_a_bad_command_line_is_answered(page, lab):
    page.get_by_role("slider").press("End")
    at(page, "watermarks")
    page.get_by_role("button", name="Details").press("Enter")
    sync_api.expect(page.locator(".mirrorlab details[open]")).to_have_count(4)  # what this stage has changed
    sync_api.expect(page.locator(".mirrorlab .log .fresh")).to_contain_text("+ Freeing unused kernel memory")
    page.locator(".mirrorlab .map").press("+")
    said(page, "Shown: 0x10")
    page.locator(".mirrorlab .map").press("ArrowLeft")
    page.locator(".mirrorlab .map").press("Home")
    said(page, "Shown: all memory.")

    page.get_by_role("button", name="Another machine").press("Enter")
    page.get_by_role("textbox", name="command line").focus()
    page.keyboard.type("mem=1K")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "the command line 'mem=1K' leaves no memory")
    sync_api.expect(page.get_by_role("textbox", name="command line")).to_have_value("mem=1K")  # to be mended
    page.get_by_role("combobox", name="machine", exact=True).focus()
    page.keyboard.type("rfc")  # finds rfc-48g, and fills in its own command line
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.type(" kernelcore=8G")
    page.keyboard.press("Enter")
    said(page, "rfc-48g has booted.")
    at(page, "watermarks")
    assert lab.python("print(player.machine.g.saved_command_line)") == "mirrorable kernelcore=8G"
    lab.python("player.goto('zones')")
    at(page, "zones")
    assert lab.accessibility_faults() == []
