"""JupyterLab in a real browser: one server for all tests; for each test a fresh page on which nothing may go wrong.

Whatever leaves this machine is stopped and fails the test (a WebSocket is not stopped), and so does an error in the
browser's console. Pictures of what was tested go to build/screenshots, where nothing is committed: look at them.
"""

from pathlib import Path

import pytest

from tools import browser

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("browser")
    # Last: Playwright keeps an event loop running, and views in a running loop draw later.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


@pytest.fixture(scope="session")
def chromium():
    """A Chromium, started."""
    try:
        with browser.chromium() as started:
            yield started
    except browser.Missing as reason:
        pytest.skip(f"{reason} to run browser tests")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """JupyterLab on an empty folder: (address, token, folder)."""
    with browser.jupyterlab(tmp_path_factory.mktemp("lab"), tmp_path_factory.mktemp("settings")) as running:
        yield running


@pytest.fixture
def lab_page(chromium, server):
    """A page that reaches this machine only: (page, list of what went wrong)."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(browser.TIMEOUT)
    wrong = []

    def only_here(route):
        if route.request.url.startswith((f"{server[0]}/", "data:", "blob:")):
            route.continue_()
        else:
            wrong.append(f"left this machine: {route.request.url}")
            route.abort()

    def note_elsewhere(socket):  # which no route sees
        if not socket.url.startswith(f"{server[0]}/".replace("http:", "ws:")):
            wrong.append(f"left this machine: {socket.url}")

    context.route("**/*", only_here)
    page.on("websocket", note_elsewhere)
    page.on("console", lambda message: wrong.append(f"console: {message.text}") if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(f"page: {error} {error.stack}"))
    yield page, wrong
    context.close()


@pytest.fixture(name="lab")
def lab_(lab_page, server):
    """A Lab; at the end, no request has left this machine and the console holds no error."""
    page, wrong = lab_page
    lab = browser.Lab(page, server)
    yield lab
    lab.hear_out()
    found = list(wrong)
    lab.shut_down()
    assert found == []
