"""ErrorLab in JupyterLab: pages broken by mouse and by keyboard alone, a storm by its seed, and every look."""

import pytest

CELL = """\
from mirrorlab import boot
from mirrorlab.widgets import ErrorLab
machine = boot("toy-64m")
kernel = machine.alloc_pages(3, "GFP_KERNEL", who="inode")
mirrored = machine.alloc_pages(3, "GFP_KERNEL|__GFP_MIRROR", who="dentry")
user = machine.alloc_pages(3, "GFP_HIGHUSER_MOVABLE", who="browser")
view = ErrorLab(machine)
view"""
MOST_TABS = 40
IN_COLOUR = """() => [...document.querySelectorAll(".ml-err-maps canvas")].every(canvas => {
    const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
    return !new Uint32Array(data.buffer).includes(0xff000000); // black: painted without a colour
})"""


@pytest.fixture
def opened(lab):
    """A notebook with an ErrorLab."""
    lab.open(CELL)
    lab.page.locator(".ml-err-page").first.wait_for()
    return lab


def said(lab, words):
    lab.page.get_by_role("status").filter(has_text=words).wait_for()


def tab_to(page, locator, key="Tab"):
    """Reach a control by keyboard."""
    for _ in range(MOST_TABS):
        page.keyboard.press(key)
        if locator.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"{key} does not lead to {locator}")


def press(page, *keys):
    for key in keys:
        page.keyboard.press(key)


@pytest.mark.parametrize(
    ("owner", "way", "outcome"),
    [
        ("user", "read by a process", "process loses the page"),
        ("mirrored", "read by the kernel", "corrected from the other copy"),
        ("kernel", "found by the scrubber", "ignored, page stays in use"),
    ],
)
def test_a_click_on_a_page_gives_that_pages_outcome_in_the_model(opened, owner, way, outcome):
    page = opened.page
    pfn = opened.python(f"view.do_look(2, {owner}); print({owner} + 2)")
    page.get_by_label("the error is").select_option(way)
    page.locator(f"[data-pfn='{pfn}']").click()
    said(opened, outcome)
    assert opened.python("print([hit.pfn for hit in view.errors.hits])") == f"[{pfn}]"
    assert page.locator(".ml-err-used").inner_text().startswith(f"▶ {outcome}")


def test_the_maps_are_in_colour_before_anything_is_pressed(opened):
    opened.page.wait_for_function(IN_COLOUR)


def test_after_a_panic_a_click_says_what_to_do(opened):
    page = opened.page
    page.get_by_label("the error is").select_option("read by the kernel")
    page.get_by_role("button", name="Break one").click()
    page.get_by_text("PANIC", exact=True).wait_for()
    page.locator(".ml-err-page").first.click()
    said(opened, "start again")
    page.get_by_role("button", name="Start again").click()
    page.get_by_text("RUNNING", exact=True).wait_for()
    assert opened.python("print(view.errors.hits)") == "[]"


def test_all_of_it_by_keyboard_alone(opened):
    page = opened.page
    page.get_by_label("break pages").focus()  # where the keyboard enters the view
    tab_to(page, page.get_by_label("the error is"))
    press(page, "ArrowDown", "ArrowDown")  # from the scrubber to the kernel
    tab_to(page, page.get_by_role("button", name="Break one"))
    press(page, "Enter")
    said(opened, "kernel panic")
    tab_to(page, page.get_by_role("button", name="Start again"))
    press(page, "Enter")
    said(opened, "The machine runs")

    pages = page.get_by_role("listbox")
    tab_to(page, pages)
    press(page, "Home", "ArrowDown", "ArrowUp", "ArrowRight")
    current = page.locator(f"#{pages.get_attribute('aria-activedescendant')}")
    assert "kernel, of inode; unmirrored" in current.get_attribute("aria-label")
    assert "inset" in current.evaluate("element => getComputedStyle(element).boxShadow")  # the focus is seen
    press(page, "Enter")
    said(opened, "kernel panic")
    assert opened.python("print(view.last.pfn - kernel, view.last.outcome)") == "1 panic"
    press(page, "PageDown")
    page.get_by_text("256 pages from +8448 of zone Normal").first.wait_for()

    tab_to(page, page.get_by_label("chance to survive"), "Shift+Tab")
    press(page, "Space")
    tab_to(page, page.get_by_role("button", name="Simulate"))
    press(page, "Enter")
    said(opened, "Simulated")
    assert page.get_by_role("cell", name="formula does not hold").count() == 4


def test_a_storm_is_reproduced_by_its_seed(opened):
    page = opened.page
    page.get_by_label("the error is").select_option("found by chance")
    page.get_by_label("errors", exact=True).fill("30")
    page.get_by_label("seed").first.fill("5")
    page.get_by_role("button", name="Storm").click()
    said(opened, "Storm: 30 errors")
    tally = page.locator(".ml-err-list").all_inner_texts()
    opened.python("from mirrorlab.questions.memory_errors import Errors; model = Errors(machine); model.storm(30, 5)")
    assert opened.python("print(view.errors.hits == model.hits, len(model.hits))") == "True 30"

    page.get_by_role("button", name="Start again").click()
    said(opened, "No error any more")
    page.get_by_role("button", name="Storm").click()
    said(opened, "Storm: 30 errors")
    assert page.locator(".ml-err-list").all_inner_texts() == tally


def test_a_saved_notebook_holds_the_text_and_the_picture(opened):
    data = opened.save()["cells"][0]["outputs"][0]["data"]
    assert "No error yet." in "".join(data["text/plain"])
    assert "".join(data["image/svg+xml"]).startswith("<svg")


def test_every_look(opened):
    opened.python("view.break_some('user', 'scrubber'); view.break_some('kernel', 'scrubber')")
    said(opened, "ignored")
    assert opened.in_every_look("error_lab") == []


def test_every_look_after_a_panic(opened):
    opened.python("view.storm(20); view.break_page(user, 'never read'); view.break_page(kernel + 5, 'kernel')")
    said(opened, "kernel panic")
    assert opened.in_every_look("error_lab-panic") == []


def test_every_look_of_the_chances(opened):
    opened.page.get_by_label("chance to survive").check()
    opened.page.get_by_role("button", name="Simulate").click()
    said(opened, "Simulated")
    assert opened.in_every_look("error_lab-chances") == []
