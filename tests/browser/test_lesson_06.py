"""Lesson 06 as it is handed out: all of it runs, its questions open by Commit, its tasks can be done as they say."""

from lesson import OnBoot, OnStage, commit, open_lesson


def test_a_learner_goes_through_lesson_06(lab):
    open_lesson(lab, "06_boot")

    assert commit(lab, 0, "After memblock") == "Not yet"
    first = OnBoot(lab, 0)
    first.on_to("bootmem")
    first.ticked(1)
    first.press("Another machine")
    first.stage.get_by_role("combobox", name="machine").select_option("rfc-48g")
    first.press("Boot again")
    first.ticked(2)

    assert commit(lab, 1, 5) == "Right"
    assert commit(lab, 2, 10, 23) == "Right"
    assert commit(lab, 3, "Of 2 pages and 4") == "Right"
    for number, name in enumerate(("memblock", "pageblocks", "bootmem"), 1):
        OnBoot(lab, number).on_to(name)
        OnBoot(lab, number).ticked(1)
    OnBoot(lab, 3).press("Wider")
    OnBoot(lab, 3).ticked(2)

    assert commit(lab, 4, "X+4096") == "Right"
    assert commit(lab, 5, "Half to each list") == "Not yet"
    last = OnStage(lab, 0)
    last.click_block("b")
    last.ticked(1)
    last.allocate(1024)
    last.ticked(2)
    assert last.stage.locator(".strip .used").count() == 1

    assert commit(lab, 6, 1, 1, 2, 2) == "Right"
    assert commit(lab, 7, 2048, 8192) == "Not yet"
