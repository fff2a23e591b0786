"""ExhaustLab in JupyterLab: to a failure by mouse and by keyboard, stopped while it runs, and in every look."""

CELL = """\
from mirrorlab import Machine
from mirrorlab.loads import Load
from mirrorlab.widgets import ExhaustLab
machine = Machine.from_recording("exhaustion-one-0")
view = ExhaustLab(machine, Load(seed=1))
view"""


def button(lab, name):
    return lab.page.get_by_role("button", name=name)


def said(lab, words):
    """Wait until something is said aloud."""
    lab.page.get_by_role("status").filter(has_text=words).wait_for()


def test_to_a_failure_by_mouse_and_its_explanation(lab):
    lab.open(CELL)
    button(lab, "Run until something fails").click()
    said(lab, "no page for")
    assert lab.python("print(machine.recording.operations[-1].result)") == "None"
    assert lab.in_every_look("exhaust_lab") == []
