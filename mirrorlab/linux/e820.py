"""The machine's memory map, and what the command line changes in it: arch/x86/kernel/e820.c."""

from itertools import pairwise

from . import cmdline, memblock, printk
from .bootparam import E820_ACPI, E820_NAMES, E820_PRAM, E820_RAM, E820_RESERVED, E820_RESERVED_KERN, E820Entry
from .mm_init import MAX_DMA_PFN
from .mmzone import Globals
from .pfn import PAGE_SIZE, PFN_DOWN, PFN_UP

BIOS_BEGIN, BIOS_END = 0xA0000, 0x100000
MAX_ARCH_PFN = 1 << (46 - 12)  # 64 TiB
SIGNS = {"@": E820_RAM, "#": E820_ACPI, "$": E820_RESERVED, "!": E820_PRAM}


def e820_print_type(type: int) -> str:
    """How the log names a type of memory."""
    return E820_NAMES.get(type, f"type {type}")


def e820_print_map(g: Globals, who: str) -> None:
    """Print the map, each line after the name of its source."""
    for entry in g.e820:
        printk.printk(g, f"{who}: [mem {entry.addr:#018x}-{entry.end - 1:#018x}] {e820_print_type(entry.type)}")


def sanitize_e820_map(g: Globals) -> None:
    """Sort the map, cut what overlaps (the higher type holds), and merge neighbours of one type, but protected ones."""
    # Kernel: ignores a map of a single entry, or panics if it is the command line's; the model takes it as it is.
    edges = sorted({edge for entry in g.e820 if entry.size for edge in (entry.addr, entry.end)})
    entries: list[E820Entry] = []
    for start, end in pairwise(edges):
        type = max((entry.type for entry in g.e820 if entry.addr <= start and end <= entry.end), default=0)
        if not type:
            continue
        if entries and (entries[-1].end, entries[-1].type) == (start, type) and type != E820_PRAM:
            entries[-1].size += end - start
        else:
            entries.append(E820Entry(start, end - start, type))
    g.e820 = entries


def e820_remove_range(g: Globals, start: int, end: int) -> None:
    """Take usable memory in [start, end) out of the map."""
    kept: list[E820Entry] = []
    for entry in g.e820:
        if entry.type != E820_RAM:
            kept.append(entry)
            continue
        for low, high in ((entry.addr, min(entry.end, start)), (max(entry.addr, end), entry.end)):
            if low < high:
                kept.append(E820Entry(low, high - low, E820_RAM))
    g.e820 = kept


def parse_memmap_one(g: Globals, text: str) -> bool:
    """One part of `memmap=`: exactmap, SIZE@START (usable), SIZE with another sign, SIZE (where memory ends).

    Returns whether it could be read; what follows it is ignored.
    """
    if text.startswith("exactmap"):
        g.e820 = []
        return True
    size, rest = cmdline.memparse(text)
    if rest == text:
        return False
    if rest[:1] in SIGNS:
        start, _ = cmdline.memparse(rest[1:])
        g.e820.append(E820Entry(start, size, SIGNS[rest[0]]))
    else:
        e820_remove_range(g, size, 1 << 64)
    return True


def parse_early_memory(g: Globals) -> bool:
    """Carry out `memmap=` and `mem=`; returns whether the map is no longer the firmware's."""
    changed = False
    for name, value in cmdline.parameters(g.saved_command_line):
        if name == "memmap":
            for part in value.split(","):
                changed |= parse_memmap_one(g, part)
        elif name == "mem":
            size, _ = cmdline.memparse(value)
            changed = True
            if size:
                e820_remove_range(g, size, 1 << 64)
            else:
                printk.printk(g, "Malformed early option 'mem'")
    return changed


def setup_memory_map(g: Globals) -> None:
    """Print the firmware's map, then the one that the command line makes of it."""
    sanitize_e820_map(g)
    printk.printk(g, "e820: BIOS-provided physical RAM map:")
    e820_print_map(g, "BIOS-e820")
    if parse_early_memory(g):
        sanitize_e820_map(g)
        printk.printk(g, "e820: user-defined physical RAM map:")
        e820_print_map(g, "user")


def trim_bios_range(g: Globals) -> None:
    """Keep the first page, and what lies between 640 KiB and 1 MiB, out of use."""
    e820_remove_range(g, 0, PAGE_SIZE)
    e820_remove_range(g, BIOS_BEGIN, BIOS_END)
    sanitize_e820_map(g)


def e820_end_of_ram_pfn(g: Globals) -> int:
    """The PFN after the last whole page of usable or protected memory; 0: there is none."""
    # Kernel: leaves out its own E820_RESERVED_KERN, which is never the last; in the model firmware may tell of it.
    ends = (PFN_DOWN(entry.end) for entry in g.e820 if entry.type in (E820_RAM, E820_PRAM, E820_RESERVED_KERN))
    return min(max(ends, default=0), MAX_ARCH_PFN)


def memblock_x86_fill(g: Globals) -> None:
    """Hand the usable memory over to memblock, whole pages only."""
    for entry in g.e820:
        if entry.type in (E820_RAM, E820_RESERVED_KERN):
            memblock.memblock_add(g.memblock, entry.addr, entry.size)
    memblock.memblock_trim_memory(g.memblock, PAGE_SIZE)


def memblock_find_dma_reserve(g: Globals) -> None:
    """Count the pages below 16 MiB that are taken already."""
    nr_pages = nr_free_pages = 0
    for start_pfn, end_pfn, _ in memblock.for_each_mem_pfn_range(g.memblock):
        nr_pages += min(end_pfn, MAX_DMA_PFN) - min(start_pfn, MAX_DMA_PFN)
    for start, end in memblock.for_each_free_mem_range(g.memblock):
        nr_free_pages += max(0, min(PFN_DOWN(end), MAX_DMA_PFN) - min(PFN_UP(start), MAX_DMA_PFN))
    g.dma_reserve = nr_pages - nr_free_pages
