"""What one uncorrectable memory error does: to a free, user, kernel, mirrored or reserved page, by how it is found.

The outcomes and the kernel's words are data: errors.toml, which says of each whether it was measured.

    errors = Errors.of(machine)
    print(errors.hit(pfn, "kernel"))
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from mirrorlab import words
from mirrorlab.machine import Machine, holders

KINDS = ("free", "user", "kernel", "mirrored", "reserved")
FOUND = ("never read", "scrubber", "user", "kernel")
FOUND_IN_WORDS = {
    "never read": "never read",
    "scrubber": "found by the scrubber",
    "user": "read by a process",
    "kernel": "read by the kernel",
}
OUTCOMES = {
    "nothing": "nobody notices",
    "corrected": "corrected from the other copy",
    "recovered": "page taken out of use",
    "process": "process loses the page",
    "ignored": "ignored, page stays in use",
    "panic": "kernel panic",
    "impossible": "cannot be found that way",
}
_NONE = {  # what to do when there is no page of a kind
    "free": "free something",
    "user": 'allocate with gfp="GFP_HIGHUSER_MOVABLE"',
    "kernel": 'allocate with gfp="GFP_KERNEL"',
    "mirrored": "take a machine with mirrored memory",
    "reserved": "take another machine",
}
PAGE_KB = 4
PID = 168  # of the process in the recorded logs


@dataclass(frozen=True, slots=True)
class Case:
    """What becomes of an error, for one kind of page and one way to find it."""

    kind: str
    """One of KINDS."""
    found: str
    """One of FOUND."""
    outcome: str
    """One of OUTCOMES."""
    evidence: str
    """How this is known: measured, injected, literature or reasoned."""
    text: str
    log: tuple[str, ...] = ()
    """What the kernel prints, as recorded, with {pfn}, {address} and {pid}."""

    @property
    def known_by(self) -> str:
        """How this is known, in words."""
        return str(_table()["evidence"][self.evidence])


@cache
def _table() -> dict[str, Any]:
    import tomllib  # here: it takes longer to import than all the rest

    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


@cache
def cases() -> dict[tuple[str, str], Case]:
    """(kind, found) -> what becomes of the error, for all 20 pairs."""
    table = [Case(**{**entry, "log": tuple(entry.get("log", ()))}) for entry in _table()["case"]]
    return {(case.kind, case.found): case for case in table}


def recorded(name: str) -> list[str]:
    """The last lines on the console of a machine with one injected error: c1, c2, c3 or c4 (errors.toml tells which).

    Raises ValueError for another name.
    """
    logs = _table()["recorded"]
    if name not in logs:
        raise ValueError(f"there is no recorded log {name!r}: choose from {', '.join(logs)}")
    return str(logs[name]["log"]).splitlines()


def kind_of(machine: Machine, pfn: int) -> str:
    """What a page is to an error, one of KINDS. What the hardware mirrors is mirrored, whoever has it.

    That may be more than the kernel uses as mirrored: the RFC leaves out what lies below 4 GiB.
    Raises ValueError when there is no such page.
    """
    holder = holders.holder_of(machine, pfn)
    if holder.kind == holders.RESERVED and holders.is_hole(machine, pfn):
        raise ValueError(f"there is no memory at {holders.place(machine, pfn)}: choose another page")
    return "mirrored" if pfn in holders.hardware_mirror(machine.g) else holder.kind


def pages_of(machine: Machine) -> dict[str, holders.Ranges]:
    """All pages, by KINDS."""
    mirror, there = holders.hardware_mirror(machine.g), holders.present(machine)
    kinds = {kind: pages.without(mirror) for kind, pages in holders.held(machine).items()}
    return {**kinds, "mirrored": there.without(there.without(mirror))}


@dataclass(frozen=True, slots=True)
class Hit:
    """One error and its effect."""

    pfn: int
    where: str
    """The page in words."""
    who: str
    """Who has the page, in words."""
    case: Case
    again: bool = False
    """Whether the page was known to be bad before."""

    @property
    def outcome(self) -> str:
        """One of OUTCOMES; for a page known to be bad, nothing."""
        return "nothing" if self.again else self.case.outcome

    @property
    def log(self) -> list[str]:
        """The kernel's lines."""
        if self.again:
            return [f"Memory failure: {self.pfn:#x}: already hardware poisoned"]
        filled = {"pfn": f"{self.pfn:#x}", "address": f"{self.pfn << 12:x}", "pid": PID}
        return [line.format(**filled) for line in self.case.log]

    def __str__(self) -> str:
        case = self.case
        found = FOUND_IN_WORDS[case.found]
        if self.again:
            return "\n".join([f"An error in {self.where} again: the page is known to be bad.", *_indented(self.log)])
        head = f"An uncorrectable error in {self.where} ({case.kind}{self.who}), {found}: {OUTCOMES[case.outcome]}."
        return "\n".join([head, f"  {case.text}", *_indented(self.log), f"  [{case.known_by}]"])


def _indented(log: list[str]) -> list[str]:
    return [f"  | {line}" for line in log]


@dataclass(slots=True)
class Errors:
    """The errors that have hit one machine.

    The books are kept here: Linux 4.1's allocator, and so the model, knows nothing of bad pages until it frees or
    hands out one. Its lists stay as they are.
    """

    machine: Machine
    hits: list[Hit] = field(default_factory=list)
    bad: dict[int, Hit] = field(default_factory=dict)
    """PFN -> the error that made the page known to be bad."""
    silent: set[int] = field(default_factory=set)
    """Pages with an error that has not been noticed."""

    @classmethod
    def of(cls, machine: Machine) -> "Errors":
        """The errors of a machine: the books it has, or new ones. `Errors(machine)` makes books of their own."""
        if machine.errors is None:
            machine.errors = cls(machine)
        books: Errors = machine.errors
        return books

    @property
    def panicked(self) -> bool:
        """Whether the machine has stopped."""
        return bool(self.hits) and self.hits[-1].outcome == "panic"

    @property
    def hardware_corrupted(self) -> int:
        """HardwareCorrupted of /proc/meminfo, in kB: known bad pages, the ignored ones too."""
        return PAGE_KB * len(self.bad)

    def hit(self, pfn: int, found: str) -> Hit:
        """An error in this page, found in this way.

        Raises ValueError when there is no such page, when it cannot be found that way, or after a panic.
        """
        if self.panicked:
            raise ValueError("the machine has stopped with a panic: start again before you try another error")
        _must_be_a_way(found)
        kind = kind_of(self.machine, pfn)
        case = cases()[kind, found]
        if case.outcome == "impossible":
            raise ValueError(f"{case.text} Choose another way to find the error in this {kind} page")
        # That the kernel knows the page to be bad does not help when it still uses it, and reads it.
        again = pfn in self.bad and not (self.bad[pfn].case.outcome == "ignored" and case.outcome == "panic")
        return self._note(Hit(pfn, holders.place(self.machine, pfn), _who(self.machine, pfn, kind), case, again))

    def some_page(self, kind: str, chance: random.Random) -> int:
        """A page of this kind, chosen by chance. Raises ValueError when there is none."""
        there = list(pages_of(self.machine)[kind])
        if not there:
            raise ValueError(f"this machine has no {kind} page now: {_NONE[kind]}")
        return chance.randrange(*chance.choices(there, [end - first for first, end in there])[0])

    def _note(self, hit: Hit) -> Hit:
        self.hits.append(hit)
        if hit.again:
            return hit
        if hit.case.outcome == "nothing":
            self.silent.add(hit.pfn)
        else:
            self.silent.discard(hit.pfn)
        if hit.case.outcome in ("recovered", "process", "ignored"):
            self.bad[hit.pfn] = hit
        return hit

    def storm(self, count: int, seed: int, found: str = "any") -> list[Hit]:
        """So many errors in pages chosen by chance; it ends early with a panic.

        found: one of FOUND, or "any": chosen by chance from the ways in which that page's error can be found. Where
        an error cannot be found in the way asked for, nobody finds it. Raises ValueError for another word.
        """
        if found != "any":
            _must_be_a_way(found)
        chance = random.Random(seed)
        start = len(self.hits)
        there = list(holders.present(self.machine))
        sizes = [end - first for first, end in there]
        while len(self.hits) - start < count and not self.panicked:
            pfn = chance.randrange(*chance.choices(there, sizes)[0])
            self.hit(pfn, self._way(chance, kind_of(self.machine, pfn), found))
        return self.hits[start:]

    def _way(self, chance: random.Random, kind: str, found: str) -> str:
        possible = [way for way in FOUND if cases()[kind, way].outcome != "impossible"]
        if found == "any":
            return chance.choice(possible)
        return found if found in possible else "never read"

    def clear(self) -> None:
        """As if nothing had happened."""
        self.hits.clear()
        self.bad.clear()
        self.silent.clear()

    def tally(self) -> dict[str, int]:
        """Outcome -> how many errors came to it."""
        counts = Counter(hit.outcome for hit in self.hits)
        return {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]}

    def in_short(self) -> str:
        """How many errors, and what they did, in words."""
        tally = "; ".join(f"{OUTCOMES[outcome]}: {count}" for outcome, count in self.tally().items())
        return f"{words.count(len(self.hits), 'error')}: {tally}"

    def text(self) -> str:
        """The state in words."""
        if not self.hits:
            return "No error yet."
        stopped = " The machine has stopped." if self.panicked else " The machine runs."
        return f"{self.in_short()}. HardwareCorrupted: {self.hardware_corrupted} kB.{stopped}"


def _must_be_a_way(found: str) -> None:
    if found not in FOUND:
        raise ValueError(f"an error is not found {found!r}: choose from {', '.join(FOUND)}")


def _who(machine: Machine, pfn: int, kind: str) -> str:
    """Who has a page, as an addition to its kind."""
    holder = holders.holder_of(machine, pfn)
    parts = [holder.kind] if kind != holder.kind else []
    if holder.owner is not None and holder.owner.who:
        parts.append(f"of {holder.owner.who}")
    return f", {' '.join(parts)}" if parts else ""


def table() -> str:
    """The whole table as text: kinds of page by ways to find the error. (m) measured, (l) literature."""
    marks = {"measured": "m", "injected": "m", "literature": "l", "reasoned": "r"}
    rows = [["", *(FOUND_IN_WORDS[found] for found in FOUND)]]
    for kind in KINDS:
        row = [cases()[kind, found] for found in FOUND]
        rows.append([kind, *(f"{OUTCOMES[case.outcome]} ({marks[case.evidence]})" for case in row)])
    return "\n".join([*words.table(rows, "<"), "(m) measured, (l) from the literature, not measured, (r) reasoned"])
