"""MachineView without a browser: what its buttons do to the machine, and its pictures as text and SVG."""

import xml.etree.ElementTree as ET

import pytest

from mirrorlab import Machine, boot

widgets = pytest.importorskip("mirrorlab.widgets")
CASE = "order0-pcp-one-0"
MIRRORED = 0x1000F  # MORE_RELIABLE


@pytest.fixture
def machine():
    return Machine.from_recording(CASE)


def test_its_buttons_act_on_the_machine_and_the_text_follows(machine):
    view = widgets.MachineView(machine)
    before = view.text()
    view.order.value = 2
    view.allocate()
    assert [owner.order for owner in machine.owners.values()] == [2]
    assert view.text() != before

    view.story.goto(0)
    assert machine.owners == {}
    assert view.text() == before.replace("0 of 0 operations", "0 of 1 operation")
    view.close()


def test_two_views_on_one_machine_stay_in_step_and_a_closed_one_is_let_go(machine):
    first, second = widgets.MachineView(machine), widgets.MachineView(machine)
    first.allocate()
    assert first.text() == second.text()
    watchers = len(first.story.watchers)
    second.close()
    assert len(first.story.watchers) < watchers
    first.close()


def test_the_picture_is_well_formed_and_the_same_each_time(machine):
    view = widgets.MachineView(machine)
    picture = view.svg()
    assert ET.fromstring(picture).tag.endswith("svg")
    assert view.svg() == picture
    view.close()


def described(*above, **more):
    """A booted machine with 48 MiB of low memory and these ranges above 4 GiB: (MiB from there, MiB, mirrored)."""
    low = [{"start": 0, "size": "640 KiB"}, {"start": "1 MiB", "size": "47 MiB"}]
    high = [
        {"start": f"4 GiB + {start} MiB", "size": f"{size} MiB", **({"attribute": MIRRORED} if mirrored else {})}
        for start, size, mirrored in above
    ]
    return boot({"memory": low + high, "reserved": [{"start": 0, "size": "64 KiB"}], **more})


@pytest.mark.parametrize(
    ("above", "sentence", "bands"),
    [
        ([(0, 32, False)], "No memory of this machine is mirrored.", {0, 2}),
        ([(0, 32, True)], "All memory above 4 GiB is mirrored.", {1, 2}),
        ([(0, 16, True), (16, 16, False)], "4,096 of 8,192 pages above 4 GiB are mirrored.", {0, 1, 2}),
    ],
    ids=["without mirror", "all mirrored", "half"],
)
def test_it_says_how_much_is_mirrored_and_works_in_any_case(above, sentence, bands):
    machine = described(*above)
    view = widgets.MachineView(machine)
    assert sentence in view.text()
    assert sentence in view.svg()
    assert view.picture()["mirror"] == sentence
    assert {(code >> 4) & 3 for code in view.cells() if code} == bands

    view.mirror.value = True
    view.allocate()
    assert len(machine.owners) == 1
    assert "GFP_KERNEL|__GFP_MIRROR" in view.text()
    view.do_free(view.selected)
    assert machine.owners == {}
    view.close()


def test_without_the_rfc_there_is_no_box_to_ask_for_mirrored_memory():
    view = widgets.MachineView(described((0, 32, False), config={"MEMORY_MIRROR": False}))
    assert list(view.settings) == ["vm.min_free_kbytes"]
    boxes = [part.description for row in view.children[:-1] for part in row.children if hasattr(part, "description")]
    assert "__GFP_MIRROR" not in boxes
    view.allocate()
    assert len(view.machine.owners) == 1
    view.close()


def test_a_map_has_at_most_a_million_cells_and_says_what_one_stands_for():
    view = widgets.MachineView(boot("server-512g"))
    assert len(view.cells()) <= 1 << 20
    assert view.picture()["scale"] == "Too many pages to show each: a cell of the maps stands for 128 pages."
    small = widgets.MachineView(boot("toy-64m"))
    assert small.picture()["scale"] == ""
    view.close()
    small.close()


def test_the_picture_has_long_lists_to_the_end_and_the_text_their_beginning(machine):
    view = widgets.MachineView(machine)
    pages = [machine.alloc_pages() for _ in range(100)]
    waiting = view.zone.pageset[0].lists[0]
    for pfn in pages[:12]:
        machine.free_pages(pfn)
    words = [f"+{pfn - view.zone.zone_start_pfn}" for pfn in reversed(waiting)]
    assert len(words) > 6
    assert view.picture()["cpus"][0][2].split() == words
    assert view.picture()["fresh_in_cpus"] == words[:1]
    short = " ".join([*words[:6], "and", str(len(words) - 6), "more"])
    assert f"Unmovable: {short}\n" in view.text()
    assert f"Unmovable: {short}\n" in view.svg()
    view.close()


def test_the_same_seed_gives_the_same_story_and_the_window_shows_its_end(machine):
    other = Machine.from_recording(CASE)
    views = [widgets.MachineView(each) for each in (machine, other)]
    for view in views:
        view.operations.value, view.seed.value = 30, 5
        view.run_random()
    assert views[0].text() == views[1].text()
    assert views[0].story.operations == views[1].story.operations
    assert len(views[0].story.operations) == 30
    assert any(touched for *_, touched in views[0].picture()["window"]["pieces"])
    for view in views:
        view.close()


def test_what_raises_is_said_with_its_place(machine):
    view = widgets.MachineView(machine)

    def broken(*_, **__):
        raise ZeroDivisionError("too much")

    machine.alloc_pages = broken
    view.attempt(view.allocate)  # what a click does
    assert view.drawing.said[1].startswith("ZeroDivisionError in broken, line ")
    view.close()


def test_every_message_of_the_script_is_answered(machine, monkeypatch):
    view, answers = widgets.MachineView(machine), []
    monkeypatch.setattr(view.drawing, "send", answers.append)
    for number, message in enumerate([{"do": "hello"}, {"do": "goto", "position": 0}, {"do": "free", "pfn": -1}]):
        view._receive(view.drawing, {**message, "number": number}, [])
    assert answers == [{"answered": number, "answer": None} for number in range(3)]
    assert "-1" in view.drawing.said[1]  # why it cannot be freed
    view.close()


def test_a_simple_view_leaves_out_what_a_first_look_does_not_need(machine):
    plain, simple = widgets.MachineView(machine), widgets.MachineView(machine, simple=True)
    assert "NR_FREE_PAGES" in plain.text() and "vm.mirrorable" in plain.text()
    assert not any(word in simple.text() for word in ("NR_FREE_PAGES", "vm.mirrorable", "CPU 0"))
    assert len(simple.children) < len(plain.children)

    simple.order.value = 2
    simple.allocate()
    assert "allocated, order 2" in simple.text() and "allocated, order 2" in plain.text()
    for view in (plain, simple):
        view.close()
