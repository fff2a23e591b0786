"""ExhaustLab in JupyterLab: to a failure by mouse and by keyboard, stopped while it runs, and in every look."""

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


def button(lab, name):
    return lab.page.get_by_role("button", name=name)


def said(lab, words):
    """Wait until something is said aloud; the whole sentence."""
    status = lab.page.get_by_role("status").filter(has_text=words)
    status.wait_for()
    return status.text_content()


def options(lab):
    """The lines of the explanation."""
    return lab.page.get_by_role("listbox", name="Why the last request failed").get_by_role("option")


def shown(lab):
    """The failing request's lines, and the zones' free pages, as the page shows them."""
    lines = options(lab).all_text_contents()
    zones = lab.page.get_by_role("region", name="The zones now").locator("tbody tr").all_text_contents()
    return lines, zones


def modelled(lab):
    """The same, as the model has them."""
    told = lab.python("print(*[line.strip() for line in view.why()], sep='\\n')").splitlines()
    zones = lab.python("print(*[''.join(row) for row in view.zones()[1:]], sep='\\n')").splitlines()
    return told, zones


def test_to_a_failure_by_mouse(lab):
    lab.open(SHORT)
    button(lab, "Run until something fails").click()
    assert said(lab, "no page for").startswith("Operation 23,395: no page for order 1, GFP_KERNEL (kernel).")
    assert lab.python("print(machine.recording.operations[-1].result)") == "None"
    assert shown(lab) == modelled(lab)

    options(lab).nth(3).click()
    said(lab, "Line 4 of 11: Normal: 139 - 1 = 138")
    button(lab, "Next line").click()
    said(lab, "Line 5 of 11: DMA32: ")
    assert lab.python("print(view.line)") == "4"
    assert lab.in_every_look("exhaust_lab") == []

    button(lab, "Run on, past failures").click()
    said(lab, "5,000 operations made")
    assert shown(lab) == modelled(lab)


def test_to_a_failure_by_keyboard(lab):
    lab.open(SHORT)
    button(lab, "Run until something fails").wait_for()
    press = lab.page.keyboard.press
    lab.page.get_by_role("slider", name="frees, %").focus()
    for _ in range(5):
        press("ArrowLeft")
    lab.page.get_by_text("; 0% of operations free a block").wait_for()
    assert lab.python("print(view.track.run.load.frees)") == "0.0"

    for name in ("frees, %", "orders", "seed", "Start again", "Run until something fails"):
        press("Tab")
        assert focused(lab) == name
    press("Enter")
    said(lab, "no page for")
    lab.page.get_by_role("listbox", name="Why the last request failed").focus()
    press("End")
    press("ArrowUp")
    lines = len(shown(lab)[0])
    said(lab, f"Line {lines - 1} of {lines}: ")
    assert shown(lab) == modelled(lab)

    button(lab, "Start again").focus()
    press("Space")
    said(lab, "Back at the start.")
    assert lab.python("print(machine.owners)") == "{}"


def focused(lab):
    """The name of what has the focus."""
    return lab.page.evaluate("""() => {
        const at = document.activeElement;
        return at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent;
    }""")


def test_stop_ends_a_run_and_the_kernel_answers_meanwhile(lab):
    lab.open(LONG)
    button(lab, "Run until something fails").click()
    lab.page.get_by_label("Operations of this run").wait_for()
    assert lab.python("print(6 * 7)") == "42"
    button(lab, "Stop").click()
    said(lab, "operations made")
    made = int(lab.python("print(view.track.run.operation)"))
    assert 0 < made < 50_000
    assert lab.python("print(len(machine.recording.operations))") == str(made)


def test_the_notebooks_stop_sign_ends_a_run_too(lab):
    lab.open(LONG)
    button(lab, "Run until something fails").click()
    lab.page.get_by_label("Operations of this run").wait_for()
    lab.page.evaluate(INTERRUPT)
    said(lab, "operations made")
    made = int(lab.python("print(view.track.run.operation)"))
    assert 0 < made < 50_000
    assert lab.python("print(len(machine.recording.operations))") == str(made)


def test_what_is_done_elsewhere_is_seen_here(lab):
    lab.open(SHORT)
    button(lab, "Run until something fails").click()
    said(lab, "no page for")
    lab.python("machine.recording.goto(10_000)")
    lab.page.get_by_text("The machine is back at operation 10,000").wait_for()
    assert shown(lab) == modelled(lab)
    lab.python("view.say('On from here.')")
    said(lab, "On from here.")  # not what the first run said
    button(lab, "Run until something fails").click()
    assert said(lab, "no page for").startswith("Operation 23,395:")
    assert lab.python(ENDED) == "23395 True"
