"""Lesson 02 as it is handed out: all of it runs, its questions open by Commit, its tasks can be done as they say."""

from lesson import OnStage, commit, open_lesson


def test_a_learner_goes_through_lesson_02(lab):
    open_lesson(lab, "02_splitting")

    assert commit(lab, 0, 0, 5, 32, 3, 40, 2) == "Right"
    assert commit(lab, 1, 48, 32, 40) == "Right"
    which = OnStage(lab, 0)
    for number, pages in enumerate((2, 8, 4), 1):
        which.allocate(pages)
        which.ticked(number)
    assert which.sentence() == "The block of 4 pages at +40 is handed out."

    assert commit(lab, 2, 0, 1, 2, 1) == "Not yet"
    left = OnStage(lab, 1)
    left.allocate(2)
    left.ticked(1)
    left.back_to("Cut 1: 32 pages become 16 and 16")
    left.ticked(2)
    left.press("To the end")
    left.ticked(3)

    assert commit(lab, 3, 10) == "Right"
    shatter = OnStage(lab, 2)
    shatter.allocate(1)
    shatter.allocate(64)
    shatter.ticked(2)
    assert shatter.sentence() == "The block of 64 pages at +64 is handed out."
    shatter.back_to("Cut 1: 1024 pages become 512 and 512")
    shatter.ticked(3)

    assert commit(lab, 4, "c") == "Right"
    head = OnStage(lab, 3)
    head.click_block("a")
    head.ticked(1)
    head.click_block("c")
    head.ticked(2)
    head.allocate(16)
    head.ticked(3)
    assert head.sentence() == "The block of 16 pages at +32 is handed out."

    assert commit(lab, 5, *"23456789") == "Right"
