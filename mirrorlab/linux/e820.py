"""The machine's memory map, and what the command line changes in it: arch/x86/kernel/e820.c."""

from itertools import pairwise

from . import cmdline, memblock, printk
from .bootparam import E820_RAM, E820_RESERVED, E820Entry
from .mmzone import Globals
from .pfn import PAGE_SIZE, PFN_DOWN

NAMES = {E820_RAM: "usable", E820_RESERVED: "reserved"}
BIOS_BEGIN, BIOS_END = 0xA0000, 0x100000


def e820_print_map(g: Globals, who: str) -> None:
    """Print the map, each line after the name of its source."""
    for entry in g.e820:
        printk.printk(g, f"{who}: [mem {entry.addr:#018x}-{entry.end - 1:#018x}] {NAMES[entry.type]}")


def sanitize_e820_map(g: Globals) -> None:
    """Sort the map and cut what overlaps: where two entries differ, it is reserved."""
    edges = sorted({edge for entry in g.e820 for edge in (entry.addr, entry.end)})
    entries: list[E820Entry] = []
    for start, end in pairwise(edges):
        types = [entry.type for entry in g.e820 if entry.addr <= start and end <= entry.end]
        if not types:
            continue
        if entries and (entries[-1].end, entries[-1].type) == (start, max(types)):
            entries[-1].size += end - start
        else:
            entries.append(E820Entry(start, end - start, max(types)))
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
    """One value of `memmap=`: exactmap, SIZE@START (usable), SIZE$START (reserved), SIZE (where memory ends)."""
    if text == "exactmap":
        g.e820 = []
        return True
    size, rest = cmdline.memparse(text)
    if not size:
        return False
    if rest[:1] in ("@", "$", "#"):  # "#": ACPI's own memory, not usable either
        start, _ = cmdline.memparse(rest[1:])
        g.e820.append(E820Entry(start, size, E820_RAM if rest[0] == "@" else E820_RESERVED))
    else:
        e820_remove_range(g, size, 1 << 64)
    return True


def parse_early_memory(g: Globals) -> bool:
    """Carry out `memmap=` and `mem=`; returns whether the map is no longer the firmware's."""
    changed = False
    for name, value in cmdline.parameters(g.saved_command_line):
        if name == "memmap":
            for one in value.split(","):
                if not parse_memmap_one(g, one):
                    printk.printk(g, f"Malformed early option '{name}'")
                    break
                changed = True
        elif name == "mem" and cmdline.memparse(value)[0]:
            e820_remove_range(g, cmdline.memparse(value)[0], 1 << 64)
            changed = True
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
    """The PFN after the last whole page of usable memory; 0: there is none."""
    return max((PFN_DOWN(entry.end) for entry in g.e820 if entry.type == E820_RAM), default=0)


def memblock_x86_fill(g: Globals) -> None:
    """Hand the usable memory over to memblock, whole pages only."""
    for entry in g.e820:
        if entry.type != E820_RAM:
            continue
        start, end = -(-entry.addr // PAGE_SIZE) * PAGE_SIZE, entry.end // PAGE_SIZE * PAGE_SIZE
        if start < end:
            memblock.memblock_add(g.memblock, start, end - start)
