"""The stage without a browser: what it hands to its script, what its buttons do, and its twin in words."""

import pytest

from mirrorlab import boot, load
from mirrorlab.machine.toy import toy
from mirrorlab.story.recording import random_operations
from mirrorlab.story.source import source

widgets = pytest.importorskip("mirrorlab.widgets")
stage_module = pytest.importorskip("mirrorlab.widgets.stage")
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
        "window": 0,
        "start": 0,
        "pages": 64,
        "begin": 0,
        "position": 1,
        "end": 1,
        "branches": 0,
        "same": 0,
        "stocks": None,
        "first": 0,
        "mirrored": [],
        "types": {"U": "Unmovable", "R": "Reclaimable", "M": "Movable", "X": "Mirror", "V": "Reserve"},
        "orders": [0, 1, 2, 3, 4, 5, 6],
        "ask": ["ordinary"],
        "tasks": [],
        "map": None,
        "cpus": [],
        "operations": ["ask order 2"],
    }
    assert last == {
        "operation": 0,
        "what": "give",
        "sentence": "The block of 4 pages at +0 is handed out.",
        "blocks": [[0, 4, "used", "used", "a"], *([1 << n, 1 << n, "free", "M", ""] for n in (2, 3, 4, 5))],
        "lists": [[order, "M", [1 << order], 1] for order in (5, 4, 3, 2)],
        "stocks": [],
        "pageblocks": [],
        "order": None,
        "cpu": None,
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


def test_of_a_long_story_the_last_operations_are_sent_and_the_others_told_when_asked_for():
    machine = boot("toy-64m")
    view = widgets.Stage(machine)
    random_operations(machine, 90, seed=1)
    picture = view.picture()
    sent = len(picture["operations"])
    assert (picture["end"], picture["first"] + sent) == (90, 90) and 0 < sent <= 16
    told = [view.do_tell(first, first + 16) for first in range(0, 90, 16)]
    assert [name for part in told for name in part["operations"]][-sent:] == picture["operations"]
    frames = [frame for part in told for frame in part["frames"]]
    assert [*dict.fromkeys(frame["operation"] for frame in frames)] == [*range(90)]  # none is left out
    assert frames[-len(picture["frames"]) :] == picture["frames"]
    before = view.do_tell(-1, 0)["frames"]
    assert [frame["what"] for frame in before] == ["rest"]
    assert machine.recording.position == 90
    view.close()


def test_only_what_is_new_is_made_and_one_visit_makes_several(stage, machine, monkeypatch):
    asked = []
    found = stage_module.scenes_of
    monkeypatch.setattr(stage_module, "scenes_of", lambda story, at, *rest: asked.append(at) or found(story, at, *rest))
    for _ in range(6):  # without an event loop, each is drawn
        machine.alloc_pages(0, MIRRORED["ordinary"])
    assert asked == [range(n, n + 1) for n in range(1, 7)]
    machine.recording.goto(2)
    machine.alloc_pages(1, MIRRORED["ordinary"])
    picture = stage.picture()
    assert asked[6:] == [range(3, 4)]
    assert (picture["end"], picture["branches"], picture["same"]) == (3, 1, 2)
    stage.text()
    machine.recording.goto(0)
    widgets.Stage(machine).picture()
    assert asked[7:] == [range(1, 4)]


def test_after_going_back_the_operations_around_are_sent_and_the_picture_shows_the_present(stage, machine):
    for _ in range(40):
        machine.alloc_pages(0, MIRRORED["ordinary"])
    machine.recording.goto(20)
    picture = stage.picture()
    assert picture["first"] < 19 < picture["first"] + len(picture["operations"]) - 1 < 39
    assert stage.text().startswith("64 pages of zone Normal, after 20 operations:\n  +0: in use")
    assert "+19 is handed out" in stage.svg() and "+20 is handed out" not in stage.svg()


def test_a_cpus_list_is_drawn_when_the_story_touches_it_each_page_a_step():
    machine = toy(64, stock=(6, 3))
    view = widgets.Stage(machine)
    view.do_allocate(3, "ordinary", 0)
    assert {frame["cpu"] for frame in view.picture()["frames"]} == {None}
    assert "CPU" not in view.svg()
    view.do_allocate(0, "ordinary", 1)
    mine = [frame for frame in view.picture()["frames"] if frame["operation"] == 1]
    kinds = [frame["what"] for frame in mine]
    assert kinds[0] == "refill" and kinds.count("stock") == 3 and kinds[-2:] == ["take", "give"]
    sizes = [sum(entries for *_, entries in frame["stocks"]) for frame in mine]
    assert (max(sizes), sizes[-1]) == (3, 2)  # three fetched, one of them handed out
    cpu, letter, pages, _ = mine[-1]["stocks"][0]
    assert f"CPU {cpu}, from its hot end, Movable: {' '.join(f'+{pfn}' for pfn in pages)}" in view.text()
    assert f"CPU {cpu}, from its hot end, {letter}: +{pages[0]}" in view.svg()
    given = next(iter(pfn for pfn, owner in machine.owners.items() if owner.order == 0))
    view.do_free(given, 2)
    last = view.picture()["frames"][-1]
    assert last["sentence"] == f"Page +{given} goes to the hot end of the Movable list of CPU 0."
    assert last["stocks"][0][2][0] == given
    machine.drain()
    assert "drain" in whats(view) and view.picture()["frames"][-1]["stocks"] == []
    view.close()


def test_the_cpu_that_asks_is_chosen_and_its_lists_are_drained():
    machine = toy(64, stock=(6, 3), cpus=2)
    view = widgets.Stage(machine, stocks=True)
    assert view.picture()["cpus"] == [0, 1]
    view.do_allocate(0, "ordinary", 0, 1)
    [zone] = [zone for zone in machine.zones if zone.managed_pages]
    assert [pageset.count for pageset in zone.pageset] == [0, 2]
    [given] = machine.owners
    view.do_free(given, 1, 0)  # on another CPU than the one that took it
    assert [pageset.count for pageset in zone.pageset] == [1, 2]
    view.do_drain(2, 1)
    assert [pageset.count for pageset in zone.pageset] == [1, 0]
    assert "drain" in whats(view)
    view.close()
    assert widgets.Stage(toy(64)).picture()["cpus"] == []


def test_a_window_that_is_not_there_is_refused(machine):
    with pytest.raises(ValueError, match="pages is 60: choose from 16, 32, 64"):
        widgets.Stage(machine, pages=60)
    with pytest.raises(ValueError, match="first is 64: choose a multiple of 64 inside the zone"):
        widgets.Stage(machine, first=64)
    with pytest.raises(ValueError, match="node is 1: this machine has node 0"):
        widgets.Stage(machine, node=1)


def test_a_new_owner_gets_the_letter_after_the_last_one(stage, machine):
    for position in (0, 1):
        stage.do_allocate(0, "ordinary", position)
    stage.do_free(0, 2)
    stage.do_allocate(0, "ordinary", 3)
    assert sorted(owner.who for owner in machine.owners.values()) == ["b", "c"]
    stage.do_allocate(0, "ordinary", 1)  # back in time, b is not given yet
    assert sorted(owner.who for owner in machine.owners.values()) == ["a", "b"]
    for position in range(2, 28):
        stage.do_allocate(0, "ordinary", position)
    stage.do_free(0, 28)
    stage.do_allocate(0, "ordinary", 29)  # after z: the first that nobody has
    assert sorted({owner.who for owner in machine.owners.values()}) == stage_module.OWNERS


def test_a_block_that_reaches_across_the_windows_edge_is_shown_whole():
    view = widgets.Stage(toy(1024), first=64)
    assert view.picture()["frames"][0]["blocks"] == [[-64, 1024, "free", "M", ""]]
    assert view.picture()["frames"][0]["sentence"].startswith("64 pages of 64 are free.")
    assert "+0 to +1023: free, Movable" in view.text()
    view.do_allocate(0, "ordinary", 0)  # the cuts leave whole blocks in the window
    assert view.picture()["frames"][-1]["blocks"] == [[0, 64, "free", "M", ""]]
    view.do_free(-64, 1)
    assert view.picture()["frames"][-1]["blocks"] == [[-64, 1024, "free", "M", ""]]
    view.close()


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


def test_other_sizes_can_be_asked_for_where_they_fit():
    view = widgets.Stage(toy(1024), pages=512, orders=(8, 9, 10))
    assert view.picture()["orders"] == [8, 9]
