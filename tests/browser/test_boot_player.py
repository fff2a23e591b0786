"""BootPlayer in JupyterLab: by mouse, by keyboard only, and in every look."""

import pytest

CELL = """\
from mirrorlab.widgets import BootPlayer
player = BootPlayer({preset!r}, stage={stage!r})
player"""


@pytest.fixture
def player(lab):
    lab.open(CELL.format(preset="toy-64m", stage="map"))
    lab.page.locator(".mirrorlab .ml-stages").wait_for()
    return lab


def current(page):
    return page.locator(".mirrorlab [aria-current=step]")


def said(page, words):
    page.locator(".mirrorlab .ml-said").filter(has_text=words).wait_for()


def test_by_mouse_stages_go_forth_and_back_and_the_map_comes_closer(player):
    page = player.page
    page.get_by_role("button", name="On", exact=True).click()
    said(page, "Stage 2 of 7, mirror_info")
    assert current(page).inner_text() == "2 mirror_info"
    page.get_by_role("button", name="6 bootmem").click()
    said(page, "New or changed: Zones, in pages; Free blocks, by type and order. New in the log: 1 line.")
    assert current(page).inner_text() == "6 bootmem"
    assert player.python("print(player.stage.name, len(player.machine.free_blocks()) > 0)") == "bootmem True"
    assert page.locator("details[open]").count() == 2
    assert page.locator(".ml-log .ml-fresh").all_inner_texts()[0].startswith("+ Memory: 105544K/114300K available")

    page.locator(".ml-part").last.locator(".ml-strip").first.click()
    said(page, "Shown: 0x10")
    assert page.locator(".ml-part").count() == 1
    first, end = map(int, player.python("print(*player.window)").split())
    assert end - first == 16384 // 8
    page.get_by_label("Part of memory shown").select_option("All memory")
    said(page, "Shown: all memory.")

    page.get_by_role("button", name="Back", exact=True).click()
    said(page, "Stage 5 of 7, pageblocks")
    assert player.python("print(player.machine.free_blocks())") == "[]"
    page.get_by_role("button", name="Last stage").click()
    said(page, "Stage 7 of 7, watermarks")
    page.get_by_role("button", name="First stage").click()
    said(page, "Stage 1 of 7, map")


def test_by_keyboard_only_another_machine_boots_and_a_bad_command_line_is_answered(player):
    page = player.page
    page.get_by_role("button", name="5 pageblocks").focus()
    page.keyboard.press("Enter")
    said(page, "Stage 5 of 7, pageblocks")
    assert current(page).evaluate("button => button === document.activeElement")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")  # 4 zones
    said(page, "Stage 4 of 7, zones")

    page.get_by_label("command line").focus()
    page.keyboard.type("mem=1K")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "no memory is left by the command line 'mem=1K'")
    assert player.python("print(player.machine.g.saved_command_line == '', player.stage.name)") == "True zones"

    page.get_by_label("machine").focus()
    page.keyboard.type("rfc")
    page.keyboard.press("Tab")
    page.wait_for_function("() => document.activeElement.value === 'mirrorable'")  # the machine's own command line
    page.keyboard.press("End")
    page.keyboard.type(" kernelcore=8G")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "rfc-48g has booted. Stage 4 of 7, zones")
    assert player.python("print(player.machine.g.saved_command_line)") == "mirrorable kernelcore=8G"
    assert "Movable" in page.locator(".mirrorlab details[open]").inner_text()

    page.locator("summary").filter(has_text="The firmware's map").focus()
    page.keyboard.press("Enter")
    page.get_by_role("region", name="The firmware's map").wait_for()


def test_a_large_machine_is_walked_through_just_the_same(lab):
    lab.open(CELL.format(preset="server-1t", stage="watermarks"))
    page = lab.page
    page.locator(".mirrorlab .ml-stages").wait_for()
    assert page.locator(".ml-box").count() < 2000
    page.get_by_role("button", name="Back", exact=True).click()
    said(page, "Stage 6 of 7, bootmem")
    assert lab.in_every_look("boot_player_1t") == []


@pytest.mark.parametrize("stage", ["memblock", "watermarks"])
def test_it_is_accessible_in_every_look(lab, stage):
    lab.open(CELL.format(preset="toy-64m", stage=stage))
    lab.page.locator(".mirrorlab .ml-stages").wait_for()
    assert lab.in_every_look(f"boot_player_{stage}") == []
