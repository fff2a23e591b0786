"""Cases as data: small machines that fit into one's head with operations on them, and calls of plain functions."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from mirrorlab import linux
from mirrorlab.linux.mmzone import Globals
from mirrorlab.machine import Machine

# Who asks, by one letter; each kind of request has the migratetype that the kernel prints with this letter.
KINDS = {
    "U": "GFP_KERNEL",  # Unmovable
    "E": "GFP_KERNEL|__GFP_RECLAIMABLE",
    "M": "GFP_HIGHUSER_MOVABLE",
    "O": "GFP_KERNEL|__GFP_MIRROR",
}

LARGEST_BLOCK = 1024  # pages
PAGEBLOCK_ORDER = 9  # of Linux: what the cases are written for


def toy(
    pages: int = 64,
    *,
    first: int = 0,
    mirrored: Iterable[tuple[int, int]] = (),
    grouping: bool = True,
    kernel: linux.Kernel | None = None,
) -> Machine:
    """A machine with one zone of `pages` pages, all free and Movable, and no per-CPU stock.

    first: the PFN of its first page, a multiple of 1,024 (the pages of the largest block).
    mirrored: ranges as (first PFN, pages); every page block that they touch is Mirror.
    grouping: False: the kernel does not group pages by migratetype (as on very small machines).
    kernel: a loaded kernel; None: the one of the recordings.

    Raises ValueError when `first` is no such multiple.
    """
    if first % LARGEST_BLOCK:
        raise ValueError(f"a toy begins at a multiple of {LARGEST_BLOCK:,} pages, not at {first:,}")
    kernel = kernel or linux.load()
    mmzone, page_alloc = kernel.mmzone, kernel.page_alloc
    g = mmzone.Globals(min_free_kbytes=0)
    zone = mmzone.Zone(g, 0, mmzone.ZONE_NORMAL, "Normal", first, pages, present_pages=pages, managed_pages=pages)
    zone.pageset.append(mmzone.PerCpuPageset(high=0, batch=1))
    g.zone_runs = [first, first + pages], [zone, None]
    g.node_data[0] = mmzone.PglistData(0, [zone], [mmzone.Zonelist(g, [zone]) for _ in range(2)])
    before, blocks_there = first // mmzone.pageblock_nr_pages, -(-pages // mmzone.pageblock_nr_pages)
    g.pageblock_flags = bytearray([mmzone.NO_PAGEBLOCK] * before + [mmzone.MIGRATE_MOVABLE] * blocks_there)
    for start, count in mirrored:
        blocks = range(start & -mmzone.pageblock_nr_pages, start + count, mmzone.pageblock_nr_pages)
        for pfn in blocks:
            page_alloc.set_pageblock_migratetype(g, pfn, mmzone.MIGRATE_MIRROR)
    for pfn, order in largest_blocks(pages, mmzone.MAX_ORDER - 1):
        page_alloc.__free_pages_ok(zone, first + pfn, order)
    g.page_group_by_mobility_disabled = not grouping
    return Machine(kernel, g, "toy")


def largest_blocks(pages: int, max_order: int) -> Iterator[tuple[int, int]]:
    """Cut pages 0 ... pages - 1 into aligned blocks, the largest first: (first PFN, order)."""
    pfn = 0
    while pfn < pages:
        order = min(max_order, (pages - pfn).bit_length() - 1)
        yield pfn, order
        pfn += 1 << order


class Op(NamedTuple):
    """One operation: allocate a block under a name (order given), or free the block of that name (order None)."""

    block: str
    order: int | None = None
    kind: str = "M"

    def __str__(self) -> str:
        if self.order is None:
            return f"machine.free_pages({self.block})"
        return f'{self.block} = machine.alloc_pages({self.order}, "{KINDS[self.kind]}")'


def ops(script: str) -> tuple[Op, ...]:
    """Operations from a short text: `a2M` allocates order 2 as block a for M (see KINDS); `-a` frees it."""
    found = []
    for word in script.split():
        if word[0] == "-":
            found.append(Op(word[1:]))
        else:
            found.append(Op(word[0], int(word[1:-1]), word[-1]))
    return tuple(found)


@dataclass(frozen=True)
class Case:
    """A toy machine, and what is done with it."""

    name: str
    ops: tuple[Op, ...]
    pages: int = 64
    mirrored: tuple[tuple[int, int], ...] = ()
    grouping: bool = True
    first: int = 0

    def machine(self, kernel: linux.Kernel | None = None) -> Machine:
        """Its machine before the first operation."""
        return toy(self.pages, first=self.first, mirrored=self.mirrored, grouping=self.grouping, kernel=kernel)

    def under(self, kernel: linux.Kernel) -> "Case":
        """The same case for a kernel whose page blocks have another size than Linux's, as under some altered rules.

        A machine of more than half a page block keeps its number of page blocks. In it, orders above half of
        pageblock_order are counted down from the page block, the others from that half.
        """
        order = kernel.mmzone.pageblock_order
        less = PAGEBLOCK_ORDER - order
        if not less or self.pages <= 1 << (PAGEBLOCK_ORDER - 1):
            return self
        middle, middle_here = PAGEBLOCK_ORDER // 2, order // 2

        def scaled(each: Op) -> Op:
            if each.order is None:
                return each
            above = max(each.order - less, middle_here + 1)
            return each._replace(order=above if each.order > middle else max(each.order - middle + middle_here, 0))

        mirrored = tuple((start >> less, count >> less) for start, count in self.mirrored)
        return replace(self, pages=self.pages >> less, mirrored=mirrored, ops=tuple(map(scaled, self.ops)))

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return {**vars(self), "ops": [list(op) for op in self.ops], "mirrored": [list(each) for each in self.mirrored]}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Case":
        """The inverse of to_json."""
        made = {"ops": tuple(Op(*op) for op in value["ops"]), "mirrored": tuple(map(tuple, value["mirrored"]))}
        return cls(**{**value, **made})

    def only(self, kept: Iterable[Op]) -> "Case":
        """The same machine with fewer operations."""
        return replace(self, ops=tuple(kept))

    def code(self) -> list[str]:
        """Lines of Python that do the same by hand."""
        more = f", first={self.first}" if self.first else ""
        more += f", mirrored={list(self.mirrored)}" if self.mirrored else ""
        more += "" if self.grouping else ", grouping=False"
        return [f"machine = toy({self.pages}{more})", *map(str, self.ops)]


def case(name: str, script: str, **machine: object) -> Case:
    """A case from a short text, see ops()."""
    return Case(name, ops(script), **machine)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Call:
    """Arguments for a function that needs no machine."""

    name: str
    arguments: Mapping[str, Any]


def call(name: str, **arguments: Any) -> Call:
    """A call as a case."""
    return Call(name, arguments)


def apply(op: Op, machine: Machine, blocks: dict[str, int]) -> None:
    """Carry out one operation; a block that was not to be had cannot be freed, and is left out."""
    if op.order is None:
        if op.block in blocks:
            machine.free_pages(blocks.pop(op.block))
        return
    pfn = machine.alloc_pages(min(op.order, machine.kernel.mmzone.MAX_ORDER - 1), KINDS[op.kind])
    if pfn is not None:
        blocks[op.block] = pfn


# Sizes of seeded machines, with a range that is mirrored on some: page blocks have 512 pages, largest blocks 1024.
SEEDED: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = (
    (64, ()),
    (200, ()),
    (1024, ()),
    (1536, ()),
    (3072, ((2048, 1024),)),
    (4096, ((512, 512), (3072, 600))),
)


def seeded(seed: int, weights: Mapping[str, int] | None = None) -> Case:
    """A case made by chance, the same for the same seed."""
    chance = random.Random(f"mirrorlab {seed}")
    pages, mirrored = SEEDED[seed % len(SEEDED)]
    weights = weights or {"U": 3, "E": 2, "M": 4, "O": 2 if mirrored else 0}
    largest = min(10, pages.bit_length() - 2)
    done: list[Op] = []
    alive: list[str] = []
    for number in range(chance.randint(40, 100)):
        if alive and chance.random() < 0.45:
            done.append(Op(alive.pop(chance.randrange(len(alive)))))
        else:
            order = min(largest, int(chance.expovariate(0.4)))
            kind = chance.choices(list(weights), list(weights.values()))[0]
            alive.append(f"b{number}")
            done.append(Op(alive[-1], order, kind))
    return Case(f"seed {seed}", tuple(done), pages, mirrored)


def lists_of(g: Globals) -> list[tuple[int, int, int, list[int]]]:
    """Every free list that holds something: (zone's place, order, migratetype, PFNs head first)."""
    zones = [zone for node in g.node_data.values() for zone in node.node_zones]
    return [
        (place, order, migratetype, list(reversed(pages)))
        for place, zone in enumerate(zones)
        for order, area in enumerate(zone.free_area)
        for migratetype, pages in enumerate(area.free_list)
        if pages
    ]
