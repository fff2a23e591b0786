"""Lesson 01 as it is handed out: all of it runs, its questions open by Commit, memory breaks under the mouse."""

from lesson import commit, open_lesson


def test_a_learner_goes_through_lesson_01(lab):
    open_lesson(lab, "01_why_mirror_memory")

    assert commit(lab, 0, 64) == "Not yet"
    assert commit(lab, 1, "Machine A") == "Right"
    assert commit(lab, 2, "It panics") == "Not yet"
    assert commit(lab, 3, 3) == "Right"
    assert commit(lab, 4, 56) == "Right"
    assert commit(lab, 5, 0) == "Not yet"

    view = lab.page.locator(".errors.card")
    view.get_by_label("how the error is found").select_option("read by the kernel")
    view.get_by_role("button", name="Break one").click()
    lab.hear_out()
    assert "panic" in view.locator(".state").inner_text().lower()
    view.get_by_role("button", name="Start again").click()
    lab.hear_out()
    assert view.locator(".state").inner_text() == "The machine runs."
