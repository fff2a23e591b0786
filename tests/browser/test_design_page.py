"""The design page in a browser: every component in every state, in each look, against what must hold for all of them.

KNOWN lists what does not hold, and why: a line that is not needed fails.
"""

import pytest
from axe_playwright_python.sync_playwright import Axe

from mirrorlab.commands import design
from tools.browser import SHOTS, WCAG

SMALL, TALL, AXE = "text under 13 px", "over 480 px tall at 950 px", "axe"
KNOWN = {
    ("Home", TALL): "a page of its own, not a view in a lesson",
}
SHAPE_ONLY = {**WCAG, "rules": {"color-contrast": {"enabled": False}}}  # the colours are those of "light"
LOOKS = {  # name: what to press, what the browser is told, what axe looks for
    "light": (["light", "950 px"], "none", WCAG),
    "dark": (["dark", "950 px"], "none", WCAG),
    "narrow": (["light", "700 px"], "none", SHAPE_ONLY),
    "forced colours": (["light", "950 px"], "active", SHAPE_ONLY),
}
FIND_SMALL = """() => [...document.querySelectorAll(".component .mirrorlab *")].filter(each =>
    !["STYLE", "OPTION", "TITLE", "DESC"].includes(each.tagName.toUpperCase()) && each.checkVisibility()
    && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    && parseFloat(getComputedStyle(each).fontSize) < 13).map(each => each.closest(".component").id)"""
FIND_TALL = """() => [...document.querySelectorAll(".component .mirrorlab:not([data-opened])")]
    .filter(each => each.getBoundingClientRect().height > 480).map(each => each.closest(".component").id)"""
OWNER = "selector => document.querySelector(selector).closest('.component, nav').id"


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    """The page, drawn, in a browser that reaches nothing; no error is in its console."""
    file = design.write(tmp_path_factory.mktemp("design"))
    context = chromium.new_context(viewport={"width": 1000, "height": 900}, reduced_motion="reduce")
    page, wrong = context.new_page(), []
    page.on("request", lambda request: wrong.append(request.url) if request.url.startswith("http") else None)
    page.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(file.as_uri())
    page.evaluate("() => window.drawn")
    yield page
    assert wrong == []
    context.close()


def test_every_component_in_every_look(page):
    found = set()
    SHOTS.mkdir(parents=True, exist_ok=True)
    for name, (buttons, colours, options) in LOOKS.items():
        page.emulate_media(forced_colors=colours)
        for button in buttons:
            page.get_by_role("button", name=button, exact=True).click()
        page.evaluate("() => new Promise(requestAnimationFrame)")
        found |= {(owner, SMALL) for owner in page.evaluate(FIND_SMALL)}
        if name == "light":
            found |= {(owner, TALL) for owner in page.evaluate(FIND_TALL)}
        for section in page.locator(".component").all():
            section.screenshot(path=SHOTS / f"design-{section.get_attribute('id')}-{name.replace(' ', '-')}.png")
        for fault in Axe().run(page, None, options).response["violations"]:
            for node in fault["nodes"]:
                print(name, fault["id"], node["html"][:160], node["failureSummary"])  # shown where the test fails
                found.add((page.evaluate(OWNER, node["target"][0]), AXE))
    assert found == KNOWN.keys()


def test_every_state_is_drawn(page):
    places = page.locator(".component .mirrorlab")
    assert places.count() == page.locator("figure").count()
    assert [each for each in places.all_inner_texts() if not each.strip()] == []
