"""What a view says while a cell runs, and after its kernel is gone: with JupyterLab's subshells, and without."""

import re

import pytest

VIEWS = {"Stage": ".say p"}  # and where each speaks
CELLS = [
    f"from mirrorlab.machine.toy import toy\nfrom mirrorlab.widgets import *\nm{n} = toy(64)\n{name}(m{n})"
    for n, name in enumerate(VIEWS)
]
SLEEP = """number => { jupyterapp.shell.currentWidget.context.sessionContext.session.kernel
    .requestExecute({code: `import time; time.sleep(3); before = len(m${number}.owners)`}); }"""
SUBSHELLS = """how => jupyterapp.serviceManager.settings.save(
    '@jupyterlab/apputils-extension:kernels-settings', JSON.stringify({commsOverSubshells: how}))"""
RESTART = "() => { jupyterapp.shell.currentWidget.context.sessionContext.restartKernel(); }"


@pytest.fixture(params=["perCommTarget", "disabled"])
def subshells(lab, request):
    lab.open("0")
    lab.page.evaluate(SUBSHELLS, request.param)
    yield
    lab.page.evaluate(SUBSHELLS, "perCommTarget")


def test_while_a_cell_runs_a_click_is_said_to_wait_and_done_afterwards(lab, subshells):
    lab.open(*CELLS)
    for number, said in enumerate(VIEWS.values()):
        view = lab.page.locator(".mirrorlab").nth(number)
        button = view.get_by_role("button", name="Allocate", exact=True)
        button.wait_for()
        lab.hear_out()
        lab.page.evaluate(SLEEP, number)
        button.click()
        view.locator(said).filter(has_text="Waiting for the running cell.").wait_for(timeout=2500)
        view.locator(said).filter(has_text=re.compile("handed out")).wait_for()
        assert lab.python(f"print(before, len(m{number}.owners))") == "0 1"


def test_after_a_restart_a_view_says_what_to_do(lab):
    lab.open(*CELLS)
    views = lab.page.locator(".mirrorlab")
    for number in range(len(VIEWS)):
        views.nth(number).get_by_role("button", name="Allocate", exact=True).wait_for()
    lab.hear_out()
    lab.page.evaluate(RESTART)
    for number in range(len(VIEWS)):
        views.nth(number).get_by_text("The kernel was restarted: run the cells of this notebook again.").wait_for()
    views.last.get_by_role("button", name="Allocate", exact=True).click()  # nothing breaks, and it says so still
    assert "Waiting" not in views.last.inner_text()
    assert "The kernel was restarted" in views.last.inner_text()
