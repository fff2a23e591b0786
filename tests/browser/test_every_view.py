"""What holds for every view in JupyterLab: first paint, several at a time, closing, saving, the keyboard, mistakes."""

import json

import pytest

from mirrorlab.widgets import palette
from tools.browser import THEMES

START = """\
from mirrorlab import Machine, Recording, boot
from mirrorlab.story.recording import random_operations
from mirrorlab.widgets import *
from ipywidgets.widgets.widget import _instances
machine, truth = boot("toy-64m"), boot("toy-64m")
story = Recording.of(machine)
random_operations(machine, 20, seed=1)
for _ in range(20):
    machine.kmalloc(64)
widgets, watchers = len(_instances), len(story.watchers)"""
VIEWS = {
    "BootPlayer": 'BootPlayer("toy-64m")',
    "ErrorLab": "ErrorLab(machine)",
    "ExhaustLab": "ExhaustLab(machine)",
    "Compare": "Compare(story, Recording.of(truth), at=len(story.operations))",
    "SlabView": "SlabView(machine)",
}
OF_MACHINE = [name for name in VIEWS if name != "BootPlayer"]
EVERY = pytest.mark.parametrize("name", VIEWS)
SHOWN = """view => { // every element with its look and its words, but for names made by chance
    const drawing = view.querySelector(".ml-drawing");
    const copy = drawing.cloneNode(true);
    copy.querySelector(".ml-note").remove();
    const chance = [...copy.querySelectorAll("[id]")].map(({id}) => id.match(/^ml-[0-9a-z]+/)[0]);
    return [chance.reduce((html, name) => html.replaceAll(name, ""), copy.innerHTML)];
}"""
SEEN = """() => {
    const {outlineStyle, outlineWidth} = getComputedStyle(document.activeElement);
    return outlineStyle !== "none" && parseFloat(outlineWidth) >= 2;
}"""
STOPPED = """() => {
    const here = document.activeElement.closest(".mirrorlab");
    if (here) stops.add(document.activeElement);
    return !!here;
}"""
CONTROLS = "a[href], button, input, select, textarea, summary, [tabindex], [role=listbox], [role=slider]"
MISSED = """(view, controls) => [...view.querySelectorAll(controls)]
    .filter(each => !each.disabled && each.checkVisibility() && !stops.has(each))
    .map(each => each.outerHTML.slice(0, 200))"""
STYLES = """view => [...view.querySelectorAll(".ml-drawing *:not(svg *)")].map(element => {
    const style = getComputedStyle(element);
    const names = [...style].filter(name => !name.startsWith("--"));
    return names.map(name => `${name}:${style.getPropertyValue(name)}`).join(";");
})"""


def cell(name):
    return f"view = {VIEWS[name]}\nview"


def all_in_one(names):
    """A cell with several views, the first of them called view: JupyterLab draws only the cells near what is seen."""
    made = ", ".join(VIEWS[name] for name in names)
    return f"views = [{made}]\nview = views[0]\ndisplay(*views)"


def drawn(lab, number=0):
    """A view on the page, once it has its picture."""
    view = lab.page.locator(".mirrorlab").nth(number)
    view.locator(".ml-drawing :is(table, .piece, .pg, .bands, .strip, .things)").first.wait_for()
    return view


def value(lab, expression):
    """What an expression is in the notebook's kernel."""
    return json.loads(lab.python(f"import json; print(json.dumps({expression}))"))


@pytest.mark.parametrize("theme", THEMES)
@EVERY
def test_the_first_picture_has_its_colours_with_no_change_of_theme(lab, name, theme):
    lab.open("0")
    lab.theme(theme)
    lab.open(START, cell(name))
    view = drawn(lab)
    fill = view.evaluate("view => getComputedStyle(view).getPropertyValue('--k6').trim()")
    assert fill == palette.LOOKS["k6"].fill[list(THEMES).index(theme)]
    assert lab.accessibility_faults() == []
    lab.theme("light")  # the server remembers it, for the tests after this one


@EVERY
def test_a_view_shown_twice_is_the_same_twice_and_closing_it_frees_it(lab, name):
    lab.open(START, cell(name), "view")
    first, second = drawn(lab), drawn(lab, 1)
    first.get_by_role("button").first.click()
    lab.page.wait_for_function(
        "() => new Set([...document.querySelectorAll('.ml-drawing')].map(each => each.innerText)).size === 1"
    )
    ids = "view => [...view.querySelectorAll('[id]')].map(element => element.id)"
    assert not set(first.evaluate(ids)) & set(second.evaluate(ids))
    lab.python("view.close()")
    first.wait_for(state="detached")
    second.wait_for(state="detached")
    assert value(lab, "[len(_instances) - widgets, len(story.watchers) - watchers]") == [0, 0]
    lab.python("machine.alloc_pages()")  # nobody is told, and nothing goes wrong


@EVERY
def test_the_tab_key_stops_at_every_control_and_is_seen_there(lab, name):
    lab.open(START, cell(name))
    view = drawn(lab)
    lab.page.locator(".jp-InputPrompt").nth(1).click()
    lab.page.evaluate("() => { window.stops = new Set(); }")
    for _ in range(120):
        lab.page.keyboard.press("Tab")
        if lab.page.evaluate(STOPPED):
            assert lab.page.evaluate(SEEN), lab.page.evaluate("() => document.activeElement.outerHTML.slice(0, 200)")
        elif lab.page.evaluate("() => stops.size"):
            break
    assert view.evaluate(MISSED, CONTROLS) == []
    assert lab.page.evaluate("() => stops.size")


@EVERY
def test_a_saved_notebook_shows_the_view_without_its_kernel(lab, name):
    file = lab.open(START, cell(name), "machine.alloc_pages(3)")
    shown = drawn(lab).evaluate(SHOWN)
    outputs = lab.save()["cells"][1]["outputs"]
    assert "".join(outputs[-1]["data"]["text/plain"])
    assert "".join(outputs[-1]["data"]["image/svg+xml"]).startswith("<svg")
    lab.shut_down()
    lab.open_file(file)
    view = drawn(lab)
    assert view.evaluate(SHOWN) == shown
    view.get_by_text("This is a saved picture. Run the cell above it to use its controls.").wait_for()


@pytest.mark.parametrize("name", OF_MACHINE)
def test_the_rules_of_other_views_sheets_do_not_reach_a_view(lab, name):
    lab.open(START, cell(name))
    alone = drawn(lab).evaluate(STYLES)
    others = [other for other in VIEWS if other != name]
    lab.open(START, all_in_one([name, *others]))
    drawn(lab, len(others))
    assert drawn(lab).evaluate(STYLES) == alone


@pytest.mark.parametrize(
    ("name", "button", "broken"),
    [
        ("ErrorLab", "Break one", "type(view.errors).hit = boom"),
        ("ExhaustLab", "Run", "machine.alloc_pages = boom"),
        ("Compare", "Back", "view.pair.goto = boom"),
        ("SlabView", "Allocate", "machine.kmem_cache_alloc = boom"),
        ("SlabView", "Back", "view.story.goto = boom"),
        ("BootPlayer", "One stage on", "view.do_goto = boom"),
    ],
)
def test_what_raises_is_said_where_it_can_be_seen(lab, name, button, broken):
    lab.open(START, cell(name), "machine.alloc_pages()")
    view = drawn(lab)
    lab.python(f"def boom(*a, **k): 1 / 0\n{broken}")
    view.get_by_role("button", name=button, exact=True).first.click()
    said = view.get_by_role("status").first
    said.filter(has_text="ZeroDivisionError").wait_for()
    assert said.bounding_box()["height"] > 10
