"""MachineView in JupyterLab: by mouse, and in every look."""

CELL = """\
from mirrorlab import Machine
from mirrorlab.widgets import MachineView
machine = Machine.from_recording("order0-pcp-one-0")
view = MachineView(machine)
view"""


def test_a_click_allocates_on_the_machine_and_is_announced(lab):
    lab.open(CELL)
    lab.page.locator(".mirrorlab").wait_for()
    lab.page.get_by_role("button", name="Allocate").click()
    lab.page.get_by_role("status").filter(has_text="Allocated").wait_for()
    assert lab.python("print(len(machine.owners))").strip() == "1"

    assert lab.in_every_look("machine_view") == []
