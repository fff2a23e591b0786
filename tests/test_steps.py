"""The smallest steps of an operation: together they are all that changed, in the order in which it changed."""

import random

import pytest

from mirrorlab import Machine, Recording, boot, load
from mirrorlab.machine.toy import toy
from mirrorlab.oracle import cases as recordings
from mirrorlab.story.events import KINDS, Words
from mirrorlab.story.recording import random_operations
from mirrorlab.story.steps import STEPS, in_words


def lists_of(machine):
    """Every list of pages, from its head: (node, zone, CPU or None, order, migratetype) -> PFNs."""
    found = {}
    for zone in machine.zones:
        for order, area in enumerate(zone.free_area):
            for kind, head in enumerate(area.free_list):
                found[zone.node, zone.idx, None, order, kind] = [*reversed(head)]
        for cpu, pset in enumerate(zone.pageset):
            for kind, head in enumerate(pset.lists):
                found[zone.node, zone.idx, cpu, 0, kind] = [*reversed(head)]
    return found


def counters_of(machine):
    """(node, zone, item) -> the zone's value; with a CPU in front: what that CPU has noted."""
    found = {}
    for zone in machine.zones:
        for item, value in enumerate(zone.vm_stat):
            found[zone.node, zone.idx, item] = value
            for cpu, pset in enumerate(zone.pageset):
                found[cpu, zone.node, zone.idx, item] = pset.vm_stat_diff[item]
    return found


def carry_out(steps, lists, counters):
    """Do with plain lists and numbers what the steps say."""
    for name, *told in (step.event for step in steps):
        if name == "off_list":
            *place, pfn = told
            lists[tuple(place)].remove(pfn)
        elif name == "on_list":
            *place, pfn, at_tail = told
            at = len(lists[tuple(place)]) if at_tail else 0
            lists[tuple(place)].insert(at, pfn)
        elif name == "counter":
            node, zone, cpu, item, in_zone, in_cpu = told
            counters[node, zone, item] += in_zone
            counters[cpu, node, zone, item] += in_cpu


def the_steps_are_all_that_changed(story, positions):
    for position in positions:
        story.goto(position - 1)
        lists, counters = lists_of(story.machine), counters_of(story.machine)
        steps = story.steps(position)
        story.goto(position)
        carry_out(steps, lists, counters)
        assert lists == lists_of(story.machine)
        assert counters == counters_of(story.machine)
        coarse = [step.event for step in steps if step.event[0] in KINDS]
        assert coarse == story.operations[position - 1].events  # the events are among them, in their order


CASES = [name for name in recordings.names() if not name.startswith("boot-")]


@pytest.mark.slow
@pytest.mark.parametrize("name", random.Random(1).sample(CASES, 24))
def test_they_are_all_that_changed_in_recorded_operations(name):
    story = Recording.of_case(
        {**(case := recordings.load(name)), "ops": case["ops"][:150], "results": case["results"][:150]}
    )
    chance = random.Random(name)
    end = len(story.operations)
    the_steps_are_all_that_changed(story, sorted(chance.randint(1, end) for _ in range(12)))


@pytest.mark.parametrize("source", ["toy-64m", "toy-two-nodes", "toy-ragged"])
def test_they_are_all_that_changed_in_operations_by_chance(source):
    story = Recording(boot(source))
    random_operations(story.machine, 120, seed=3)
    the_steps_are_all_that_changed(story, range(1, len(story.operations) + 1))


def test_looking_at_the_steps_changes_nothing():
    story = Recording(boot("toy-two-nodes"))
    random_operations(story.machine, 60, seed=1)
    story.goto(30)
    here, there = lists_of(story.machine), [*story.operations]
    for position in (1, 30, 31, 60):
        assert story.steps(position)
    assert (story.position, lists_of(story.machine), story.operations) == (30, here, there)
    assert story.steps(0) == story.steps(61) == []


def names(steps):
    return [step.event[0] for step in steps]


def test_order_2_out_of_64_pages_is_four_cuts_and_back_four_merges():
    machine = toy(64)
    story = Recording(machine)
    pfn = machine.alloc_pages(2, "GFP_HIGHUSER_MOVABLE")
    cuts = [step for step in story.steps() if step.event[0] == "split"]
    assert [step.event[3] for step in cuts] == [32, 16, 8, 4]
    assert {step.function for step in cuts} == {"expand"}
    machine.free_pages(pfn)
    merges = [step for step in story.steps() if step.event[0] == "merge"]
    assert [step.event[4:6] for step in merges] == [(4, 2), (8, 3), (16, 4), (32, 5)]


def test_a_step_names_the_statement_that_did_it():
    machine = toy(64)
    story = Recording(machine)
    machine.alloc_pages(2, "GFP_HIGHUSER_MOVABLE")
    (off,) = [step for step in story.steps() if step.event[0] == "off_list"]
    assert (off.function, source_line(machine, off)) == ("__rmqueue_smallest", "pfn = list_pop(pages)")
    (on, *_) = [step for step in story.steps() if step.event[0] == "on_list"]
    assert (on.function, source_line(machine, on)) == ("expand", "list_add(half, area.free_list[migratetype])")


def source_line(machine, step):
    import inspect

    function = getattr(machine.kernel.page_alloc, step.function)
    return inspect.getsource(function).splitlines()[step.line - 1].strip()


def test_a_function_that_was_replaced_is_watched_too():
    def expand(zone, pfn, low, high, migratetype):
        while high > low:
            high -= 1
            half = pfn + (1 << high)
            list_add_tail(half, zone.free_area[high].free_list[migratetype])  # noqa: F821 - the kernel's name
            set_page_order(zone, half, high, migratetype)  # noqa: F821
            zone.free_area[high].nr_free += 1

    machine = toy(64, kernel=load(replace={"expand": expand}))
    story = Recording(machine)
    machine.alloc_pages(4, "GFP_HIGHUSER_MOVABLE")
    put = [step for step in story.steps() if step.event[0] == "on_list"]
    assert [(step.event[6], step.event[7], step.function) for step in put] == [
        (32, True, "expand"),
        (16, True, "expand"),
    ]


def test_refill_and_drain_and_pages_in_and_out_of_a_cpus_list():
    machine = toy(64, stock=(6, 3))
    story = Recording(machine)
    pages = [machine.alloc_pages(0, "GFP_HIGHUSER_MOVABLE") for _ in range(4)]
    first = story.steps(1)
    assert [step.event for step in first if step.event[0] == "refill"] == [("refill", 0, 2, 0, 2, 3)]
    into = [step.event for step in first if step.event[0] == "on_list" and step.event[3] == 0]
    assert [event[6] for event in into] == [0, 1, 2]
    assert "refill" not in names(story.steps(2))
    for pfn in pages:
        machine.free_pages(pfn)
    drains = [step.event for p in range(5, 9) for step in story.steps(p) if step.event[0] == "drain"]
    assert drains == [("drain", 0, 2, 0, 3)]  # two waited, so the fourth makes six


def test_zones_left_out_marks_asked_shares_renewed_and_the_slow_path():
    machine = toy(64, dma32=64, marks=(8, 10, 14))
    story = Recording(machine)
    while machine.alloc_pages(0, "GFP_ATOMIC") is not None:
        pass
    steps = [story.steps(position) for position in range(1, story.position + 1)]
    asked = [step.event for step in steps[0] if step.event[0] == "mark"]
    assert asked == [("mark", 0, 2, 0, 10, 0, asked[0][6], 64, True)]
    said = [name for found in steps for name in names(found)]
    assert {"passed_over", "shares_renewed", "slow_path"} <= set(said)
    whys = {step.event[3] for found in steps for step in found if step.event[0] == "passed_over"}
    assert whys == {"share"}  # one node, so that no zone is on another, and none is remembered as full
    assert names(steps[-1]).count("slow_path") == 1
    assert not any(step.event[8] for step in steps[-1] if step.event[0] == "mark")


def test_slabs_are_made_and_given_back():
    machine = boot("toy-64m")
    story = Recording(machine)
    machine.kmem_cache_create("mine", 700)
    thing = machine.kmem_cache_alloc("mine")
    (made,) = [step.event for step in story.steps() if step.event[0] == "slab_made"]
    assert made[1] == thing.pfn - thing.pfn % (1 << made[2])
    machine.kmem_cache_free("mine", thing)
    machine.kmem_cache_shrink("mine")
    assert [step.event for step in story.steps() if step.event[0] == "slab_given_back"] == [
        ("slab_given_back", *made[1:])
    ]


def test_each_kind_of_step_can_be_said_and_none_has_the_name_of_an_event():
    assert not STEPS.keys() & KINDS.keys()
    machine = Machine.from_recording("numa-numa-1")
    story, seen = Recording(machine), set()
    random_operations(machine, 400, seed=2)
    machine.kmalloc(64) if machine.g.slabs else None
    for position in range(1, story.position + 1):
        for step in story.steps(position):
            seen.add(step.event[0])
            words = in_words(step, Words(machine))
            assert words and "None" not in words and step.line > 0
    assert {"off_list", "on_list", "refill", "attempt", "mark", "counter"} <= seen
