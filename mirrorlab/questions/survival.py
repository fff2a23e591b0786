"""How long a machine survives memory errors: a formula, and a simulation that shows when the formula holds.

The formula takes errors to hit single pages, each for itself: the chance that none of `fatal` pages out of `pages` is
hit, when `bad` bad pages are expected, is exp(-bad * fatal / pages). Hard faults are not like that: a broken row or
device takes many neighbouring pages at once.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

from mirrorlab.machine import Machine, holders
from mirrorlab.machine.holders import Ranges
from mirrorlab.words import count

FAULTS = {"single page": 1, "row": 16, "device": 2048}  # pages that one fault takes: round numbers, for the lesson
Z = 2.5758  # standard deviations on either side that hold 99 % of a normal distribution


@dataclass(frozen=True)
class Memory:
    """How much memory there is, and which pages of it the machine cannot lose."""

    pages: int
    fatal: Ranges
    """An error that the kernel reads in one of these stops the machine. PFNs from 0 on."""

    @property
    def share(self) -> float:
        """The share of fatal pages."""
        return self.fatal.pages() / self.pages


@dataclass(frozen=True)
class Survival:
    """What a simulation found."""

    survived: int
    trials: int

    @property
    def share(self) -> float:
        """The share of trials that the machine survived."""
        return self.survived / self.trials

    @property
    def interval(self) -> tuple[float, float]:
        """Where the true chance lies with a confidence of 99 %: Wilson's interval."""
        n, share = self.trials, self.share
        middle = (share + Z * Z / (2 * n)) / (1 + Z * Z / n)
        half = Z / (1 + Z * Z / n) * math.sqrt(share * (1 - share) / n + Z * Z / (4 * n * n))
        return max(0.0, middle - half), min(1.0, middle + half)

    def agrees_with(self, chance: float) -> bool:
        """Whether a chance lies in the interval."""
        low, high = self.interval
        return low <= chance <= high


def survival(memory: Memory, bad: float, read: float = 1.0) -> float:
    """The chance to survive, if every page fails for itself.

    bad: how many bad pages are expected in the time looked at. read: the share of errors in fatal pages that the
    kernel reads (the rest is found by the scrubber, or by nobody).
    """
    return math.exp(-bad * memory.share * read)


def simulate(
    memory: Memory, bad: float, *, pages_per_fault: int = 1, read: float = 1.0, trials: int = 2000, seed: int = 0
) -> Survival:
    """Live through the time `trials` times, with faults that take `pages_per_fault` neighbouring pages each.

    There are as many faults that, whatever their size, `bad` bad pages are expected. The same seed gives the same
    result. Raises ValueError when the numbers make no sense.
    """
    if trials < 1 or not 0 <= bad < math.inf or not 0 <= read <= 1 or not 1 <= pages_per_fault <= memory.pages:
        raise ValueError(
            "give at least 1 trial, bad pages from 0 on, a share read from 0 to 1, and faults no larger than the memory"
        )
    chance = random.Random(seed)
    faults = bad / pages_per_fault
    groups = memory.pages // pages_per_fault
    survived = 0
    for _ in range(trials):
        survived += all(
            _survives(chance, memory.fatal, chance.randrange(groups) * pages_per_fault, pages_per_fault, read)
            for _ in range(_poisson(chance, faults))
        )
    return Survival(survived, trials)


def _survives(chance: random.Random, fatal: Ranges, start: int, length: int, read: float) -> bool:
    """Whether the kernel reads none of the fatal pages in a fault."""
    hit = fatal.pages_in(start, start + length)
    return hit == 0 or chance.random() < (1 - read) ** hit


def _poisson(chance: random.Random, expected: float) -> int:
    """How often something happens that is expected so many times: counted by the waits between."""
    count, passed = 0, chance.expovariate(1.0)
    while passed < expected:
        count += 1
        passed += chance.expovariate(1.0)
    return count


def memory_of(machine: Machine, *, mirror: bool = True, moved: bool = False) -> Memory:
    """A machine's memory as it is used now: fatal is what the kernel has and the hardware does not mirror.

    mirror: False asks what would be if nothing were mirrored. moved: True, if what was allocated for the kernel lay in
    the mirror, as far as there is room (what is reserved at boot stays). Pages are numbered without the holes between
    zones.
    """
    present, held = holders.present(machine), holders.held(machine)
    ours = present.without(held[holders.FREE]).without(held[holders.USER])
    doubled = holders.hardware_mirror(machine.g)
    if mirror:
        ours = ours.without(doubled)
    if moved:
        room = present.without(present.without(doubled)).without(held[holders.KERNEL]).without(held[holders.RESERVED])
        allocated = held[holders.KERNEL].without(doubled)
        ours = ours.without(_first(allocated, room.pages()))
    numbered = [(first := present.pages_in(0, start), first + end - start) for start, end in ours]
    return Memory(present.pages(), Ranges(numbered))


def _first(ranges: Ranges, pages: int) -> Ranges:
    """The first so many pages of some ranges."""
    taken = []
    for start, end in ranges:
        taken.append((start, min(end, start + pages)))
        pages -= min(end - start, pages)
    return Ranges(taken)


def compare(memory: Memory, bad: float, *, read: float = 1.0, trials: int = 2000, seed: int = 0) -> str:
    """Formula and simulation for each kind of fault, as text."""
    formula = survival(memory, bad, read)
    lines = [
        f"{memory.fatal.pages()} of {memory.pages} pages are fatal; {bad:g} bad pages expected.",
        f"Formula (every page for itself): {formula:.1%} survive.",
    ]
    for name, size in FAULTS.items():
        found = simulate(memory, bad, pages_per_fault=min(size, memory.pages), read=read, trials=trials, seed=seed)
        low, high = found.interval
        verdict = "agrees with the formula" if found.agrees_with(formula) else "the formula does not hold"
        lines.append(
            f"Simulated, {name} ({count(size, 'page')} a fault): {found.share:.1%}, "
            f"between {low:.1%} and {high:.1%} with 99% confidence: {verdict}."
        )
    return "\n".join(lines)


# -- The same in plain numbers, as a learner writes it (exercise set 01) ---------------------------------------------


def survival_of_errors(pages: int, free: int, user: int, mirrored: int, errors: int) -> float:
    """The chance that none of exactly so many errors hits a page that the machine cannot lose.

    All but the last are counts of pages, which do not overlap: what is not free, a process's or mirrored is fatal.
    Each error hits one page, chosen by chance; the same page may be hit twice.
    """
    return ((free + user + mirrored) / pages) ** errors


def survival_of_faults(pages: int, fatal: Sequence[int], size: int, faults: int) -> float:
    """The same for exactly so many faults that each take one row: `size` neighbouring pages.

    Rows begin at the multiples of `size`, and `pages` is such a multiple. fatal: page numbers, counted from 0.
    """
    rows = pages // size
    fatal_rows = {page // size for page in fatal}
    return (1 - len(fatal_rows) / rows) ** faults


def best_mirror(pages: int, fatal: Sequence[int], chips: int) -> int:
    """The first page of the mirror that covers the most fatal pages; the lowest of the best places.

    chips: pages of chips given to the mirror. Everything in it is kept twice, so it covers half as many pages.
    fatal: page numbers, counted from 0, in ascending order.
    """
    size = chips // 2
    places = range(pages - size + 1)
    return max(places, key=lambda first: sum(first <= page < first + size for page in fatal))
