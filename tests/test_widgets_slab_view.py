"""SlabView without a browser: where SLUB keeps slabs, which object comes next, and what the buttons do."""

import xml.etree.ElementTree as ET

import pytest

from mirrorlab import Machine, Recording

widgets = pytest.importorskip("mirrorlab.widgets")
from mirrorlab.widgets import slabs  # noqa: E402

CASE = "slab-smp-0"
SIZE = 1000  # 4 objects in a page


@pytest.fixture
def machine():
    machine = Machine.from_recording(CASE)
    machine.kmem_cache_create("mine", SIZE)
    return machine


@pytest.fixture
def view(machine):
    view = widgets.SlabView(machine, "mine")
    yield view
    view.close()


def kept(view):
    """Where each slab is, and the objects of it that come next."""
    return [(slab.kept, [thing.number for thing in slabs.handed_out(slab)]) for slab in view.slabs()]


# --- what SLUB has ---


def test_the_numbers_are_the_turns_in_which_the_machine_hands_objects_out(machine, view):
    objects = [machine.kmem_cache_alloc("mine", cpu=0) for _ in range(5)]
    for number in (3, 0, 2):
        machine.kmem_cache_free("mine", objects[number], cpu=0)
    (slab,) = view.slabs()
    expected = [thing.address for thing in slabs.handed_out(slab)]
    assert expected[:3] == [objects[number].address for number in (2, 0, 3)]  # the last freed comes first
    assert [machine.kmem_cache_alloc("mine", cpu=0).address for _ in expected] == expected


def test_what_another_cpu_frees_comes_after_what_the_slabs_cpu_has_taken(machine, view):
    first = machine.kmem_cache_alloc("mine", cpu=0)
    machine.kmem_cache_alloc("mine", cpu=0)
    (slab,) = view.slabs()
    size = len(slab.things)
    machine.kmem_cache_free("mine", first, cpu=1)
    (slab,) = view.slabs()
    assert slab.things[0].mark == f"({size - 1})"
    assert [thing.address for thing in slabs.handed_out(slab)] == [
        machine.kmem_cache_alloc("mine", cpu=0).address for _ in range(size - 1)
    ]


def test_each_slab_is_shown_where_slub_keeps_it(machine, view):
    cache = machine.caches["mine"]
    objects = [machine.kmem_cache_alloc("mine", cpu=0) for _ in range(3 * cache.oo_objects + 1)]
    where = [slab.kept for slab in view.slabs()]
    assert where == ["CPU 0's slab", *["full, on no list"] * 3]

    machine.kmem_cache_free("mine", objects[0], cpu=0)  # the first free object brings a full slab back
    machine.kmem_cache_free("mine", objects[cache.oo_objects], cpu=0)
    assert [slab.kept for slab in view.slabs()] == [
        *("CPU 0's slab", "CPU 0's partial chain, number 1", "CPU 0's partial chain, number 2", "full, on no list")
    ]
    chain = view.slabs()[1]
    assert chain.pfn == objects[cache.oo_objects].pfn & -(1 << chain.order)  # the last freed is used first
    assert chain.frozen and not view.slabs()[3].frozen

    machine.kmem_cache_shrink("mine")
    assert sorted(slab.kept for slab in view.slabs()) == sorted(
        ["full, on no list", *(f"partial list of node 0, number {place}" for place in (1, 2, 3))]
    )


def test_a_slab_says_which_memory_it_lies_in():
    machine = Machine.from_recording("slab-one-0")
    machine.kmem_cache_create("mine", SIZE)
    thing = machine.kmem_cache_alloc("mine")
    assert thing.memory == "mirrored"
    view = widgets.SlabView(machine, "mine")
    assert ", mirrored, frozen; " in view.text()

    machine.kmem_cache_create("dma", SIZE, flags="SLAB_CACHE_DMA")
    machine.kmem_cache_alloc("dma", "GFP_KERNEL|__GFP_DMA")
    view.do_cache("kmalloc-64")
    view.do_cache("dma")
    assert ", below 4 GiB, frozen; " in view.text()
    view.close()


@pytest.mark.parametrize("case", ["slab-one-0", "slab-numa-0"])
def test_all_slabs_and_objects_of_recorded_caches_are_shown(case):
    """As many as /proc/slabinfo counts, after many requests on every CPU."""
    machine = Machine.from_recording(case)
    story = Recording(machine)
    names = [name for name in machine.caches if not name.startswith("kmalloc")][:4]
    for number in range(300):
        one = machine.kmem_cache_alloc(names[number % len(names)], cpu=number % len(machine.g.cpu_to_node))
        if number % 3:
            machine.kfree(one, cpu=0)
    story.close()
    for name in names:
        info = machine.kernel.slub.get_slabinfo(machine.caches[name])
        found = slabs.slabs_of(machine, name)
        assert (len(found), sum(len(slab.things) for slab in found)) == (info.num_slabs, info.num_objs)
        yours = sum(thing.state == slabs.YOURS for slab in found for thing in slab.things)
        assert yours == sum(each.cache == name for each in machine.objects.values()) > 0


# --- the buttons ---


def test_a_cache_is_made_and_objects_of_it_come_and_go(machine):
    view = widgets.SlabView(machine)
    view.create("letters", 200)
    assert (view.cache, machine.caches["letters"].object_size) == ("letters", 200)
    view.allocate(3)
    assert [each.cache for each in machine.objects.values()] == ["letters"] * 3
    assert view.selected in machine.objects
    view.free_selected()
    assert len(machine.objects) == 2
    assert view.drawing.said[1].startswith("Freed the object at byte 400 of page +")
    view.close()


def test_a_mistake_is_answered_with_its_sentence(machine, view):
    view.attempt(lambda: view.do_create("mine", 700))  # what a click does
    assert view.drawing.said[1] == "there is a cache 'mine' already: take another name"
    view.free_selected()
    assert view.drawing.said[1] == "Select an object in use first: click on it."
    view.allocate()
    view.free_selected()
    view.attempt(view.free_selected)
    assert "is free already: free each object once" in view.drawing.said[1]
    with pytest.raises(ValueError, match="there is no cache 'yours'"):
        widgets.SlabView(machine, "yours")


def test_the_time_line_goes_back_and_on_even_to_before_the_cache():
    machine = Machine.from_recording(CASE)
    view = widgets.SlabView(machine)
    view.create("mine", 700)
    view.allocate()
    after = view.text()
    view.do_step(-1)
    assert "0 slabs: 0 objects, 0 of them free." in view.text() and machine.objects == {}
    view.do_goto(0)
    assert view.text().splitlines()[0].startswith("There is no cache mine at this point")
    view.do_step(1)
    view.do_goto(99)
    assert view.text() == after
    assert view.picture()["steps"] == [2, 2]
    view.close()


def test_what_is_selected_is_said(machine, view):
    thing = machine.kmem_cache_alloc("mine", who="me")
    view.do_select(thing.address)
    page = view.say_pages.at(thing.pfn)
    assert view.drawing.said[1] == (
        f"Selected: object 0 of the slab at page {page}, in use by me. Choose it again to free it."
    )
    view.do_select(thing.address + machine.caches["mine"].size)
    assert view.drawing.said[1] == f"Selected: object 1 of the slab at page {page}, free: this slab hands it out next."


# --- pictures ---


def test_the_text_names_each_slab_and_tells_only_what_changed(view):
    view.text()
    view.allocate()
    changes = view.text(changes=True).splitlines()
    assert "- 0 slabs: 0 objects, 0 of them free." in changes
    assert any(line.startswith("+ CPU 0's slab: the ") for line in changes)
    assert view.text(changes=True) == "(nothing has changed)"


def test_the_picture_is_well_formed_and_the_same_each_time(view):
    view.allocate()
    picture = view.svg()
    assert ET.fromstring(picture).tag.endswith("svg")
    assert view.svg() == picture


def test_a_cut_stands_where_a_page_of_the_slab_begins(machine):
    machine.kmem_cache_create("large", 1500)
    machine.kmem_cache_alloc("large")
    view = widgets.SlabView(machine, "large")
    (slab,) = view.slabs()
    (drawn,) = view.picture()["slabs"]
    size = machine.caches["large"].size
    found = [address + cut * size for address, _, _, cuts, _ in drawn["things"] for cut in cuts]
    end = slab.things[-1].address + size
    assert found == [at for n in range(1, 1 << slab.order) if (at := (slab.pfn + n) * 4096) < end]
    view.close()


def test_a_slab_of_many_objects_is_cut_with_a_word(machine):
    machine.kmem_cache_create("tiny", 8)
    machine.kmem_cache_alloc("tiny")
    view = widgets.SlabView(machine, "tiny")
    (slab,) = view.picture()["slabs"]
    assert len(slab["things"]) + slab["rest"] == len(view.slabs()[0].things) == 512
    assert "more objects" in view.svg()
    view.close()


@pytest.mark.parametrize(("case", "allocator"), [("slab-SLAB-c_one-0", "SLAB"), ("slab-SLOB-d_one-2", "SLOB")])
def test_on_another_allocator_it_says_that_it_shows_slub(case, allocator):
    view = widgets.SlabView(Machine.from_recording(case))
    assert view.text().startswith(f"This view shows SLUB, and the kernel of {case} was built with {allocator}: ")
    assert view.picture() == {"other": view.text()}
    assert ET.fromstring(view.svg()).tag.endswith("svg")
    view.draw()
    view.close()


def test_a_closed_view_is_let_go(machine, view):
    watched = len(view.story.watchers)
    other = widgets.SlabView(machine)
    assert other.text() != "" and len(view.story.watchers) == watched + 1
    other.close()
    assert len(view.story.watchers) == watched
