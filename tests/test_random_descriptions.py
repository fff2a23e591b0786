"""Whatever a legal description says, the machine boots, every free page counted once, or one sentence tells why not."""

import re
from itertools import pairwise

import pytest
from boots import G4, MIB, PAGE, RELIABLE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mirrorlab import BadDescription, boot
from mirrorlab.linux.mmzone import NR_FREE_PAGES
from mirrorlab.machine import firmware

KIB = 1 << 10
EDGES = [0, PAGE, 640 * KIB, MIB, 4 * MIB, 16 * MIB, 48 * MIB, G4 - 2 * MIB, G4, G4 + 64 * MIB, G4 + 260 * MIB]
OFFSETS = st.sampled_from([0, 0, 0, 0, PAGE, -PAGE, 1, 100, 3 * PAGE + 7, 255 * PAGE, 513 * PAGE, 1024 * PAGE])
ADDRESSES = st.builds(lambda edge, offset: max(0, edge + offset), st.sampled_from(EDGES), OFFSETS)
SIZES = st.one_of(
    st.sampled_from([0, 1, PAGE - 1, PAGE, 636 * KIB, 640 * KIB, 15 * MIB, 47 * MIB, 64 * MIB, 64 * MIB, 200 * MIB]),
    st.integers(1, 3000).map(lambda pages: pages * PAGE),
    st.just(G4),
)
RANGES = st.fixed_dictionaries({"start": ADDRESSES, "size": SIZES})
NODES = st.sampled_from([0, 0, 0, 1, 1, 2, 63])
E820 = st.sampled_from(["usable"] * 8 + ["reserved", "ACPI data", "ACPI NVS", "unusable", 0, 6, 7, 12, 12, 20, 128])
EFI = st.sampled_from(["ConventionalMemory"] * 6 + [*firmware.EFI_TYPES, 7, 13, 14])
SHOWN = st.one_of(st.integers(0, 70).map("{}M".format), ADDRESSES.map(hex), st.sampled_from(["0", "", "x", "09", "1E"]))
WORDS = st.one_of(
    st.builds("memmap={}{}{}".format, SHOWN, st.sampled_from("@@$#!,+"), SHOWN),
    st.builds("{}={}".format, st.sampled_from(["mem", "memmap", "kernelcore", "kernelcore"]), SHOWN),
    st.sampled_from(["mirrorable", "memmap=exactmap memmap=640K@0 memmap=64M@1M", "memmap=exactmapfoo", "kernelcore"]),
    st.sampled_from(["kernelcore=50M", "kernelcore=90M", "kernelcore=300M"]),
)


@st.composite
def descriptions(draw):
    kind = draw(st.sampled_from(["efi", "e820"]))
    memory = draw(st.lists(RANGES, max_size=9))
    for entry in memory:
        entry |= {"type": draw(EFI if kind == "efi" else E820), "node": draw(NODES)}
        if kind == "efi":
            entry["attribute"] = draw(st.sampled_from([0, 0xF, RELIABLE, RELIABLE | 0xF]))
    if draw(st.integers(0, 9)):  # what most machines have
        memory += [{"start": 0, "size": 640 * KIB}, {"start": MIB, "size": draw(st.sampled_from([47, 64])) * MIB}]
    for node in draw(st.sampled_from([[], [], [1], [1, 2], [0, 1]])):
        size = draw(st.sampled_from([5 * MIB, 64 * MIB, 64 * MIB + 5 * PAGE, 100 * MIB - 3]))
        memory.append({"start": G4 + 300 * MIB + node * size, "size": size, "node": node})
    more = {
        "reserved": st.lists(RANGES, max_size=4),
        "cpus": st.lists(NODES, min_size=1, max_size=3),
        "cmdline": st.lists(WORDS, max_size=4).map(" ".join),
        "pageblock_order": st.sampled_from([9, 10]),
        "distances": st.sampled_from([[], [[10]], [[10, 30], [20, 10]]]),
        "early": st.just([{"gfp": "GFP_KERNEL"}]),
        "kernel": st.just({"start": 16 * MIB, "code": MIB + 1, "init": 5 * PAGE}),
    }
    return {"map": kind, "memory": memory} | {key: draw(value) for key, value in more.items() if draw(st.booleans())}


def free_pages_of(g):
    """What is free of each node's memory when nothing but memblock's reserved list is taken: ascending runs of PFNs."""
    taken = sorted((rgn.base // PAGE, -(-rgn.end // PAGE)) for rgn in g.memblock.reserved.regions)
    for rgn in g.memblock.memory.regions:
        start, end = -(-rgn.base // PAGE), min(rgn.end // PAGE, g.max_pfn)
        for low, high in taken:
            if start < min(low, end):
                yield rgn.nid, start, min(low, end)
            start = max(start, high)
        if start < end:
            yield rgn.nid, start, end


def check_free_pages(m):
    """Each page that is free in memblock is on one list of its node, once, and the counters tell so."""
    init_pages = range(*(at // PAGE for at in m.kernel.main.sections(m.g.image)["init"])) if m.g.image.start else ()
    free = []
    for zone in m.zones:
        end = zone.zone_start_pfn + zone.spanned_pages
        blocks = [(pfn, pfn + (1 << order)) for order, area in enumerate(zone.free_area) for pfn in area.buddy]
        for area in zone.free_area:
            assert area.nr_free == len(area.buddy) == sum(map(len, area.free_list))
        singles = [(pfn, pfn + 1) for pset in zone.pageset for pages in pset.lists for pfn in pages]
        assert all(zone.zone_start_pfn <= low and high <= end for low, high in blocks + singles)
        counted = zone.vm_stat[NR_FREE_PAGES] + sum(pset.vm_stat_diff[NR_FREE_PAGES] for pset in zone.pageset)
        assert sum(high - low for low, high in blocks) == counted
        held = sum(1 << owner.order for pfn, owner in m.owners.items() if m.kernel.mmzone.page_zone(m.g, pfn) is zone)
        assert sum(high - low for low, high in blocks + singles) == zone.managed_pages - held
        free += [(low, high, zone.node) for low, high in blocks + singles]
    free += [(pfn, pfn + (1 << owner.order), None) for pfn, owner in m.owners.items()]
    free.sort(key=lambda block: block[:2])
    assert all(low[1] <= high[0] for low, high in pairwise(free)), "a page is free twice"
    expected = list(free_pages_of(m.g))
    assert sum(high - low for low, high, _ in free) == sum(high - low for _, low, high in expected) + len(init_pages)
    for low, high, node in free:
        if low not in init_pages and node is not None:
            assert any(nid == node and start <= low and high <= end for nid, start, end in expected)


def boots_or_is_refused(description):
    try:
        m = boot(description)
    except BadDescription as refusal:
        assert re.fullmatch(r"[^\n]+", str(refusal))
        assert not re.search(r"[.!?] [A-Z]", str(refusal)), "more than one sentence"
        return
    check_free_pages(m)
    for name in m.kernel.root.proc_files(m.g):
        assert m.proc(name).endswith("\n")
    pfn = m.alloc_pages(1)
    if pfn is not None:
        m.free_pages(pfn)
    check_free_pages(m)


SETTINGS = {"deadline": None, "derandomize": True, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=20, **SETTINGS)
@given(descriptions())
def test_a_few_random_descriptions_boot_or_are_refused_in_one_sentence(description):
    boots_or_is_refused(description)


@pytest.mark.slow
@settings(max_examples=200, **SETTINGS)
@given(descriptions())
def test_random_descriptions_boot_or_are_refused_in_one_sentence(description):
    boots_or_is_refused(description)


@pytest.mark.long
@settings(max_examples=10_000, **SETTINGS)
@given(descriptions())
def test_ten_thousand_random_descriptions_boot_or_are_refused_in_one_sentence(description):
    boots_or_is_refused(description)
