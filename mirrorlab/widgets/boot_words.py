"""What each stage of a boot has done, in one sentence with the numbers of the machine that boots."""

from collections.abc import Callable

from mirrorlab.machine import Machine
from mirrorlab.machine.boot import Stage
from mirrorlab.machine.firmware import Description
from mirrorlab.machine.holders import FOUR_GIB
from mirrorlab.widgets.boot_map import PAGE_SHIFT
from mirrorlab.words import ZONES, count, joined, type_names

UNITS = ((40, "TiB"), (30, "GiB"), (20, "MiB"), (10, "KiB"))


def size(number: int) -> str:
    """Bytes in the largest unit that leaves no rest: `8 MiB`."""
    for unit, name in UNITS:
        if number and number % (1 << unit) == 0:
            return f"{number >> unit:,} {name}"
    return count(number, "byte")


def about(number: int) -> str:
    """Bytes for a sentence, rounded: `2,047.6 MiB`."""
    exact = size(number)
    if len(exact) <= len("1,024 MiB"):
        return exact
    shift, unit = next(each for each in UNITS if number >> each[0] >= 10 or each[1] == "KiB")
    return f"{number / (1 << shift):,.1f} {unit}"


def caption(description: Description, stage: Stage) -> str:
    """What a stage has added."""
    return CAPTIONS[stage.name](description, stage.machine)


def mirror_sentence(description: Description, machine: Machine) -> str:
    """How much of the memory the firmware names mirrored."""
    usable = [entry for entry in description.memory if entry.usable]
    high = [(max(0, entry.end - max(entry.start, FOUR_GIB << PAGE_SHIFT)), entry) for entry in usable]
    above, mirrored = sum(part for part, _ in high), sum(part for part, entry in high if entry.mirrored)
    below = sum(entry.size for entry in usable if entry.mirrored) - mirrored
    if not mirrored and not below:
        return "The firmware names no memory mirrored."
    if not above:
        return f"There is no memory from 4 GiB on. Below, the firmware names {about(below)} mirrored: without effect."
    what = "all" if mirrored == above else f"{about(mirrored)} of {about(above)}" if mirrored else "none"
    sentence = f"Of the memory from 4 GiB on, the firmware names {what} mirrored."
    return sentence + (f" Below 4 GiB it names {about(below)}; there, the kernel takes no notice." if below else "")


def _mirror_info(description: Description, machine: Machine) -> str:
    if not machine.kernel.kconfig.MEMORY_MIRROR:
        return "This kernel does not ask which memory is mirrored."
    ranges = machine.g.mirror_info
    if not ranges:
        return "The kernel has asked which memory is mirrored: mirror_info stays empty."
    total = about(sum(info.size for info in ranges))
    return f"The kernel notes in mirror_info what is mirrored: {count(len(ranges), 'range')}, {total} in all."


def _memblock(description: Description, machine: Machine) -> str:
    memblock = machine.g.memblock
    free = sum(end - start for start, end in machine.kernel.memblock.for_each_free_mem_range(memblock))
    there = sum(region.size for region in memblock.memory.regions)
    return f"memblock lists {about(there)} of memory; {about(there - free)} of it is reserved, the rest free."


def _zones(description: Description, machine: Machine) -> str:
    there = {zone.name for zone in machine.zones}
    names = [name for name in ZONES if name in there]
    nodes = len({zone.node for zone in machine.zones})
    return f"Memory is cut into zones{' on each node' if nodes > 1 else ''}: {joined(names)}."


def _page_blocks(description: Description, machine: Machine) -> str:
    mirror = _blocks(machine, "Mirror")
    what = f": {mirror:,} are Mirror" if mirror else ""
    pages = count(machine.kernel.mmzone.pageblock_nr_pages, "page")
    return f"Each block of {pages} has a type{what}. Every page is still reserved."


def _bootmem(description: Description, machine: Machine) -> str:
    free = sum(area.nr_free << order for zone in machine.zones for order, area in enumerate(zone.free_area))
    return f"All that is not reserved is on the free lists now: {count(free, 'page')}."


def _watermarks(description: Description, machine: Machine) -> str:
    reserve = _blocks(machine, "Reserve")
    what = f", and {count(reserve, 'page block')} are kept in Reserve" if reserve else ""
    return f"Each zone has its watermarks{what}. The kernel runs."


def _blocks(machine: Machine, name: str) -> int:
    """How many page blocks are of a type."""
    names = type_names(machine.kernel)
    return machine.g.pageblock_flags.count(names.index(name)) if name in names else 0


CAPTIONS: dict[str, Callable[[Description, Machine], str]] = {  # by the names of linux/main.py's STAGES
    "map": mirror_sentence,
    "mirror_info": _mirror_info,
    "memblock": _memblock,
    "zones": _zones,
    "pageblocks": _page_blocks,
    "bootmem": _bootmem,
    "watermarks": _watermarks,
}
