"""What lies in a window of memory, piece by piece: free blocks, allocated blocks, pages in CPUs' lists, the rest."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from mirrorlab.machine import Machine, Owner, holders
from mirrorlab.story.events import Words
from mirrorlab.widgets import pagemap, palette
from mirrorlab.words import count, joined


class Piece(NamedTuple):
    """A block, or a row of pages that are in none."""

    first: int
    pages: int
    code: int  # of its first page, as in a map


def owner_name(machine: Machine, owner: Owner) -> str:
    """Who an allocated block belongs to: the note made at the request, or else the request's flags."""
    flags: str = machine.kernel.gfp.names(owner.gfp)
    return owner.who or flags


def pieces(machine: Machine, first: int, end: int, width: int, groups: Mapping[int, int] | None = None) -> list[Piece]:
    """What lies from page `first` to before page `end`, which are multiples of `width`, the pages in a row.

    Each piece is a rectangle there. A block that reaches across an edge is given whole.
    """
    blocks = _Blocks(machine, groups or {})
    found: list[Piece] = []
    pfn = first
    while pfn < end:
        block = blocks.at(pfn)
        piece = block or blocks.rest(pfn, end)
        found += [block] if block else _rectangles(piece, width)
        pfn = piece.first + piece.pages
    return found


def _rectangles(piece: Piece, width: int) -> Iterator[Piece]:
    """A run of pages cut into what is left of its first row, whole rows, and what is in its last row."""
    start, end = piece.first, piece.first + piece.pages
    rows_start, rows_end = -(-start // width) * width, end // width * width
    cuts = (start, rows_start, rows_end, end) if rows_start <= rows_end else (start, end)
    for a, b in pairwise(cuts):
        if a < b:
            yield piece._replace(first=a, pages=b - a)


class _Blocks:
    def __init__(self, machine: Machine, groups: Mapping[int, int]) -> None:
        self.machine = machine
        self.page_zone = machine.kernel.mmzone.page_zone
        self.reserved = machine.kernel.mmzone.PageReserved
        self.owners = machine.owners
        self.groups = groups
        self.kinds = pagemap.kinds_of_types(machine)
        self.waiting = {
            pfn: code for zone in machine.zones for code, pages in pagemap.waiting(machine, zone) for pfn in pages
        }

    def at(self, pfn: int) -> Piece | None:
        """The block that a page is in."""
        zone: Any = self.page_zone(self.machine.g, pfn)
        if zone is None:
            return None
        for order, area in enumerate(zone.free_area):
            head = pfn & -(1 << order)
            if head in area.buddy:
                return self._piece(head, order, palette.FREE + self.kinds[area.buddy[head]])
            owner = self.owners.get(head)
            if owner is not None and owner.order == order:
                code = palette.ALLOCATED | self.groups.get(head, 0) << palette.GROUP_SHIFT
                return self._piece(head, order, code)
        return self._piece(pfn, 0, self.waiting[pfn]) if pfn in self.waiting else None

    def _piece(self, head: int, order: int, code: int) -> Piece:
        return Piece(head, 1 << order, code | self._class(head))

    def rest(self, first: int, end: int) -> Piece:
        """The pages from `first` on that are in no block we know and have one code."""
        code, pfn = self._code(first), first + 1
        while pfn < end and self._code(pfn) == code and self.at(pfn) is None:
            pfn += 1
        return Piece(first, pfn - first, code)

    def _code(self, pfn: int) -> int:
        g = self.machine.g
        if self.page_zone(g, pfn) is None:
            return palette.HOLE
        return (palette.RESERVED if self.reserved(g, pfn) else palette.IN_USE) | self._class(pfn)

    def _class(self, pfn: int) -> int:
        return memory_class(self.machine, pfn) << palette.CLASS_SHIFT


def memory_class(machine: Machine, pfn: int) -> int:
    """Which of the three classes of memory a page is in: palette.UNMIRRORED and so on."""
    return palette.CLASS_CODES[holders.class_of(machine.g, pfn)]


def classes_of(machine: Machine, first: int, pages: int) -> str:
    """Which memory a block lies in; two words when it reaches from one class into another."""
    ends = {memory_class(machine, pfn) for pfn in (first, first + pages - 1)}
    return joined(palette.CLASSES[end].name for end in sorted(ends))


def describe(machine: Machine, piece: Piece, say: Words, owners: Mapping[int, Owner] | None = None) -> str:
    """A piece in words: `the 4 pages from +16 of Normal, allocated, order 2, by GFP_KERNEL, unmirrored`.

    owners: what machine.owners gave; pass it when there are many pieces to describe.
    """
    order = piece.pages.bit_length() - 1
    kind = piece.code & palette.KIND_MASK
    name = palette.KINDS[kind].name
    if kind < palette.ALLOCATED:  # no block
        words = [f"{count(piece.pages, 'page')} from {say.at(piece.first)}", name]
        return ", ".join(
            words if kind == palette.HOLE else [*words, palette.CLASSES[palette.class_number(piece.code)].name]
        )
    words = [say.block(piece.first, order), name, f"order {order}"]
    if kind == palette.ALLOCATED:
        owners = machine.owners if owners is None else owners
        words.append(f"by {owner_name(machine, owners[piece.first])}")
    return ", ".join([*words, classes_of(machine, piece.first, piece.pages)])
