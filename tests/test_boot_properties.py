"""Random machines boot: every page that is not reserved is free, once, and the shapes are those of a slow kernel."""

import boots
from boots import G4, LOW, MIB, PAGE, RELIABLE
from hypothesis import given, settings
from hypothesis import strategies as st

from mirrorlab import linux
from mirrorlab.machine.boot import boot, stages

KERNELS = {order: linux.load(config={"HUGETLB_PAGE": order == 9}) for order in (9, 10)}


@st.composite
def machines(draw):
    """Memory above 4 GiB in ragged pieces, on one node or on two, with holes, mirrored parts and reserved ranges."""
    nodes = draw(st.sampled_from([1, 2]))
    memory, start = [*LOW], G4 + draw(st.sampled_from([0, 0, 265, 512, 1024])) * PAGE
    for index in range(draw(st.integers(2, 7))):
        pages = draw(st.one_of(st.integers(1, 3000), st.sampled_from([512, 1024, 2048, 4096])))
        node = index % nodes if index < 2 else draw(st.integers(0, nodes - 1))
        more = {"node": node, "attribute": draw(st.sampled_from([0, 0, RELIABLE]))}
        pages += 1024 if index < nodes else 0  # a node has at least 4 MiB
        memory.append((start, pages * PAGE, more))
        start += (pages + draw(st.sampled_from([0, 0, 0, 100, 512, 3000, 40000]))) * PAGE
    taken = st.tuples(st.integers(0, (start - G4) // PAGE), st.integers(1, 700))
    reserved = [{"start": G4 + at * PAGE, "size": pages * PAGE} for at, pages in draw(st.lists(taken, max_size=6))]
    kernelcore = draw(st.sampled_from(["", "", "kernelcore=60M", "kernelcore=50M mirrorable"]))
    return boots.machine(*memory, reserved=reserved, cmdline=kernelcore, cpus=list(range(nodes)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(machines(), st.sampled_from([9, 10]))
def test_every_page_is_reserved_or_free_exactly_once(description, order):
    for stage in stages(description, kernel=KERNELS[order]):
        m = stage.machine
        if stage.name == "bootmem":
            break
    mmzone = m.kernel.mmzone
    zone_of, reserved, types = boots.page_by_page(m.g, mmzone)
    found = {}
    for zone in m.zones:
        for area_order, area in enumerate(zone.free_area):
            for migratetype, pages in enumerate(area.free_list):
                for first in pages:
                    assert first % (1 << area_order) == 0
                    assert area.buddy[first] == migratetype
                    for pfn in range(first, first + (1 << area_order)):
                        assert pfn not in found, f"page {pfn} is free twice"
                        found[pfn] = zone
        assert zone.vm_stat[mmzone.NR_FREE_PAGES] == zone.managed_pages
    assert found == {pfn: zone for pfn, zone in zone_of.items() if pfn not in reserved}
    assert all(mmzone.page_zone(m.g, pfn) is zone for pfn, zone in zone_of.items())
    assert {pfn for pfn in zone_of if mmzone.PageReserved(m.g, pfn)} == reserved
    ours = {block: kind for block, kind in enumerate(m.g.pageblock_flags) if kind not in (0, mmzone.NO_PAGEBLOCK)}
    assert ours == types
    assert sum(zone.present_pages for zone in m.zones if zone.spanned_pages) == sum(
        high - low for low, high, _ in m.kernel.memblock.for_each_mem_pfn_range(m.g.memblock)
    )


@settings(max_examples=25, deadline=None, derandomize=True)
@given(machines())
def test_freeing_the_largest_blocks_at_once_is_the_same_as_one_by_one(description):
    at_once = boot(description, kernel=KERNELS[9])
    for stage in stages(description, kernel=KERNELS[9]):
        stage.machine.g.trace = [] if stage.name == "pageblocks" else None  # a traced machine frees them one by one
        if stage.name == "pageblocks":
            traced = stage.machine.g.trace
    assert any(event[0] == "mm_page_free" for event in traced)
    assert boots.lists(stage.machine) == boots.lists(at_once)


def test_nodes_that_take_turns_inside_a_page_block_keep_their_pages_apart():
    turns = [(G4 + at * 256 * PAGE, 256 * PAGE, {"node": at % 2}) for at in range(80)]
    m = boot(boots.machine(*LOW, *turns, cpus=[0, 1]), kernel=KERNELS[9])
    owner = {
        pfn: node
        for start, size, more in turns
        for pfn in range(start >> 12, start + size >> 12)
        for node in more.values()
    }
    free = [zone.vm_stat[0] for zone in m.zones]
    taken = {}
    for gfp in ("GFP_KERNEL", "GFP_HIGHUSER_MOVABLE"):
        for node in (0, 1):
            for order in (8, 3, 0):
                for _ in range(20):
                    pfn = m.alloc_pages(order, gfp + "|__GFP_THISNODE|__GFP_NOWARN", nid=node, cpu=node)
                    if pfn is not None:
                        taken[pfn] = order
                        assert {owner.get(page, 0) for page in range(pfn, pfn + (1 << order))} == {node}
    assert len(taken) > 200
    for pfn in taken:
        m.free_pages(pfn)
    m.drain()
    assert [zone.vm_stat[0] for zone in m.zones] == free


def test_a_machine_boots_again_after_kernelcore_took_all_of_normal():
    m = boot(boots.machine(*LOW, (G4, 64 * MIB)), "kernelcore=40M", kernel=KERNELS[9])
    assert [zone.name for zone in m.zones] == ["DMA", "DMA32", "Movable"]
    assert m.alloc_pages(3, "GFP_KERNEL") < 0x3000
    assert m.alloc_pages(3, "GFP_HIGHUSER_MOVABLE") >= 0x100000
