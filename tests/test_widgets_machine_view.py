"""MachineView without a browser: what its buttons do to the machine, and its pictures as text and SVG."""

import xml.etree.ElementTree as ET

import pytest

from mirrorlab import Machine

widgets = pytest.importorskip("mirrorlab.widgets")
CASE = "order0-pcp-one-0"


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
