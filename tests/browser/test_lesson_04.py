"""Lesson 04 as it is handed out: all of it runs, its questions open by Commit, its tasks can be done as they say."""

from lesson import OnStage, commit, open_lesson


def page_blocks(stage):
    return stage.stage.locator(".pageblocks b").all_inner_texts()


def named(*kinds):
    return [f"page block: {kind}" for kind in kinds]


def test_a_learner_goes_through_lesson_04(lab):
    open_lesson(lab, "04_stealing")

    assert commit(lab, 0, "The first is Unmovable") == "Not yet"
    renamed = OnStage(lab, 0)
    renamed.allocate(2)
    renamed.ticked(1)
    assert page_blocks(renamed) == named("Unmovable", "Unmovable")
    renamed.press("program")
    renamed.press("Allocate")
    renamed.ticked(2)
    assert page_blocks(renamed) == named("Unmovable", "Movable")
    renamed.press("To the start")
    renamed.ticked(3)
    assert page_blocks(renamed) == named("Movable", "Movable")

    assert commit(lab, 1, "Page block 1: Unmovable") == "Right"
    largest = OnStage(lab, 1)
    largest.allocate(2)
    largest.ticked(1)
    largest.back_to("The block of 2 pages at +514 moves")
    largest.ticked(2)

    assert commit(lab, 2, "Page block 1: Unmovable") == "Not yet"
    assert commit(lab, 3, "Page: Unmovable list. Page block: Movable") == "Right"
    half = OnStage(lab, 2)
    half.allocate(2)
    half.ticked(1)
    assert page_blocks(half) == named("Movable")
    half.back_to("The block of 128 pages at +384 moves")
    half.ticked(2)

    assert commit(lab, 4, "On a Movable list") == "Right"
    copies = OnStage(lab, 3)
    for number, page in enumerate((384, 256), 1):
        copies.stage.locator(f".strip .used[data-at='{page}']").click()
        copies.ticked(number)

    assert commit(lab, 5, "It says Unmovable") == "Right"
    assert commit(lab, 6, 4) == "Right"
