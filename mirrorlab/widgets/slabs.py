"""What SLUB has of a cache, slab by slab: where each slab is kept, and which of its objects is handed out when."""

from collections.abc import Container, Iterator
from typing import Any, NamedTuple

from mirrorlab.linux.mmzone import PAGE_SHIFT
from mirrorlab.machine import Machine
from mirrorlab.story.events import Words
from mirrorlab.widgets import blocks
from mirrorlab.words import count

IN_USE, YOURS, FREE, FREED_TO_SLAB = range(4)
"""In use since before, in use and yours to free, free, and free but behind all that the slab's CPU has taken."""
LOOKS = ("other", "used", "free", "free")  # of each state, by the names in the style sheet
KEY = (  # to what stands for an object: [look, sign, what it means]
    ("free", "1", "free: its turn"),
    ("free", "(2)", "freed by another CPU: later"),
    ("used", "#", "in use, yours"),
    ("other", "*", "in use since before"),
)


class Thing(NamedTuple):
    """An object of a slab."""

    number: int  # its place in the slab, from 0 on
    address: int
    state: int
    turn: int  # when the slab hands it out: 1 is next; 0: it is in use

    @property
    def mark(self) -> str:
        """What stands for it: its turn, in brackets when it is behind what a CPU has taken, or a sign."""
        return ("*", "#", str(self.turn), f"({self.turn})")[self.state]


class Slab(NamedTuple):
    """A slab and where it is kept."""

    pfn: int
    order: int
    kept: str  # by whom, in words
    frozen: bool
    things: list[Thing]

    @property
    def free(self) -> int:
        """How many of its objects are free."""
        return sum(thing.turn > 0 for thing in self.things)

    def cuts(self, thing: Thing) -> list[float]:
        """Where the slab's pages, but for the first, begin in an object, as shares of its size."""
        size = self.things[1].address - self.things[0].address if len(self.things) > 1 else 1 << PAGE_SHIFT + self.order
        page = 1 << PAGE_SHIFT
        first = max(-(-thing.address // page) * page, (self.pfn + 1) * page)
        return [(at - thing.address) / size for at in range(first, thing.address + size, page)]


def slabs_of(machine: Machine, cache: str) -> list[Slab]:
    """The slabs of a cache in the order in which SLUB looks for an object: CPUs', nodes', and at the end full ones."""
    s = machine.caches[cache]
    mine = machine.objects
    found = {page.pfn: _slab(page, kept, mine, freelist) for page, kept, freelist in _kept(machine, s)}
    for page in machine.g.slabs.mem_map.values():
        if page.slab_cache is s and page.pfn not in found:
            found[page.pfn] = _slab(page, "full, on no list", mine, None)
    return list(found.values())


def _kept(machine: Machine, s: Any) -> Iterator[tuple[Any, str, list[int] | None]]:
    """Each slab that is on a list, where that is, and what the CPU has taken of its free objects."""
    mem_map = machine.g.slabs.mem_map
    for cpu, c in enumerate(s.cpu_slab):
        if c.page is not None:
            yield c.page, f"CPU {cpu}'s slab", c.freelist
        for place, page in enumerate(reversed(c.partial), 1):
            yield page, f"CPU {cpu}'s partial chain, number {place}", None
    for nid, n in s.node.items():
        for place, pfn in enumerate(reversed(n.partial), 1):
            yield mem_map[pfn], f"partial list of node {nid}, number {place}", None


def _slab(page: Any, kept: str, mine: Container[int], freelist: list[int] | None) -> Slab:
    turns = {address: (FREE, turn) for turn, address in enumerate(reversed(freelist or []), 1)}
    state = FREE if freelist is None else FREED_TO_SLAB
    for address in reversed(page.freelist):
        turns[address] = state, len(turns) + 1
    size = page.slab_cache.size
    addresses = range(page.pfn << PAGE_SHIFT, (page.pfn << PAGE_SHIFT) + page.objects * size, size)
    things = [
        Thing(number, address, *turns.get(address, (YOURS if address in mine else IN_USE, 0)))
        for number, address in enumerate(addresses)
    ]
    return Slab(page.pfn, page.order, kept, page.frozen, things)


def title(machine: Machine, slab: Slab, say: Words) -> str:
    """A slab in a line."""
    return f"{slab.kept}: {where(machine, slab, say)}"


def where(machine: Machine, slab: Slab, say: Words) -> str:
    """Where a slab lies, and how much of it is free."""
    frozen = "frozen" if slab.frozen else "not frozen"
    free = f"{slab.free} of {count(len(slab.things), 'object')} free"
    classes = blocks.classes_of(machine, slab.pfn, 1 << slab.order)
    return f"{say.block(slab.pfn, slab.order)}, order {slab.order}, {classes}, {frozen}; {free}"


def describe(machine: Machine, slab: Slab, thing: Thing, say: Words) -> str:
    """An object in words."""
    where = f"object {thing.number} of the slab at page {say.at(slab.pfn)}"
    if thing.state == IN_USE:
        return f"{where}, in use since before"
    if thing.state == YOURS:
        who = machine._objects[thing.address].who
        return f"{where}, in use" + (f" by {who}" if who else "")
    turn = "next" if thing.turn == 1 else f"as number {thing.turn}"
    behind = ", after all that the CPU has taken" if thing.state == FREED_TO_SLAB else ""
    return f"{where}, free: this slab hands it out {turn}{behind}"


def handed_out(slab: Slab) -> list[Thing]:
    """The free objects of a slab, the next to be handed out first."""
    return sorted((thing for thing in slab.things if thing.turn), key=lambda thing: thing.turn)
