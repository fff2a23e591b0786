"""Streams of operations, and the allocator that does nothing: what remains when it runs is the cost of measuring."""

import random
from typing import Any

from benchmarks.machine import PAGES_PER_MIB

Stream = list[tuple[int, int, str]]
"""(slot, order, gfp) for an allocation into a slot; (slot, FREE, "") for freeing what is in it."""

FREE = -1
KINDS = ("GFP_KERNEL", "GFP_HIGHUSER_MOVABLE", "GFP_KERNEL|__GFP_RECLAIMABLE")
EVERYTHING = "GFP_ATOMIC|__GFP_MEMALLOC"  # may use the last page


class Null:
    """An allocator that does nothing, called as a Machine is called."""

    def alloc_pages(
        self, order: int = 0, gfp: int | str = "GFP_KERNEL", *, nid: Any = None, cpu: Any = None, who: str = ""
    ) -> int | None:
        pass

    def free_pages(self, pfn: int, order: int | None = None, *, cold: bool = False, cpu: Any = None) -> None:
        pass


def drive(allocator: Any, stream: Stream) -> None:
    """Carry out a stream. It must not run dry: freeing what found no page raises."""
    alloc, free = allocator.alloc_pages, allocator.free_pages
    blocks = [None] * len(stream)  # more than enough slots
    for slot, order, gfp in stream:
        if order == FREE:
            free(blocks[slot])
        else:
            blocks[slot] = alloc(order, gfp)


def mixed(operations: int, mib: int) -> Stream:
    """All orders (half of the blocks order 0, each next order half as many) and three kinds of pages.

    Frees of random blocks keep about half of the memory in use; at the end all is free.
    """
    rng = random.Random(4)
    orders = range(11)
    weights = [2.0**-order for order in orders]
    stream: Stream = []
    live: list[tuple[int, int]] = []  # (slot, order)
    in_use = slots = 0
    while len(stream) + len(live) < operations:
        order = rng.choices(orders, weights)[0]
        if live and (in_use + (1 << order) > mib * PAGES_PER_MIB // 2 or rng.random() < 0.4):
            slot, order = live.pop(rng.randrange(len(live)))
            in_use -= 1 << order
            stream.append((slot, FREE, ""))
        else:
            stream.append((slots, order, rng.choice(KINDS)))
            live.append((slots, order))
            in_use += 1 << order
            slots += 1
    return stream + [(slot, FREE, "") for slot, _ in live]


def bursts(operations: int) -> Stream:
    """1 to 128 single pages in a row, then all of them back, last first; again and again."""
    rng = random.Random(4)
    stream: Stream = []
    while len(stream) < operations:
        size = rng.randint(1, 128)
        stream += [(slot, 0, "GFP_KERNEL") for slot in range(size)]
        stream += [(slot, FREE, "") for slot in reversed(range(size))]
    return stream


def exhaust(mib: int) -> Stream:
    """Every page of the machine, one by one, then all back in random order."""
    slots = list(range(mib * PAGES_PER_MIB))
    taken = [(slot, 0, EVERYTHING) for slot in slots]
    random.Random(4).shuffle(slots)
    return taken + [(slot, FREE, "") for slot in slots]
