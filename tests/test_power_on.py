"""Booting: stages, zones, options of the command line, and the machines of the presets."""

import re

import pytest
from boots import G4, LOW, MIB, RELIABLE, machine

from mirrorlab import Machine, boot, linux, stages
from mirrorlab.machine import firmware, proc
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import state

UNMOVABLE, RECLAIMABLE, MOVABLE, MIRROR, RESERVE = range(5)
TWINS = {"toy-32m": "boot-small", "toy-64m": "boot-two", "toy-ragged": "boot-unal", "toy-two-nodes": "boot-numa"}
GIB = 1 << 30


def at(stage_name, source, *args, **kwargs):
    for stage in stages(source, *args, **kwargs):
        if stage.name == stage_name:
            return stage.machine
    raise AssertionError(f"no stage {stage_name}")


def blocks(m):
    """The rows of the block table of pagetypeinfo: (node, zone) -> blocks by type."""
    infos = proc.parse("pagetypeinfo", m.proc("pagetypeinfo"))
    return {(node, zone): counts for info in infos for node, zone, counts in info.blocks}


# -- Stages -------------------------------------------------------------------------------------------------------


def test_a_boot_can_be_stepped_and_each_stage_adds_something():
    seen = {}
    for stage in stages("toy-64m"):
        g = stage.machine.g
        seen[stage.name] = (
            bool(g.e820), bool(g.mirror_info), bool(g.memblock.memory.regions), bool(g.node_data),
            bool(g.pageblock_flags), bool(stage.machine.free_blocks()), g.min_free_kbytes != 1024,
        )  # fmt: skip
        assert stage.what
    assert list(seen) == ["map", "mirror_info", "memblock", "zones", "pageblocks", "bootmem", "watermarks"]
    assert [sum(row) for row in seen.values()] == [1, 2, 3, 4, 5, 6, 7]


def test_looking_back_at_a_stage_takes_a_copy():
    kept = {stage.name: stage.machine.copy() for stage in stages("toy-32m")}
    assert kept["pageblocks"].free_blocks() == []
    assert kept["bootmem"].zone("Normal").watermark == [0, 0, 0]
    assert kept["watermarks"].zone("Normal").watermark == [105, 131, 157]


@pytest.mark.parametrize("preset", TWINS)
def test_a_toy_is_the_machine_of_its_recording(preset):
    case = recordings.load(TWINS[preset])
    m = at("bootmem", preset)
    there = [(zone["name"], zone["start_pfn"], zone["spanned"], zone["managed"]) for zone in case["machine"]["zones"]]
    assert there == [(zone.name, zone.zone_start_pfn, zone.spanned_pages, zone.managed_pages) for zone in m.zones]
    found = {what for what, _, _ in state.differences_from(case["buddy"], m)}
    assert not [what for what in found if "page block" in what or "free list" in what]


# -- Figures that follow from managed pages --------------------------------------------------------------------------


def test_watermarks_reserves_and_batches_are_those_of_the_recorded_machines():
    """init memory is freed after the kernel computes lowmem_reserve: a figure may be one off (boot-rules)."""
    equal = compared = 0
    for name in [name for name in recordings.names() if name.startswith(("fallback-", "numa-", "mirror-", "fuzz-"))]:
        case = recordings.load(name)
        m = Machine.from_recording(case)
        theirs = [
            (zone.lowmem_reserve, [(p.high, p.batch, p.stat_threshold) for p in zone.pageset]) for zone in m.zones
        ]
        m.kernel.mm_init.setup_per_zone_lowmem_reserve(m.g)
        m.kernel.mm_init.setup_per_cpu_pageset(m.g)
        m.kernel.vmstat.refresh_zone_stat_thresholds(m.g)
        for zone, (reserve, psets) in zip(m.zones, theirs, strict=True):
            assert [(p.high, p.batch, p.stat_threshold) for p in zone.pageset] == psets
            assert all(abs(our - their) <= 1 for our, their in zip(zone.lowmem_reserve, reserve, strict=True))
            equal += zone.lowmem_reserve == reserve
            compared += 1
    assert compared > 50
    assert equal / compared > 0.5


def test_a_zone_below_32_mib_has_no_per_cpu_stock():
    assert [(p.high, p.batch) for p in boot("toy-32m").zone("Normal").pageset] == [(0, 1)]
    assert [(p.high, p.batch) for p in boot("toy-64m").zone("Normal").pageset] == [(18, 3)]


# -- The RFC author's machine -----------------------------------------------------------------------------------------


def test_rfc_48g_has_the_block_table_of_the_mail():
    m = boot("rfc-48g")
    assert proc.parse("pagetypeinfo", m.proc("pagetypeinfo"))[0].types == (
        *("Unmovable", "Reclaimable", "Movable", "Mirror", "Reserve", "Isolate"),
    )
    assert blocks(m) == {
        (0, "DMA"): [1, 0, 6, 0, 1, 0],
        (0, "DMA32"): [2, 0, 1525, 0, 1, 0],
        (0, "Normal"): [0, 0, 8702, 2048, 2, 0],
        (1, "Normal"): [0, 0, 8190, 4096, 2, 0],
    }
    assert m.sysctl("vm.min_free_kbytes") == 28377
    assert [zone.watermark[0] for zone in m.zones] == [2, 441, 3103, 3547]
    assert m.sysctl("vm.mirrorable") == 1
    assert [owner.who for owner in m.owners.values()] == ["an early driver"]


def test_without_mirrorable_the_same_machine_gives_ordinary_memory():
    plain, mirrored = boot("rfc-48g", ""), boot("rfc-48g")
    assert plain.alloc_pages(0) >= 8 * GIB >> 12  # the first page of a list is its highest block's
    assert mirrored.alloc_pages(0) < 8 * GIB >> 12


# -- The command line --------------------------------------------------------------------------------------------------


def test_kernelcore_cuts_the_movable_zone_off_the_top_rounded_up_to_4_mib():
    m = boot(machine(*LOW, (G4, 96 * MIB)), "kernelcore=96M")
    normal, movable = m.zone("Normal"), m.zone("Movable")
    assert (normal.zone_start_pfn, normal.spanned_pages) == (0x100000, 13312)
    assert (movable.zone_start_pfn, movable.spanned_pages) == (0x103400, 11264)
    assert "  Node 0: 0x0000000103400000" in m.proc("dmesg")


def test_kernelcore_past_the_end_of_a_node_leaves_a_movable_zone_that_spans_nothing():
    """Rounded up to 4 MiB, ZONE_MOVABLE begins 3 MiB after node 0: Linux subtracts the wrong way round."""
    nodes = (*LOW, (48 * MIB, MIB), (G4, 64 * MIB, {"node": 1}))
    m = boot(machine(*nodes, cpus=[0, 1]), "kernelcore=80M")
    movable = m.zone("Movable", 0)
    assert (movable.zone_start_pfn, movable.spanned_pages, movable.present_pages) == (0, 0, 3 * MIB >> 12)
    assert (movable.managed_pages, movable.watermark) == (0, [0, 0, 0])
    log = m.proc("dmesg")
    assert "  Movable zone: 768 pages, LIFO batch:0\n" in log
    memory = (640 * 1024 - 4096 + 48 * MIB) >> 12
    assert f"On node 0 totalpages: {memory + 768}\n" in log
    assert sum(zone.managed_pages for zone in m.zones if zone.node == 0) == memory
    assert (
        len(boot(machine(*LOW, (G4, 64 * MIB, {"node": 1}), cpus=[0, 1]), "kernelcore=80M").g.node_data[0].node_zones)
        == 2
    )


def test_without_memory_below_16_mib_the_end_of_dma_comes_before_its_beginning():
    log = boot(machine((48 * MIB, 64 * MIB), (G4, 64 * MIB))).proc("dmesg")
    assert log.split("Zone ranges:\n")[1].splitlines()[:3] == [
        "  DMA      [mem 0x0000000003000000-0x0000000000ffffff]",
        "  DMA32    [mem 0x0000000001000000-0x00000000ffffffff]",
        "  Normal   [mem 0x0000000100000000-0x0000000103ffffff]",
    ]
    assert [zone.name for zone in boot(machine((48 * MIB, 64 * MIB))).zones] == ["DMA32"]


def test_the_log_tells_the_pages_of_each_node_and_zone():
    m = boot("toy-two-nodes")
    for node, pages in ((0, 28575), (1, 16384)):
        lines = m.proc("dmesg").split(f"Initmem setup node {node} ")[1].splitlines()
        assert lines[1] == f"On node {node} totalpages: {pages}"
    assert lines[2:4] == ["  Normal zone: 256 pages used for memmap", "  Normal zone: 16384 pages, LIFO batch:3"]
    tiny = boot(machine(*LOW, (1 << 36, 4096))).proc("dmesg")  # struct pages are for the pages present
    assert "  Normal zone: 1 pages used for memmap\n  Normal zone: 1 pages, LIFO batch:0\n" in tiny
    assert "  DMA zone: 3999 pages, LIFO batch:0\n" in tiny


def six_gib(**more):
    return machine((0, 640 << 10), (MIB, 2 * GIB - MIB), (G4, 4 * GIB), **more)


def two_nodes(first=2, second=4):
    low = ((0, 640 << 10), (MIB, 2 * GIB - MIB), (G4, first * GIB))
    return machine(*low, (G4 + first * GIB, second * GIB, {"node": 1}), cpus=[0, 1])


def names(m):
    return [(zone.node, zone.name, zone.spanned_pages) for zone in m.zones if zone.idx >= 2]


def test_kernelcore_met_below_4_gib_leaves_no_normal_zone():  # as measured on 6.1: boots m5 and n4
    assert names(boot(six_gib(), "kernelcore=1G")) == [(0, "Movable", 1048576)]
    m = boot(two_nodes(), "kernelcore=1G")  # node 0 alone has more than 1 GiB below 4 GiB
    assert names(m) == [(0, "Movable", 524288), (1, "Movable", 1048576)]


def test_what_small_nodes_cannot_give_is_asked_of_the_others():
    m = boot(two_nodes(first=1), "kernelcore=7G")
    assert sum(zone.present_pages for zone in m.zones if zone.name == "Movable") == 0
    m = boot(two_nodes(), "kernelcore=6G")
    kernel = sum(zone.present_pages for zone in m.zones if zone.name != "Movable")
    assert abs(kernel - (6 * GIB >> 12)) <= 2048


def test_memmap_replaces_the_map_and_the_mirrored_ranges_stay():
    mirrored = machine(*LOW, (G4, 64 * MIB), (G4 + 64 * MIB, 64 * MIB, {"attribute": RELIABLE}))
    m = boot(mirrored, "memmap=exactmap memmap=640K@0 memmap=47M@1M memmap=96M@4G")
    assert m.zone("Normal").spanned_pages == 96 * MIB >> 12
    assert blocks(m)[0, "Normal"][MIRROR] == 16
    assert "user: [mem 0x0000000100000000-0x0000000105ffffff] usable" in m.proc("dmesg")


def test_memmap_can_reserve_and_cut_and_says_when_it_cannot_read():
    m = boot(machine(*LOW, (G4, 64 * MIB)), "memmap=16M$0x101000000 mem=4112M mem=lots")
    log = m.proc("dmesg")
    assert "user: [mem 0x0000000101000000-0x0000000101ffffff] reserved" in log
    assert "user: [mem 0x0000000100000000-0x0000000100ffffff] usable" in log
    assert "Malformed early option 'mem'" in log
    assert m.zone("Normal").present_pages == 4096


def user_map(cmdline):
    """What the command line makes of 64 MiB at 4 GiB, as (first byte, byte after the last, type) from 4 GiB on."""
    log = boot(machine(*LOW, (G4, 64 * MIB)), cmdline).proc("dmesg")
    assert "Malformed" not in log
    found = re.findall(r"^user: \[mem (0x\w+)-(0x\w+)\] (.*)$", log, re.M)
    return [(int(a, 16), int(b, 16) + 1, what) for a, b, what in found if int(a, 16) >= G4]


def test_memmap_protects_a_range_and_sets_no_limit():
    at = G4 + 16 * MIB
    protected = [(at, at + 16 * MIB, "persistent (type 12)")]
    assert user_map("memmap=16M!0x101000000") == [
        (G4, at, "usable"),
        *protected,
        (at + 16 * MIB, G4 + 64 * MIB, "usable"),
    ]
    m = boot(machine(*LOW, (G4, 64 * MIB)), "memmap=16M!5G")
    assert m.zone("Normal").present_pages == 64 * MIB >> 12
    assert "  Normal   [mem 0x0000000100000000-0x0000000140ffffff]" in m.proc("dmesg")  # counted until Linux 4.4


@pytest.mark.parametrize(
    ("part", "type"),
    [("16M$4G", "reserved"), ("16M#4G", "ACPI data"), ("16M!4G", "persistent (type 12)"), ("16M$4Gjunk", "reserved")],
)
def test_a_part_of_memmap_that_cannot_be_read_is_skipped_and_the_rest_applies(part, type):
    for cmdline in (f"memmap={part}", f"memmap=x,{part}", f"memmap={part},,-1"):
        assert user_map(cmdline) == [(G4, G4 + 16 * MIB, type), (G4 + 16 * MIB, G4 + 64 * MIB, "usable")]
    assert user_map("memmap=x") == []  # nothing was read: the map is still the firmware's


def test_whatever_begins_with_exactmap_is_exactmap():
    assert user_map("memmap=exactmapfoo memmap=640K@0 memmap=48M@1M memmap=8M@4G") == [(G4, G4 + 8 * MIB, "usable")]


@pytest.mark.parametrize(
    ("text", "size", "rest"),
    [
        *[("0x10K@", 16 << 10, "@"), ("010", 8, ""), ("09", 0, "9"), ("0x", 0, "x"), ("x", 0, "x"), ("12Q", 12, "Q")],
        *[("16E", 0, ""), ("17E", 1 << 60, ""), ("18446744073709551617", 1, "")],
    ],
)
def test_sizes_are_read_as_linux_reads_them(text, size, rest):
    assert linux.load().cmdline.memparse(text) == (size, rest)


def test_memory_outside_every_node_makes_the_kernel_forget_the_nodes():
    m = boot("toy-two-nodes", "memmap=64M@8G")
    assert list(m.g.node_data) == [0]
    assert m.g.cpu_to_node == [0, 0]
    assert "No NUMA configuration found" in m.proc("dmesg")


def test_a_cpu_of_a_node_that_lost_its_memory_moves_to_the_nearest():
    m = boot("toy-two-nodes", "mem=4200M")
    assert list(m.g.node_data) == [0]
    assert m.g.cpu_to_node == [0, 0]


@pytest.mark.parametrize(
    ("preset", "cmdline", "message"),
    [
        ("rfc-48g", "memmap=4K@1P", "names memory at 64 TiB or above"),
        ("rfc-48g", "memmap=exactmap", "the command line 'memmap=exactmap' leaves no memory"),
        ("toy-64m", "memmap=exactmap", "the command line 'memmap=exactmap' leaves no memory"),
    ],
)
def test_a_command_line_that_leaves_no_sound_memory_is_refused_with_a_sentence(preset, cmdline, message):
    with pytest.raises(firmware.BadDescription, match=message):
        boot(preset, cmdline)


def test_mirrorable_takes_no_value():
    assert boot("toy-32m", "mirrorable").sysctl("vm.mirrorable") == 1
    assert boot("toy-32m", "mirrorable=0").sysctl("vm.mirrorable") == 1
    assert boot("toy-32m").sysctl("vm.mirrorable") == 0


def test_zones_are_those_of_a_measured_boot_of_the_patched_kernel():
    """A two-node boot of 4.1.3 with the RFC: node 0 ends below 4 GiB, node 1 has 2 GiB from there on."""
    low = ((0, 0x9F000), (MIB, 0xBFFE0000 - MIB))
    m = boot(machine(*low, (G4, 2 * GIB, {"node": 1}), cpus=[0, 1], reserved=[{"start": "3 GiB", "size": 4096}]))
    assert [
        (zone.node, zone.name, zone.zone_start_pfn, zone.spanned_pages, zone.present_pages) for zone in m.zones
    ] == [
        (0, "DMA", 1, 4095, 3998),
        (0, "DMA32", 4096, 782304, 782304),
        (1, "Normal", 1048576, 524288, 524288),
    ]
    assert [zone.lowmem_reserve[1:] for zone in m.zones] == [[3055] * 3, [0] * 3, [0] * 3]


# -- Build options -----------------------------------------------------------------------------------------------------


def test_without_the_rfc_nothing_of_it_is_left():
    m = boot("toy-64m", "mirrorable", kernel=linux.load(config={"MEMORY_MIRROR": False}))
    for name in m.kernel.root.proc_files(m.g):
        assert "irror" not in m.proc(name).replace("mirrorable", "")
    assert "sys/vm/mirrorable" not in m.kernel.root.proc_files(m.g)
    assert blocks(m)[0, "Normal"] == [0, 0, 31, 1]
    assert len(m.kernel.vmstat.vmstat_text) == len(m.kernel.mmzone.ZONE_STAT_ITEMS)


def test_memory_isolation_adds_a_column_and_nothing_else():
    m = boot("toy-64m", kernel=linux.load(config={"MEMORY_ISOLATION": True}))
    assert blocks(m)[0, "Normal"] == [0, 0, 21, 10, 1, 0]
    assert blocks(boot("toy-64m"))[0, "Normal"] == [0, 0, 21, 10, 1]


def test_page_blocks_of_order_10_round_ragged_ranges_further_out():
    ragged = machine(*LOW, (G4, 0x1235000), (G4 + 0x1235000, 0x777000, {"attribute": RELIABLE}))
    assert blocks(boot(ragged))[0, "Normal"][MIRROR] == 4
    assert blocks(boot({**ragged, "pageblock_order": 10}))[0, "Normal"][MIRROR] == 3


# -- Mirrored ranges ---------------------------------------------------------------------------------------------------


def test_below_4_gib_nothing_is_mirrored():
    low = [(start, size, {"attribute": RELIABLE}) for start, size in LOW]
    m = boot(machine(*low, (G4, 64 * MIB)))
    assert len(m.g.mirror_info) == 2
    assert all(counts[MIRROR] == 0 for counts in blocks(m).values())


def test_a_hole_in_a_mirrored_range_is_mirrored_too():
    kernel = linux.load()
    g = kernel.mmzone.Globals()
    kernel.mm_init.add_mirror_info(g, 0, G4, 4 * MIB)
    assert list(kernel.mm_init.mirror_runs(g, 0xFFFF0, 0x100800)) == [(0x100000, 0x100400)]


def test_the_table_holds_as_many_ranges_as_there_may_be_nodes():
    kernel = linux.load()
    g = kernel.mmzone.Globals()
    for at in range(64):
        kernel.mm_init.add_mirror_info(g, 0, G4 + at, 1)
    with pytest.raises(kernel.bug.KernelBug, match="the table holds 64 ranges and is full"):
        kernel.mm_init.add_mirror_info(g, 0, 0, 1)


# -- Nodes -------------------------------------------------------------------------------------------------------------


def orders(m):
    found = []
    for pgdat in m.g.node_data.values():
        zones = [zone.node for zone in pgdat.node_zonelists[0].zones]
        found.append(list(dict.fromkeys(zones)))
    return found


def test_equally_far_nodes_take_turns_and_near_ones_come_first():
    assert orders(boot("server-1t")) == [[0, 1, 2, 3], [1, 2, 3, 0], [2, 3, 0, 1], [3, 0, 1, 2]]
    assert orders(boot("server-512g")) == [[0, 1, 2, 3], [1, 3, 0, 2], [2, 3, 0, 1], [3, 1, 2, 0]]


def test_early_allocations_belong_to_somebody():
    m = boot(machine(*LOW, (G4, 64 * MIB), early=[{"order": 3, "who": "a driver"}, {"gfp": "GFP_DMA32"}]))
    assert [(owner.who, owner.order) for owner in m.owners.values()] == [("a driver", 3), ("early boot", 0)]
    for pfn in m.owners:
        m.free_pages(pfn)


def test_init_memory_is_freed_when_the_kernel_runs():
    before, after = at("bootmem", "toy-64m").zone("DMA32").managed_pages, boot("toy-64m").zone("DMA32").managed_pages
    assert after - before == 612 // 4
    assert "Freeing unused kernel memory: 612K (ffffffff81284000 - ffffffff8131d000)" in boot("toy-64m").proc("dmesg")
