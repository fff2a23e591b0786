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
ERRORS = ".mirrorlab-error-lab"


@pytest.fixture
def opened(lab):
    """A notebook with an ErrorLab."""
    lab.open(CELL)
    lab.page.locator(".pg").first.wait_for()
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
    page.get_by_label("how the error is found").select_option(way)
    page.locator(f"[data-pfn='{pfn}']").click()
    said(opened, outcome)
    assert opened.python("print([hit.pfn for hit in view.errors.hits])") == f"[{pfn}]"
    assert page.locator(f".pg[data-pfn='{pfn}'][aria-selected='true']").is_visible()
    assert page.locator(".line .pin.last").count() == 1
    page.get_by_role("button", name="Details").click()
    assert page.locator("td.used").inner_text().startswith(f"▶ {outcome}")


def test_after_a_panic_a_click_says_what_to_do(opened):
    page = opened.page
    page.get_by_label("how the error is found").select_option("read by the kernel")
    page.get_by_role("button", name="Break one").click()
    page.get_by_text("Panic: it has stopped.").wait_for()
    page.locator(".pg").first.click()
    said(opened, "start again")
    page.get_by_role("button", name="Start again").click()
    page.get_by_text("The machine runs.").wait_for()
    assert opened.python("print(view.errors.hits)") == "[]"


def test_its_height_stays_and_one_parts_sentence_never_stands_in_the_other(opened):
    page = opened.page
    page.evaluate("() => jupyterapp.shell.collapseLeft()")
    page.wait_for_function("selector => document.querySelector(selector).clientWidth > 900", arg=ERRORS)
    height = page.locator(ERRORS).bounding_box()["height"]
    assert height <= 480
    for way in ("found by the scrubber", "never read", "read by the kernel"):
        page.get_by_label("how the error is found").select_option(way)
        page.get_by_role("button", name="Break one").click()
        said(opened, way)
        assert page.locator(ERRORS).bounding_box()["height"] == height
    page.get_by_role("button", name="chance to survive").click()
    page.get_by_text("survive", exact=False).nth(1).wait_for()
    page.locator(".case").first.wait_for()
    assert "read by the kernel" not in page.locator(ERRORS).inner_text()
    assert page.locator(ERRORS).bounding_box()["height"] <= 480


def test_all_of_it_by_keyboard_alone(opened):
    page = opened.page
    page.get_by_role("button", name="break pages").focus()  # where the keyboard enters the view
    tab_to(page, page.get_by_label("how the error is found"))
    press(page, "ArrowDown", "ArrowDown")  # from the scrubber to the kernel
    tab_to(page, page.get_by_role("button", name="Break one"))
    press(page, "Enter")
    said(opened, "kernel panic")
    tab_to(page, page.get_by_role("button", name="Start again"), "Shift+Tab")
    press(page, "Enter")
    page.get_by_text("The machine runs.").wait_for()

    pages = page.get_by_role("listbox")
    tab_to(page, pages)
    press(page, "Home", "ArrowDown", "ArrowUp", "ArrowRight")
    current = page.locator(f"#{pages.get_attribute('aria-activedescendant')}")
    assert "kernel, of inode; unmirrored" in current.get_attribute("aria-label")
    assert "inset" in current.evaluate("element => getComputedStyle(element).boxShadow")  # the focus is seen
    press(page, "Enter")
    said(opened, "kernel panic")
    assert opened.python("print(view.last.pfn - kernel, view.last.outcome)") == "1 panic"
    before = page.locator(".over h3").inner_text()
    press(page, "PageDown")
    page.wait_for_function("before => document.querySelector('.over h3').innerText !== before", arg=before)

    tab_to(page, page.get_by_role("button", name="chance to survive"), "Shift+Tab")
    press(page, "Space")
    tab_to(page, page.get_by_role("button", name="Simulate"))
    press(page, "Enter")
    said(opened, "Simulated")
    tab_to(page, page.get_by_role("button", name="Details"), "Shift+Tab")
    press(page, "Enter")
    assert page.get_by_role("cell", name="formula does not hold").count() == 6


def test_a_storm_is_reproduced_by_its_seed(opened):
    page = opened.page
    page.get_by_label("how the error is found").select_option("found by chance")
    page.get_by_label("errors", exact=True).fill("30")
    page.get_by_label("seed").first.fill("5")
    page.get_by_role("button", name="Storm").click()
    said(opened, "Storm: 30 errors")
    tally = page.get_by_role("status").all_inner_texts()
    opened.python("from mirrorlab.questions.memory_errors import Errors; model = Errors(machine); model.storm(30, 5)")
    assert opened.python("print(view.errors.hits == model.hits, len(model.hits))") == "True 30"

    page.get_by_role("button", name="Start again").click()
    said(opened, "Choose how the error is found")
    page.get_by_role("button", name="Storm").click()
    said(opened, "Storm: 30 errors")
    assert page.get_by_role("status").all_inner_texts() == tally


def test_a_saved_notebook_holds_the_text_and_the_picture(opened):
    data = opened.save()["cells"][0]["outputs"][0]["data"]
    assert "No error yet." in "".join(data["text/plain"])
    assert "".join(data["image/svg+xml"]).startswith("<svg")


def test_every_look(opened):
    opened.python("view.break_some('user', 'scrubber'); view.break_some('kernel', 'scrubber')")
    said(opened, "ignored")
    opened.page.get_by_role("button", name="Details").click()
    assert opened.in_every_look("error_lab") == []
