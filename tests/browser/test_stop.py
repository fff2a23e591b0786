"""A learner's answer never ends: they press the stop button, restart the kernel, or close JupyterLab."""

import sys
import textwrap

import hostile_answers as hostile
import pytest

from tools import browser

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is left over")
IMPORTS = "from mirrorlab.course import check"
RIGHT = """@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    return ((free + user + mirrored) / pages) ** errors"""
HANGS = """@check("ex01.survival", seconds=60)
def survival(pages, free, user, mirrored, errors):
""" + textwrap.indent(hostile.ESCAPES, "    ")
RUN_ALL = "() => { jupyterapp.commands.execute('notebook:run-all-cells'); }"  # returns before they have come to an end
RUN_FIRST = """async () => {
    const notebook = jupyterapp.shell.currentWidget.content;
    notebook.activeCellIndex = 0;
    await jupyterapp.commands.execute('notebook:run-cell');
    notebook.activeCellIndex = 2;
}"""
SOON = 5  # seconds
OUTPUT = ".jp-Notebook .jp-Cell:nth-child({}) .jp-OutputArea-output"


def begin(lab, folder):
    """Run an answer that has no end and starts processes; the numbers of all that judges it or belongs to it."""
    file = folder / "pids"
    data = f"import os; os.environ['MIRRORLAB_DATA'] = {str(folder / 'data')!r}"
    lab.open(f"{data}\n{IMPORTS}", HANGS.format(pids=str(file)), RIGHT, run=False)
    lab.page.evaluate(RUN_ALL)
    pids = hostile.escaped(file)
    found = hostile.processes()
    [waiting] = {found[pid][0] for pid in pids}
    return pids | {waiting, found[waiting][0]}  # and the judge


def gone(pids):
    return lambda: not pids & hostile.running().keys()


def said(lab, number):
    """What stands below a cell, when something does."""
    output = lab.page.locator(OUTPUT.format(number)).first
    output.wait_for()
    return output.inner_text().strip()


def picture(lab, name):
    browser.SHOTS.mkdir(parents=True, exist_ok=True)
    lab.page.screenshot(path=browser.SHOTS / f"{name}.png")


def test_the_stop_button_leaves_one_line_and_the_next_answer_is_judged(lab, tmp_path):
    begin(lab, tmp_path)
    lab.page.locator("[data-command='notebook:interrupt-kernel']").first.click()
    assert said(lab, 2) == "Stopped: ex01.survival was not judged. Run the cell again when you like."
    picture(lab, "stop")
    lab.page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")  # the last one, which was not begun
    assert said(lab, 3).startswith("Right")


def test_a_restart_in_mid_check_leaves_no_process(lab, tmp_path):
    pids = begin(lab, tmp_path)
    lab.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    lab.page.locator("[data-command='kernelmenu:restart']").click()
    lab.page.locator(".jp-Dialog .jp-mod-accept").click()
    hostile.wait_until(gone(pids), SOON)
    lab.page.wait_for_function(browser.KERNEL_READY)
    picture(lab, "restart")
    lab.page.evaluate(RUN_FIRST)
    lab.page.evaluate("() => jupyterapp.commands.execute('notebook:run-cell')")  # the last one
    assert said(lab, 3).startswith("Right")


def test_closing_jupyterlab_in_mid_check_leaves_no_process(chromium, tmp_path_factory, tmp_path):
    with browser.jupyterlab(tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("settings")) as server:
        page = chromium.new_page()
        pids = begin(browser.Lab(page, server), tmp_path)
        page.close()
    hostile.wait_until(gone(pids), SOON)
