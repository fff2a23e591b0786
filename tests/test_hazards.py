"""HAZARDS.md: its numbers are those the code cites, and its recordings show what it says."""

import re
from pathlib import Path

import pytest
import toys

from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle.replay import Replay, replay
from mirrorlab.oracle.state import build_options

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "HAZARDS.md").read_text()
ITEMS = {int(number): (what, shown) for number, what, shown in re.findall(r"^(\d+)\. (.*)\n {3,4}(\S.*)$", PAGE, re.M)}
UNMOVABLE, RECLAIMABLE, MOVABLE, MIRROR, RESERVE = range(5)

# -- The page and the code ------------------------------------------------------------------------------------------


def shown_by():
    """(number, recording, operation or None) for everything a hazard names."""
    for number, (_, shown) in ITEMS.items():
        _, *named = re.split(r"`(\w+(?:-\w+)+)`", shown)
        for name, text in zip(named[::2], named[1::2], strict=True):
            operations = [int(each) for each in re.findall(r"[Oo]peration (\d+)", text)]
            yield from ((number, name, operation) for operation in operations or [None])


def cited(*folders):
    """(number, file) for every hazard named in the files of these folders."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".py", ".md", ".ipynb", ".toml"):
                for numbers in re.findall(r"\b[Hh]azards? (\d+(?:(?:,| and) \d+)*)", path.read_text()):
                    yield from ((int(number), str(path.relative_to(ROOT))) for number in re.findall(r"\d+", numbers))


def test_the_page_has_21_hazards_of_two_lines_each():
    body = PAGE[PAGE.index("\n1. ") + 1 :].splitlines()
    assert list(ITEMS) == list(range(1, 22))
    assert len(body) == 2 * len(ITEMS), "something stands between or below the hazards"
    assert max(map(len, body)) <= 120
    assert [number for number, (what, _) in ITEMS.items() if not what.startswith("**")] == []


@pytest.mark.parametrize(("number", "name", "operation"), [*shown_by()])
def test_what_a_hazard_names_is_there(number, name, operation):
    assert name in recordings.names()
    case = recordings.load(name)
    if case["category"] == "boot":
        assert operation is None
    else:
        assert operation is not None, "say which operation shows it"
        assert operation < len(case["ops"])


def test_every_hazard_names_a_recording():
    assert {number for number, _, _ in shown_by()} == set(ITEMS)


def test_every_hazard_is_named_where_the_model_makes_it_and_none_that_the_page_does_not_have():
    assert [each for each in cited("mirrorlab", "tests", "docs", "notebooks") if each[0] not in ITEMS] == []
    assert set(ITEMS) - {number for number, _ in cited("mirrorlab/linux")} == set()


# -- Each shown by its recording. Answers and dumps are the real kernel's; what lies between is replayed --------------


def before(name, operation):
    """A recorded case on the model just before an operation, the operation, and what Linux answered."""
    case = recordings.load(name)
    running = Replay(case)
    for op in case["ops"][:operation]:
        running.step(op)
    running.machine.g.trace = []
    running.machine.g.cpu = case["ops"][operation].get("cpu", 0)
    return running, case["ops"][operation], case["results"][operation]


def says(number, *values):
    """Hold a hazard's second line against what was found."""
    words = [f"{value:,}" if isinstance(value, int) else value for value in values]
    assert [word for word in words if not re.search(rf"(?<![\w,-]){word}(?!\w|,\d)", ITEMS[number][1])] == []


def recorded_blocks(state):
    """The free blocks of a recorded state, as Machine.free_blocks()."""
    for area in (area for zone in state["zones"] for area in zone["free_area"]):
        for migratetype, pfns in area["lists"].items():
            yield from ((pfn, area["order"], int(migratetype)) for pfn in pfns)


def pages(blocks, migratetype, order=0):
    """How many pages are on the lists of a type, in blocks of this order or more."""
    return sum(1 << each for _, each, listed in blocks if listed == migratetype and each >= order)


def mirrored(case):
    """The pages of the recorded table of mirrored ranges."""
    table = case["machine"]["mirror_info"]
    return {pfn for at in table for pfn in range(-(-at["start"] // 4096), (at["start"] + at["size"]) // 4096)}


def asks_for_mirrored(running, op):
    return op["gfp"] & vars(running.machine.kernel.gfp)["__GFP_MIRROR"] != 0


def normal(running, node=0):
    return running.machine.zone("Normal", node)


def free(zone):
    return zone.vm_stat[0]  # NR_FREE_PAGES


def passes(running, zone, order=0):
    """Whether a zone leaves an ordinary request above its min watermark."""
    return running.machine.kernel.page_alloc.zone_watermark_ok(zone, order, zone.watermark[0], zone.idx, 0)


def test_1_a_mirrored_request_fails_while_mirrored_memory_is_free():
    running, op, answer = before("exhaustion-all-0", 62)
    zone = normal(running)
    assert asks_for_mirrored(running, op) and answer is None
    assert free(zone) == pages(running.machine.free_blocks("Normal"), MIRROR)
    assert passes(running, zone)
    says(1, free(zone), *zone.watermark[:2])


def test_the_example_stands_just_before_the_first_hazard(capsys):
    exec(re.search(r"```python\n(.*?)```", PAGE, re.S)[1], {})
    assert "zone Normal: 232 of 15,298 pages free" in capsys.readouterr().out


def test_2_an_ordinary_request_fails_although_the_watermark_passes():
    running, op, answer = before("exhaustion-one-0", 205)
    zone, blocks, order = normal(running), running.machine.free_blocks("Normal"), op["order"]
    assert not asks_for_mirrored(running, op) and answer is None
    assert passes(running, zone, order)
    assert {migratetype for _, each, migratetype in blocks if each >= order} == {MIRROR}
    says(2, order, free(zone), zone.watermark[0], pages(blocks, MIRROR, order))


def test_3_a_mirrored_request_gets_other_memory_while_mirrored_pages_are_free():
    case = recordings.load("exhaustion-all-0")
    answers = case["results"][43]
    after = pages(recorded_blocks(case["dumps"]["44"]), MIRROR)  # nothing comes between: operation 44 is the dump
    assert mirrored(case) == set(range(toys.START, toys.START + 16384))
    says(3, sum(pfn < toys.START for pfn in answers), len(answers), after)


def mirror_count(machine):
    return toys.counter(machine, "NR_FREE_MIRROR_PAGES"), pages(machine.free_blocks(), MIRROR)


def test_4_and_5_blocks_merge_across_the_border_and_the_counter_drifts():
    running, op, _ = before("boundary-merge-halves-0", 101)
    machine, table = running.machine, mirrored(running.case)
    freed = running.blocks[op["id"]]
    assert (0x100A00, 9, MOVABLE) in machine.free_blocks() and not table & set(range(0x100A00, 0x100C00))
    assert set(range(0x100800, 0x100A00)) <= table
    counted, listed = mirror_count(machine)
    assert counted == listed

    running.step(op)
    assert (0x100800, 10, MIRROR) in machine.free_blocks()
    counted, listed = mirror_count(machine)
    says(4, hex(freed), 1 << 9, hex(0x100A00))
    says(5, str(counted - listed))


def test_5_the_counter_falls_below_zero():
    case = recordings.load("boundary-merge-halves-3")
    zones = case["final"]["zones"]
    parts = [zone["vm_stat"] for zone in zones] + [cpu["vm_stat_diff"] for zone in zones for cpu in zone["cpus"]]
    counted = sum(part["NR_FREE_MIRROR_PAGES"] for part in parts)
    says(5, f"{counted:,}", pages(recorded_blocks(case["final"]), MIRROR), str(len(case["ops"]) - 1))


@pytest.mark.parametrize(("number", "name"), [(6, "boot-halves"), (6, "boot-numa1"), (7, "boot-b_unal")])
def test_6_and_7_just_after_boot_the_lists_are_wrong(number, name):
    case = recordings.load(name)
    blocks = list(recorded_blocks(case["buddy"]))
    spans = {pfn for first, order, _ in blocks for pfn in range(first, first + (1 << order))}
    says(number, len(spans & mirrored(case)), pages(blocks, MIRROR))


def test_7_a_mirrored_request_gets_a_page_that_is_not_mirrored():
    running, op, answer = before("mirror-b_unal-0", 0)
    running.step(op)
    *_, last = running.machine.g.trace
    assert asks_for_mirrored(running, op) and last[:2] == ("mm_page_alloc", answer) and last[4] == MIRROR
    assert answer not in mirrored(running.case)
    says(7, hex(answer))


def test_8_a_page_block_stops_being_mirror_for_good():
    running, op, answer = before("boundary-merge-halves-1", 218)
    machine = running.machine
    type_of = machine.kernel.page_alloc.get_pageblock_migratetype
    block = answer ^ 0x200  # the other half of the block of order 10
    assert type_of(machine.g, block) == MIRROR and block in mirrored(running.case)
    running.step(op)
    assert type_of(machine.g, block) == RECLAIMABLE
    says(8, hex(block))


def test_9_mirrored_pages_are_in_the_reserve_from_boot_on():
    case = recordings.load("wmark-half")
    first, half = toys.START, toys.START + 512
    assert (first, 10, MOVABLE) in recorded_blocks(case["initial"])
    assert (first, 10, RESERVE) in recorded_blocks(case["final"])
    says(9, hex(first), hex(half))

    running, op, answers = before("wmark-op-half-0", 242)
    assert not asks_for_mirrored(running, op) and not running.machine.g.sysctl_mirrorable
    assert {*range(half, half + 512)} <= {*answers} & mirrored(running.case)


@pytest.mark.parametrize("name", [name for name in recordings.names() if name.startswith("wmark-")])
def test_10_the_rfcs_test_in_the_set_up_of_the_reserve_changes_nothing(name):
    case = recordings.load(name)
    hook = "if mmzone.is_migrate_mirror(block_migratetype):"
    kernel = toys.altered("setup_zone_migrate_reserve", hook, "if False:", build_options(case["machine"]))
    assert replay(case, kernel).agrees


def test_11_a_mirrored_attempt_that_fails_leaves_traces():
    running, op, _ = before("split-merge-none-0", 2)
    g, page_alloc = running.machine.g, running.machine.kernel.page_alloc
    assert asks_for_mirrored(running, op) and not mirrored(running.case)
    batches = [zone.vm_stat[1] for zone in running.machine.zones]  # NR_ALLOC_BATCH
    request = (g.node_data[0].node_zonelists[0], 2, normal(running), MIRROR)
    how = page_alloc.ALLOC_WMARK_LOW | page_alloc.ALLOC_FAIR
    assert page_alloc.get_page_from_freelist(op["gfp"], op["order"], how, *request) is None
    renewed = [zone.vm_stat[1] for zone in running.machine.zones]
    says(11, "{}, {} and {} to {}, {} and {}".format(*batches, *renewed))


def test_12_mirrored_memory_far_away_comes_before_ordinary_memory_at_home():
    running, op, answer = before("numa-numa1-0", 7)
    g, home = running.machine.g, normal(running)
    assert asks_for_mirrored(running, op) and g.cpu_to_node[op["cpu"]] == 0 and passes(running, home)
    assert running.machine.kernel.mmzone.page_zone(g, answer) is normal(running, 1)
    says(12, free(home))


def test_13_the_zonelist_cache_takes_a_zone_for_full():
    running, op, _ = before("numa-numa1-2", 138)
    home, zonelist = normal(running), running.machine.g.node_data[1].node_zonelists[0]
    position = zonelist.zones.index(home)
    worth_trying = running.machine.kernel.page_alloc.zlc_zone_worth_trying
    assert passes(running, home) and worth_trying(zonelist, position)
    says(13, free(home), home.watermark[1])
    running.step(op)
    assert not worth_trying(zonelist, position)

    running, op, _ = before("numa-numa1-2", 188)
    assert passes(running, normal(running)) and op["nid"] == 1
    assert not worth_trying(running.machine.g.node_data[1].node_zonelists[0], position)


def test_14_slub_takes_a_large_ordinary_slab_before_a_small_mirrored_one():
    running, _, answer = before("slab-pressure-small-1", 7)
    assert answer["pfn"] not in mirrored(running.case)  # of order 1: tests/test_slub.py
    says(14, pages(running.machine.free_blocks(), MIRROR), 1)


@pytest.mark.parametrize(("name", "operation", "are"), [("slab-one-0", 608, False), ("slab-SLOB-d_one-2", 11, True)])
def test_15_large_kmalloc_is_not_mirrored_under_slub_and_is_under_slob(name, operation, are):
    case = recordings.load(name)
    assert (case["results"][operation]["pfn"] in mirrored(case)) == are  # all the others: test_slub.py, test_slob.py
    says(15, case["ops"][operation]["size"])


def test_16_slub_drops_no_kswapd():
    running, op, answer = before("slab-oom-oom2-0", 372)
    zone = normal(running)
    assert op["gfp"] & vars(running.machine.kernel.gfp)["__GFP_NO_KSWAPD"]
    assert running.machine.kernel.mmzone.page_zone(running.machine.g, answer["pfn"]) is zone
    assert not passes(running, zone)
    says(16, free(zone), zone.watermark[0])


def test_17_zone_movable_swallows_mirrored_memory():
    running, op, answer = before("exhaustion-movable-0", 62)
    assert asks_for_mirrored(running, op) and answer is None
    says(17, pages(running.machine.free_blocks("Movable"), MIRROR))


def test_18_cpus_give_pages_back_in_another_order():
    def given_back(machine):
        return " ".join(str(event[3]) for event in machine.g.trace if event[0] == "mm_page_pcpu_drain")

    running, op, _ = before("split-merge-none-0", 374)
    stock = [len(pfns) for pfns in normal(running).pageset[0].lists]
    running.step(op)
    assert not mirrored(running.case) and stock[MIRROR] == 0
    says(18, given_back(running.machine))

    unpatched = toys.machine(8, MAX=4, MEMORY_MIRROR=False)
    zone = toys.zone_of(unpatched)  # its pages are made up: only their types count here
    for migratetype, count in enumerate(stock[:MIRROR]):
        zone.pageset[0].lists[migratetype].update({len(zone.freepage_migratetype) + n: None for n in range(count)})
        zone.freepage_migratetype |= dict.fromkeys(zone.pageset[0].lists[migratetype], migratetype)
    unpatched.g.trace = []
    unpatched.kernel.page_alloc.free_pcppages_bulk(zone, sum(stock), zone.pageset[0])
    says(18, given_back(unpatched))


def test_19_below_4_gib_nothing_is_mirrored_and_the_node_counts_for_nothing():
    case = recordings.load("boot-low")
    says(19, len(mirrored(case)), pages(recorded_blocks(case["buddy"]), MIRROR))

    running, op, answer = before("numa-wrongnode-0", 151)
    assert {each["node"] for each in running.case["machine"]["mirror_info"]} == {0}
    assert asks_for_mirrored(running, op) and answer in mirrored(running.case)
    assert running.machine.kernel.mmzone.page_zone(running.machine.g, answer).node == 1
    says(19, hex(answer))


@pytest.mark.parametrize(("operation", "migratetype"), [(1, MIRROR), (3, UNMOVABLE)])
def test_20_without_grouping_mirror_blocks_still_work(operation, migratetype):
    running, op, answer = before("fallback-moff-0", operation)
    running.step(op)
    assert running.machine.g.page_group_by_mobility_disabled and op["gfp"] & 8  # __GFP_MOVABLE
    *_, last = running.machine.g.trace
    assert (last[0], last[1], last[4]) == ("mm_page_alloc", answer, migratetype)


def test_21_a_page_of_the_reserve_remembers_it():
    state = recordings.load("exhaustion-none-0")["dumps"]["68"]
    cpus = [cpu for zone in state["zones"] for cpu in zone["cpus"] if cpu["mt_exceptions"]]
    remembered = {pfn: kept for cpu in cpus for pfn, kept in cpu["mt_exceptions"][str(MOVABLE)]}
    assert set(remembered.values()) == {RESERVE}
    assert [*remembered] == [pfn for cpu in cpus for pfn in cpu["lists"][str(MOVABLE)]]
    says(21, *map(hex, remembered))
