"""Lesson 05 as it is handed out: all of it runs, its questions open by Commit, its tasks can be done as they say."""

from lesson import OnStage, commit, open_lesson


def test_a_learner_goes_through_lesson_05(lab):
    open_lesson(lab, "05_what_firmware_tells")

    assert commit(lab, 0, "ConventionalMemory", "BootServicesData") == "Right"
    assert commit(lab, 1, "0x1000f") == "Not yet"
    assert commit(lab, 2, "0x100ffffff") == "Right"
    assert commit(lab, 3, "0x100800", "0x100fff") == "Right"
    assert commit(lab, 4, 512) == "Right"

    assert commit(lab, 5, "All") == "Not yet"
    ragged = OnStage(lab, 0)
    for number in (1, 2):
        ragged.allocate(512)
        ragged.ticked(number)
    blocks = ragged.stage.locator(".strip .used")
    words = [blocks.nth(at).get_attribute("aria-label") for at in range(blocks.count())]
    assert ["mirrored" in each for each in words] == [True, False]
    assert "partly mirrored" in words[0]
