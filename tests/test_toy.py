"""Hand-made machines: the scenes of the lessons on per-CPU pages, watermarks, mirrored memory, counting, exhaustion."""

import json

import pytest
from toys import MIRROR, MOVABLE, UNMOVABLE, counter, everything

from mirrorlab import Recording, load
from mirrorlab.course import toy
from mirrorlab.course.judge.cases import Call, Case, Op, case, on, seeded
from mirrorlab.machine import holders
from mirrorlab.machine.holders import LOW, MIRRORED, UNMIRRORED
from mirrorlab.questions.explain import explain

KERNEL, PROGRAM = "GFP_KERNEL", "GFP_HIGHUSER_MOVABLE"
MIRROR_GFP = KERNEL + "|__GFP_MIRROR"


def blocks(machine):
    return sorted((pfn, order) for pfn, order, _ in machine.free_blocks())


def on_shelf(machine, cpu=0, migratetype=MOVABLE):
    """A CPU's stock of one type, head first."""
    return list(reversed(machine.zones[0].pageset[cpu].lists[migratetype]))


def taken(machine, order, gfp):
    """The blocks that a request gets, again and again until there is none."""
    found = []
    while (pfn := machine.alloc_pages(order, gfp)) is not None:
        found.append(pfn)
    return found


# -- A stock for each CPU ---------------------------------------------------------------------------------------------


def test_a_refill_takes_a_batch_off_the_lists():
    machine = toy(8, stock=(6, 3))
    assert machine.alloc_pages(0, PROGRAM) == 0
    assert (on_shelf(machine), blocks(machine), counter(machine, "NR_FREE_PAGES")) == ([1, 2], [(3, 0), (4, 2)], 5)


def test_the_page_freed_last_is_handed_out_first_and_a_cold_one_last():
    machine = toy(16, stock=(8, 4))
    assert [machine.alloc_pages(0, PROGRAM) for _ in range(4)] == [0, 1, 2, 3]
    for pfn, cold in (1, False), (3, False), (2, True):
        machine.free_pages(pfn, cold=cold)
    assert on_shelf(machine) == [3, 1, 2]
    assert [machine.alloc_pages(0, PROGRAM) for _ in range(3)] == [3, 1, 2]


def test_a_full_stock_gives_a_batch_back():
    machine = toy(16, stock=(4, 2))
    assert [machine.alloc_pages(0, PROGRAM) for _ in range(8)] == list(range(8))
    for pfn in (5, 1, 6):
        machine.free_pages(pfn)
    assert blocks(machine) == [(8, 3)] and on_shelf(machine) == [6, 1, 5]
    machine.free_pages(3)
    assert blocks(machine) == [(1, 0), (5, 0), (8, 3)] and on_shelf(machine) == [3, 6]


def test_buddies_in_two_stocks_do_not_merge():
    machine = toy(16, stock=(6, 1), cpus=2)
    assert [machine.alloc_pages(0, PROGRAM, cpu=0) for _ in range(4)] == [0, 1, 2, 3]
    machine.free_pages(0, cpu=0)
    machine.free_pages(1, cpu=1)
    assert blocks(machine) == [(4, 2), (8, 3)]
    machine.drain(0)
    assert blocks(machine) == [(0, 0), (4, 2), (8, 3)]
    machine.drain(1)
    assert blocks(machine) == [(0, 1), (4, 2), (8, 3)]


def test_a_page_that_comes_late_out_of_a_stock_renames_a_page_block():
    machine = toy(512, stock=(4, 1))
    machine.free_pages(machine.alloc_pages(0, PROGRAM))
    machine.free_pages(machine.alloc_pages(1, KERNEL))
    machine.drain()
    assert machine.free_blocks() == [(0, 9, MOVABLE)]
    assert machine.g.pageblock_flags[0] == UNMOVABLE


# -- Marks ------------------------------------------------------------------------------------------------------------


def test_each_kind_of_request_may_go_so_deep():
    machine = toy(64, marks=(8, 10, 12))
    left = []
    for gfp in (KERNEL, "GFP_NOWAIT", "GFP_ATOMIC", KERNEL + "|__GFP_MEMALLOC"):
        taken(machine, 0, gfp)
        left.append(counter(machine, "NR_FREE_PAGES"))
    assert left == [8, 6, 3, 0]


def test_a_whole_block_is_there_and_is_refused():
    machine = toy(8, marks=(2, 2, 2))
    assert [machine.alloc_pages(0, KERNEL) for _ in range(3)] == [0, 1, 2]
    machine.free_pages(0)
    assert blocks(machine) == [(0, 0), (3, 0), (4, 2)]
    told = str(explain(machine, 2, KERNEL))
    assert "Normal: 6 - 3 = 3 > 2; from order 1 up 1 is not > 1: too few" in told
    assert "fair share" not in told
    assert machine.alloc_pages(2, KERNEL) is None


def test_a_toy_without_marks_has_no_fair_share_as_a_zone_of_equal_marks_has_none():
    assert counter(toy(64), "NR_ALLOC_BATCH") == 0


def test_a_toy_with_marks_tells_of_marks_and_not_of_shares():
    machine = toy(64, marks=(8, 10, 12))
    for _ in range(54):
        assert "share" not in str(explain(machine, 0, KERNEL))
        machine.alloc_pages(0, KERNEL)
    assert [attempt.title for attempt in explain(machine, 0, KERNEL).attempts] == [
        "First attempt, above the low watermark, zone after zone",
        "Slow path, above the min watermark",
    ]


# -- Mirrored memory --------------------------------------------------------------------------------------------------


def test_mirrored_requests_take_the_mirror_first_and_then_plain_memory():
    machine = toy(2048, mirrored=[(1024, 1024)])
    assert [machine.alloc_pages(9, MIRROR_GFP) for _ in range(5)] == [1024, 1536, 0, 512, None]
    assert list(machine.g.pageblock_flags) == [UNMOVABLE, UNMOVABLE, MIRROR, MIRROR]
    machine = toy(2048, mirrored=[(1024, 1024)])
    assert [machine.alloc_pages(9, KERNEL) for _ in range(3)] == [0, 512, None]
    assert machine.free_blocks() == [(1024, 10, MIRROR)]


def test_between_min_and_low_a_mirrored_page_is_for_no_request():
    machine = toy(512, mirrored=[(0, 512)], marks=(8, 10, 12))
    assert len(taken(machine, 0, MIRROR_GFP)) == 502
    assert machine.free_blocks() == [(502, 1, MIRROR), (504, 3, MIRROR)]
    told = str(explain(machine, 0, "GFP_ATOMIC|__GFP_MIRROR"))
    assert "the mark lowered by half, then by a quarter more" in told
    assert "10 > 3: enough, but no block for Unmovable" in told


def test_at_a_border_the_half_freed_last_gives_the_list_and_the_hardware_stays_as_it_is():
    def halves_freed(*order):
        machine = toy(1024, mirrored=[(512, 512)])
        assert machine.free_blocks() == [(0, 10, MOVABLE)]
        assert sorted(machine.alloc_pages(9, PROGRAM) for _ in range(2)) == [0, 512]
        for pfn in order:
            machine.free_pages(pfn)
        assert holders.free_by_class(machine) == {MIRRORED: 512, LOW: 0, UNMIRRORED: 512}
        return machine.free_blocks(), counter(machine, "NR_FREE_MIRROR_PAGES")

    # Each free is counted once, as its own page block's type, before it merges.
    assert halves_freed(512, 0) == ([(0, 10, MOVABLE)], 512)
    assert halves_freed(0, 512) == ([(0, 10, MIRROR)], 512)


def test_a_toy_full_of_memory_that_no_program_may_have():
    machine = toy(2048, mirrored=[(1024, 1024)], marks=(16, 20, 24))
    assert len(taken(machine, 0, PROGRAM)) == 1024
    assert [machine.alloc_pages(0, gfp) for gfp in (KERNEL, "GFP_ATOMIC", MIRROR_GFP)] == [None, None, 1024]


@pytest.mark.parametrize(
    ("plain", "mirrored", "low", "least"), [(64, 64, 6, 4), (0, 64, 6, 4), (128, 64, 6, 4), (4, 64, 6, 4)]
)
def test_how_many_mirrored_requests_are_served_and_how_many_go_astray(plain, mirrored, low, least):
    start = 512 if plain else 0  # page blocks are of one type: the plain part ends where one begins
    machine = toy(start + mirrored, marks=(least, low, low + 2), mirrored=[(start, mirrored)])
    for _ in range(start - plain):
        machine.alloc_pages(0, PROGRAM)
    got = [holders.class_of(machine.g, pfn) for pfn in taken(machine, 0, MIRROR_GFP)]
    from_the_mirror = min(mirrored, plain + mirrored - low)
    assert got.count(MIRRORED) == from_the_mirror
    assert got.count(UNMIRRORED) == min(plain, plain + mirrored - from_the_mirror - least)


@pytest.mark.parametrize("first", [0, 2048, holders.FOUR_GIB])
def test_wherever_a_toy_begins_its_memory_is_above_4_gib(first):
    machine = toy(1024, first=first, mirrored=[(first + 100, 413)])  # not whole page blocks
    assert [holders.class_of(machine.g, first + page) for page in (0, 99, 100, 512, 513)] == [
        *(UNMIRRORED, UNMIRRORED, MIRRORED, MIRRORED, UNMIRRORED)
    ]
    assert list(machine.g.pageblock_flags)[first // 512 :] == [MIRROR, MIRROR]
    assert holders.mirror_in_words(machine) == "413 of 1,024 pages above 4 GiB are mirrored."
    assert explain(machine, 0, MIRROR_GFP).page.endswith("of Normal (unmirrored memory)")  # from the last page block
    assert machine.kmalloc(8).memory == UNMIRRORED


def test_a_kernel_without_the_patches_has_no_table_of_mirrored_ranges():
    machine = toy(1024, mirrored=[(0, 512)], kernel=load(config={"MEMORY_MIRROR": False}))
    assert machine.g.mirror_info == [] and machine.free_blocks() == [(0, 10, MOVABLE)]


# -- More zones, more nodes -------------------------------------------------------------------------------------------


def test_zones_take_turns_and_the_lowest_is_below_4_gib():
    machine = toy(64, dma32=64, marks=(2, 3, 11), mirrored=[(8, 8), (1024, 64)])
    assert [(zone.name, zone.zone_start_pfn) for zone in machine.zones] == [("DMA32", 0), ("Normal", 1024)]
    assert [holders.class_of(machine.g, pfn) for pfn in (8, 1024)] == [LOW, MIRRORED]
    assert list(machine.g.pageblock_flags) == [MOVABLE, machine.kernel.mmzone.NO_PAGEBLOCK, MIRROR]
    machine = toy(64, dma32=64, marks=(2, 3, 11))  # a share is 8 pages, from low to high
    got = [machine.alloc_pages(2, KERNEL) for _ in range(6)]
    assert [pfn >= 1024 for pfn in got] == [True, True, False, False, True, True]


def test_a_program_begins_in_zone_movable_and_the_kernel_may_not():
    machine = toy(64, movable=64)
    assert explain(machine, 0, PROGRAM).zones == ["Movable", "Normal"]
    assert machine.alloc_pages(0, PROGRAM) == 1024 and machine.alloc_pages(0, KERNEL) == 0


def test_a_lower_zone_keeps_pages_from_requests_that_could_use_a_higher_one():
    machine = toy(64, dma32=64, lowmem_reserve=40)
    assert len(taken(machine, 0, KERNEL)) == 64 + 64 - 40
    assert len(taken(machine, 0, KERNEL + "|__GFP_DMA32")) == 40


def test_a_second_node_has_cpus_and_a_zonelist_of_its_own():
    machine = toy(64, node1=32, cpus=2)
    assert machine.alloc_pages(0, PROGRAM, cpu=1) == 1024 and machine.alloc_pages(0, PROGRAM, cpu=0) == 0
    assert explain(machine, 0, PROGRAM, nid=1).zones == ["Normal of node 1", "Normal of node 0"]
    assert len(taken(machine, 0, PROGRAM + "|__GFP_THISNODE")) == 63
    assert toy(64, node1=32).g.cpu_to_node == [0] and toy(64, node1=32, cpus=4).g.cpu_to_node == [0, 0, 1, 1]


# -- Kept, and refused ------------------------------------------------------------------------------------------------

EVERYTHING = dict(
    first=1024, mirrored=((2048, 512), (2600, 30), (4200, 9)), grouping=False, marks=(4, 6, 9), stock=(6, 3), cpus=3,
    dma32=200, movable=600, node1=2000, lowmem_reserve=3,
)  # fmt: skip


def test_a_toy_survives_going_back_and_being_copied_and_saved(tmp_path):
    machine = toy(1000, **EVERYTHING)
    before, in_words = everything(machine), holders.mirror_in_words(machine)
    story = Recording(machine)
    for number in range(40):
        pfn = machine.alloc_pages(number % 4, (KERNEL, PROGRAM, MIRROR_GFP)[number % 3], cpu=number % 3)
        if number % 5:
            machine.free_pages(pfn, cpu=number % 3)
    machine.sysctl("vm.min_free_kbytes", 400)
    after = everything(machine)
    story.save(tmp_path / "toy.jsonl")
    story.goto(0)
    assert everything(machine) == before
    assert everything(machine.copy()) == before
    loaded = Recording.load(tmp_path / "toy.jsonl")
    assert everything(loaded.machine) == after
    loaded.goto(0)
    assert everything(loaded.machine) == before
    assert holders.mirror_in_words(loaded.machine) == in_words == "551 of 3,600 pages above 4 GiB are mirrored."


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (dict(first=512), "a multiple of 1,024 pages, not at 512"),
        (dict(pages=0), "at least one page and one CPU"),
        (dict(cpus=0), "at least one page and one CPU"),
        (dict(marks=(8, 6, 12)), "each at least as high as the one before it"),
        (dict(stock=(2, 3)), "a batch from 1 page to high pages"),
        (dict(stock=(2, 0)), "a batch from 1 page to high pages"),
        (dict(mirrored=[(0, 65)]), "no zone of this toy holds the 65 pages from 0 on"),
        (dict(mirrored=[(64, 1)]), "no zone of this toy holds"),
        (dict(mirrored=[(3, 0)]), "no zone of this toy holds"),
    ],
)
def test_a_toy_that_cannot_be_is_refused(wanted, reason):
    with pytest.raises(ValueError, match=reason):
        toy(**wanted)


# -- As a case --------------------------------------------------------------------------------------------------------

CASES = [
    case("plain", "a2M b0U -a c3E"),
    seeded(5),
    case("mirrored", "a9O -a", pages=1024, mirrored=((512, 512),)),
    case("all there is", "a0M b0O -a c1E -b -c", pages=1000, **EVERYTHING),
]


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
def test_a_case_is_the_machine_and_the_operations_of_its_code(each):
    machine = each.machine()
    step = on(machine)
    for op in each.ops:
        step(op)
    names = {"toy": toy}
    exec("\n".join(each.code()), names)
    assert everything(names["machine"]) == everything(machine)


def test_the_code_of_a_case_names_what_is_special():
    assert case("", "a0M", stock=(6, 3), marks=(8, 10, 12), cpus=2, mirrored=((0, 64),)).code() == [
        "machine = toy(64, mirrored=[(0, 64)], marks=(8, 10, 12), stock=(6, 3), cpus=2)",
        'a = machine.alloc_pages(0, "GFP_HIGHUSER_MOVABLE")',
    ]


@pytest.mark.parametrize("each", CASES, ids=lambda each: each.name)
def test_a_case_travels_as_json(each):
    back = Case.from_json(json.loads(json.dumps(each.to_json())))
    assert back == each and hash(back) == hash(each)
    assert all(type(op) is Op for op in back.ops)
    assert json.loads(json.dumps(each.to_json())) == each.to_json()  # values of JSON and no others


def test_a_call_travels_as_json():
    call = Call("together", {"pages": 16, "fatal": [0, 1], "odds": 0.25})
    assert Call.from_json(json.loads(json.dumps(call.to_json()))) == call
    assert json.loads(json.dumps(call.to_json())) == call.to_json()


@pytest.mark.parametrize("first", [0, 2048])
def test_under_other_rules_a_toy_keeps_its_page_blocks_and_its_mirror(first):
    kernel = load(config={"FORCE_MAX_ZONEORDER": 8})
    each = case("", "a9O", pages=1024, first=first, mirrored=((first + 512, 512),), marks=(8, 10, 12)).under(kernel)
    assert (each.pages, each.marks) == (256, (2, 2, 3))
    flags = each.machine(kernel).g.pageblock_flags
    assert list(flags[first // kernel.mmzone.pageblock_nr_pages :]) == [MOVABLE, MIRROR]
