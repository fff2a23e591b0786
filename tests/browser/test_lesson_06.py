"""Lesson 06 as it is handed out: all of it runs, its questions open by Commit, its tasks can be done as they say."""

from lesson import OnStage, commit, open_lesson


def test_a_learner_goes_through_lesson_06(lab):
    open_lesson(lab, "06_boot")

    assert commit(lab, 0, "After memblock") == "Not yet"
    assert commit(lab, 1, 5) == "Right"
    assert commit(lab, 2, 10, 23) == "Right"
    assert commit(lab, 3, "Of 2 pages and 4") == "Right"

    assert commit(lab, 4, "+4096") == "Right"
    assert commit(lab, 5, "Half to each list") == "Not yet"
    last = OnStage(lab, 0)
    last.click_block("b")
    last.ticked(1)
    last.allocate(1024)
    last.ticked(2)

    assert commit(lab, 6, 1, 1, 2, 2) == "Right"
    assert commit(lab, 7, 2048, 8192) == "Not yet"
