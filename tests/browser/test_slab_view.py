"""SlabView in JupyterLab: by mouse and by keyboard alone."""

CELL = """\
from mirrorlab import Machine
from mirrorlab.widgets import SlabView
machine = Machine.from_recording("slab-smp-0")
view = SlabView(machine)
view"""

OBJECTS = "print(len(machine.objects))"


def said(lab, words):
    lab.page.get_by_role("status").filter(has_text=words).wait_for()


def thing(lab, number):
    return lab.page.locator(".thing").nth(number)


def test_a_cache_is_made_and_objects_come_and_go_by_mouse_and_by_keyboard(lab):
    lab.open(CELL)
    page, press = lab.page, lab.page.keyboard.press
    view = page.locator(".mirrorlab")
    page.get_by_role("button", name="Create cache").click()
    said(lab, "Created cache mine.")
    tall = view.bounding_box()["height"]
    page.get_by_label("objects", exact=True).fill("5")
    page.get_by_role("button", name="Allocate").click()
    said(lab, "Allocated 5 objects.")
    assert lab.python(OBJECTS) == "5"
    assert view.bounding_box()["height"] == tall

    thing(lab, 2).click()
    said(lab, "Selected: object 2 of the slab at page")
    thing(lab, 2).click()
    said(lab, "Freed the object at")
    thing(lab, 2).filter(has_text="1").wait_for()  # it is the next to be handed out
    other = thing(lab, 3)
    assert other.get_attribute("aria-selected") == "false"
    other.evaluate("thing => { thing.click(); thing.click(); }")  # before the kernel has answered
    thing(lab, 3).filter(has_text="1").wait_for()
    assert lab.python(OBJECTS) == "3"

    page.get_by_role("button", name="Back", exact=True).focus()
    press("Enter")
    thing(lab, 3).filter(has_text="#").wait_for()
    assert lab.python(OBJECTS) == "4"
    page.locator("[role=listbox]").focus()
    press("Home")
    press("ArrowRight")
    press("Enter")
    said(lab, "Selected: object 1 of the slab")
    press("Delete")
    said(lab, "Freed the object at")
    assert lab.python(OBJECTS) == "3"
    active = "document.activeElement"
    assert page.evaluate(f"{active}.getAttribute('role')") == "listbox"  # the focus stays
    assert page.evaluate(f"getComputedStyle({active}).outlineStyle") == "solid"

    page.get_by_role("button", name="Start", exact=True).focus()
    press("Space")
    page.get_by_text("There is no cache mine at this point").wait_for()
    assert lab.python(OBJECTS) == "0"
    assert view.bounding_box()["height"] == tall
