"""A machine as the last line of a cell in JupyterLab: its card, in every look, and as a stored notebook shows it."""

CELL = """\
from mirrorlab import Machine
import mirrorlab.widgets
Machine.from_recording("order0-pcp-one-0")"""
CARD = ".mirrorlab-machine-card"
SMALL = """card => [...card.querySelectorAll("*")].filter(each => each.checkVisibility() && each.tagName !== "STYLE"
    && [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())
    && parseFloat(getComputedStyle(each).fontSize) < 13).map(each => each.outerHTML.slice(0, 120))"""


def test_the_card_in_every_look_and_in_a_stored_notebook_that_is_not_trusted(lab):
    file = lab.open(CELL)
    card = lab.page.locator(CARD)
    card.wait_for()
    assert card.bounding_box()["height"] <= 480
    assert card.evaluate(SMALL) == []
    assert lab.page.locator(f"{CARD} .lists").evaluate("lists => lists.scrollHeight - lists.clientHeight") == 0
    assert lab.in_every_look("machine_card", CARD) == []

    lab.save()
    stored = (lab.folder / file).read_text()
    lab.shut_down()
    other = file.replace(".", "-read-only.")
    (lab.folder / other).write_text(stored.replace("order0-pcp-one-0", "order0-pcp-one-1"))  # made elsewhere
    lab.open_file(other)
    lab.page.locator(".jp-OutputArea-output").get_by_text("Free blocks, by order").wait_for()
    lab.page.locator(".jp-OutputArea-output").first.screenshot(path="build/screenshots/machine_card-untrusted.png")
