"""A large machine on the stage in JupyterLab: the window is dragged, moved, typed; the story and the height stay."""

CELL = """\
from mirrorlab import boot
from mirrorlab.widgets import Stage
machine = boot("rfc-48g")
view = Stage(machine, pages=1024, ask={"ordinary": "GFP_HIGHUSER_MOVABLE"})
machine.alloc_pages(2, "GFP_HIGHUSER_MOVABLE", who="a")
view"""
GIB = 1 << 18  # pages


def test_the_window_is_dragged_moved_by_keys_and_typed(lab):
    lab.open(CELL)
    page = lab.page
    stage, slider = page.locator(".stage"), page.get_by_role("slider", name="Window in all memory")
    field, say = page.get_by_label("address or PFN of the window"), page.locator(".say p[role=status]")
    slider.wait_for()
    heights = set()

    def at(gib, zone):
        """The window is there: on the map and in the strip."""
        page.wait_for_function(
            "([first]) => document.querySelector('.axis').getAttribute('aria-valuenow') === first",
            arg=[f"{gib * GIB:.0f}"],
        )
        assert zone in slider.get_attribute("aria-valuetext") and zone in stage.get_attribute("aria-label")
        start = {"DMA32": 4096, "Normal of node 0": 4 * GIB, "Normal of node 1": 25 * GIB}[zone]
        assert page.locator(".ruler span").first.inner_text() == f"+{gib * GIB - start:.0f}"
        heights.add(stage.bounding_box()["height"])

    page.get_by_role("button", name="One step back").click()
    sentence = say.inner_text()
    box = slider.bounding_box()

    def x(gib):
        knots = page.evaluate("() => [...document.querySelectorAll('.axis .bracket')].map(e => e.getBBox().x)")
        return box["x"] + knots[-1] + (gib - 25) / 24 * (box["width"] - knots[-1])

    page.mouse.move(x(45), box["y"] + 30)
    page.mouse.down()
    for gib in (40, 34, 30):
        page.mouse.move(x(gib), box["y"] + 30)
    page.mouse.up()
    page.wait_for_function("document.querySelector('.axis').getAttribute('aria-valuetext').startsWith('30 GiB')")
    assert "Mirror, mirrored" in slider.get_attribute("aria-valuetext")
    assert page.locator(".strip .b.t-X").count() == 1  # a block of 1,024 pages
    assert say.inner_text() == sentence  # where the story stands

    field.fill("25 GiB")
    field.press("Enter")
    at(25, "Normal of node 1")
    slider.focus()
    page.keyboard.press("ArrowLeft")
    at(25 - 1 / 256, "Normal of node 0")
    for _ in range(3):  # faster than Python answers
        page.keyboard.press("ArrowRight")
    at(25 + 2 / 256, "Normal of node 1")
    page.keyboard.press("Home")
    page.keyboard.press("End")
    at(49 - 1 / 256, "Normal of node 1")
    page.keyboard.press("PageDown")
    page.wait_for_function("document.querySelector('.axis').getAttribute('aria-valuetext').startsWith('48 GiB')")
    page.get_by_role("button", name="first mirrored page").click()
    at(4, "Normal of node 0")
    slider.focus()
    page.keyboard.press("ArrowLeft")  # over the hole from 3 to 4 GiB
    page.wait_for_function("document.querySelector('.axis').getAttribute('aria-valuetext').startsWith('2 GiB + 10')")
    field.fill("3 GiB + 1 MiB")
    field.press("Enter")
    say.filter(has_text="There is no memory at 3 GiB + 1 MiB").wait_for()
    heights.add(stage.bounding_box()["height"])
    page.get_by_role("button", name="latest operation").click()
    say.filter(has_text=sentence).wait_for()
    assert page.locator(".strip .b.hand").count() == 1

    lab.page.evaluate(  # while a cell runs, the marker moves, and the window follows afterwards
        "() => { jupyterapp.shell.currentWidget.context.sessionContext.session.kernel"
        ".requestExecute({code: 'import time; time.sleep(2)'}); }"
    )
    page.get_by_role("button", name="first mirrored page").click()
    say.filter(has_text="Waiting for the running cell.").wait_for()
    at(4, "Normal of node 0")
    assert say.inner_text() == sentence
    page.get_by_role("button", name="latest operation").click()
    page.locator(".strip .b.hand").wait_for()
    page.get_by_role("button", name="One step on").click()
    page.get_by_role("button", name="Allocate", exact=True).click()
    page.locator(".strip .b.used").nth(1).wait_for()
    assert lab.python("print(view.zone.node)") == "0"
    heights.add(stage.bounding_box()["height"])
    assert len(heights) == 1 and heights.pop() <= 480
