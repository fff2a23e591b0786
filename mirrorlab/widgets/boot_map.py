"""The map of a machine that boots: lanes over the same memory, one for each thing the kernel has made of it by then.

A lane is a row of pieces, each with its exact PFNs; what draws it, or writes it in letters, cuts out the part it shows.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from mirrorlab.machine import Machine
from mirrorlab.machine.boot import Stage
from mirrorlab.machine.firmware import Description
from mirrorlab.widgets import pagemap, palette
from mirrorlab.words import ZONES, count, type_names

PAGE_SHIFT = 12
COLUMNS = 64  # letters of a lane in a text, at most
FINEST = 512  # pieces of a lane in a drawing, at most
HOLE, LEAST = 3, 0.12  # of a drawing's width: percent of a large hole; share of the smallest part beside others
BY_NAME = 64  # a window with no more free blocks shows each of them

Range = tuple[int, int]  # first PFN, PFN after the last


class Piece(NamedTuple):
    """A row of pages that a lane says the same about."""

    first: int
    end: int  # the PFN after its last
    look: str  # its name in the style sheets, without `t-`: a free page's letter, kept, used, plain, ...
    letter: str
    name: str
    label: str = ""  # of a free block that is shown for itself, its order

    @property
    def words(self) -> str:
        """Name and place: `free Movable: 0x103600 to 0x1037f6, 503 pages`."""
        return f"{self.name}: {place(self.first, self.end)}"

    @property
    def long(self) -> str:
        """What is written on it where there is room."""
        return f"{self.letter} {self.label}" if self.label.isdigit() else self.name.removeprefix("free ")


class Lane(NamedTuple):
    """What one table, list or map of the kernel says about memory."""

    name: str
    pieces: list[Piece]  # ascending; where there is none, it says nothing


def place(first: int, end: int) -> str:
    """A range of PFNs in words."""
    return f"{first:#x} to {end - 1:#x}, {count(end - first, 'page')}"


def stretches(description: Description, machine: Machine) -> list[Range]:
    """The memory that the firmware or the command line tells of, from large hole to large hole.

    machine: as it is once the command line has been read.
    """
    told = [(entry.start, entry.end) for entry in description.memory]
    told += [(entry.addr, entry.end) for entry in machine.g.e820]
    found: list[Range] = []
    for start, end in sorted(told):
        first, after = start >> PAGE_SHIFT, -(-end >> PAGE_SHIFT)
        if found and first - found[-1][1] < pagemap.LARGE_HOLE:
            first, last = found.pop()
            after = max(after, last)
        found.append((first, after))
    return found


def mirrored(description: Description) -> list[Range]:
    """The memory that the hardware keeps twice, whatever the kernel does with it. A page counts by its first byte."""
    ranges = ((entry.start, entry.end) for entry in description.memory if entry.usable and entry.mirrored)
    return [(-(-start >> PAGE_SHIFT), -(-end >> PAGE_SHIFT)) for start, end in ranges]


def laid_out(parts: Sequence[Range]) -> list[tuple[float, float]]:
    """Parts of memory beside each other: the left edge and the width of each, in percent; a hole is between two."""
    hole = min(HOLE, 30 / len(parts))
    room, pages = 100 - hole * (len(parts) - 1), sum(end - first for first, end in parts)
    shares = [max((end - first) / pages, min(LEAST, 0.6 / len(parts))) for first, end in parts]
    widths = [room * share / sum(shares) for share in shares]
    return [(sum(widths[:at]) + hole * at, width) for at, width in enumerate(widths)]


def lanes(description: Description, stage: Stage) -> list[Lane]:
    """The lanes there are at a stage."""
    made = ((name, pieces(description, stage.machine)) for name, since, pieces in LANES if is_reached(stage, since))
    return [Lane(name, found) for name, found in made if found is not None]


def is_reached(stage: Stage, name: str) -> bool:
    """Whether a stage is the one with that name, or a later one."""
    order = list(stage.machine.kernel.main.STAGES)
    return order.index(name) <= order.index(stage.name)


# -- What each lane shows; None: there is no such lane --------------------------------------------------------------


def _firmware(description: Description, machine: Machine) -> list[Piece]:
    return [_told(e.start >> PAGE_SHIFT, e.end >> PAGE_SHIFT, e.usable, e.mirrored) for e in description.memory]


def _told(first: int, end: int, usable: bool, mirrored: bool = False) -> Piece:
    if mirrored:
        return Piece(first, end, "twice", "=", "usable and mirrored")
    return Piece(first, end, "plain", "-", "usable") if usable else Piece(first, end, "off", "#", "not usable")


def _command_line(description: Description, machine: Machine) -> list[Piece] | None:
    if not map_changed(machine):
        return None
    pieces = (_told(-(-e.addr >> PAGE_SHIFT), e.end >> PAGE_SHIFT, e.type == 1) for e in machine.g.e820)
    return [piece for piece in pieces if piece.first < piece.end]


def map_changed(machine: Machine) -> bool:
    """Whether the command line changes the firmware's map."""
    words = machine.kernel.cmdline.parameters(machine.g.saved_command_line)
    return any(name in ("mem", "memmap") for name, _ in words)


def _mirror_info(description: Description, machine: Machine) -> list[Piece] | None:
    if not machine.kernel.kconfig.MEMORY_MIRROR:
        return None
    return [
        Piece(info.start >> PAGE_SHIFT, -(-(info.start + info.size) >> PAGE_SHIFT), "twice", "=", "mirrored")
        for info in sorted(machine.g.mirror_info, key=lambda info: info.start)
    ]


def _nodes(description: Description, machine: Machine) -> list[Piece] | None:
    ranges = list(machine.kernel.memblock.for_each_mem_pfn_range(machine.g.memblock))
    if len({nid for _, _, nid in ranges}) < 2:
        return None
    return [Piece(a, b, "plain" if nid % 2 else "plain2", str(nid)[-1], f"node {nid}") for a, b, nid in ranges]


def _memblock(description: Description, machine: Machine) -> list[Piece]:
    memblock = machine.g.memblock
    free = [
        Piece(-(-start >> PAGE_SHIFT), end >> PAGE_SHIFT, "plain", ".", "free")
        for start, end in machine.kernel.memblock.for_each_free_mem_range(memblock)
    ]
    reserved = [
        Piece(region.base >> PAGE_SHIFT, -(-region.end >> PAGE_SHIFT), "kept", "#", "reserved")
        for region in memblock.reserved.regions
    ]
    return sorted(piece for piece in free + reserved if piece.first < piece.end)


def _zones(description: Description, machine: Machine) -> list[Piece]:
    """The memory of each zone, without the holes in it."""
    pieces = []
    for first, end, nid in machine.kernel.memblock.for_each_mem_pfn_range(machine.g.memblock):
        for zone in machine.zones:
            a, b = max(first, zone.zone_start_pfn), min(end, zone.zone_start_pfn + zone.spanned_pages)
            if zone.node == nid and a < b:
                look, letter = ZONE_LOOKS[zone.name]
                pieces.append(Piece(a, b, look, letter, zone.name))
    return sorted(pieces)


def _page_blocks(description: Description, machine: Machine) -> list[Piece]:
    mmzone = machine.kernel.mmzone
    pieces, block = [], 0
    for kind, run in groupby(machine.g.pageblock_flags):
        after = block + len(list(run))
        if kind != mmzone.NO_PAGEBLOCK:
            name = type_names(machine.kernel)[kind]
            first, end = block << mmzone.pageblock_order, after << mmzone.pageblock_order
            pieces.append(Piece(first, end, *_type_look(name), name))
        block = after
    return pieces


def _type_look(name: str) -> tuple[str, str]:
    return palette.LETTERS[name], palette.LETTERS[name]


def _pages(description: Description, machine: Machine) -> list[Piece]:
    """What has become of the pages: free by type, in a CPU's list, allocated, or reserved still."""
    allocated = [
        Piece(pfn, pfn + (1 << owner.order), "used", "a", f"allocated by {owner.who}")
        for pfn, owner in machine.owners.items()
    ]
    in_lists = [
        Piece(pfn, pfn + 1, "cpu", palette.KINDS[code].letter, palette.KINDS[code].name)
        for zone in machine.zones
        for code, pages in pagemap.waiting(machine, zone)
        for pfn in pages
    ]
    return sorted([*_reserved(machine), *_free(machine), *in_lists, *allocated])


def _reserved(machine: Machine) -> Iterator[Piece]:
    starts, zones = machine.g.zone_runs
    for (low, high), zone in zip(pairwise(starts), zones, strict=False):
        for start, after in zip(*machine.g.reserved_runs, strict=True) if zone is not None else ():
            first, end = max(start, low), min(after, high)
            if first < end:
                yield Piece(first, end, "kept", "#", "reserved")


def _free(machine: Machine) -> Iterator[Piece]:
    """The free blocks; neighbours of one type are one piece."""
    names = type_names(machine.kernel)
    first = end = 0
    of: int | None = None  # the type of the run from `first` to `end`
    for pfn, order, kind in [*sorted(machine.free_blocks()), (0, 0, -1)]:
        if pfn != end or kind != of:  # without a list of runs: there may be hundreds of thousands of blocks
            if of is not None:
                yield Piece(first, end, *_type_look(names[of]), f"free {names[of]}")
            first, of = pfn, kind
        end = pfn + (1 << order)


def blocks_in(machine: Machine, first: int, end: int) -> list[Piece]:
    """The free blocks in [first, end), one by one, with their orders; nothing if they are many."""
    names = type_names(machine.kernel)
    found = [block for block in machine.free_blocks() if block[0] < end and block[0] + (1 << block[1]) > first]
    return [
        Piece(pfn, pfn + (1 << order), *_type_look(names[kind]), f"free, order {order}, {names[kind]}", str(order))
        for pfn, order, kind in sorted(found if len(found) <= BY_NAME else ())
    ]


ZONE_LOOKS = dict(zip(ZONES, (("plain", "D"), ("plain2", "3"), ("plain", "N"), ("plain2", "M")), strict=True))
LANES: tuple[tuple[str, str, Callable[[Description, Machine], list[Piece] | None]], ...] = (
    ("firmware", "map", _firmware),  # its name, the stage since which it is there, its pieces
    ("command line", "map", _command_line),
    ("mirror_info", "mirror_info", _mirror_info),
    ("nodes", "memblock", _nodes),
    ("memblock", "memblock", _memblock),
    ("zones", "zones", _zones),
    ("page blocks", "pageblocks", _page_blocks),
    ("pages", "pageblocks", _pages),
)

# -- A part of a lane -----------------------------------------------------------------------------------------------


def inside(ranges: Sequence[Range], first: int, end: int) -> list[Range]:
    """What of some ranges lies in [first, end)."""
    return [(max(a, first), min(b, end)) for a, b in ranges if a < end and b > first]


def cut(pieces: Sequence[Piece], first: int, end: int) -> list[Piece]:
    """What lies in [first, end); pieces that reach across an edge are cut."""
    there = (piece for piece in pieces if piece.first < end and piece.end > first)
    return [piece._replace(first=max(piece.first, first), end=min(piece.end, end)) for piece in there]


def letters(pieces: Sequence[Piece], first: int, end: int) -> str:
    """A lane as text, a letter for every pages_a_letter() pages: what most of them are."""
    shown = squeezed(cut(pieces, first, end), first, end, pages_a_letter(first, end))
    return "".join(piece.letter if piece else " " for piece in shown).rstrip()


def pages_a_letter(first: int, end: int) -> int:
    """How many pages a letter stands for: the least power of two with which a lane is no longer than COLUMNS."""
    return 1 << max(0, -(-(end - first) // COLUMNS) - 1).bit_length()


def drawn(pieces: Sequence[Piece], first: int, end: int) -> list[Piece]:
    """The pieces to draw: those in [first, end), or, where they are too many, what is in most of each small part."""
    there = cut(pieces, first, end)
    if len(there) <= FINEST:
        return there
    pages = -(-(end - first) // FINEST)
    coarse: list[Piece] = []
    for number, piece in enumerate(squeezed(there, first, end, pages)):
        at = first + number * pages
        if piece is not None:
            joins = coarse and coarse[-1].end == at and coarse[-1][2:] == piece[2:]
            start = coarse.pop().first if joins else at
            coarse.append(piece._replace(first=start, end=min(at + pages, end)))
    return coarse


def squeezed(pieces: Sequence[Piece], first: int, end: int, pages: int) -> list[Piece | None]:
    """For every `pages` pages from `first` on, a piece of what most of them are; None: most are in no piece."""
    cells: list[dict[tuple[str, ...], list[Any]]] = [{} for _ in range(-(-(end - first) // pages))]
    for piece in pieces:
        for number in range((piece.first - first) // pages, -(-(piece.end - first) // pages)):
            at = first + number * pages
            share = cells[number].setdefault(piece[2:], [0, piece])
            share[0] += min(piece.end, at + pages) - max(piece.first, at)
    return [_most(cell, min(pages, end - first - number * pages)) for number, cell in enumerate(cells)]


def _most(cell: dict[tuple[str, ...], list[Any]], pages: int) -> Piece | None:
    rest = pages - sum(share for share, _ in cell.values())
    most, piece = max(cell.values(), key=lambda share: share[0], default=(0, None))
    return piece if most >= rest else None
