"""The texts of the real kernel, parsed and printed again byte by byte; the model's parse the same way."""

import json
import re
from pathlib import Path

import pytest

from mirrorlab import Machine, boot, linux, presets
from mirrorlab.machine import proc

CAPTURES = sorted((Path(__file__).parent / "data" / "proc").glob("*/*.txt"))


def kind_of(path):
    return path.name.removesuffix(".txt").removesuffix(".after-cases")


def capture(machine, name):
    return (Path(__file__).parent / "data" / "proc" / machine / f"{name}.txt").read_text()


def test_there_is_a_capture_of_every_kind():
    kinds = {re.sub(r"\d+", "", kind_of(path)) for path in CAPTURES}
    assert kinds == {
        *("buddyinfo", "dmesg", "iomem", "meminfo", "node_meminfo", "pagetypeinfo", "sys_vm_mirrorable", "vmstat"),
        "zoneinfo",
    }


@pytest.mark.parametrize("path", CAPTURES, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_a_capture_comes_out_as_it_went_in(path):
    text = path.read_bytes().decode()
    data = proc.parse(kind_of(path), text)
    assert data or data == 0
    assert proc.render(kind_of(path), data) == text


@pytest.mark.parametrize("preset", presets())
def test_the_models_texts_parse_with_the_same_parsers(preset):
    m = boot(preset)
    for name in m.kernel.root.proc_files(m.g):
        text = m.proc(name)
        data = proc.parse(name, text)
        assert proc.render(name, data) == text
        json.dumps(proc.plain(data))


@pytest.mark.parametrize(
    "config",
    [
        *({"NUMA": False}, {"MEMORY_MIRROR": False}, {"MEMORY_ISOLATION": True}, {"FORCE_MAX_ZONEORDER": 13}),
        {"FORCE_MAX_ZONEORDER": 9, "HUGETLB_PAGE": False},
    ],
    ids=str,
)
def test_so_do_those_of_other_build_options(config):
    m = boot("toy-64m", kernel=linux.load(config=config))
    for name in m.kernel.root.proc_files(m.g):
        assert proc.render(name, proc.parse(name, m.proc(name))) == m.proc(name), name


def test_a_node_without_memory_is_not_in_pagetypeinfo():
    m = boot("toy-two-nodes")
    whole = proc.parse("pagetypeinfo", m.proc("pagetypeinfo"))
    m.g.node_data[1].node_zones.clear()
    assert proc.parse("pagetypeinfo", m.proc("pagetypeinfo")) == whole[:1]
    assert [line.node for line in proc.parse("buddyinfo", m.proc("buddyinfo"))] == [0, 0, 0]


def test_parsed_figures_are_where_they_belong():
    zones = proc.parse("zoneinfo", capture("numa", "zoneinfo"))
    assert [(zone.node, zone.name) for zone in zones] == [(0, "DMA"), (0, "DMA32"), (0, "Normal"), (1, "Normal")]
    normal = zones[2]
    assert normal.pages["managed"] == 15302 and normal.counters["nr_free_mirror"] == 3804
    assert zones[0].protection == [0, 27, 87, 87]
    assert normal.pagesets == [(0, 1, 18, 3, 4), (1, 0, 18, 3, 4)]
    assert proc.parse("buddyinfo", capture("one", "buddyinfo"))[2].nr_free == [0, 4, 7, 2, 4, 5, 5, 4, 5, 4, 10]
    assert proc.parse("node1/meminfo", capture("numa", "node1_meminfo"))[0] == 1
    info = proc.parse("pagetypeinfo", capture("numa", "pagetypeinfo"))[1]
    assert (info.page_block_order, info.pages_per_block, info.blocks) == (9, 512, [(1, "Normal", [2, 0, 21, 8, 1])])


@pytest.mark.parametrize(
    "name", ["buddyinfo", "pagetypeinfo", "zoneinfo", "vmstat", "meminfo", "node0/meminfo", "iomem"]
)
def test_another_text_is_refused_with_its_line(name):
    with pytest.raises(ValueError, match="'once upon a time'"):
        proc.parse(name, "once upon a time\n")
    with pytest.raises(ValueError, match="there is no text"):
        proc.parse("mounts", "")


# -- The model's texts against the captures ------------------------------------------------------------------------


def shape(text):
    """A text without its numbers."""
    return re.sub(r"\d+", "#", re.sub(r" +", " ", text))


def test_zoneinfo_buddyinfo_and_pagetypeinfo_have_the_shape_of_the_real_ones():
    m = boot("toy-two-nodes")
    for name in ("zoneinfo", "buddyinfo", "pagetypeinfo", "node0/meminfo", "node1/meminfo", "sys/vm/mirrorable"):
        assert shape(m.proc(name)) == shape(capture("numa", name.replace("/", "_"))), name


def test_vmstat_and_meminfo_have_the_lines_the_model_knows_in_the_real_order():
    m = boot("toy-two-nodes")
    for name, least in (("vmstat", 42), ("meminfo", 31)):
        ours, theirs = list(proc.parse(name, m.proc(name))), list(proc.parse(name, capture("numa", name)))
        assert [line for line in theirs if line in ours] == ours
        assert len(ours) >= least


def test_the_boot_log_has_the_lines_of_the_real_one():
    real, ours = capture("numa", "dmesg").splitlines(), boot("toy-two-nodes").proc("dmesg").splitlines()
    start, end = (
        real.index(line)
        for line in ("Zone ranges:", "Initmem setup node 1 [mem 0x0000000110000000-0x0000000113ffffff]")
    )
    of_debug_level = re.compile(r"On node |  \w+ zone: ")  # not on the console that was recorded
    ours = [line for line in ours if not of_debug_level.match(line)]
    assert real[start : end + 1] == ours[ours.index("Zone ranges:") :][: end + 1 - start]
    for begin in ("Built 2 zonelists", "Policy zone", "Memory: "):
        assert [line for line in ours if line.startswith(begin)] == [line for line in real if line.startswith(begin)]


@pytest.mark.parametrize("name", ["one", "halves"])
def test_a_machine_from_a_recording_prints_what_its_kernel_did(name):
    """The case began a moment after the text was read: figures that cannot change in between are equal."""
    m = Machine.from_recording({"one": "order0-pcp-one-0", "halves": "boundary-merge-halves-0"}[name])
    ours, theirs = (proc.parse("zoneinfo", text) for text in (m.proc("zoneinfo"), capture(name, "zoneinfo")))
    for our, their in zip(ours, theirs, strict=True):
        assert [our.pages[key] for key in ("min", "low", "high", "spanned", "present", "managed")] == [
            their.pages[key] for key in ("min", "low", "high", "spanned", "present", "managed")
        ]
        assert (our.protection, our.start_pfn) == (their.protection, their.start_pfn)
        assert our.all_unreclaimable == their.all_unreclaimable
        assert list(our.counters) == list(their.counters)
    assert (
        proc.parse("meminfo", m.proc("meminfo"))["MemTotal"]
        == proc.parse("meminfo", capture(name, "meminfo"))["MemTotal"]
    )


def test_derived_figures_follow_the_kernels_formulas():
    """MemAvailable and the dirty thresholds of a capture, from the other figures of the same capture."""
    m = Machine.from_recording("order0-pcp-one-0")
    mmzone, values = m.kernel.mmzone, proc.parse("vmstat", capture("one", "vmstat"))
    for zone, info in zip(m.zones, proc.parse("zoneinfo", capture("one", "zoneinfo")), strict=True):
        for item, name in enumerate(m.kernel.vmstat.vmstat_text):
            zone.vm_stat[item] = info.counters[name]
    assert mmzone.ZONE_STAT_ITEMS[0] == "NR_FREE_PAGES"
    ours = proc.parse("vmstat", m.proc("vmstat"))
    assert ours == {name: values[name] for name in ours}
    meminfo = proc.parse("meminfo", capture("one", "meminfo"))
    assert proc.parse("meminfo", m.proc("meminfo")) == {
        name: meminfo[name] for name in proc.parse("meminfo", m.proc("meminfo"))
    }
    assert (
        proc.parse("node0/meminfo", m.proc("node0/meminfo"))[1]
        == proc.parse("node0/meminfo", capture("one", "node0_meminfo"))[1]
    )


# -- show_free_areas -------------------------------------------------------------------------------------------------


def test_show_free_areas_has_the_rfcs_fields_and_letters():
    text = boot("toy-two-nodes").proc("show_free_areas")
    lines = text.splitlines()
    assert lines[5] == " free:42378 free_pcp:0 free_cma:0 free_mirror:8192"
    assert " free_cma:0kB free_mirror:16384kB writeback_tmp:0kB " in lines[10]
    assert lines[11] == "lowmem_reserve[]: 0 0 0 0"
    assert lines[16].startswith("Node 0 Normal: 0*4kB 1*8kB (M) 1*16kB (M) ")
    assert lines[16].endswith(" 14*4096kB (MOR) = 61208kB")


def test_a_drifted_counter_shows_as_zero():
    m = boot("toy-32m")
    m.zone("Normal").vm_stat[m.kernel.mmzone.NR_FREE_MIRROR_PAGES] = -52
    assert "MirrorFree:            0 kB\n" in m.proc("meminfo")
    assert "Node 0 MirrorFree:            0 kB\n" in m.proc("node0/meminfo")
    assert "nr_free_mirror 0\n" in m.proc("vmstat")


def test_mirror_free_is_the_last_line_before_the_huge_pages():
    names = list(proc.parse("meminfo", boot("toy-32m").proc("meminfo")))
    assert names[names.index("MirrorFree") + 1] == "HugePages_Total"


def test_whole_paths_are_understood_and_others_are_answered_with_those_there_are():
    m = boot("toy-32m", "mirrorable")
    assert m.proc("/proc/sys/vm/mirrorable") == "1\n"
    assert m.proc("/sys/devices/system/node/node0/numastat").startswith("numa_hit 0\n")
    assert m.proc("cmdline") == "mirrorable\n"
    with pytest.raises(ValueError, match="there is no text 'mounts': this machine has buddyinfo, cmdline, dmesg"):
        m.proc("mounts")
