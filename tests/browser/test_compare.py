"""Compare in JupyterLab: by keyboard alone, and as the player of an outcome."""

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


def said(lab, words):
    lab.page.get_by_role("status").filter(has_text=words).wait_for()


def test_by_keyboard_it_goes_through_both_and_back_to_the_first_difference(lab):
    lab.open(CELL)
    said(lab, "After operation 98: zone DMA, order 5, Movable: yours [")
    view = lab.page.locator(".mirrorlab")
    tall = view.bounding_box()["height"]
    press = lab.page.keyboard.press
    lab.page.get_by_role("button", name="Start", exact=True).focus()
    press("Enter")
    said(lab, "At the start: no difference.")
    press("Tab")  # Back
    press("Tab")  # the number
    press("Control+a")
    lab.page.keyboard.type("97")
    press("Tab")  # On
    said(lab, "After operation 97: no difference.")
    assert view.bounding_box()["height"] == tall
    press("Space")
    said(lab, "After operation 98: zone DMA")
    press("Tab")  # End
    press("Enter")
    said(lab, "After operation 1,740: ")
    press("Tab")
    press("Enter")
    said(lab, "After operation 98: zone DMA")
    assert lab.python("print(yours.position, truth.position)") == "98 98"

    assert lab.page.locator(".lists [role=row]").last.inner_text().startswith("M\norder 5, Movable")
    assert lab.page.locator(".strip .odd").count() > 0
    lab.page.get_by_role("button", name="Details").focus()
    press("Enter")
    lab.page.get_by_text("No difference: CPUs' lists;").wait_for()
    assert view.bounding_box()["height"] > tall


def test_a_check_that_says_not_yet_opens_in_the_player(lab):
    lab.open(EXERCISE, 'from mirrorlab.course import player\nplayer("ex03.free_one_page")')
    lab.page.locator(".verdict").filter(has_text="Not yet").wait_for()
    said(lab, "After the call: Linux has block 0 of order 6")
    strips = lab.page.locator(".mirrorlab-compare .strip .side").all_inner_texts()
    assert strips == ["before", "yours", "Linux"]
    assert lab.accessibility_faults(".mirrorlab-compare") == []
