"""SlabView in JupyterLab: by mouse, by keyboard only, and in every look."""

CELL = """\
from mirrorlab import Machine
from mirrorlab.widgets import SlabView
machine = Machine.from_recording("slab-smp-0")
view = SlabView(machine)
view"""

OBJECTS = "print(len(machine.objects))"


def said(lab, words):
    lab.page.get_by_role("status").filter(has_text=words).wait_for()


def test_by_mouse_a_cache_is_made_and_an_object_comes_and_goes(lab):
    lab.open(CELL)
    lab.page.get_by_role("button", name="Create cache").click()
    said(lab, "Created cache mine: objects of 700 bytes")
    lab.page.get_by_label("objects", exact=True).fill("5")
    lab.page.get_by_role("button", name="Allocate").click()
    said(lab, "Allocated 5 objects.")
    assert lab.python(OBJECTS) == "5"

    lab.page.get_by_role("option", name="object 2 of the slab").click()
    said(lab, "Selected: object 2 of the slab at page")
    lab.page.get_by_role("option", name="object 2 of the slab").click()
    said(lab, "Freed the object at")
    assert lab.python(OBJECTS) == "4"
    lab.page.locator(".ml-thing").nth(2).filter(has_text="1").wait_for()  # it is the next to be handed out

    lab.page.get_by_role("button", name="Back", exact=True).click()
    lab.page.locator(".ml-thing").nth(2).filter(has_text="#").wait_for()
    assert lab.python(OBJECTS) == "5"
    lab.page.get_by_role("button", name="On", exact=True).click()
    lab.page.locator(".ml-thing").nth(2).filter(has_text="1").wait_for()
    assert lab.in_every_look("slab_view") == []


def test_two_clicks_in_one_task_free_an_object_that_was_not_selected(lab):
    lab.open(CELL)
    lab.page.get_by_role("button", name="Create cache").click()
    lab.page.get_by_label("objects", exact=True).fill("5")
    lab.page.get_by_role("button", name="Allocate").click()
    said(lab, "Allocated 5 objects.")
    other = lab.page.get_by_role("option", name="object 2 of the slab")
    assert other.get_attribute("aria-selected") == "false"
    other.evaluate("thing => { thing.click(); thing.click(); }")
    said(lab, "Freed the object at")
    assert lab.python(OBJECTS) == "4"


def test_by_keyboard_alone(lab):
    lab.open(CELL)
    page = lab.page
    page.get_by_role("button", name="Create cache").focus()
    page.keyboard.press("Enter")
    said(lab, "Created cache mine")
    page.get_by_role("button", name="Allocate").focus()
    for number in range(1, 4):
        page.keyboard.press("Enter")
        page.wait_for_function(f"() => document.querySelectorAll('.ml-a0.ml-thing').length === {number}")
    page.locator("[role=listbox]").focus()
    page.keyboard.press("Home")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    said(lab, "Selected: object 1 of the slab")
    page.keyboard.press("Delete")
    said(lab, "Freed the object at")
    assert lab.python(OBJECTS) == "2"
    active = "document.activeElement"
    assert page.evaluate(f"{active}.getAttribute('role')") == "listbox"  # the focus stays
    assert page.evaluate(f"getComputedStyle({active}).outlineStyle") == "solid"

    page.get_by_role("button", name="Start", exact=True).focus()
    page.keyboard.press("Space")
    page.get_by_text("There is no cache mine at this point").wait_for()
    assert lab.python(OBJECTS) == "0"


def test_a_machine_without_slub_is_told_in_a_sentence(lab):
    lab.open(CELL.replace("slab-smp-0", "slab-SLOB-d_one-2"))
    lab.page.get_by_text("This view shows SLUB, and the kernel of slab-SLOB-d_one-2").first.wait_for()
    assert lab.accessibility_faults() == []
