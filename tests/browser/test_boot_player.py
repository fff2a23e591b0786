"""BootPlayer in JupyterLab: by mouse, by keyboard only, and in every look."""

import pytest

sync_api = pytest.importorskip("playwright.sync_api")
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
    sync_api.expect(current(page)).to_have_text("1 map")
    page.get_by_role("button", name="On", exact=True).click()
    said(page, "Stage 2 of 7, mirror_info")
    sync_api.expect(current(page)).to_have_text("2 mirror_info")
    page.get_by_role("button", name="6 bootmem").click()
    said(page, "New or changed: Zones, in pages; Free blocks, by type and order. New in the log: 1 line.")
    sync_api.expect(current(page)).to_have_text("6 bootmem")
    assert player.python("print(player.stage.name, len(player.machine.free_blocks()) > 0)") == "bootmem True"
    sync_api.expect(page.locator("details[open]")).to_have_count(2)
    sync_api.expect(page.locator(".ml-log .ml-fresh")).to_contain_text("+ Memory: 105544K/114300K available")

    page.locator(".ml-part").last.locator(".ml-strip").first.click()
    said(page, "Shown: 0x10")
    sync_api.expect(page.locator(".ml-part")).to_have_count(1)
    first, end = map(int, player.python("print(*player.window)").split())
    assert end - first == 16384 // 8
    page.get_by_label("Part of memory shown").select_option("All memory")
    said(page, "Shown: all memory.")

    page.get_by_role("button", name="Back", exact=True).click()
    said(page, "Stage 5 of 7, pageblocks")
    assert player.python("print(player.machine.free_blocks())") == "[]"
    page.get_by_role("button", name="End", exact=True).click()
    said(page, "Stage 7 of 7, watermarks")
    page.get_by_role("button", name="Start", exact=True).click()
    said(page, "Stage 1 of 7, map")


def test_by_keyboard_only_another_machine_boots_and_a_bad_command_line_is_answered(player):
    page = player.page
    page.get_by_role("button", name="5 pageblocks").focus()
    page.keyboard.press("Enter")
    said(page, "Stage 5 of 7, pageblocks")
    sync_api.expect(current(page)).to_have_text("5 pageblocks")
    sync_api.expect(current(page)).to_be_focused()
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")  # 4 zones
    said(page, "Stage 4 of 7, zones")

    page.get_by_role("textbox", name="command line").focus()
    page.keyboard.type("mem=1K")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    said(page, "the command line 'mem=1K' leaves no memory")
    sync_api.expect(page.get_by_role("textbox", name="command line")).to_have_value("mem=1K")  # to be mended
    assert player.python("print(player.machine.g.saved_command_line == '', player.stage.name)") == "True zones"

    page.get_by_role("combobox", name="machine").focus()
    page.keyboard.type("rfc")  # finds rfc-48g, and fills in its own command line
    page.keyboard.press("Tab")
    page.keyboard.press("End")
    page.keyboard.type(" kernelcore=8G")
    page.keyboard.press("Enter")
    said(page, "rfc-48g has booted. Stage 4 of 7, zones")
    assert player.python("print(player.machine.g.saved_command_line)") == "mirrorable kernelcore=8G"
    sync_api.expect(page.locator(".mirrorlab details[open]")).to_contain_text("Movable")

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


def test_it_is_accessible_when_a_small_part_of_memory_is_shown(player):
    player.python("player.goto('bootmem'); player.show(0x103be0, 64)")
    player.page.locator("summary").filter(has_text="Free blocks of the part shown").wait_for()
    assert player.in_every_look("boot_player") == []


def test_the_saved_notebook_holds_the_picture_and_the_text(player):
    (output,) = player.save()["cells"][0]["outputs"]
    assert "".join(output["data"]["text/plain"]).startswith("Stage 1 of 7, map: the firmware's memory map")
    assert "".join(output["data"]["image/svg+xml"]).startswith("<svg")
