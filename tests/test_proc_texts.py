"""Texts of /proc from other builds of Linux 4.1 than the recorded one, and texts that are damaged.

The builds are made up: `Build` has the options that change what Linux 4.1 prints (fs/proc/meminfo.c, mm/vmstat.c,
mm/hugetlb.c, drivers/base/node.c), and each text is written down here anew, with any numbers in it.
"""

import random
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlab.machine import proc

DATA = Path(__file__).parent / "data"
LARGEST = 2**64 - 1


def given_text(name):
    """A text of a real kernel, or a part of one."""
    return (DATA / "proc_texts" / f"{name}.txt").read_bytes().decode()


def is_exact(name, text):
    return proc.render(name, proc.parse(name, text)) == text


def refused_line(name, text):
    """The line that is named when a text is refused; None if it is read, which it must be byte for byte."""
    try:
        assert is_exact(name, text)
    except ValueError as refusal:
        sentence = re.fullmatch(rf"line (\d+) of {name}: [^\n]{{5,300}}", str(refusal))
        assert sentence, refusal
        return int(sentence[1])
    return None


# -- Any build -------------------------------------------------------------------------------------------------------


@dataclass
class Build:
    """The options of a kernel, and a seed for the numbers that it prints."""

    seed: int
    nodes: int
    cpus: int
    max_order: int
    pageblock_order: int
    smp: bool
    numa: bool
    memory_mirror: bool
    memory_failure: bool
    transparent_hugepage: bool
    hugetlb_page: bool
    cma: bool
    isolation: bool
    highmem: bool
    mmu: bool
    quicklist: bool
    page_owner: bool
    dma32: bool
    vm_events: bool
    gbpages: bool

    def __post_init__(self):
        self.random = random.Random(self.seed)
        self.nodes = self.nodes if self.numa else 1
        self.cpus = self.cpus if self.smp else 1

    def number(self, most=LARGEST):
        return min(most, self.random.choice([0, self.random.randrange(100), 10 ** self.random.randrange(20), LARGEST]))

    def numbers(self, count, width=0):
        return "".join(f"{self.number():{width}} " for _ in range(count))

    def zones(self):
        for node in range(self.nodes):
            first = ["DMA"] + ["DMA32"] * self.dma32 if node == 0 else []
            for zone in [*first, "Normal", *["HighMem"] * self.highmem, "Movable"]:
                yield 3 * node, zone  # nodes 0, 3, 6: not every number needs to be in use

    def types(self):
        mirror, cma, isolate = ["Mirror"] * self.memory_mirror, ["CMA"] * self.cma, ["Isolate"] * self.isolation
        return ["Unmovable", "Reclaimable", "Movable", *mirror, "Reserve", *cma, *isolate]

    def counters(self):
        lru = "nr_free_pages nr_alloc_batch nr_inactive_anon nr_active_anon nr_inactive_file nr_active_file "
        middle = "nr_unevictable nr_mlock nr_slab_reclaimable nr_kernel_stack nr_written nr_pages_scanned "
        numa = "numa_hit numa_miss numa_foreign numa_interleave numa_local numa_other " * self.numa
        last = (
            "workingset_nodereclaim nr_anon_transparent_hugepages nr_free_cma " + "nr_free_mirror" * self.memory_mirror
        )
        return (lru + middle + numa + last).split()

    def meminfo(self):
        names = "MemTotal MemFree MemAvailable Buffers Cached SwapCached Active(anon) Inactive(anon) Mlocked "
        names += "HighTotal HighFree LowTotal LowFree " * self.highmem + "MmapCopy " * (not self.mmu)
        names += "SwapTotal SwapFree Dirty Slab KernelStack PageTables " + "Quicklists " * self.quicklist
        names += "NFS_Unstable CommitLimit Committed_AS VmallocTotal VmallocUsed VmallocChunk "
        text = "".join(f"{name + ':':16}{self.number():8} kB\n" for name in names.split())
        text += f"HardwareCorrupted: {self.number():5} kB\n" * self.memory_failure
        text += f"AnonHugePages:  {self.number():8} kB\n" * self.transparent_hugepage
        text += f"CmaTotal:       {self.number():8} kB\nCmaFree:        {self.number():8} kB\n" * self.cma
        text += f"MirrorFree:     {self.number():8} kB\n" * self.memory_mirror
        for name in ("Total:", "Free: ", "Rsvd: ", "Surp: ") if self.hugetlb_page else ():
            text += f"HugePages_{name}   {self.number():5}\n"
        text += f"Hugepagesize:   {self.number():8} kB\n" * self.hugetlb_page
        text += f"DirectMap4k:    {self.number():8} kB\nDirectMap2M:    {self.number():8} kB\n" * self.mmu
        return text + f"DirectMap1G:    {self.number():8} kB\n" * self.gbpages

    def node_meminfo(self):
        names = "MemTotal MemFree MemUsed Active Active(anon) Inactive(anon) Mlocked "
        names += "HighTotal HighFree LowTotal LowFree " * self.highmem + "Dirty FilePages Shmem Slab SUnreclaim "
        names += "AnonHugePages " * self.transparent_hugepage + "MirrorFree " * self.memory_mirror
        text = "".join(f"Node 3 {name + ':':16}{self.number():8} kB\n" for name in names.split())
        for name in ("Total:", "Free: ", "Surp: ") if self.hugetlb_page else ():
            text += f"Node 3 HugePages_{name} {self.number(2**32 - 1):5}\n"
        return text

    def vmstat(self):
        names = [*self.counters(), "nr_dirty_threshold", "nr_dirty_background_threshold"]
        zones = ["dma", *["dma32"] * self.dma32, "normal", *["high"] * self.highmem, "movable"]
        if self.vm_events:
            names += ["pgpgin", *(f"pgalloc_{zone}" for zone in zones), "pgfree", "pgfault"]
            names += [*(f"pgscan_direct_{zone}" for zone in zones), "pgscan_direct_throttle", "allocstall"]
            names += ["htlb_buddy_alloc_success"] * self.hugetlb_page + ["unevictable_pgs_stranded"]
            names += ["thp_split"] * self.transparent_hugepage + ["vmacache_find_hits"]
        return "".join(f"{name} {self.number()}\n" for name in names)

    def zoneinfo(self):
        return "".join(self.zone(node, name) for node, name in self.zones())

    def zone(self, node, name):
        text = f"Node {node}, zone {name:>8}\n  pages free     {self.number()}\n"
        for mark in ("min     ", "low     ", "high    ", "scanned ", "spanned ", "present ", "managed "):
            text += f"        {mark} {self.number()}\n"
        text += "".join(f"    {name:12} {self.number()}\n" for name in self.counters())
        protection = ", ".join(str(self.number(2**63 - 1)) for _ in range(3 + self.dma32))
        text += f"        protection: ({protection})\n  pagesets\n"
        for cpu in range(self.cpus):
            text += f"    cpu: {2 * cpu}\n              count: {self.number()}\n              high:  {self.number()}\n"
            text += f"              batch: {self.number()}\n"
            text += f"  vm stats threshold: {self.number()}\n" * self.smp
        text += f"  all_unreclaimable: {self.number(1)}\n  start_pfn:         {self.number()}\n"
        return text + f"  inactive_ratio:    {self.number()}\n"

    def buddyinfo(self):
        return "".join(f"Node {n}, zone {zone:>8} {self.numbers(self.max_order, 6)}\n" for n, zone in self.zones())

    def pagetypeinfo(self):
        return "".join(self.node_types(node) for node in dict.fromkeys(node for node, _ in self.zones()))

    def node_types(self, nid):
        zones = [(node, zone) for node, zone in self.zones() if node == nid]
        text = f"Page block order: {self.pageblock_order}\nPages per block:  {2**self.pageblock_order}\n\n"
        text += "Free pages count per migrate type at order  "
        text += "".join(f"{order:6} " for order in range(self.max_order)) + "\n"
        for node, zone in zones:
            for name in self.types():
                text += f"Node {node:4}, zone {zone:>8}, type {name:>12} {self.numbers(self.max_order, 6)}\n"
        for title in ["Number of blocks type  ", *["Number of mixed blocks "] * self.page_owner]:
            text += "\n" + title + "".join(f"{name:>12} " for name in self.types()) + "\n"
            for node, zone in zones:
                text += f"Node {node}, zone {zone:>8} {self.numbers(len(self.types()), 12)}\n"
        return text


SIZES = {"seed": (0, 2**32), "nodes": (1, 3), "cpus": (1, 3), "max_order": (1, 14), "pageblock_order": (0, 13)}
BUILDS = st.builds(Build, **{name: st.integers(*ends) for name, ends in SIZES.items()})
KINDS = {
    "meminfo": Build.meminfo,
    "node3/meminfo": Build.node_meminfo,
    "vmstat": Build.vmstat,
    "zoneinfo": Build.zoneinfo,
    "buddyinfo": Build.buddyinfo,
    "pagetypeinfo": Build.pagetypeinfo,
}


@pytest.mark.parametrize("name", KINDS)
@given(build=BUILDS)
def test_what_any_build_prints_comes_out_as_it_went_in(name, build):
    assert is_exact(name, KINDS[name](build))


@pytest.mark.parametrize("name", ["meminfo_hwcorrupted", "pagetypeinfo_page_owner", "zoneinfo_up_kernel"])
def test_a_real_text_of_another_build_comes_out_as_it_went_in(name):
    assert is_exact(name.partition("_")[0], given_text(name))


def test_what_a_kernel_does_not_print_is_not_in_the_data():
    (zone,) = proc.parse("zoneinfo", given_text("zoneinfo_up_kernel"))
    assert zone.pagesets == [(0, 1, 2, 3, None)] and zone.counters == {"nr_free_pages": 3975}
    assert proc.parse("meminfo", given_text("meminfo_hwcorrupted")) == {
        "MemTotal": 15666184,
        "HardwareCorrupted": 0,
        "HugePages_Total": 0,
    }
    text = given_text("pagetypeinfo_page_owner")
    assert proc.parse("pagetypeinfo", text)[0].mixed == [(0, "Normal", [1, 0])]
    assert proc.parse("pagetypeinfo", text[: text.index("\nNumber of mixed")])[0].mixed is None


def test_a_line_with_a_name_of_another_kernel_is_kept():
    text = "nr_free_pages 1\nnr_of_another_maker 2\nnr_mlock 3\n"
    assert list(proc.parse("vmstat", text)) == ["nr_free_pages", "nr_of_another_maker", "nr_mlock"]
    assert is_exact("vmstat", text)


# -- Damage ----------------------------------------------------------------------------------------------------------

WHOLE = {
    **{
        name: (DATA / "proc" / "numa" / f"{name}.txt").read_text() for name in ("buddyinfo", "pagetypeinfo", "zoneinfo")
    },
    **{name: (DATA / "proc" / "one" / f"{name}.txt").read_text() for name in ("meminfo", "vmstat")},
    "node0/meminfo": (DATA / "proc" / "one" / "node0_meminfo.txt").read_text(),
    **{name.partition("_")[0] + " ": given_text(name) for name in ("pagetypeinfo_page_owner", "zoneinfo_up_kernel")},
}
every_text = pytest.mark.parametrize(("name", "text"), [(name.strip(), text) for name, text in WHOLE.items()])


def each_line(text):
    """Number, the lines before it, the line, and the lines after it."""
    lines = text.splitlines(keepends=True)
    for at, line in enumerate(lines):
        yield at + 1, "".join(lines[:at]), line, "".join(lines[at + 1 :])


@every_text
def test_a_text_that_ends_within_a_line_is_refused_there(name, text):
    for number, before, line, _ in each_line(text):
        for end in {1, len(line) // 2, len(line) - 1} & set(range(1, len(line))):
            assert refused_line(name, before + line[:end]) == number, line[:end]


@every_text
def test_a_line_that_is_there_twice_is_refused(name, text):
    for number, before, line, after in each_line(text):
        assert refused_line(name, before + line + line + after) == number + 1, line


@every_text
def test_two_lines_in_the_wrong_order_are_refused(name, text):
    lines = text.splitlines(keepends=True)
    for at, (one, other) in enumerate(pairwise(lines)):
        swapped = "".join([*lines[:at], other, one, *lines[at + 2 :]])
        assert refused_line(name, swapped) in (at + 1, at + 2), (one, other)


@every_text
def test_what_is_no_number_is_refused_where_it_is(name, text):
    for number, before, line, after in each_line(text):
        for figure in re.finditer(r"\b\d+\b", line):
            for wrong in ("-1", "x", "1x", "0x1", "1.5", "1,000", "٣", ""):
                damaged = line[: figure.start()] + wrong + line[figure.end() :]
                assert refused_line(name, before + damaged + after) == number, damaged


@every_text
def test_a_line_that_is_missing_or_altered_is_refused_or_kept_as_it_is(name, text):
    for number, before, line, after in each_line(text):
        rest = len(text.splitlines()) + 1
        for damaged in ("", line.replace("o", "0"), line.replace(" ", "  ", 1), line[1:], line.replace("\n", " \n")):
            refused = refused_line(name, before + damaged + after) if before + damaged + after else 1
            assert refused is None or 1 <= refused <= rest, damaged
        if before:
            refused = refused_line(name, before)
            assert refused in (None, number), "the text ends before this line"


def test_no_line_of_a_zone_can_be_missing():
    for text in (WHOLE["zoneinfo"], WHOLE["zoneinfo "].replace("    nr_free_pages 3975\n", "")):
        for number, before, line, after in each_line(text):
            assert refused_line("zoneinfo", before + after) in range(number, number + 70), line


@pytest.mark.parametrize("name", [*KINDS, "node0/vmstat", "node0/numastat", "iomem", "sys/vm/mirrorable"])
def test_what_is_no_such_text_is_refused_at_line_1(name):
    page = "<!DOCTYPE html>\n<html>\n<p>404</p>\n</html>\n"
    for text in ("", "\n", " ", page, "once upon a time\n", "\0\1\x7f\x80\udcff" * 100, "\ufeffMemTotal: 1 kB\n"):
        assert refused_line(name, text) == 1, text
    for text in WHOLE.values():
        with_crlf = text.replace("\n", "\r\n")
        assert refused_line(name, with_crlf) == 1


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "zoneinfo",
            given_text("zoneinfo_truncated"),
            "line 8 of zoneinfo: expected 'present' and a number, found '     ', where the text is cut off",
        ),
        (
            "node0/meminfo",
            given_text("node_meminfo_two_nodes"),
            "line 2 of node0/meminfo: a line of node 1 in the file of node 0: read one node's file at a time",
        ),
        (
            "meminfo",
            "MemTotal:            100 kB\nMemFree:              50 kB\nMemTotal:            100 kB\n",
            "line 3 of meminfo: MemTotal was already in line 1",
        ),
        (
            "meminfo",
            "MemFree:              50 kB\nMemTotal:            100 kB\n",
            "line 2 of meminfo: Linux prints MemTotal before MemFree",
        ),
        (
            "meminfo",
            "MemTotal:            100\n",
            "Linux writes this line as 'MemTotal:            100 kB', not 'MemTotal:            100'",
        ),
        ("meminfo", "MemTotal:            100 kB", "the last line has no line break: the text may be cut off here"),
        ("vmstat", "", "line 1 of vmstat: the text is empty"),
        ("vmstat", "nr_mlock -1\n", "line 1 of vmstat: expected a name and a number, found 'nr_mlock -1'"),
        ("buddyinfo", "Node 0, zone   Foobar      1 \n", "no zone is called 'Foobar': use one of DMA, DMA32, Normal, "),
    ],
)
def test_a_refusal_says_in_a_sentence_what_is_wrong(name, text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        proc.parse(name, text)


@pytest.mark.parametrize(
    ("name", "text", "line"),
    [
        ("zoneinfo", given_text("zoneinfo_4.8_per_node"), 2),
        ("zoneinfo", "Node 0, zone      DMA\n  pages free     3\n        boost    0\n        min      20\n", 3),
        ("zoneinfo", "Node 0, zone      DMA\n  pages free     3\n  node_unreclaimable:  0\n", 3),
        ("vmstat", "nr_free_pages 1\nnr_zone_inactive_anon 2\n", 2),
        ("node0/vmstat", "nr_free_pages 1\nnr_zone_inactive_anon 2\n", 2),
        ("meminfo", "MemTotal:        1024 kB\nShmem:              0 kB\nKReclaimable:       0 kB\n", 3),
        ("meminfo", "MemTotal:        1024 kB\nAnonHugePages:      0 kB\nShmemHugePages:     0 kB\n", 3),
        ("node0/meminfo", "Node 0 MemTotal:        1024 kB\nNode 0 KReclaimable:       0 kB\n", 2),
        ("pagetypeinfo", "Page block order: 9\nNode    0, zone   Normal, type      Movable >100000 \n", 2),
    ],
)
def test_a_text_of_linux_4_8_or_later_is_refused_as_such(name, text, line):
    with pytest.raises(ValueError, match=rf"^line {line} of {name}: a text of Linux 4\.8 or later, but only"):
        proc.parse(name, text)
