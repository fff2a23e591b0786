"""Compare in JupyterLab: by mouse, by keyboard only, in every look; and as the player of an outcome."""

CELL = """\
from mirrorlab import Recording, load
from mirrorlab.widgets import Compare
wrong = load(replace={"parent_will_merge": lambda zone, pfn, order: False})
yours, truth = Recording.of_case("fallback-half-0", wrong), Recording.of_case("fallback-half-0")
view = Compare(yours, truth)
view"""

EXERCISE = """\
import os, tempfile
os.environ["MIRRORLAB_DATA"] = tempfile.mkdtemp()
from mirrorlab.course import check

@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    list_add(pfn, zone.free_area[order].free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    zone.free_area[order].nr_free += 1"""


def positions(lab):
    return lab.python("print(yours.position, truth.position)")


def verdict(lab):
    return lab.page.locator(".ml-said")


def test_by_mouse_it_goes_through_both_and_back_to_the_first_difference(lab):
    lab.open(CELL)
    verdict(lab).filter(has_text="After operation 98: zone DMA, order 5, Movable: yours [").wait_for()
    assert positions(lab) == "98 98"

    lab.page.get_by_role("button", name="Back", exact=True).click()
    verdict(lab).filter(has_text="After operation 97: no difference.").wait_for()
    assert positions(lab) == "97 97"
    lab.page.get_by_role("button", name="End", exact=True).click()
    lab.page.get_by_role("status").filter(has_text="After 1,740 of 1,740 operations.").wait_for()
    lab.page.get_by_role("button", name="To the first difference").click()
    verdict(lab).filter(has_text="After operation 98:").wait_for()
    assert positions(lab) == "98 98"

    marked = lab.page.locator("tr.ml-different")
    assert marked.count() == 1
    assert "≠ differs" in marked.inner_text()
    lab.page.get_by_text("No difference: CPUs' lists;").wait_for()
    assert lab.in_every_look("compare") == []


def test_by_keyboard_alone(lab):
    lab.open(CELL)
    verdict(lab).filter(has_text="After operation 98").wait_for()
    lab.page.get_by_role("button", name="Start", exact=True).focus()
    lab.page.keyboard.press("Enter")
    lab.page.get_by_role("status").filter(has_text="After 0 of 1,740 operations.").wait_for()
    lab.page.keyboard.press("Tab")  # Back
    lab.page.keyboard.press("Tab")  # the number
    lab.page.keyboard.press("Control+a")
    lab.page.keyboard.type("97")
    lab.page.keyboard.press("Tab")  # On
    lab.page.get_by_role("status").filter(has_text="After 97 of").wait_for()
    lab.page.keyboard.press("Space")
    lab.page.get_by_role("status").filter(has_text="After operation 98: zone DMA").wait_for()
    assert positions(lab) == "98 98"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    assert lab.page.evaluate(outline) == "solid"

    lab.page.get_by_label("only what differs").focus()
    rows = lab.page.locator("table.ml-compared tbody tr")
    before = rows.count()
    lab.page.keyboard.press("Space")
    lab.page.wait_for_function("() => document.querySelectorAll('table.ml-compared tbody tr').length === 1")
    assert before > 1


def test_a_check_that_says_not_yet_opens_in_the_player(lab):
    lab.open(EXERCISE, 'from mirrorlab.course import player\nplayer("ex03.free_one_page")')
    lab.page.locator(".verdict").filter(has_text="Not yet").wait_for()
    verdict(lab).filter(has_text="After the call: Linux has block 0 of order 6").wait_for()
    head = lab.page.locator("table.ml-compared thead").first.inner_text().split()
    assert head == ["order", "type", "before", "yours", "Linux"]
    assert lab.in_every_look("player") == []
