"""A learner with exercise set 03: two wrong answers, two hints, the right one, a reset, and the overview."""

import inspect
from pathlib import Path

import course_answers

from mirrorlab.course.judge import exercise

MERGING = Path(__file__).parents[2] / "exercises" / "03_merging_exercises.ipynb"
FUNCTION = '@check("ex03.find_buddy")\ndef __find_buddy_index(page_idx, order):\n    return {}'
SHOW_CELL = """async id => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = notebook.widgets.findIndex(cell => cell.model.id === id);
    await notebook.scrollToItem(notebook.activeCellIndex);
}"""
RUN = "() => jupyterapp.commands.execute('notebook:run-cell')"
ADD_CELL = "() => jupyterapp.commands.execute('notebook:insert-cell-below')"


class Learner:
    """Types into the cells of the open notebook, runs them, and reads what comes below."""

    def __init__(self, lab):
        self.lab = lab
        self.cell = lab.page.locator(".jp-Notebook .jp-Cell.jp-mod-active")

    def go_to(self, cell_id):
        self.lab.page.evaluate(SHOW_CELL, cell_id)

    def write(self, text):
        self.cell.locator(".cm-content").click()
        self.lab.page.keyboard.press("Control+A")
        self.lab.page.keyboard.insert_text(text)

    def run(self):
        """Run the cell; what stands below it then."""
        self.lab.page.evaluate(RUN)  # returns when the cell is done
        return self.cell.locator(".jp-OutputArea-output").first.inner_text()

    def check(self, name, cell_id, function=None):
        """Write an answer into the cell of an exercise, and run it: the verdict's card. None: the cell as it is."""
        self.go_to(cell_id)
        if function is not None:
            asked, answer = exercise.find(name).function, getattr(course_answers, function)
            source = inspect.getsource(answer).replace(f"def {function}(", f"def {asked}(")
            self.write(f'@check("{name}")\n{source}')
        self.lab.page.evaluate(RUN)
        card = self.cell.locator(".mirrorlab-verdict")
        card.locator(".verdict").wait_for()
        return card

    def ask(self, text):
        """The same in a new cell below."""
        self.lab.page.evaluate(ADD_CELL)
        self.write(text)
        return self.run()


def open_set(lab, folder):
    """A learner with the exercises about merging, whose progress is in a folder of the test."""
    lab.open(MERGING, run=False)
    lab.python(f"import os; os.environ['MIRRORLAB_DATA'] = {str(folder)!r}")
    learner = Learner(lab)
    learner.go_to("imports")
    lab.page.evaluate(RUN)
    return learner


def test_a_learner_gets_from_two_wrong_answers_by_two_hints_to_the_right_one(lab, tmp_path):
    learner = open_set(lab, tmp_path)
    name, cell = "ex03.find_buddy", "e3-find-buddy"
    assert learner.check(name, cell).inner_text().startswith("Not started")

    said = learner.check(name, cell, "prints").inner_text()
    assert said.startswith("Not yet") and "XOR goes both ways" in said
    learner.write(FUNCTION.format("page_idx ^ order"))
    said = learner.check(name, cell).inner_text()
    assert said.startswith("Not yet") and "It is not the distance" in said

    assert "Hint 1 of 2" in learner.ask('hint("ex03.find_buddy")')
    assert "Hint 2 of 2" in learner.ask('hint("ex03.find_buddy")')
    assert "First solve" in learner.ask('explanation("ex03.find_buddy")')

    assert "agrees with Linux on" in learner.check(name, cell, "find_buddy").inner_text()
    assert "XOR turns the bit over" in learner.ask('explanation("ex03.find_buddy")')

    overview = learner.ask("progress()")
    assert [line.split() for line in overview.splitlines() if "ex03.find_buddy" in line] == [
        ["ex03.find_buddy", "right", "3", "2"]
    ]
    assert "starts again" in learner.ask('reset("ex03.find_buddy")')
    assert "ex03.find_buddy" in learner.ask("progress()")
