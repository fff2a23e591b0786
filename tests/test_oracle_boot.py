"""The recorded boots agree, computed from memblock and the command line; and anything altered is noticed."""

import copy

import pytest

from mirrorlab import linux
from mirrorlab.machine import Machine
from mirrorlab.oracle import boot
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle
from mirrorlab.oracle.state import build_options

BOOTS = [name for name in recordings.names() if name.startswith("boot-")]
WMARKS = [name for name in recordings.names() if recordings.load(name)["category"] == "wmark"]


@pytest.mark.parametrize("name", BOOTS)
def test_a_recorded_boot_agrees(name):
    verdict = oracle.replay(recordings.load(name))
    assert verdict.agrees, str(verdict.difference)


def test_watermark_cases_agree_and_all_of_them_were_computed():
    assert len(WMARKS) >= 20
    for name in WMARKS:
        case = recordings.load(name)
        verdict = oracle.replay(case)
        assert verdict.agrees, str(verdict.difference)
        kernel = linux.load(config=build_options(case["machine"]))
        assert boot.fill_memblock(Machine(kernel, kernel.mmzone.Globals()), case["machine"]), name


def alter(case, path):
    """Change the one number, or the last number of the list, at a path; add to a dict's last entry."""
    *ways, last = path
    for way in ways:
        case = case[way]
    value = case[last]
    if isinstance(value, dict):
        alter(value, [list(value)[-1]])
    elif isinstance(value, list):
        alter(value, [-1])
    else:
        case[last] = value + (1 if isinstance(value, int) else "x")


ALTERED = {
    ("machine", "zones", 1, "spanned"): "zones",
    ("machine", "zones", 2, "present"): "zones",
    ("machine", "zones", 0, "start_pfn"): "zones",
    ("machine", "zones", 3, "managed"): "<zone Normal of node 1>: managed",
    ("machine", "zones", 1, "pages_rle"): "<zone DMA32 of node 0>: pages_rle",
    ("machine", "zones_estimate", 1, "managed_estimate"): "<zone DMA32 of node 0>: managed_estimate",
    ("machine", "zonelists", 2, "zones"): "zonelists",
    ("machine", "zonelists", 1, "has_zlc"): "zonelists",
    ("machine", "globals", "vm_total_pages"): "globals.vm_total_pages",
    ("machine", "globals", "totalram_pages"): "globals.totalram_pages",
    ("machine", "globals", "movable_zone"): "globals.movable_zone",
    ("machine", "globals", "max_low_pfn"): "globals.max_low_pfn",
    ("machine", "globals", "page_group_by_mobility_disabled"): "globals.page_group_by_mobility_disabled",
    ("before", "zones", 2, "pageblocks", "rle"): "number of page blocks of <zone Normal of node 0>",
    ("before", "zones", 2, "vm_stat", "NR_ALLOC_BATCH"): "Normal of node 0: counter, NR_ALLOC_BATCH",
    ("before", "sysctl_mirrorable"): "setting, vm.mirrorable",
    ("buddy", "zones", 2, "free_area", 10, "lists", "3"): "Normal of node 0: free list, order 10, Mirror",
    ("buddy", "zones", 2, "free_area", 10, "nr_free"): "Normal of node 0: nr_free, order 10",
    ("buddy", "zones", 3, "vm_stat", "NR_FREE_MIRROR_PAGES"): "Normal of node 1: counter, NR_FREE_MIRROR_PAGES",
    ("buddy", "zones", 3, "cpus", 0, "count"): "Normal of node 1: CPU, CPU 0, count",
    ("mirror_info", 0, "start"): "page block, ",
}


@pytest.mark.parametrize("path", ALTERED, ids=lambda path: ".".join(map(str, path)))
def test_one_altered_number_in_a_boot_is_found_where_it_is(path):
    case = copy.deepcopy(recordings.load("boot-numa"))
    if path[0] == "mirror_info":
        case["mirror_info"][0]["start"] += 2 << 20
    else:
        alter(case, path)
    verdict = oracle.replay(case)
    assert verdict.difference is not None
    assert verdict.difference.what.startswith(ALTERED[path])
    assert "bootmem is freed" in str(verdict.difference)


def test_an_altered_memblock_is_found_too():
    case = copy.deepcopy(recordings.load("boot-numa"))
    case["memblock"]["reserved"][-1]["size"] += 4096
    case["memblock"]["reserved"][2]["size"] -= 4096
    assert oracle.replay(case).difference is not None


@pytest.mark.parametrize(
    "path",
    [
        ("machine", "zones", 1, "present"),
        ("machine", "zonelists", 0, "zones"),
        ("initial", "zones", 2, "cpus", 0, "high"),
    ],
    ids=str,
)
def test_one_altered_number_in_a_watermark_case_is_found(path):
    case = copy.deepcopy(recordings.load("wmark-two"))
    alter(case, path)
    assert "before the watermarks are set" in str(oracle.replay(case).difference)


def test_a_watermark_case_that_contradicts_itself_makes_no_machine():
    case = copy.deepcopy(recordings.load("wmark-two"))
    alter(case, ("machine", "zones", 2, "spanned"))
    with pytest.raises(recordings.RecordingError, match="page blocks of <zone Normal of node 0>"):
        oracle.replay(case)


def test_a_watermark_case_with_another_mirror_is_found():
    case = copy.deepcopy(recordings.load("wmark-two"))
    case["machine"]["mirror_info"][0]["size"] += 2 << 20
    difference = oracle.replay(case).difference
    assert (difference.what, difference.linux, difference.model) == ("type of page block 2056", 2, 3)


def with_the_reserved(memblock):
    return [(region.base, region.end) for region in memblock.memory.regions]


def downwards(memblock):
    return reversed(list(ascending(memblock)))


ascending = linux.load().memblock.for_each_free_mem_range


def fixed_order(g, start, end):
    while start < end:
        __free_pages_bootmem(g, start, 0)  # noqa: F821
        start += 1


BROKEN = {
    "mirrored below 4 GiB": (
        "is_mirror_pfn",
        lambda g, pfn: any(i.start <= pfn << 12 < i.start + i.size for i in g.mirror_info),
    ),
    "mirror rounded inwards": ("mirror_runs", lambda g, start, end: iter(())),
    "kernelcore ignored": ("find_zone_movable_pfns_for_nodes", lambda g: None),
    "struct pages forgotten": ("calc_memmap_size", lambda spanned, present: 0),
    "reserved pages freed": ("for_each_free_mem_range", with_the_reserved),
    "freed downwards": ("for_each_free_mem_range", downwards),
    "page by page": ("__free_pages_memory", fixed_order),
    "no reserved DMA pages": ("memblock_find_dma_reserve", lambda g: None),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_rule_is_caught_by_a_recorded_boot(what):
    function, replacement = BROKEN[what]
    for name in ("boot-low", "boot-movable", "boot-unal", "boot-numa"):
        case = recordings.load(name)
        kernel = linux.load(replace={function: replacement}, config=build_options(case["machine"]))
        if oracle.replay(case, kernel).difference:
            return
    pytest.fail(f"nobody noticed: {what}")


@pytest.mark.parametrize("key", ["memblock", "mirror_info", "before", "buddy"])
def test_a_boot_case_that_lacks_a_part_is_no_case(key):
    case = dict(recordings.load("boot-numa"))
    del case[key]
    with pytest.raises(recordings.RecordingError, match=f"x.json: not a recorded case .*{key}"):
        recordings.check(case, "x.json")
