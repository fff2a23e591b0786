"""What a learner does in a lesson: answer its cards, and do the tasks of its stages by mouse."""

import re

from tools.browser import ROOT

PREDICTION, STAGE, BOOT = ".predict.card", ".stage.card", ".boot.card"


def open_lesson(lab, name):
    """Open a lesson as it is handed out, and run all of it."""
    lab.open(ROOT / "notebooks" / f"{name}.ipynb")
    assert lab.page.locator(".predict .outcome").count() == 0  # it asks


def commit(lab, number, *answers):
    """Answer a card, the first has number 0: type numbers into its fields, or click choices; see that it opens."""
    card = lab.page.locator(PREDICTION).nth(number)
    fields = card.locator("input")
    for at, answer in enumerate(answers):
        if fields.count():
            fields.nth(at).fill(str(answer))  # more fields come while they are filled
        else:
            card.locator(".choice, .mini .block").filter(has_text=re.compile(rf"^\s*{re.escape(answer)}")).first.click()
    card.get_by_role("button", name="Commit").click()
    card.locator(".outcome").wait_for()
    return card.locator(".outcome h4").inner_text()


class OnStage:
    """One stage of a lesson, the first has number 0."""

    kind = STAGE

    def __init__(self, lab, number):
        self.lab = lab
        self.stage = lab.page.locator(self.kind).nth(number)
        self.stage.scroll_into_view_if_needed()

    def ticked(self, number):
        """Wait until so many tasks are ticked; then there are no more than that."""
        self.lab.hear_out()
        self.stage.locator(".tasks .done").nth(number - 1).wait_for()
        assert self.stage.locator(".tasks .done").count() == number

    def sentence(self):
        return self.stage.locator(".say p").inner_text()

    def allocate(self, pages):
        self.stage.locator(".size").get_by_text(str(pages), exact=True).click()
        self.press("Allocate")
        self.lab.hear_out()

    def click_block(self, letter):
        self.stage.locator(".strip .b").filter(has_text=letter).first.click()
        self.lab.hear_out()

    def press(self, name):
        self.stage.get_by_role("button", name=name, exact=True).click()

    def back_to(self, words):
        """Step back until the sentence begins so."""
        while not self.sentence().startswith(words):
            assert self.stage.get_by_role("button", name="One step back").get_attribute("aria-disabled") == "false"
            self.press("One step back")


class OnBoot(OnStage):
    """One BootPlayer of a lesson."""

    kind = BOOT

    def on_to(self, name):
        """Step on until a stage is shown."""
        while self.stage.locator(".track em.now").inner_text() != name:
            assert self.stage.get_by_role("button", name="One stage on").get_attribute("aria-disabled") == "false"
            self.press("One stage on")
            self.lab.hear_out()

    def click_piece(self, row, number):
        """Click a piece of a row of the map: it comes closer."""
        self.stage.locator(".lane").filter(has_text=row).locator(".piece").nth(number).click()
