"""A load on a machine's memory, chosen by chance from a seed: run it until a request finds no page, and look back.

run = Run(machine, Load(kernel=0.7, mirrored=0.5, seed=1))
run.go()
print(run.text())
"""

import copy
import random
from dataclasses import dataclass
from typing import Any, NamedTuple

from mirrorlab.machine import Machine, holders
from mirrorlab.questions.explain import Explanation, explain
from mirrorlab.words import table

WHO = ("kernel", "kernel, mirrored", "user")
MOST = 50_000  # operations of one go()
SAMPLES = 200  # about how many until memory is used up


@dataclass(frozen=True)
class Load:
    """What is asked of the machine. Shares are from 0 to 1."""

    kernel: float = 0.5
    """The share of the kernel's requests (GFP_KERNEL); the rest is for processes (GFP_HIGHUSER_MOVABLE)."""
    mirrored: float = 0.5
    """The share of the kernel's requests that ask for mirrored memory (__GFP_MIRROR)."""
    orders: tuple[int, ...] = (6, 2, 1, 1)
    """How often each order is asked for, from order 0 on, relative to the others."""
    frees: float = 0.25
    """The share of operations that free a block instead."""
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("kernel", "mirrored", "frees"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share: give a number from 0 to 1, not {getattr(self, name)}")
        if not self.orders or min(self.orders) < 0 or not any(self.orders):
            raise ValueError("orders says how often each order is asked for: give whole numbers, such as (6, 2, 1)")
        if self.frees == 1:
            raise ValueError("with frees = 1 nothing is ever allocated: give a smaller share")


class Request(NamedTuple):
    """What a load asks for."""

    who: str
    """One of WHO."""
    order: int
    gfp: str

    def __str__(self) -> str:
        return f"order {self.order}, {self.gfp} ({self.who})"


class ZoneSample(NamedTuple):
    """A zone at one moment, in pages."""

    name: str
    free: int
    marks: tuple[int, int, int]
    """The watermarks min, low and high."""
    batch: int
    """NR_ALLOC_BATCH: what is left of the zone's fair share."""


class Sample(NamedTuple):
    """The machine at one moment."""

    operation: int
    """How many operations the load had made."""
    free: dict[str, int]
    """Free pages by class of memory (holders.CLASSES)."""
    zones: list[ZoneSample]
    failed: dict[str, int]
    """Requests that found no page so far, by who asked."""
    astray: int
    """Requests for mirrored memory that got other memory so far."""
    types: dict[str, int]
    """Free pages by migratetype."""


class Moment(NamedTuple):
    """When requests of one kind got less than they asked for, for the first time."""

    operation: int
    who: str
    """One of WHO."""
    refused: bool
    """Whether there was no page; else it fell back."""
    words: str


def zones_now(machine: Machine) -> list[ZoneSample]:
    """The zones of a machine as they are."""
    vmstat, mmzone = machine.kernel.vmstat, machine.kernel.mmzone
    return [
        ZoneSample(
            holders.zone_name(machine, zone.node, zone.name),
            vmstat.zone_page_state_snapshot(zone, mmzone.NR_FREE_PAGES),
            (zone.watermark[0], zone.watermark[1], zone.watermark[2]),
            zone.vm_stat[mmzone.NR_ALLOC_BATCH] + sum(p.vm_stat_diff[mmzone.NR_ALLOC_BATCH] for p in zone.pageset),
        )
        for zone in machine.zones
    ]


class Run:
    """A load on a machine: what it has done so far."""

    def __init__(self, machine: Machine, load: Load) -> None:
        """Raises ValueError when the load asks for orders the machine does not know."""
        if len(load.orders) > machine.kernel.mmzone.MAX_ORDER:
            largest = machine.kernel.mmzone.MAX_ORDER - 1
            raise ValueError(f"orders has {len(load.orders)} numbers: this machine's orders go from 0 to {largest}")
        self.machine = machine
        self.load = load
        self.operation = 0
        self.failed = dict.fromkeys(WHO, 0)
        self.astray = 0
        self.moments: dict[tuple[str, bool], Moment] = {}
        """By (who asked, whether it was refused)."""
        self.samples: list[Sample] = []
        self.failure: Request | None = None
        """The request that stopped the last go()."""
        self.explanation: Explanation | None = None
        """Why it found no page: the same request made once more."""
        self._chance = random.Random(load.seed)
        self._blocks: list[int] = []
        self._mirror = holders.hardware_mirror(machine.g)
        self._every = self._sample_distance()
        self._sample()

    def _sample_distance(self) -> int:
        """Operations between two samples, so that there are about SAMPLES until memory is used up."""
        weights = self.load.orders
        per_request = sum(weight << order for order, weight in enumerate(weights)) / sum(weights)
        growth = per_request * (1 - self.load.frees) ** 2
        return max(1, round(sum(zone.free for zone in zones_now(self.machine)) / growth / SAMPLES))

    def go(self, most: int = MOST, *, past_failures: bool = False) -> Request | None:
        """Run on: to the next request that finds no page, or for `most` operations. Returns that request.

        past_failures: count failures, and run on.
        """
        failure = self.advance(most, past_failures=past_failures)
        if failure is not None:
            self.explanation = explain(self.machine, failure.order, failure.gfp)
        self.sample()
        return failure

    def advance(self, most: int, *, past_failures: bool = False) -> Request | None:
        """Run on as go() does, but explain nothing, and take no sample at the end: many short calls make one long."""
        self.failure = self.explanation = None
        for _ in range(most):
            failure = self._one()
            self.operation += 1
            if failure is not None and not past_failures:
                self.failure = failure
                break
            if self.operation % self._every == 0:
                self._sample()
        return self.failure

    def sample(self) -> None:
        """Note how the machine stands, unless that was done after the last operation."""
        if self.samples[-1].operation != self.operation:
            self._sample()

    def copy(self) -> "Run":
        """This run as it is, on the same machine, to go on from later."""
        twin = copy.copy(self)
        twin.failed, twin.moments = dict(self.failed), dict(self.moments)
        twin.samples, twin._blocks = list(self.samples), list(self._blocks)
        twin._chance = copy.copy(self._chance)
        return twin

    def forget_lost(self) -> None:
        """Forget the blocks that were freed by other calls."""
        owners = self.machine.owners
        self._blocks = [pfn for pfn in self._blocks if pfn in owners and owners[pfn].who in WHO]

    def _one(self) -> Request | None:
        """One operation. Returns the request when it found no page."""
        chance = self._chance
        if self._blocks and chance.random() < self.load.frees:
            self._free_one()
            return None
        request = self._request()
        pfn, events = self._ask(request)
        if pfn is None:
            self.failed[request.who] += 1
            self._note(request.who, True, f"no page for order {request.order}")
            return request
        self._blocks.append(pfn)
        if request.who != "kernel, mirrored":
            self._note_other_type(request.who, events)
        elif pfn not in self._mirror:
            self.astray += 1
            self._note(request.who, False, "got other memory")
        return None

    def _ask(self, request: Request) -> tuple[int | None, list[Any]]:
        """What a request gets, and the events it made."""
        machine, g = self.machine, self.machine.g
        elsewhere, g.trace = g.trace, []
        try:
            return machine.alloc_pages(request.order, request.gfp, who=request.who), g.trace
        finally:
            g.trace = elsewhere

    def _note(self, who: str, refused: bool, words: str) -> None:
        """Keep a moment, if it is the first of its kind."""
        self.moments.setdefault((who, refused), Moment(self.operation + 1, who, refused, words))

    def _note_other_type(self, who: str, events: list[Any]) -> None:
        for event in events:
            if event[0] == "mm_page_alloc_extfrag":
                taken = self.machine.kernel.mmzone.MIGRATETYPE_NAMES[event[5]]
                self._note(who, False, f"took from {taken}")

    def _free_one(self) -> None:
        at = self._chance.randrange(len(self._blocks))
        self._blocks[at], self._blocks[-1] = self._blocks[-1], self._blocks[at]
        pfn = self._blocks.pop()
        owner = self.machine._owners.get(pfn)
        if owner is not None and owner[0] in WHO:  # else a learner went back in time, or freed it by hand
            self.machine.free_pages(pfn)

    def _request(self) -> Request:
        chance, weights = self._chance, self.load.orders
        order = chance.choices(range(len(weights)), weights)[0]
        if chance.random() >= self.load.kernel:
            return Request("user", order, "GFP_HIGHUSER_MOVABLE")
        if chance.random() >= self.load.mirrored or not self.machine.kernel.kconfig.MEMORY_MIRROR:
            return Request("kernel", order, "GFP_KERNEL")
        return Request("kernel, mirrored", order, "GFP_KERNEL|__GFP_MIRROR")

    def _sample(self) -> None:
        free, types = holders.free_by_class(self.machine), holders.free_by_type(self.machine)
        zones = zones_now(self.machine)
        self.samples.append(Sample(self.operation, free, zones, dict(self.failed), self.astray, types))

    # -- Words --------------------------------------------------------------------------------------------------

    def text(self, rows: int = 8) -> str:
        """The run in words: what became of it, and a table of at most `rows` moments."""
        return "\n".join([*self.headline(), *self.table(rows)])

    def headline(self) -> list[str]:
        """What became of it so far."""
        failed = "; ".join(f"{count} {who}" for who, count in self.failed.items() if count) or "none"
        lines = [
            holders.mirror_in_words(self.machine),
            f"{self.operation:,} operations; requests that found no page: {failed}.",
        ]
        if self.astray:
            lines.append(f"{self.astray:,} requests for mirrored memory got other memory.")
        if self.failure is not None:
            lines.append(f"Stopped at operation {self.operation:,}: no page for {self.failure}.")
        return lines

    def table(self, rows: int = 8) -> list[str]:
        """Free pages by class and zone, and failures, at some moments: the first, the last, and some between."""
        return table(self.cells(rows), ">")

    def cells(self, rows: int = 8) -> list[list[str]]:
        """The table cell by cell: a row of headings, and one for each moment."""
        header = ["operation", *holders.CLASSES, *(zone.name for zone in self.samples[0].zones), "failed"]
        body = (
            (each.operation, *each.free.values(), *(zone.free for zone in each.zones), sum(each.failed.values()))
            for each in self.chosen(rows)
        )
        return [header, *([f"{value:,}" for value in row] for row in body)]

    def chosen(self, most: int) -> list[Sample]:
        """At most so many samples, evenly chosen, the first and the last among them."""
        last = len(self.samples) - 1
        if last < most:
            return self.samples
        return [self.samples[round(at * last / (most - 1))] for at in range(most)]
