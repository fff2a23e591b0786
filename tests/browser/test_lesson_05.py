"""Lesson 05 as it is handed out: all of it runs, its questions open by Commit, its tasks can be done as they say."""

from lesson import OnBoot, OnStage, commit, open_lesson


def test_a_learner_goes_through_lesson_05(lab):
    open_lesson(lab, "05_what_firmware_tells")

    line = OnBoot(lab, 0)
    line.stage.get_by_label("Part of memory shown").select_option(index=2)
    line.ticked(1)
    assert commit(lab, 0, "ConventionalMemory", "BootServicesData") == "Right"
    assert commit(lab, 1, "0x1000f") == "Not yet"

    assert commit(lab, 2, "0x100ffffff") == "Right"
    table = OnBoot(lab, 1)
    table.on_to("mirror_info")
    table.ticked(1)
    table.press("Details")
    assert "0x100ffffff" in table.stage.locator(".more").inner_text()

    assert commit(lab, 3, "0x100800", "0x100fff") == "Right"
    OnBoot(lab, 2).on_to("pageblocks")
    OnBoot(lab, 2).ticked(1)
    assert commit(lab, 4, 512) == "Right"
    own = OnBoot(lab, 3)
    own.on_to("pageblocks")
    own.ticked(1)
    own.click_piece("page blocks", 1)
    own.ticked(2)

    assert commit(lab, 5, "All") == "Not yet"
    asked = OnStage(lab, 0)
    for number in (1, 2):
        asked.allocate(512)
        asked.ticked(number)
    blocks = asked.stage.locator(".strip .used")
    words = [blocks.nth(at).get_attribute("aria-label") for at in range(blocks.count())]
    assert ["mirrored" in each for each in words] == [True, False]
