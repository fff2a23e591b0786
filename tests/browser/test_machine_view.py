"""MachineView in JupyterLab: by mouse, by keyboard, saved and opened again; judged by texts and the machine's state."""

import json
import re
import subprocess
import sys

from tools.browser import ROOT, notebook

CELL = """\
from mirrorlab import Machine
from mirrorlab.widgets import MachineView
machine = Machine.from_recording("order0-pcp-one-0")
before = repr(machine)
view = MachineView(machine)
view"""
BOOTED = """\
from mirrorlab import boot
from mirrorlab.widgets import MachineView
machine = boot("{}")
view = MachineView(machine)
view"""
HOLED = """\
odd = [pfn for pfn in [machine.alloc_pages() for _ in range(1500)] if pfn % 2]
while len(view.zone.free_area[0].free_list[0]) < 300:
    last = odd.pop()
    machine.free_pages(last)"""
KEEP_MAP = """length => {
    const {subarray} = Uint8Array.prototype;
    Uint8Array.prototype.subarray = function(...range) {
        if (this.length === length) window.wholeMap = this; // a stretch of it is about to be drawn
        return subarray.apply(this, range);
    };
}"""
MOVING = """view => {
    const mover = document.createElement("div");
    mover.style = "animation: turn 9s; transition: all 9s";
    view.append(mover);
    const {animationName, transitionDuration} = getComputedStyle(mover);
    mover.remove();
    return [animationName, transitionDuration];
}"""
FOCUS = """() => {
    const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
    const current = document.activeElement.querySelector(".ml-current");
    const seen = outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
    return seen && (!current || getComputedStyle(current).boxShadow !== "none");
}"""


def opened(lab, *cells):
    """Open and run cells; the first view on the page."""
    lab.open(*cells)
    view = lab.page.locator(".mirrorlab").first
    view.wait_for()
    return view


def said(view, words):
    """Wait until a view says something that contains these words."""
    view.get_by_role("status").filter(has_text=words).wait_for()


def value(lab, expression):
    """What an expression is in the notebook's kernel."""
    return json.loads(lab.python(f"import json; print(json.dumps({expression}))"))


def tab_to(lab, selector):
    """Press Tab until the focus is on what a selector names; it must be seen on every stop on the way."""
    for _ in range(60):
        lab.page.keyboard.press("Tab")
        if lab.page.evaluate("() => !!document.activeElement.closest('.mirrorlab')"):
            assert lab.page.evaluate(FOCUS), lab.page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        if lab.page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"no way to {selector} with the Tab key")


def test_by_mouse_allocate_free_by_clicking_the_block_and_scrub_to_the_start(lab):
    view = opened(lab, CELL)
    view.get_by_label("order", exact=True).select_option("2")
    view.get_by_role("button", name="Allocate").click()
    said(view, "Allocated the 4 pages from")
    (pfn,) = value(lab, "list(machine.owners)")
    assert value(lab, "machine.owners[min(machine.owners)].order") == 2

    view.locator(f"[data-pfn='{pfn}']").click()
    said(view, "Freed the 4 pages from")
    assert value(lab, "list(machine.owners)") == []
    assert value(lab, "view.story.position") == 2

    view.get_by_label("Time line: operations done").click(position={"x": 2, "y": 5})
    said(view, "After 0 of 2 operations.")
    assert value(lab, "[view.story.position, repr(machine) == before]") == [0, True]
    view.locator(".ml-call", has_text="Nothing was done yet.").wait_for()


def test_the_same_by_keyboard_alone_with_the_focus_always_visible(lab):
    view = opened(lab, CELL)
    lab.page.locator(".jp-InputPrompt").first.click()
    tab_to(lab, ".mirrorlab select")
    lab.page.keyboard.press("ArrowDown")
    lab.page.keyboard.press("ArrowDown")
    tab_to(lab, "button[title='Ask for a block']")
    lab.page.keyboard.press("Enter")
    said(view, "Allocated the 4 pages from")
    assert value(lab, "[owner.order for owner in machine.owners.values()]") == [2]

    tab_to(lab, "[role=listbox]")
    lab.page.keyboard.press("Delete")
    said(view, "Freed the 4 pages from")
    assert value(lab, "list(machine.owners)") == []
    lab.page.keyboard.press("ArrowRight")
    lab.page.keyboard.press("Enter")
    said(view, "Selected: ")
    assert value(lab, "view.selected") is not None

    lab.page.keyboard.press("Shift+Tab")  # to the speed, and on to the slider
    lab.page.keyboard.press("Shift+Tab")
    lab.page.keyboard.press("Home")
    said(view, "After 0 of 2 operations.")
    assert value(lab, "[view.story.position, repr(machine) == before]") == [0, True]
    assert lab.page.locator(".jp-Notebook .jp-Cell").count() == 1  # no key was taken for a command of JupyterLab


def test_the_arrow_keys_on_a_map_move_the_pages_shown(lab):
    view = opened(lab, CELL)
    lab.page.locator(".jp-InputPrompt").first.click()
    tab_to(lab, "[aria-label='Map of Node 0, zone DMA']")
    lab.page.keyboard.press("Home")
    view.locator(".ml-title", has_text="of zone DMA").first.wait_for()
    first = value(lab, "view.first")
    lab.page.keyboard.press("ArrowRight")
    view.locator(".ml-title", has_text="256 pages from +255 of zone DMA").wait_for()
    assert value(lab, "view.first") == first + 256


def test_the_map_on_the_page_is_that_of_the_machine_byte_by_byte(lab):
    view = opened(lab, CELL)
    before = value(lab, "list(view.cells())")
    lab.page.evaluate(KEEP_MAP, len(before))
    for button, where in (("Allocate", "1 of 1"), ("Run them", "11 of 11"), ("Back", "10 of 11"), ("On", "11 of 11")):
        view.get_by_role("button", name=button, exact=True).click()
        view.locator(".ml-where", has_text=f"After {where} ").wait_for()
        cells = value(lab, "list(view.cells())")
        assert lab.page.evaluate("() => [...wholeMap]") == cells != before
        before = cells
    assert 0 < value(lab, "len(view.drawing.changes)") < len(cells) // 2  # no whole map was sent


def test_a_thousand_quick_clicks_lose_none(lab):
    view = opened(lab, CELL)
    view.get_by_role("button", name="Allocate").evaluate("button => { for (let n = 0; n < 1000; n++) button.click(); }")
    assert value(lab, "[len(machine.owners), view.story.position]") == [1000, 1000]
    view.locator(".ml-where", has_text="After 1,000 of 1,000 operations.").wait_for()

    view.get_by_role("button", name="Back", exact=True).evaluate(
        "button => { for (let n = 0; n < 1000; n++) button.click(); }"
    )
    view.locator(".ml-where", has_text="After 0 of 1,000 operations.").wait_for()
    assert value(lab, "[view.story.position, repr(machine) == before]") == [0, True]


def test_two_clicks_in_one_task_free_a_block_that_was_not_selected(lab):
    view = opened(lab, CELL)
    for done in (1, 2):
        view.get_by_role("button", name="Allocate").click()
        view.locator(".ml-where", has_text=f"After {done} of {done} ").wait_for()
    other = value(lab, "next(pfn for pfn in machine.owners if pfn != view.selected)")
    view.locator(f"[data-pfn='{other}']").evaluate("block => { block.click(); block.click(); }")
    said(view, "Freed page")
    assert value(lab, f"[len(machine.owners), {other} in machine.owners]") == [1, False]


def test_two_views_on_one_machine_stay_in_step(lab):
    opened(lab, CELL, "second = MachineView(machine, 'DMA')\nsecond")
    first, second = lab.page.locator(".mirrorlab").all()
    first.get_by_role("button", name="Allocate").click()
    second.locator(".ml-where", has_text="After 1 of 1 operation.").wait_for()
    second.get_by_role("button", name="Back", exact=True).click()
    first.locator(".ml-where", has_text="After 0 of 1 operation.").wait_for()
    assert value(lab, "[view.picture()['position'], second.picture()['position']]") == [0, 0]
    assert first.locator(".ml-window").get_attribute("aria-labelledby") != second.locator(".ml-window").get_attribute(
        "aria-labelledby"
    )


def test_closing_a_view_frees_it_here_and_in_the_browser(lab):
    lab.page.add_init_script("""
        window.watched = 0;
        const {observe, disconnect} = ResizeObserver.prototype;
        ResizeObserver.prototype.observe = function(element) {
            if (element.matches(".ml-cells") && !this.ours) { watched++; this.ours = true; }
            observe.call(this, element);
        };
        ResizeObserver.prototype.disconnect = function() {
            if (this.ours) watched--;
            disconnect.call(this);
        };
    """)
    start = "from ipywidgets.widgets.widget import _instances\nwidgets = len(_instances)"
    view = opened(lab, start, CELL)
    assert lab.page.evaluate("watched") == 3  # maps
    assert value(lab, "len(_instances) > widgets")
    lab.python("view.close()")
    view.wait_for(state="detached")
    assert value(lab, "[len(_instances) - widgets, len(view.story.watchers)]") == [0, 0]
    assert lab.page.evaluate("watched") == 0
    lab.python("machine.alloc_pages()")  # nobody is told, and nothing goes wrong


def test_play_goes_on_to_the_end_and_pause_stops_it(lab):
    view = opened(lab, CELL)
    view.get_by_role("button", name="Run them").click()
    said(view, "10 random operations with seed 0 done.")
    view.get_by_role("button", name="Start", exact=True).click()
    said(view, "After 0 of 10 operations.")
    view.get_by_label("Speed of playing").select_option("2 a second")

    view.get_by_role("button", name="Play").click()
    said(view, re.compile("After [2-9] of 10 operations."))
    view.get_by_role("button", name="Pause").click()
    stopped = value(lab, "view.story.position")
    assert 2 <= stopped < 10
    assert [value(lab, "view.story.position") for _ in range(20)] == [stopped] * 20

    view.get_by_label("Speed of playing").select_option("10 a second")
    view.get_by_role("button", name="Play").click()
    said(view, "After 10 of 10 operations.")
    view.get_by_role("button", name="Play").wait_for()  # and no longer "Pause"
    view.get_by_role("button", name="Back", exact=True).click()
    said(view, "After 9 of 10 operations.")
    view.get_by_role("button", name="On", exact=True).click()
    said(view, "After 10 of 10 operations.")


def test_random_operations_are_the_same_for_the_same_seed(lab):
    view = opened(lab, CELL)
    view.get_by_label("random operations").fill("50")
    view.get_by_label("seed").fill("7")
    view.get_by_role("button", name="Run them").click()
    said(view, "50 random operations with seed 7 done.")
    lab.python(
        "from mirrorlab.story.recording import random_operations\n"
        "other = Machine.from_recording('order0-pcp-one-0'); random_operations(other, 50, 7)"
    )
    assert value(lab, "[repr(machine) == repr(other), machine.owners == other.owners, len(machine.owners) > 0]") == [
        *(True, True, True)
    ]


def test_pages_are_counted_from_their_zones_start_or_as_pfns(lab):
    view = opened(lab, CELL)
    view.get_by_role("button", name="Allocate").click()
    said(view, "Allocated page +")
    pfn, start = value(lab, "[min(machine.owners), view.zone.zone_start_pfn]")
    view.locator(".ml-events", has_text=f"page +{pfn - start} of Normal").wait_for()
    view.get_by_label("count pages").select_option("as PFN")
    view.locator(".ml-events", has_text=f"page {pfn}").wait_for()
    assert f"Selected: page {pfn}," in view.locator(".ml-chosen").inner_text()
    assert "+" not in view.locator(".ml-facts table").first.inner_text()


def test_long_lists_are_whole_scrolled_by_keyboard_and_marked_at_any_place(lab):
    view = opened(lab, CELL, HOLED)
    at = "[f'+{pfn - view.zone.zone_start_pfn}' for pfn in reversed(PAGES)]"
    free = at.replace("PAGES", "view.zone.free_area[0].free_list[0]")
    shown = view.get_by_role("group", name="Order 0, Unmovable")
    before = value(lab, free)
    shown.filter(has_text=f"and {len(before) - 256} more").wait_for()
    assert shown.inner_text().split()[:-3] == before[:256]
    assert view.get_by_role("group", name="CPU 0, Unmovable").inner_text().split() == value(
        lab, at.replace("PAGES", "view.zone.pageset[0].lists[0]")
    )
    assert view.get_by_role("group", name="CPU 0, Unmovable").locator("mark").all_inner_texts() == value(
        lab, "[f'+{last - view.zone.zone_start_pfn}']"
    )

    lab.page.locator(".jp-InputPrompt").last.click()
    tab_to(lab, "[aria-label='Order 0, Unmovable']")
    top = "() => document.activeElement.scrollTop"
    lab.page.keyboard.press("End")
    lab.page.wait_for_function(f"({top})() > 100")
    lab.page.evaluate("() => new Promise(requestAnimationFrame)")  # it is told how far
    drained = value(lab, at.replace("PAGES", "view.zone.pageset[0].lists[0]"))
    lab.python("machine.drain()")
    view.locator(".ml-call", has_text="drain").wait_for()
    put = [page for page in value(lab, free) if page in drained]
    assert len(put) > 6
    assert shown.locator("mark").all_inner_texts() == put
    assert lab.page.evaluate("() => document.activeElement.getAttribute('aria-label')") == "Order 0, Unmovable"
    assert lab.page.evaluate(top) > 100  # and stands where it stood
    assert lab.in_every_look("machine_view_long_lists") == []


def test_settings_are_written_and_read(lab):
    view = opened(lab, CELL)
    view.get_by_label("vm.mirrorable").fill("1")
    view.get_by_label("vm.mirrorable").press("Enter")
    said(view, "vm.mirrorable is 1 now.")
    assert value(lab, "machine.sysctl('vm.mirrorable')") == 1
    view.get_by_role("button", name="Back", exact=True).click()
    view.locator(".ml-where", has_text="After 0 of 1 operation.").wait_for()
    assert value(lab, "[view.settings['vm.mirrorable'].value, machine.sysctl('vm.mirrorable')]") == [0, 0]


def test_what_raises_in_a_click_is_said(lab):
    view = opened(lab, CELL)
    view.get_by_role("button", name="Free selected").click()
    said(view, "Select an allocated block first")
    lab.python("def broken(*a, **k): 1 / 0\nmachine.alloc_pages = broken")
    view.get_by_role("button", name="Allocate").click()
    said(view, "ZeroDivisionError in broken, line 1: division by zero")


def test_a_machine_of_512_gib_is_shown_with_coarser_maps_and_says_so(lab):
    view = opened(lab, BOOTED.format("server-512g"))
    view.get_by_text("a cell of the maps stands for 128 pages").wait_for()
    view.get_by_role("button", name="Allocate").click()
    said(view, "Allocated page +")
    assert value(lab, "[len(machine.owners), len(view.drawing.pages) <= 1 << 20]") == [1, True]
    assert lab.in_every_look("machine_view_512g") == []


def test_a_saved_notebook_shows_the_last_picture_without_its_kernel(lab):
    view = opened(lab, CELL)
    view.get_by_role("button", name="Allocate").click()
    view.locator(".ml-where", has_text="After 1 of 1 operation.").wait_for()
    words = view.locator(".ml-chosen").inner_text(), view.locator(".ml-facts").inner_text()
    lab.save()
    name = lab.page.evaluate("() => jupyterapp.shell.currentWidget.context.path")
    lab.shut_down()

    lab.open_file(name)
    view = lab.page.locator(".mirrorlab").first
    view.locator(".ml-where", has_text="After 1 of 1 operation.").wait_for()
    assert (view.locator(".ml-chosen").inner_text(), view.locator(".ml-facts").inner_text()) == words
    view.get_by_text("This is a saved picture. Run the cell above it to use its controls.").wait_for()
    view.get_by_role("button", name="Allocate").click()  # does nothing, and nothing goes wrong

    lab.run_all()
    view.locator(".ml-where", has_text="After 0 of 0 operations.").wait_for()
    lab.save()
    states = json.loads((lab.folder / name).read_text())["metadata"]["widgets"].popitem()[1]["state"].values()
    assert [state["model_name"] for state in states].count("AnyModel") == 1  # that of the session before is gone


def test_a_lesson_as_stored_by_the_tool_shows_its_picture_before_it_is_run(lab):
    path = lab.folder / "stored.ipynb"
    path.write_text(json.dumps(notebook([CELL, "view.allocate()"])))
    subprocess.run([sys.executable, ROOT / "tools" / "run_notebooks.py", path], check=True, capture_output=True)
    stored = path.read_text()
    lab.open_file(path.name)
    text = lab.page.locator(".jp-OutputArea-output").first
    assert "26,541 pages of 4 KiB" in text.inner_text()  # all that JupyterLab shows of a file from elsewhere

    lab.page.evaluate("() => void jupyterapp.commands.execute('notebook:trust')")
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    view = lab.page.locator(".mirrorlab").first
    view.locator(".ml-where", has_text="After 1 of 1 operation.").wait_for()
    assert "Selected: page +" in view.locator(".ml-chosen").inner_text()

    subprocess.run([sys.executable, ROOT / "tools" / "run_notebooks.py", path], check=True, capture_output=True)
    assert path.read_text() == stored  # the names of widgets too


def test_it_is_accessible_in_every_look_and_follows_the_theme(lab):
    view = opened(lab, CELL)
    view.get_by_role("button", name="Run them").click()
    said(view, "10 random operations with seed 0 done.")
    colour = "view => getComputedStyle(view).getPropertyValue('--k6')"
    light = view.evaluate(colour)
    lab.theme("dark")
    assert view.evaluate(colour) != light
    assert lab.in_every_look("machine_view") == []


def test_nothing_in_a_view_may_move_where_stillness_is_asked_for(lab):
    view = opened(lab, CELL)
    assert view.evaluate(MOVING) == ["none", "0s"]
    lab.page.emulate_media(reduced_motion="no-preference")
    assert view.evaluate(MOVING) == ["turn", "9s"]
