def test_first(lab):
    lab.open("from mirrorlab import Machine\nfrom mirrorlab.widgets import MachineView\nview = MachineView(Machine.from_recording('order0-pcp-one-0'))\nview")
    page = lab.page
    page.locator('.mirrorlab').wait_for()
    page.get_by_role("button", name="Allocate").click()
    page.get_by_role("status").filter(has_text="Allocated").wait_for()
    print(page.get_by_role("status").all_inner_texts())
    for f in lab.in_every_look("machine_view"): print(f)
