"""The verdict card in a handed-out notebook: four states in all looks, hints, the call, a reset that loses nothing."""

from tests.browser.test_exercises import ADD_CELL, open_set
from tools.browser import SHOTS, THEMES

BUDDY, FREE = ("ex03.find_buddy", "e3-find-buddy"), ("ex03.free_one_page", "e3-free-one-page")
SOURCE = "() => jupyterapp.shell.currentWidget.content.activeCell.model.sharedModel.getSource()"
ACTIVE = "() => jupyterapp.shell.currentWidget.content.activeCell.model.id"
KEY = "() => document.activeElement.dataset.key"
SMALL = """card => [...card.querySelectorAll("*")].filter(each => each.checkVisibility() && !each.closest(".sr")
    && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    && parseFloat(getComputedStyle(each).fontSize) < 13).map(each => each.outerHTML.slice(0, 100))"""
IN_A_NEW_CELL = '@check("ex03.find_buddy")\ndef __find_buddy_index(page_idx, order):\n    return HELPER'

PRINTS_TOO = """@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    for n in range(20):
        print("looking at", pfn, order)
    list_add(pfn, zone.free_area[order].free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    zone.free_area[order].nr_free += 1"""


def press(card, name):
    card.get_by_role("button", name=name, exact=True).click()


def test_hints_the_call_a_reset_and_the_way_on(lab, tmp_path):
    learner = open_set(lab, tmp_path)
    page = lab.page
    card = learner.check(*FREE, "never_merges")
    written = page.evaluate(SOURCE)
    card.get_by_role("button", name="Hint 1 of 4").focus()
    page.keyboard.press("Enter")
    card.get_by_text("Hint 1 of 4.").wait_for()
    card.get_by_role("button", name="Hint 2 of 4").wait_for()
    assert page.evaluate(KEY) == "hint"  # the focus stays

    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    stage = card.locator(".stage")
    said = stage.locator(".say p")
    said.filter(has_text="After it, as your function left it.").wait_for()
    assert stage.locator(".strip .b").count() == 7
    assert lab.accessibility_faults() == []
    assert page.evaluate(KEY) == "call"
    card.get_by_role("button", name="Linux", exact=True).focus()
    page.keyboard.press("Enter")
    said.filter(has_text="After it, as Linux left it.").wait_for()
    assert stage.locator(".strip .b").count() == 1
    press(stage, "One step back")
    said.filter(has_text="Before call 1: __free_one_page").wait_for()

    reset = card.get_by_role("button", name="Reset")
    reset.focus()
    page.keyboard.press("Enter")
    card.get_by_role("button", name="Discard my code?").wait_for()
    page.keyboard.press("Shift+Tab")  # leaving takes the question back
    reset.focus()
    assert page.evaluate(SOURCE) == written
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    card.get_by_text("Your text is kept").wait_for()
    page.wait_for_function(f"() => ({SOURCE})().includes('raise NotImplementedError  # a loop')")
    [kept] = (tmp_path / "discarded").iterdir()
    assert kept.read_text() == written
    learner.cell.locator(".cm-content").click()
    page.keyboard.press("Control+z")
    assert page.evaluate(SOURCE) == written
    press(card, "See the call")
    stage.wait_for(state="detached")

    card = learner.check(*BUDDY, "prints")
    learner.write("mine = 1  # what the check was for stands elsewhere now")
    press(card, "Reset")
    press(card, "Discard my code?")
    card.get_by_role("button", name="Copy").wait_for()
    assert "raise NotImplementedError" in card.locator(".stub").inner_text()
    assert page.evaluate(SOURCE).startswith("mine = 1")  # no other text is rewritten

    card = learner.check(*BUDDY, "find_buddy")
    press(card, "Why it is so")
    card.get_by_text("XOR turns the bit over").wait_for()
    press(card, "Next: page_is_buddy")
    page.wait_for_function(f"() => ({ACTIVE})() === 'e3-page-is-buddy'")


def test_all_four_states_in_every_look(lab, tmp_path):
    learner = open_set(lab, tmp_path)
    learner.check("ex03.page_is_buddy", "e3-page-is-buddy")
    learner.go_to(FREE[1])
    learner.write(PRINTS_TOO)  # the tallest
    learner.check(*FREE)
    learner.check(*BUDDY, "find_buddy")
    lab.page.evaluate(ADD_CELL)
    learner.write(IN_A_NEW_CELL)
    lab.page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")
    cards = lab.page.locator(".mirrorlab-verdict")
    cards.nth(3).locator(".verdict").wait_for()
    lab.page.evaluate("() => jupyterapp.shell.collapseLeft()")
    SHOTS.mkdir(parents=True, exist_ok=True)
    faults = []
    for theme in THEMES:
        lab.theme(theme)
        for size in (1130, 700):  # at 1130, a card is 950 wide
            lab.page.set_viewport_size({"width": size, "height": 2000})
            for card in cards.all():
                state = card.locator("h3").inner_text().lower().replace(" ", "-")
                card.scroll_into_view_if_needed()
                card.screenshot(path=SHOTS / f"verdict-{state}-{size}-{theme}.png")
                assert card.evaluate(SMALL) == []
                assert size == 700 or card.bounding_box()["height"] <= 480
            faults += [f"{size}, {theme}: {fault}" for fault in lab.accessibility_faults()]
    lab.theme("light")
    lab.page.emulate_media(forced_colors="active")
    cards.nth(0).screenshot(path=SHOTS / "verdict-forced.png")
    faults += [f"forced colours: {fault}" for fault in lab.accessibility_faults()]
    assert faults == []
    assert {card.locator("h3").inner_text() for card in cards.all()} == {"Not started", "Error", "Not yet", "Right"}
