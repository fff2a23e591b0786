"""Lesson 03 as it is handed out: all of it runs, its questions open by Commit, its tasks can be done as they say."""

from lesson import OnStage, commit, open_lesson


def free(stage, *pages):
    """Click blocks in use, by the page they begin at."""
    for page in pages:
        stage.stage.locator(f".strip .used[data-at='{page}']").click()
        stage.lab.hear_out()


def test_a_learner_goes_through_lesson_03(lab):
    open_lesson(lab, "03_merging")

    assert commit(lab, 0, 4, 5, 8) == "Right"
    whose = OnStage(lab, 0)
    for number, (free_block, buddy) in enumerate(((5, 4), (12, 8)), 1):
        whose.stage.locator(f".strip .free[data-at='{free_block}']").click()
        assert whose.stage.locator(".strip .buddy").get_attribute("data-at") == str(buddy)
        free(whose, buddy)
        whose.ticked(number)

    assert commit(lab, 1, 0, 2) == "Not yet"
    busy = OnStage(lab, 1)
    free(busy, 0, 1)
    busy.ticked(1)
    free(busy, 3)
    busy.ticked(2)
    assert "tail" in busy.sentence()  # as the section on it says
    free(busy, 2)
    busy.ticked(3)

    assert commit(lab, 2, 0, 1, 2, 0) == "Right"
    unlike = OnStage(lab, 2)
    for number, page in enumerate((2, 0, 3, 4), 1):
        free(unlike, page)
        unlike.ticked(number)

    assert commit(lab, 3, 10) == "Right"
    ten = OnStage(lab, 3)
    free(ten, 0)
    ten.ticked(1)
    ten.back_to("Merge 1:")
    ten.ticked(2)

    assert commit(lab, 4, "e") == "Not yet"
    tail = OnStage(lab, 4)
    free(tail, 2, 4)
    tail.ticked(2)
    tail.allocate(1)
    tail.ticked(3)
    assert tail.sentence() == "Page +2 is handed out."
    free(tail, 5)
    tail.ticked(4)

    assert commit(lab, 5, "One block, on a Movable list") == "Right"
    kinds = OnStage(lab, 5)
    free(kinds, 0)
    kinds.ticked(1)
    kinds.allocate(4)
    kinds.allocate(4)
    kinds.ticked(2)
    free(kinds, 0)
    kinds.ticked(3)
