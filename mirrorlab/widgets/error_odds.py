"""ErrorLab's second part: the chance to survive, by formula and by simulation, with the mirror and without."""

from typing import NamedTuple

from mirrorlab.machine import Machine
from mirrorlab.questions import survival
from mirrorlab.words import count, table

TRIALS = 4000  # of each simulation: six of them take half a second
MOST_BAD = 100.0  # bad pages expected; more would only take longer
HEAD = ("fault", "mirror", "formula", "simulated", "99% interval", "verdict")


class Question(NamedTuple):
    """What is asked."""

    bad: float  # bad pages expected
    read: float  # the share of errors in fatal pages that the kernel reads
    seed: int


class Line(NamedTuple):
    """One kind of fault, with the mirror or without: what the formula says, and what a simulation found."""

    fault: str
    pages: int
    mirror: bool
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
        return name, "with" if self.mirror else "without", f"{self.formula:.1%}", simulated, interval, self.verdict


class Odds(NamedTuple):
    """A question with its answers."""

    asked: Question
    fatal: dict[bool, survival.Memory]  # with the mirror, and without
    lines: list[Line]

    def answers(self, other: "Odds") -> bool:
        """Whether these are answers to the same question about the same memory."""
        mine, theirs = ([list(memory.fatal) for memory in each.fatal.values()] for each in (self, other))
        return self.asked == other.asked and mine == theirs

    def sentences(self) -> list[str]:
        """What was asked, and what the machine cannot lose."""
        own, left = self.fatal[False], self.fatal[True]
        return [
            f"{self.asked.bad:g} bad pages expected; the kernel reads {self.asked.read:.0%} of those it cannot lose.",
            f"It cannot lose its own: {own.fatal.pages():,} of {count(own.pages, 'page')} ({own.share:.1%}). "
            f"Of these {left.fatal.pages():,} ({left.share:.1%}) are not mirrored.",
        ]

    def text(self) -> list[str]:
        """All of it as lines."""
        return [*self.sentences(), *table([HEAD, *(line.cells() for line in self.lines)], indent=2)]


def odds(machine: Machine, asked: Question, simulate: bool = True) -> Odds:
    """Ask for each kind of fault. simulate: False gives the formula only.

    Raises ValueError when the numbers make no sense.
    """
    fatal = {mirror: survival.memory_of(machine, mirror=mirror) for mirror in (False, True)}
    lines = []
    for fault, size in survival.FAULTS.items():
        for mirror, memory in fatal.items():
            size = min(size, memory.pages)
            found = None
            if simulate:
                found = survival.simulate(
                    memory, asked.bad, pages_per_fault=size, read=asked.read, trials=TRIALS, seed=asked.seed
                )
            lines.append(Line(fault, size, mirror, survival.survival(memory, asked.bad, asked.read), found))
    return Odds(asked, fatal, lines)
