"""ErrorLab in JupyterLab: a page broken by mouse and by keyboard, and every look of both parts."""

import pytest

CELL = """\
from mirrorlab import boot
from mirrorlab.widgets import ErrorLab
machine = boot("toy-64m")
kernel = machine.alloc_pages(3, "GFP_KERNEL", who="inode")
mirrored = machine.alloc_pages(3, "GFP_KERNEL|__GFP_MIRROR", who="dentry")
user = machine.alloc_pages(3, "GFP_HIGHUSER_MOVABLE", who="browser")
view = ErrorLab(machine)
view"""


@pytest.fixture
def opened(lab):
    """A notebook with an ErrorLab."""
    lab.open(CELL)
    lab.page.locator(".ml-err-page").first.wait_for()
    return lab


def said(lab, words):
    lab.page.get_by_role("status").filter(has_text=words).wait_for()


def test_a_click_on_a_page_gives_that_pages_outcome(opened):
    page = opened.page
    page.get_by_label("the error is").select_option("read by the kernel")
    pfn = opened.python("print(kernel + 2)")
    page.locator(f"[data-pfn='{pfn}']").click()
    said(opened, "kernel panic")
    assert opened.python("print(view.errors.hits[-1].pfn, view.errors.panicked)") == f"{pfn} True"
    page.get_by_text("PANIC", exact=True).wait_for()

    page.locator(f"[data-pfn='{pfn}']").click()
    said(opened, "start again")
    page.get_by_role("button", name="Start again").click()
    page.get_by_text("RUNNING", exact=True).wait_for()
    assert opened.python("print(view.errors.hits)") == "[]"


def test_every_look(opened):
    opened.python("view.break_some('user', 'scrubber'); view.break_some('kernel', 'scrubber')")
    said(opened, "ignored")
    assert opened.in_every_look("error_lab") == []


def test_every_look_after_a_panic(opened):
    opened.python("view.storm(20); view.break_page(user, 'never read'); view.break_page(kernel + 5, 'kernel')")
    said(opened, "kernel panic")
    assert opened.in_every_look("error_lab-panic") == []


def test_every_look_of_the_chances(opened):
    opened.page.get_by_label("chance to survive").check()
    opened.page.get_by_role("button", name="Simulate").click()
    said(opened, "Simulated")
    assert opened.in_every_look("error_lab-chances") == []
