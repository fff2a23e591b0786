"""The texts of /proc, parsed and printed again: what the model printed, and what a real Linux 4.1 did.

`parse(name, text)` gives plain data, `render(name, data)` the text again, byte by byte. Names are those of
`Machine.proc`; a node's file may be called node0/meminfo or node0_meminfo. What a kernel does not print is not in the
data, and a text that would not come out as it went in is refused. Lines that this project does not know by name (other
kernels have more of them) are kept.
"""

import re
from collections.abc import Callable, Iterable
from itertools import zip_longest
from typing import Any, NamedTuple

from mirrorlab.linux import meminfo, node, vmstat
from mirrorlab.linux.vmstat import Pageset, PageTypeInfo, ZoneInfo
from mirrorlab.words import shorten


class BuddyLine(NamedTuple):
    """A line of /proc/buddyinfo."""

    node: int
    zone: str
    nr_free: list[int]
    """Free blocks by order."""


class Resource(NamedTuple):
    """A line of /proc/iomem."""

    depth: int
    start: int
    end: int
    """The last address, not the one after it."""
    name: str


def parse(name: str, text: str) -> Any:
    """The data in a text. Raises ValueError with line and reason when the text is not one that Linux 4.1 prints."""
    kind = _kind(name)
    lines = _Lines(name, text, NEWER.get(kind))
    read, show = KINDS[kind]
    data = read(lines)
    for number, (theirs, ours) in enumerate(zip_longest(lines.lines, show(data).split("\n")[:-1]), 1):
        if theirs != ours:
            raise lines.refused(f"Linux writes this line as {_shown(ours)}, not {_shown(theirs)}", number)
    return data


def render(name: str, data: Any) -> str:
    """The text that the data came from."""
    return KINDS[_kind(name)][1](data)


def plain(data: Any) -> Any:
    """Parsed data as JSON knows it."""
    if isinstance(data, tuple) and hasattr(data, "_asdict"):
        return data._asdict()
    return [plain(item) for item in data] if isinstance(data, list | tuple) else data


# -- What Linux 4.1 prints, in its order: a kernel leaves out what it was built without ------------------------------

ZONES = ("DMA", "DMA32", "Normal", "HighMem", "Movable")
PAGES = ("free", "min", "low", "high", "scanned", "spanned", "present", "managed")
MEMINFO = (
    "MemTotal MemFree MemAvailable Buffers Cached SwapCached Active Inactive Active(anon) Inactive(anon) "
    "Active(file) Inactive(file) Unevictable Mlocked HighTotal HighFree LowTotal LowFree MmapCopy SwapTotal "
    "SwapFree Dirty Writeback AnonPages Mapped Shmem Slab SReclaimable SUnreclaim KernelStack PageTables Quicklists "
    "NFS_Unstable Bounce WritebackTmp CommitLimit Committed_AS VmallocTotal VmallocUsed VmallocChunk "
    "HardwareCorrupted AnonHugePages CmaTotal CmaFree MirrorFree HugePages_Total HugePages_Free HugePages_Rsvd "
    "HugePages_Surp Hugepagesize DirectMap4k DirectMap2M DirectMap4M DirectMap1G"
)
NODE_MEMINFO = (
    "MemTotal MemFree MemUsed Active Inactive Active(anon) Inactive(anon) Active(file) Inactive(file) Unevictable "
    "Mlocked HighTotal HighFree LowTotal LowFree Dirty Writeback FilePages Mapped AnonPages Shmem KernelStack "
    "PageTables NFS_Unstable Bounce WritebackTmp Slab SReclaimable SUnreclaim AnonHugePages MirrorFree "
    "HugePages_Total HugePages_Free HugePages_Surp"
)
EVENTS = (
    "pgpgin pgpgout pswpin pswpout pgalloc_* pgfree pgactivate pgdeactivate pgfault pgmajfault pgrefill_* "
    "pgsteal_kswapd_* pgsteal_direct_* pgscan_kswapd_* pgscan_direct_* pgscan_direct_throttle zone_reclaim_failed "
    "pginodesteal slabs_scanned kswapd_inodesteal kswapd_low_wmark_hit_quickly kswapd_high_wmark_hit_quickly "
    "pageoutrun allocstall pgrotated drop_pagecache drop_slab numa_pte_updates numa_huge_pte_updates "
    "numa_hint_faults numa_hint_faults_local numa_pages_migrated pgmigrate_success pgmigrate_fail "
    "compact_migrate_scanned compact_free_scanned compact_isolated compact_stall compact_fail compact_success "
    "htlb_buddy_alloc_success htlb_buddy_alloc_fail unevictable_pgs_culled unevictable_pgs_scanned "
    "unevictable_pgs_rescued unevictable_pgs_mlocked unevictable_pgs_munlocked unevictable_pgs_cleared "
    "unevictable_pgs_stranded thp_fault_alloc thp_fault_fallback thp_collapse_alloc thp_collapse_alloc_failed "
    "thp_split thp_zero_page_alloc thp_zero_page_alloc_failed balloon_inflate balloon_deflate balloon_migrate "
    "nr_tlb_remote_flush nr_tlb_remote_flush_received nr_tlb_local_flush_all nr_tlb_local_flush_one "
    "vmacache_find_calls vmacache_find_hits vmacache_full_flushes"
)
ZONE_COUNTERS = " ".join(vmstat.vmstat_text)
VMSTAT = f"{ZONE_COUNTERS} nr_dirty_threshold nr_dirty_background_threshold " + " ".join(
    event.replace("*", zone) for event in EVENTS.split() for zone in ("dma", "dma32", "normal", "high", "movable")
)

# Lines by which a text of Linux 4.8 or later is known.
NEWER_MEMINFO = (
    "(?:KReclaimable|ShmemHugePages|ShmemPmdMapped|FileHugePages|FilePmdMapped|Percpu|Hugetlb|Zswap|Zswapped"
    "|SecPageTables|Unaccepted):.*"
)
NEWER_VMSTAT = (
    "(?:nr_zone_|nr_shmem_|nr_file_huge|nr_file_pmd|nr_kernel_misc_|nr_foll_pin_|allocstall_|pgskip_|workingset_nodes"
    r"|workingset_restore|workingset_refault_|workingset_activate_)\w* .*"
)
NEWER = {
    "zoneinfo": r"  per-node stats| {4,6}nr_zone_.*| {6}\w.*|  node_unreclaimable:.*| {8}(?:node_scanned|boost|cma) .*",
    "pagetypeinfo": r"Node .* type .* >\d+ .*",
    "meminfo": NEWER_MEMINFO,
    "node/meminfo": rf"Node \d+ (?:SwapCached:.*|{NEWER_MEMINFO})",
    "vmstat": NEWER_VMSTAT,
    "node/vmstat": NEWER_VMSTAT,
}


# -- Reading line by line --------------------------------------------------------------------------------------------

N = r"(\d{1,20})"  # at most 64 bits


def _columns(width: int) -> str:
    """Numbers in columns of this width, or wider where they are longer, with a space after each."""
    padded = "|".join(rf" {{{width - digits}}}\d{{{digits}}}" for digits in range(1, width))
    return rf"((?:(?:{padded}|\d{{{width},20}}) )+)"


ORDERS, BLOCKS = _columns(6), _columns(12)


class _Lines:
    """The lines of a text, taken one after the other; what does not fit is refused with its number."""

    def __init__(self, name: str, text: str, newer: str | None) -> None:
        self.name = name
        self.number = 0  # of the line that was taken last
        *self.lines, rest = text.split("\n")
        self.cut = rest != ""
        self.lines += [rest] if self.cut else []
        if not text:
            raise self.refused("the text is empty", 1)
        for number, line in enumerate(self.lines if newer else (), 1):
            if newer and re.fullmatch(newer, line, re.ASCII):
                raise self.refused(
                    f"a text of Linux 4.8 or later, but only those of 4.1 are read: {_shown(line)}", number
                )

    @property
    def more(self) -> bool:
        """Whether there are lines left."""
        return self.number < len(self.lines)

    def maybe(self, pattern: str) -> re.Match[str] | None:
        """The next line, taken if it is of this kind."""
        match = re.fullmatch(pattern, self.lines[self.number], re.ASCII) if self.more else None
        if match:
            self.number += 1
            if self.cut and not self.more:
                raise self.refused("the last line has no line break: the text may be cut off here")
        return match

    def take(self, pattern: str, expected: str) -> re.Match[str]:
        """The next line, which must be of this kind."""
        match = self.maybe(pattern)
        if match is None:
            found = _shown(self.lines[self.number]) if self.more else "the end of the text"
            found += ", where the text is cut off" if self.cut and self.number + 1 == len(self.lines) else ""
            raise self.refused(f"expected {expected}, found {found}", self.number + 1)
        return match

    def refused(self, reason: str, number: int = 0) -> ValueError:
        """What to raise about a line, by default the one taken last."""
        return ValueError(f"line {number or self.number} of {self.name}: {reason}")

    def by_name(self, rows: list[tuple[int, str, int]], names: str) -> dict[str, int]:
        """Values by name, from rows of line, name and value. Each name is there once, and the known ones in order."""
        rank = {name: place for place, name in enumerate(dict.fromkeys(names.split()))}
        seen: dict[str, int] = {}
        last = ""
        for number, name, _ in rows:
            if name in seen:
                raise self.refused(f"{name} was already in line {seen[name]}", number)
            if last and rank.get(name, len(rank)) < rank[last]:
                raise self.refused(f"Linux prints {name} before {last}", number)
            seen[name] = number
            last = name if name in rank else last
        return {name: value for _, name, value in rows}

    def check_zone(self, zone: tuple[int, str], before: tuple[int, str] | None) -> None:
        """Refuse the line taken last if its (node, zone) cannot follow the one before."""
        if zone[1] not in ZONES:
            raise self.refused(f"no zone is called {zone[1]!r}: use one of {', '.join(ZONES)}")
        if before and (before[0], ZONES.index(before[1])) >= (zone[0], ZONES.index(zone[1])):
            late = f"node {zone[0]}, zone {zone[1]} after node {before[0]}, zone {before[1]}"
            raise self.refused(f"{late}: Linux prints each zone once, lowest first")


def _shown(line: str | None) -> str:
    return "nothing" if line is None else shorten(repr(line), 140) if line else "an empty line"


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split()]


def _parse_buddyinfo(lines: _Lines) -> list[BuddyLine]:
    rows: list[BuddyLine] = []
    while lines.more:
        line = lines.take(rf"Node {N}, zone +(\w+) {ORDERS}", "a zone and its free blocks by order")
        lines.check_zone((int(line[1]), line[2]), rows[-1][:2] if rows else None)
        rows.append(BuddyLine(int(line[1]), line[2], _numbers(line[3])))
        if len(rows[-1].nr_free) != len(rows[0].nr_free):
            raise lines.refused(f"{len(rows[-1].nr_free)} orders, but {len(rows[0].nr_free)} in line 1")
    return rows


def _parse_pagetypeinfo(lines: _Lines) -> list[PageTypeInfo]:
    infos: list[PageTypeInfo] = []
    while lines.more:
        start = lines.number + 1
        infos.append(_page_types(lines))
        info, first = infos[-1], infos[0]
        if info is not first and info.free[0][0] <= infos[-2].free[0][0]:
            raise lines.refused(f"node {info.free[0][0]} after node {infos[-2].free[0][0]}", start)
        if _shape(info) != _shape(first):
            raise lines.refused("this node's orders, types or tables are not those of the first node", start)
    return infos


def _shape(info: PageTypeInfo) -> tuple[object, ...]:
    """What is the same for each node of one kernel."""
    return info.page_block_order, len(info.free[0][3]), info.types, info.mixed is None


def _page_types(lines: _Lines) -> PageTypeInfo:
    """One node's part of pagetypeinfo."""
    order = int(lines.take(r"Page block order: (\d{1,2})", "'Page block order: ' and a number")[1])
    pages = int(lines.take(rf"Pages per block:  {N}", "'Pages per block:  ' and a number")[1])
    if pages != 1 << order:
        raise lines.refused(f"{pages} pages in a block of order {order}, which has {1 << order}")
    lines.take("", "an empty line")
    free = _free_table(lines)
    lines.take("", "one more type of this zone, or an empty line")
    zones = dict.fromkeys(row[:2] for row in free)
    types, blocks = _block_table(lines, "Number of blocks type", zones)
    mixed = None
    if lines.maybe(""):
        same, mixed = _block_table(lines, "Number of mixed blocks", zones)
        if same != types:
            raise lines.refused(f"the types of this table are not those of the table above, {', '.join(types)}")
    return PageTypeInfo(order, pages, types, free, blocks, mixed)


def _free_table(lines: _Lines) -> list[tuple[int, str, str, list[int]]]:
    """The free blocks of one node by order: node, zone, type, counts. Each zone has the types that are named below."""
    head = "Free pages count per migrate type at order"
    orders = len(_numbers(lines.take(rf"{head}  {ORDERS}", f"'{head}' and the orders")[1]))
    first = lines.number + 1
    rows: list[tuple[int, str, str, list[int]]] = []
    pattern = rf"Node +{N}, zone +(\w+), type +(\w+) {ORDERS}"
    while line := lines.maybe(pattern) if rows else lines.take(pattern, "a zone, a type and its free blocks by order"):
        zone = (int(line[1]), line[2])
        if not rows or rows[-1][:2] != zone:
            lines.check_zone(zone, rows[-1][:2] if rows else None)
        rows.append((*zone, line[3], _numbers(line[4])))
        if zone[0] != rows[0][0] or len(rows[-1][3]) != orders:
            raise lines.refused(f"expected node {rows[0][0]} and {orders} orders, as above")
    whole = lines.lines[lines.number : -1 if lines.cut else None]
    below = (line.split()[4:] for line in whole if line.startswith("Number of blocks type "))
    if types := next(below, None):
        shown = {row[2] for row in rows}
        due = [(*zone, name) for zone in dict.fromkeys(row[:2] for row in rows) for name in types if name in shown]
        for number, (found, expected) in enumerate(zip_longest((row[:3] for row in rows), due), first):
            if found != expected:
                raise lines.refused(f"expected {_free_row(expected)}, found {_free_row(found)}", number)
    return rows


def _free_row(row: tuple[int, str, str] | None) -> str:
    return "node {}, zone {}, type {}".format(*row) if row else "the end of the table"


def _block_table(
    lines: _Lines, title: str, zones: Iterable[tuple[int, str]]
) -> tuple[tuple[str, ...], list[tuple[int, str, list[int]]]]:
    """The types, and the page blocks of these zones: node, zone, and a count for each type."""
    types = tuple(lines.take(rf"{title} +((?:\w+ +)+)", f"'{title}' and the types")[1].split())
    rows = []
    for nid, zone in zones:
        line = lines.take(rf"Node {nid}, zone +{zone} {BLOCKS}", f"node {nid}, zone {zone} and its page blocks by type")
        rows.append((nid, zone, _numbers(line[1])))
        if len(rows[-1][2]) != len(types):
            raise lines.refused(f"{len(rows[-1][2])} numbers for {len(types)} types")
    return types, rows


def _parse_zoneinfo(lines: _Lines) -> list[ZoneInfo]:
    infos: list[ZoneInfo] = []
    first: list[str] = []
    while lines.more:
        head = lines.take(rf"Node {N}, zone +(\w+)", "a node and a zone")
        start = lines.number
        lines.check_zone((int(head[1]), head[2]), infos[-1][:2] if infos else None)
        infos.append(_zone(lines, int(head[1]), head[2]))
        shape = [re.sub(r"(?<!cpu: )\b\d+", "#", line) for line in lines.lines[start : lines.number]]
        first = first or shape
        for number, (found, due) in enumerate(zip_longest(shape, first), start + 1):
            if found != due:
                like = "expected a line like that of the first zone, # being a number"
                raise lines.refused(f"{like}: {_shown(due)}, found {_shown(found)}", number)
    return infos


def _zone(lines: _Lines, nid: int, name: str) -> ZoneInfo:
    """One zone's part of zoneinfo, without its first line."""
    pages = {key: _figure(lines, "pages free" if key == "free" else key) for key in PAGES}
    rows = []
    while line := lines.maybe(rf" {{4}}(\w+) +{N}"):
        rows.append((lines.number, line[1], int(line[2])))
    counters = lines.by_name(rows, ZONE_COUNTERS)
    pattern = r" +protection: \((\d{1,20}(?:, \d{1,20})*)\)"
    protection = lines.take(pattern, "one more counter or 'protection: ' and numbers")[1].split(", ")
    lines.take("  pagesets", "'  pagesets'")
    pagesets = [_pageset(lines, None)]
    while lines.more and "cpu:" in lines.lines[lines.number]:
        pagesets.append(_pageset(lines, pagesets[-1]))
    hopeless, start, ratio = (_figure(lines, key) for key in ("all_unreclaimable:", "start_pfn:", "inactive_ratio:"))
    return ZoneInfo(nid, name, pages, counters, list(map(int, protection)), pagesets, hopeless, start, ratio)


def _pageset(lines: _Lines, before: Pageset | None) -> Pageset:
    """CPU, count, high, batch and threshold; None for the last without SMP."""
    cpu = _figure(lines, "cpu:")
    if before and cpu <= before[0]:
        raise lines.refused(f"CPU {cpu} after CPU {before[0]}: Linux prints each CPU once, lowest first")
    count, high, batch = (_figure(lines, key) for key in ("count:", "high:", "batch:"))
    if before:
        return cpu, count, high, batch, None if before[4] is None else _figure(lines, "vm stats threshold:")
    line = lines.maybe(rf"  vm stats threshold: {N}")
    return cpu, count, high, batch, int(line[1]) if line else None


def _figure(lines: _Lines, key: str) -> int:
    return int(lines.take(rf" +{key} +{N}", f"'{key}' and a number")[1])


def _parse_named(pattern: str, expected: str, names: str) -> Callable[[_Lines], dict[str, int]]:
    """Parse lines that each have a name and a number."""

    def parse_lines(lines: _Lines) -> dict[str, int]:
        rows = []
        while lines.more:
            line = lines.take(pattern, expected)
            rows.append((lines.number, line[1], int(line[2])))
        return lines.by_name(rows, names)

    return parse_lines


def _parse_node_meminfo(lines: _Lines) -> tuple[int, dict[str, int]]:
    rows: list[tuple[int, str, int]] = []
    nid = 0
    while lines.more:
        line = lines.take(rf"Node {N} ([\w()]+): +{N}(?: kB)?", "a node, a name and a number in kB")
        nid = nid if rows else int(line[1])
        if int(line[1]) != nid:
            raise lines.refused(f"a line of node {line[1]} in the file of node {nid}: read one node's file at a time")
        rows.append((lines.number, line[2], int(line[3])))
    return nid, lines.by_name(rows, NODE_MEMINFO)


def _parse_iomem(lines: _Lines) -> list[Resource]:
    rows = []
    while lines.more:
        line = lines.take(r"( *)([0-9a-f]+)-([0-9a-f]+) : (.*)", "two addresses and a name")
        rows.append(Resource(len(line[1]) // 2, int(line[2], 16), int(line[3], 16), line[4]))
    return rows


def _parse_sys(lines: _Lines) -> int:
    return int(lines.take(r"(-?\d{1,20})", "a number")[1])


def _parse_lines(lines: _Lines) -> list[str]:
    """The lines of a text that has no other shape, such as the boot log."""
    rows = []
    while lines.more:
        rows.append(lines.take(".*", "a line")[0])
    return rows


def _each(as_text: Callable[[Any], str]) -> Callable[[Iterable[Any]], str]:
    """Print one thing after the other."""
    return lambda things: "".join(map(as_text, things))


def _counters(values: dict[str, int]) -> str:
    return "".join(f"{name} {value}\n" for name, value in values.items())


def _resource(line: Resource) -> str:
    return f"{'  ' * line.depth}{line.start:08x}-{line.end:08x} : {line.name}\n"


_parse_counters = _parse_named(rf"(\w+) {N}", "a name and a number", VMSTAT)
_lines = _each("{}\n".format)

KINDS: dict[str, tuple[Callable[[_Lines], Any], Callable[[Any], str]]] = {
    "buddyinfo": (_parse_buddyinfo, _each(lambda line: vmstat.frag_show_print(*line))),
    "pagetypeinfo": (_parse_pagetypeinfo, _each(vmstat.pagetypeinfo_print)),
    "zoneinfo": (_parse_zoneinfo, _each(vmstat.zoneinfo_show_print)),
    "meminfo": (
        _parse_named(rf"([\w()]+): +{N}(?: kB)?", "a name and a number in kB", MEMINFO),
        meminfo.meminfo_print,
    ),
    "vmstat": (_parse_counters, _counters),
    "iomem": (_parse_iomem, _each(_resource)),
    "dmesg": (_parse_lines, _lines),
    "cmdline": (_parse_lines, _lines),
    "show_free_areas": (_parse_lines, _lines),
    "node/meminfo": (_parse_node_meminfo, lambda data: node.node_meminfo_print(*data)),
    "node/vmstat": (_parse_counters, _counters),
    "node/numastat": (_parse_named(rf"(\w+) {N}", "a name and a number", " ".join(node.NUMASTAT)), _counters),
    "sys": (_parse_sys, lambda value: f"{value}\n"),
}


def _kind(name: str) -> str:
    kind = name.removeprefix("/proc/").removeprefix("/sys/devices/system/node/")
    kind = re.sub(r"^node\d+[/_]", "node/", kind)
    kind = "sys" if re.match(r"sys[/_]", kind) else kind
    if kind not in KINDS:
        raise ValueError(f"there is no text {name!r} here: use one of {', '.join(KINDS)}")
    return kind
