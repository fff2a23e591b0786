"""ErrorLab's second part: the chance to survive, by formula and by simulation, by where the kernel's pages lie."""

from typing import NamedTuple

from mirrorlab.machine import Machine, holders
from mirrorlab.questions import survival
from mirrorlab.words import count, table

TRIALS = 2000  # of each simulation: nine of them take half a second
MOST_BAD = 100.0  # bad pages expected; more would only take longer
CASES: dict[str, dict[str, bool]] = {  # what memory is imagined -> how survival.memory_of() is told so
    "nothing mirrored": {"mirror": False},
    "as it is now": {},
    "the kernel in the mirror": {"moved": True},
}
HEAD = ("fault", "memory", "formula", "simulated", "99% interval", "verdict")


class Question(NamedTuple):
    """What is asked."""

    bad: float  # bad pages expected
    read: float  # the share of errors in fatal pages that the kernel reads
    seed: int


class Line(NamedTuple):
    """One kind of fault in one of CASES: what the formula says, and what a simulation found."""

    fault: str
    pages: int
    case: str
    formula: float
    found: survival.Survival | None

    @property
    def verdict(self) -> str:
        """Whether the formula holds."""
        if self.found is None:
            return "not simulated yet"
        return "agrees" if self.found.agrees_with(self.formula) else "formula does not hold"

    def cells(self) -> tuple[str, ...]:
        """The line for a table, as HEAD has it."""
        simulated, interval = "", ""
        if self.found is not None:
            low, high = self.found.interval
            simulated, interval = f"{self.found.share:.1%}", f"{low:.1%} to {high:.1%}"
        name = self.fault if self.pages == 1 else f"{self.fault} ({self.pages:,} pages)"
        return name, self.case, f"{self.formula:.1%}", simulated, interval, self.verdict


class Odds(NamedTuple):
    """A question with its answers."""

    asked: Question
    fatal: dict[str, survival.Memory]  # by case; without a mirror there is one
    lines: list[Line]

    def answers(self, other: "Odds") -> bool:
        """Whether these are answers to the same question about the same memory."""
        mine, theirs = ([list(memory.fatal) for memory in each.fatal.values()] for each in (self, other))
        return self.asked == other.asked and mine == theirs

    def sentences(self) -> list[str]:
        """What was asked, and what the machine cannot lose in each case."""
        own = self.fatal["nothing mirrored"].fatal.pages()
        asked = (
            f"{self.asked.bad:g} bad pages expected; of those it cannot lose, the kernel reads {self.asked.read:.0%}."
        )
        if len(self.fatal) == 1:
            return [asked, f"It cannot lose its own {count(own, 'page')}. No memory of this machine is mirrored."]
        now, moved = (self.fatal[case].fatal.pages() for case in list(CASES)[1:])
        inside = f"{own - now:,}" if own > now else "none"
        return [
            asked,
            f"The kernel has {count(own, 'page')}; {inside} of them mirrored. With what it can move in the mirror, "
            f"{moved:,} would be left to lose.",
        ]

    def text(self) -> list[str]:
        """All of it as lines."""
        return [*self.sentences(), *table([HEAD, *(line.cells() for line in self.lines)], indent=2)]


def odds(machine: Machine, asked: Question, simulate: bool = True) -> Odds:
    """Ask for each kind of fault. simulate: False gives the formula only.

    Raises ValueError when the numbers make no sense.
    """
    mirrored = holders.hardware_mirror(machine.g).starts
    asked_of = CASES if mirrored else {"nothing mirrored": CASES["nothing mirrored"]}
    fatal = {case: survival.memory_of(machine, **how) for case, how in asked_of.items()}
    lines = []
    for fault, size in survival.FAULTS.items():
        for case, memory in fatal.items():
            size = min(size, memory.pages)
            found = None
            if simulate:
                found = survival.simulate(
                    memory, asked.bad, pages_per_fault=size, read=asked.read, trials=TRIALS, seed=asked.seed
                )
            lines.append(Line(fault, size, case, survival.survival(memory, asked.bad, asked.read), found))
    return Odds(asked, fatal, lines)
