"""JupyterLab in a real browser, for the tests of the views and for measuring them."""

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mirrorlab.commands import lab

ROOT = Path(__file__).resolve().parents[1]
SHOTS = ROOT / "build" / "screenshots"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
]
TIMEOUT = 30_000  # milliseconds; only a hanging test waits so long
SIZES = {"wide": (1280, 900), "narrow": (640, 900)}
CHROME = 600  # what JupyterLab and the cell's source need above and below a widget, pixels
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
WCAG = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
WIDGET = ".mirrorlab"  # around everything that is ours

# In the page: the open notebook, the state of its kernel, code run in it.
KERNEL_READY = """() => {
    const context = window.jupyterapp?.shell.currentWidget?.context?.sessionContext;
    const kernel = context?.session?.kernel;
    return !!kernel && kernel.connectionStatus === 'connected' && kernel.status === 'idle';
}"""
HAS_KERNEL = "() => !!window.jupyterapp?.shell.currentWidget?.context?.sessionContext?.session?.kernel"
EXECUTE = """async code => {
    const kernel = jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    const said = [];
    const future = kernel.requestExecute({code, store_history: false});
    future.onIOPub = ({content}) => said.push(content.text ?? content.traceback?.join('\\n') ?? '');
    await future.done;
    return said.join('');
}"""
ERRORS = """() => [...jupyterapp.shell.currentWidget.context.model.cells]
    .flatMap(cell => cell.outputs?.toJSON() ?? [])
    .filter(output => output.output_type === 'error')
    .map(error => error.evalue)"""


class Missing(Exception):
    """What is not on this machine, and how to get it."""


@contextmanager
def chromium() -> Iterator[Any]:
    """A Chromium, started. Raises Missing where there is none."""
    path = next(filter(None, map(shutil.which, BROWSERS)), None)
    if path is None:
        raise Missing("no Chromium on this machine: install it (Debian: apt-get install chromium)")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        raise Missing("no playwright in this Python: python3 start.py test installs it") from None
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@contextmanager
def jupyterlab(folder: Path, settings: Path, *more: str) -> Iterator[tuple[str, str, Path]]:
    """JupyterLab on a folder, with settings of its own in another: (address, token, folder). more: options."""
    lab.write_json(settings / "app" / "overrides.json", lab.OVERRIDES)
    no_build = {"buildCheck": False, "buildAvailable": False}  # JupyterLab would ask yarn at each page
    lab.write_json(settings / "JUPYTER_CONFIG_DIR" / "labconfig" / "page_config.json", no_build)
    env = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_PREFER_ENV_PATH": "1"}
    for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        env[name] = str(settings / name)
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    token = uuid.uuid4().hex
    options = [
        *(f"--ServerApp.root_dir={folder}", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--IdentityProvider.token={token}", "--no-browser", "--allow-root", "--LabApp.expose_app_in_browser=True"),
        *(f"--LabApp.app_settings_dir={settings / 'app'}", f"--LabApp.workspaces_dir={settings / 'workspaces'}"),
        *more,
    ]
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen([sys.executable, "-m", "jupyterlab", *options], env=env, stdout=said, stderr=said)
        try:
            address = f"http://localhost:{port}"
            wait_for(process, f"{address}/api?token={token}", said)
            yield address, token, folder
        finally:
            process.terminate()
            process.wait(30)


def wait_for(process, address, said):
    """Wait until a server answers."""
    for _ in range(600):
        try:
            urllib.request.urlopen(address, timeout=5).close()
            return
        except OSError:
            try:
                process.wait(0.1)
            except subprocess.TimeoutExpired:
                continue
            said.seek(0)
            raise AssertionError(f"JupyterLab did not start: {said.read()[-3000:]}") from None
    raise AssertionError("JupyterLab did not answer within a minute")


class Lab:
    """A notebook open in JupyterLab: `page` is Playwright's page."""

    def __init__(self, page, server):
        self.page = page
        self.address, self.token, self.folder = server

    def open(self, *cells, run=True):
        """Open a new notebook with these code cells, or the copy of one (a Path), and run it."""
        name = f"{uuid.uuid4().hex}.ipynb"
        if cells and isinstance(cells[0], Path):
            (self.folder / name).write_text(json.dumps(lab.cleared(json.loads(cells[0].read_text()))))
        else:
            (self.folder / name).write_text(json.dumps(notebook(cells)))
        self.open_file(name)
        if run:
            self.run_all()
        return name

    def open_file(self, name):
        """Open a notebook of the folder in a fresh workspace, and wait for its kernel."""
        self.page.goto(f"{self.address}/lab/workspaces/{uuid.uuid4().hex}/tree/{name}?token={self.token}")
        self.page.wait_for_function(KERNEL_READY, timeout=TIMEOUT)

    def run_all(self):
        """Run all cells and wait until the kernel has done them."""
        self.page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
        self.page.wait_for_function(KERNEL_READY, timeout=TIMEOUT)
        assert self.page.evaluate(ERRORS) == []

    def save(self):
        """Save the notebook; returns what is in the file."""
        self.page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
        name = self.page.evaluate("() => jupyterapp.shell.currentWidget.context.path")
        return json.loads((self.folder / name).read_text())

    def python(self, code):
        """Run code in the notebook's kernel; what it printed. This is how a test looks at the model."""
        return self.page.evaluate(EXECUTE, code).strip()

    def hear_out(self):
        """Wait until what the kernel has said has arrived."""
        if self.page.evaluate(HAS_KERNEL):
            self.python("None")

    def shut_down(self):
        """End the kernels, when what they had to say has arrived: pyzmq cuts off what is large and late."""
        self.hear_out()
        self.page.evaluate("() => jupyterapp.serviceManager.sessions.shutdownAll()")

    def theme(self, name):
        """Switch JupyterLab to 'light' or 'dark'."""
        self.page.evaluate("theme => jupyterapp.commands.execute('apputils:change-theme', {theme})", THEMES[name])
        light = str(name == "light").lower()
        self.page.wait_for_function(f"() => document.body.dataset.jpThemeLight === '{light}'")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # two at once are too much for JupyterLab

    def accessibility_faults(self, selector=WIDGET):
        """What axe-core finds against WCAG 2.1 A and AA inside a selector, a sentence each."""
        from axe_playwright_python.sync_playwright import Axe

        results = Axe().run(self.page, context=selector, options=WCAG)
        return [
            f"{fault['id']}: {node['html'][:160]} {node['failureSummary']}"
            for fault in results.response["violations"]
            for node in fault["nodes"]
        ]

    def in_every_look(self, name, selector=WIDGET):
        """Take a picture of a widget at two widths, light and dark; returns what axe-core finds in any of them."""
        SHOTS.mkdir(parents=True, exist_ok=True)
        faults = []
        self.page.evaluate("() => jupyterapp.shell.collapseLeft()")
        for theme in THEMES:
            self.theme(theme)
            for size, (width, height) in SIZES.items():
                self.page.set_viewport_size({"width": width, "height": height})
                widget = self.page.locator(selector).first
                tall = int(widget.bounding_box()["height"]) + CHROME
                self.page.set_viewport_size({"width": width, "height": tall})  # all of it is to be seen
                widget.scroll_into_view_if_needed()
                widget.screenshot(path=SHOTS / f"{name}-{size}-{theme}.png")
                faults += [f"{size}, {theme}: {fault}" for fault in self.accessibility_faults(selector)]
        self.theme("light")
        self.page.set_viewport_size({"width": 1280, "height": 900})
        return faults


def notebook(sources):
    """A notebook with these code cells, not run."""
    cells = [
        *({"cell_type": "code", "id": f"c{n}", "metadata": {}, "source": source, "execution_count": None, "outputs": []}
          for n, source in enumerate(sources)),
    ]  # fmt: skip
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    return {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
