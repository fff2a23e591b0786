"""What every view bears: any machine, the largest seed, its end, being shown after that."""

import re
from xml.etree import ElementTree

import pytest
from ipywidgets.widgets.widget import _instances

from mirrorlab import Machine, boot
from mirrorlab.story.recording import Recording
from mirrorlab.widgets import BootPlayer, Compare, ErrorLab, ExhaustLab, SlabView, Stage
from tests.boots import G4, LOW, MIB, RELIABLE, machine


def used_up(machine):
    """The machine, without a block to give."""
    for order in (10, 4, 0):
        while machine.alloc_pages(order, "GFP_ATOMIC") is not None:
            pass
    return machine


DESCRIPTIONS = {
    "without memory above 4 GiB": machine(*LOW),
    "all mirrored": machine(*LOW, (G4, 32 * MIB, {"attribute": RELIABLE})),
    "two nodes": "toy-two-nodes",
    "with holes": "toy-ragged",
    "one TiB": "server-1t",
    "without a node 0": machine(*((start, size, {"node": 2}) for start, size in LOW), cpus=[2]),
    "with a zone that spans nothing": machine(
        *(*LOW, (48 * MIB, MIB), (G4, 64 * MIB, {"node": 1})), cpus=[0, 1], cmdline="kernelcore=80M"
    ),
}
MACHINES = {
    **{name: lambda source=source: boot(source) for name, source in DESCRIPTIONS.items()},
    "used up": lambda: used_up(boot(machine(*LOW))),
    "a kernel without the RFC": lambda: boot(machine(*LOW, config={"MEMORY_MIRROR": False})),
    "a recorded case": lambda: Machine.from_recording("order0-pcp-one-0"),
}
VIEWS = {
    "ErrorLab": ErrorLab,
    "ExhaustLab": ExhaustLab,
    "Compare": lambda machine: Compare(Recording.of(machine), Recording.of(machine.copy())),
    "SlabView": SlabView,
    "Stage": Stage,
}
SMALL = [name for name in MACHINES if name != "one TiB"]
EVERY = pytest.mark.parametrize("view", VIEWS)


def shows(view):
    """A view draws for the browser, for a saved notebook and for people who read, and has no error to say."""
    view.draw()
    assert view.picture()
    assert view.svg().startswith("<svg")
    assert view.text().strip()
    assert "Error" not in view.drawing.said[1]


@pytest.mark.parametrize("name", MACHINES)
@EVERY
def test_any_machine_is_shown(view, name):
    shows(VIEWS[view](MACHINES[name]()))


@EVERY
def test_a_name_with_any_character_leaves_a_picture_that_can_be_read(view):
    m = boot("toy-64m")
    for character in range(32):
        m.alloc_pages(who=f"<{chr(character)}>")
    ElementTree.fromstring(VIEWS[view](m).svg())


@EVERY
def test_pages_are_told_by_offset_not_by_pfn(view):
    m = boot(machine(*LOW, (G4, 64 * MIB)))
    story = Recording.of(m)
    shown = VIEWS[view](m)
    pfn = m.alloc_pages(0, "GFP_HIGHUSER_MOVABLE")
    assert pfn >= 1 << 20
    for operation in (lambda: m.free_pages(pfn), lambda: story.goto(1), lambda: None):
        assert not re.search(r"10[45]\d{4}", shown.text()), shown.text()
        assert not re.search(r"10[45]\d{4}", shown.drawing.said[1])
        operation()


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_any_boot_is_shown_at_each_stage(name):
    player = BootPlayer(DESCRIPTIONS[name])
    for position in range(len(player.stages)):
        player.do_goto(position)
        shows(player)


@pytest.mark.parametrize("name", SMALL)
def test_the_largest_seed_serves_every_view_that_has_one(name):
    of = MACHINES[name]()
    errors, load = ErrorLab(of), ExhaustLab(of)
    load.do_set("seed", 2**31 - 1)
    errors.storm(5, 2**31 - 1)
    load.run(50)
    for view in (errors, load):
        shows(view)


@pytest.mark.parametrize("name", ["two nodes", "a kernel without the RFC"])
@EVERY
def test_a_closed_view_leaves_nothing_and_can_still_be_read(view, name):
    of = MACHINES[name]()
    Recording.of(of)
    before = len(_instances)
    closed = VIEWS[view](of)
    words = closed.text()
    closed.close()
    closed.close()
    assert len(_instances) == before
    assert not Recording.of(of).watchers
    assert repr(closed) == words
    of.alloc_pages()
    closed.draw()
    shows(VIEWS[view](of))
