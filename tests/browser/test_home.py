"""The course home in JupyterLab, as the course is handed out: seen first, before it is run; the way on and back."""

import os
import subprocess
import sys

import pytest

from mirrorlab.commands import lab as opener
from mirrorlab.course.learner.progress import Store
from tools import browser

HOME = ".mirrorlab-home"
GO = ".btn.primary"
PROGRESS = ".progress"
OPEN = "() => window.jupyterapp?.shell.currentWidget?.context?.path"
SMALL = """view => [...view.querySelectorAll("*")].filter(each => each.textContent.trim()
    && parseFloat(getComputedStyle(each).fontSize) < 13).map(each => each.outerHTML.slice(0, 120))"""
CARDS = "view => getComputedStyle(view.querySelector('.cards')).gridTemplateColumns.split(' ').length"


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """JupyterLab on a course that was just handed out, with progress of its own."""
    folder, settings = tmp_path_factory.mktemp("course"), tmp_path_factory.mktemp("settings")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MIRRORLAB_DATA", str(folder / PROGRESS))
        start = [sys.executable, "-m", "mirrorlab", "course", "start", "--folder", str(folder)]
        subprocess.run(start, env={**os.environ, "JUPYTER_DATA_DIR": str(settings / "JUPYTER_DATA_DIR")}, check=True)
        options = opener.lab_options(folder, settings, 0, False)
        [first] = [option for option in options if option.startswith("--LabApp.default_url")]
        with browser.jupyterlab(folder, settings, first) as running:
            yield running


@pytest.fixture
def store(server):
    """What the learner has done; forgotten after the test."""
    store = Store(server[2] / PROGRESS)
    yield store
    store.path.unlink(missing_ok=True)


@pytest.fixture
def home(lab):
    """The home, opened and not run."""
    lab.open_file("notebooks/home.ipynb")
    lab.page.locator(HOME).locator(GO).wait_for()
    return lab.page.locator(HOME)


def wait_until_open(lab, path):
    lab.page.wait_for_function(f"path => ({OPEN})() === path", arg=path)


def test_it_opens_first_and_start_opens_lesson_00_in_a_tab_beside_it(lab):
    lab.page.goto(f"{lab.address}/?token={lab.token}")  # as the start opens the browser
    home = lab.page.locator(HOME)
    home.locator(GO).wait_for()
    lab.page.wait_for_function(browser.KERNEL_READY)
    assert lab.page.evaluate(OPEN) == "notebooks/home.ipynb"
    lab.page.evaluate("() => { window.same = true; }")
    assert home.locator(GO).inner_text() == "Start"
    home.locator(GO).click()
    wait_until_open(lab, "notebooks/00_start_here.ipynb")
    assert lab.page.evaluate("() => window.same")  # the page was not loaded anew
    lab.page.get_by_role("link", name="exercises 00").first.click()
    wait_until_open(lab, "exercises/00_start_here_exercises.ipynb")
    lab.page.get_by_role("link", name="Course home").first.click()
    wait_until_open(lab, "notebooks/home.ipynb")


def test_by_keyboard_alone(lab, home):
    home.locator(GO).focus()
    lab.page.keyboard.press("Tab")
    stops = []
    while lab.page.evaluate(f"() => !!document.activeElement.closest('{HOME}')"):
        stops.append(lab.page.evaluate("() => document.activeElement.dataset.key"))
        lab.page.keyboard.press("Tab")
    assert stops == [f"{n:02}" for n in range(7)]  # the lessons that are written
    home.get_by_role("link", name="Lesson 03").focus()
    lab.page.keyboard.press("Enter")
    wait_until_open(lab, "notebooks/03_merging.ipynb")


def test_once_run_it_follows_what_is_done_elsewhere(lab, home, store):
    lab.run_all()
    here = home.locator(".lesson.here")
    assert here.get_attribute("data-key") == "00"
    home.locator(GO).click()
    wait_until_open(lab, "notebooks/00_start_here.ipynb")
    store.change(lambda record: record["exercises"].update({"ex00.zone_spans_pfn": {"solved": True}}))
    lab.page.get_by_role("link", name="Course home").first.click()
    lab.page.locator(".lesson.here[data-key='01']").wait_for()
    assert home.locator(".lesson.done").count() == 1
    assert home.get_by_role("link", name="Lesson 00, Start here, 15 minutes, exercises 1 of 1, done").count() == 1


def test_every_look(lab, home):
    assert home.evaluate(SMALL) == []
    assert home.evaluate(CARDS) == 6
    assert lab.in_every_look("home", HOME) == []
    lab.page.emulate_media(forced_colors="active")
    assert lab.accessibility_faults(HOME) == []
    home.screenshot(path=browser.SHOTS / "home-forced.png")
    lab.page.set_viewport_size({"width": 800, "height": 900})
    assert home.evaluate(CARDS) == 4
