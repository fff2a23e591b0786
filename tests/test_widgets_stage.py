"""The stage without a browser: what it hands to its script, what its buttons do, and its twin in words."""

import pytest

from mirrorlab import boot, load
from mirrorlab.machine.toy import toy
from mirrorlab.story.recording import random_operations
from mirrorlab.story.source import source

widgets = pytest.importorskip("mirrorlab.widgets")
MIRRORED = {"ordinary": "GFP_HIGHUSER_MOVABLE", "mirrored": "GFP_KERNEL|__GFP_MIRROR"}


@pytest.fixture
def machine():
    return toy(64)


@pytest.fixture
def stage(machine):
    view = widgets.Stage(machine)
    yield view
    view.close()


def whats(view):
    return [frame["what"] for frame in view.picture()["frames"]]


def test_order_2_out_of_64_pages_is_four_cuts_four_frames(stage, machine):
    assert whats(stage) == ["rest"]
    stage.do_allocate(2, "ordinary", 0)
    assert whats(stage) == ["rest", "take", "cut", "cut", "cut", "cut", "give"]
    assert [owner.who for owner in machine.owners.values()] == ["a"]
    stage.do_free(0, 1)
    assert whats(stage)[7:] == ["back", "merge", "merge", "merge", "merge", "put"]
    assert machine.owners == {}


def test_a_cpu_that_keeps_no_stock_is_not_told_of():
    without, with_one = widgets.Stage(toy(16), pages=16), widgets.Stage(toy(16, stock=(4, 2)), pages=16)
    for view in (without, with_one):
        view.do_allocate(0, "ordinary", 0)
        view.do_free(0, 1)
    assert {"refill", "stock"} <= set(whats(with_one))
    assert not {"refill", "stock", "drain"} & set(whats(without))
    assert whats(without)[-6:] == ["back", "merge", "merge", "merge", "merge", "put"]
    assert "CPU" not in without.text()


def test_page_blocks_are_named_when_asked_for_and_renamed_when_the_kernel_does():
    machine = toy(2048)
    view = widgets.Stage(machine, first=0, pages=1024, page_blocks=True, ask={"kernel": "GFP_KERNEL"})
    machine.alloc_pages(10, "GFP_HIGHUSER_MOVABLE")
    view.do_allocate(1, "kernel", 1)
    frames = view.picture()["frames"]
    assert frames[0]["pageblocks"] == ["Movable"] * 2
    assert frames[-1]["pageblocks"] == ["Unmovable"] * 2  # as the model says:
    names = machine.kernel.mmzone.MIGRATETYPE_NAMES
    assert [names[kind] for kind in machine.g.pageblock_flags] == frames[-1]["pageblocks"] + ["Movable"] * 2
    renamed = [frame["what"] for frame in frames if frame["pageblocks"] == ["Unmovable"] * 2]
    assert renamed == ["steal", "give"]
    assert "Page blocks: Unmovable, Unmovable" in view.text()


def test_every_key_of_its_picture(stage, machine):
    stage.do_allocate(2, "ordinary", 0)
    picture = stage.picture()
    last = picture.pop("frames")[-1]
    code = picture.pop("code")
    assert picture == {
        "title": "64 pages of zone Normal",
        "start": 0,
        "pages": 64,
        "begin": 0,
        "position": 1,
        "mirrored": [],
        "types": {"U": "Unmovable", "R": "Reclaimable", "M": "Movable", "X": "Mirror", "V": "Reserve"},
        "orders": [0, 1, 2, 3, 4, 5, 6],
        "ask": ["ordinary"],
        "tasks": [],
        "operations": ["ask order 2"],
    }
    assert last == {
        "operation": 0,
        "what": "give",
        "sentence": "The block of 4 pages at +0 is handed out.",
        "blocks": [[0, 4, "used", "used", "a"], *([1 << n, 1 << n, "free", "M", ""] for n in (2, 3, 4, 5))],
        "lists": [[order, "M", [1 << order], 1] for order in (5, 4, 3, 2)],
        "pageblocks": [],
        "order": None,
        "function": "__alloc_pages_nodemask",
        "line": len(code["__alloc_pages_nodemask"]) - 1,  # return pfn
    }
    assert code["expand"][0] == "def expand(zone, pfn, low, high, migratetype):"
    machine.free_pages(0)
    put = stage.picture()["frames"][-1]
    assert (put["what"], put["order"]) == ("put", 6)
    assert stage.picture()["code"][put["function"]][put["line"]].strip().startswith("list_add(pfn")


def test_mirrored_memory_is_told_from_the_mirror_list():
    machine = toy(2048, mirrored=[(0, 512)])
    view = widgets.Stage(machine, first=0, pages=1024, ask=MIRRORED)
    view.do_allocate(9, "mirrored", 0)
    picture = view.picture()
    assert picture["mirrored"] == [(0, 512)]
    assert picture["frames"][-1]["blocks"] == [[0, 512, "used", "used", "a"], [512, 512, "free", "X", ""]]
    assert "+512 to +1023: free, Mirror" in view.text()
    assert "+0 to +511: in use by a, mirrored" in view.text()
    view.close()


def test_the_way_through_the_zones_is_shown_when_asked_for():
    machine = toy(64, marks=(8, 10, 14))
    plain, route = widgets.Stage(machine), widgets.Stage(machine, route=True)
    machine.alloc_pages(0)
    assert "pass" not in whats(plain) and "pass" in whats(route)
    plain.close()
    route.close()


def test_going_back_and_doing_something_else_drops_what_came_after(stage, machine):
    for order in (2, 3, 1):
        stage.do_allocate(order, "ordinary", stage.story.position)
    stage.do_free(0, 1)
    assert stage.picture()["operations"] == ["ask order 2", "free +0"]
    assert [owner.order for owner in machine.owners.values()] == []
    assert machine.zones[0].free_area[6].nr_free == 1


def test_what_is_done_elsewhere_is_on_the_stage_and_old_operations_leave_the_track():
    machine = boot("toy-64m")
    view = widgets.Stage(machine)
    random_operations(machine, 90, seed=1)
    picture = view.picture()
    assert len(picture["operations"]) == 60 and picture["begin"] == 30
    assert picture["frames"][0]["what"] == "rest"
    view.close()


def test_a_window_that_is_not_there_is_refused(machine):
    with pytest.raises(ValueError, match="pages is 60: choose from 16, 32, 64"):
        widgets.Stage(machine, pages=60)
    with pytest.raises(ValueError, match="first is 64: choose a multiple of 64 inside the zone"):
        widgets.Stage(machine, first=64)
    with pytest.raises(ValueError, match="node is 1: this machine has node 0"):
        widgets.Stage(machine, node=1)


def test_an_order_too_large_for_memory_is_a_failure_one_can_see(stage):
    stage.do_allocate(6, "ordinary", 0)
    stage.do_allocate(0, "ordinary", 1)
    assert whats(stage)[-1] == "fail"
    assert stage.text().splitlines()[-1].endswith("the request fails.")


# -- The code beside it ---------------------------------------------------------------------------------------------


def test_the_code_is_the_functions_without_what_is_about_the_trace():
    kernel = load()
    lines, shown = source(kernel, "expand")
    assert lines == [
        "def expand(zone, pfn, low, high, migratetype):",
        "    while high > low:",
        "        high -= 1",
        "        area = zone.free_area[high]",
        "        half = pfn + (1 << high)",
        "        list_add(half, area.free_list[migratetype])",
        "        set_page_order(zone, half, high, migratetype)",
        "        area.nr_free += 1",
    ]
    assert set(shown.values()) == set(range(len(lines)))


@pytest.mark.parametrize(
    "function", ["__free_one_page", "__rmqueue", "buffered_rmqueue", "rmqueue_bulk", "get_page_from_freelist"]
)
def test_every_line_belongs_to_a_statement_that_is_shown(function):
    lines, shown = source(load(), function)
    assert "trace" not in "\n".join(lines) and '"""' not in "\n".join(lines)
    assert all(0 <= at < len(lines) for at in shown.values())
    assert [*shown.values()] == sorted(shown.values())


def test_a_function_that_replaces_one_is_shown_and_one_without_a_text_has_no_lines():
    def expand(zone, pfn, low, high, migratetype):
        high -= 1  # nothing else

    assert source(load(replace={"expand": expand}), "expand").lines[1:] == ["    high -= 1"]
    made = eval("lambda zone, pfn, low, high, migratetype: None")
    assert source(load(replace={"expand": made}), "expand").lines == []
    assert source(load(), "no_such_function").lines == []
