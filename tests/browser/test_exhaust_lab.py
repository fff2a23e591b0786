"""ExhaustLab in JupyterLab: to a failure and on from an earlier point by keyboard alone, and stopped while it runs."""

CELL = """\
from mirrorlab import Machine
from mirrorlab.questions.load import Load
from mirrorlab.widgets import ExhaustLab
machine = Machine.from_recording("exhaustion-one-0")
view = ExhaustLab(machine, Load({load}seed=1))
view"""
SHORT, LONG = CELL.format(load=""), CELL.format(load="orders=(1,), frees=0.45, ")
ENDED = """\
import time
end = time.monotonic() + 10
while not view.running.done() and time.monotonic() < end:
    time.sleep(0.01)  # it runs in another thread, and says what came of it just before its end
print(len(machine.recording.operations), view.running.done())"""
INTERRUPT = "() => jupyterapp.shell.currentWidget.context.sessionContext.session.kernel.interrupt()"
FOCUSED = """() => {
    const at = document.activeElement;
    return at.getAttribute("aria-label") ?? (at.labels?.[0] ?? at).textContent.trim();
}"""


def button(lab, name):
    return lab.page.get_by_role("button", name=name, exact=True)


def said(lab, words):
    """Wait until something is said aloud; the whole sentence."""
    status = lab.page.get_by_role("status").filter(has_text=words)
    status.wait_for()
    return status.text_content()


def region(lab, name):
    """The rows of a table, as the page shows them."""
    return lab.page.get_by_role("region", name=name).locator("tbody tr").all_text_contents()


def test_to_a_failure_and_on_from_an_earlier_point_by_keyboard(lab):
    lab.open(SHORT)
    button(lab, "Run").wait_for()
    tall = lab.page.locator(".mirrorlab").bounding_box()["height"]
    press = lab.page.keyboard.press
    lab.page.get_by_label("frees, %").focus()
    press("ArrowDown")
    for name in ("orders", "seed", "Run"):
        press("Tab")
        assert lab.page.evaluate(FOCUSED) == name
    assert lab.python("print(view.track.run.load.frees)") == "0.2"
    lab.page.get_by_label("frees, %").focus()
    press("ArrowUp")
    button(lab, "Run").focus()
    press("Enter")
    assert said(lab, "no page for").startswith("Operation 23,395: no page for order 1, GFP_KERNEL (kernel).")
    marks = lab.page.locator(".marks li").all_text_contents()
    assert marks[-1].endswith("refused kernel: no page for order 1, at 23,395")
    assert lab.page.locator(".bands .mark").count() == len(marks)
    assert lab.page.locator(".mirrorlab").bounding_box()["height"] == tall

    button(lab, "Details").focus()
    press("Enter")
    told = lab.python("print(*[''.join(pair) for pair in view.picture()['why']], sep='\\n')").splitlines()
    assert region(lab, "Why the last request found no page, line by line") == told
    zones = lab.python("print(*[''.join(row) for row in view.zones()[1:]], sep='\\n')").splitlines()
    assert region(lab, "The zones now, in pages") == zones

    lab.python("machine.recording.goto(10_000)")
    said(lab, "The machine is back at operation 10,000")
    lab.page.locator(".bands .now").wait_for(state="attached")
    button(lab, "Run").focus()
    press("Enter")
    assert said(lab, "no page for").startswith("Operation 23,395:")
    assert lab.python(ENDED) == "23395 True"
    button(lab, "Again").focus()
    press("Space")
    said(lab, "Press Run")
    assert lab.python("print(machine.owners)") == "{}"


def test_stop_and_the_notebooks_stop_sign_end_a_run_and_the_kernel_answers_meanwhile(lab):
    lab.open(LONG)
    stops = (lambda: button(lab, "Stop").click(), lambda: lab.page.evaluate(INTERRUPT))
    before = 0
    for stop in stops:
        button(lab, "Run").click()
        lab.page.get_by_label("Operations of this run").wait_for()
        assert lab.python("print(6 * 7)") == "42"
        stop()
        said(lab, "found no page.")
        made = int(lab.python("print(view.track.run.operation)"))
        assert before < made < before + 50_000
        assert lab.python("print(len(machine.recording.operations))") == str(made)
        before = made
