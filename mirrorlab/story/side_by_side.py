"""A learner's machine beside the true one: two recordings in lock-step, or one call with its states, as text too."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from mirrorlab.machine import Machine, differences
from mirrorlab.story import tables
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Operation, Recording
from mirrorlab.story.tables import Entry, Place, Row, Side

NAMES = ("yours", "Linux")
MOST = 5  # sentences; the rest is counted
ENDED = "no operation: the recording has ended"


class Pair:
    """Two recordings. Position k of the pair is position k of both; one that is shorter waits at its end."""

    def __init__(self, yours: Recording, truth: Recording, names: tuple[str, str] = NAMES) -> None:
        """Raises ValueError when both are the same recording."""
        if yours is truth:
            raise ValueError("this is one recording twice: compare those of two machines")
        self.stories = yours, truth
        self.names = names
        self._searched: tuple[list[Operation], ...] = ()
        self._found: int | None = None

    @property
    def sides(self) -> tuple[Side, Side]:
        """The two machines, as they are now."""
        one, other = (Side(name, story.machine) for name, story in zip(self.names, self.stories, strict=True))
        return one, other

    @property
    def end(self) -> int:
        """The last position."""
        return max(len(story.operations) for story in self.stories)

    @property
    def position(self) -> int:
        """Where the pair is."""
        return max(story.position for story in self.stories)

    @property
    def in_step(self) -> bool:
        """Whether both are still at this position: each can be moved alone."""
        return all(story.position == min(self.position, len(story.operations)) for story in self.stories)

    def goto(self, position: int) -> None:
        """Bring both machines to a position; beyond the ends, to the end."""
        for story in self.stories:
            story.goto(min(max(position, 0), len(story.operations)))

    def operations(self, position: int | None = None) -> tuple[Operation | None, Operation | None]:
        """The two operations that led to a position (None: the present one); None: there was none."""
        at = (self.position if position is None else position) - 1
        one, other = (story.operations[at] if 0 <= at < len(story.operations) else None for story in self.stories)
        return one, other

    def to_first_difference(self) -> int | None:
        """Go to the first position at which the two differ, and stop there; to the end when there is none.

        Returns the position. Each operation is carried out once on both, and what was found is kept for as long as
        the recordings stay as they are.
        """
        stories = tuple([*story.operations] for story in self.stories)
        if stories != self._searched:
            self._found = next((k for k in range(self.end + 1) if self._differs_at(k)), None)
            self._searched = stories
        self.goto(self.end if self._found is None else self._found)
        return self._found

    def _differs_at(self, position: int) -> bool:
        """Go to a position, and see whether something differs there."""
        self.goto(position)
        if not _same_call(*self.operations(position)):
            return True
        one, other = (story.machine for story in self.stories)
        return not differences.equal(one, other)

    def sentences(self, offsets: bool = True) -> Iterator[str]:
        """What differs at the present position, a sentence each, what the operation gave before all else."""
        one, other = self.operations()
        if self.in_step and not _same_call(one, other):
            name, other_name = self.names
            calls = [operation.call if operation else ENDED for operation in (one, other)]
            if calls[0] != calls[1]:
                yield f"different operations: {name} {calls[0]}, {other_name} {calls[1]}."
            else:
                gave, other_gave = (
                    _came_of(operation, side.machine, offsets)
                    for operation, side in zip((one, other), self.sides, strict=True)
                )
                yield f"it gave {gave} in {name}, {other_gave} in {other_name}."
        yield from tables.sentences(self.sides, offsets)

    def headline(self) -> str:
        """Where the two stand."""
        if self.in_step:
            return f"After {self.position:,} of {self.end:,} operations."
        stands = [f"{name} after {story.position:,}" for name, story in zip(self.names, self.stories, strict=True)]
        return f"Not in step: {' operations, '.join(stands)} operations. Any move brings them together."

    def when(self) -> str:
        """The same, to begin a sentence with."""
        return f"After operation {self.position:,}" if self.position else "At the start"

    def happened(self, offsets: bool = True) -> list[tuple[str, list[str]]]:
        """The operations that led here with their events: once when both are the same."""
        told = []
        for story in self.stories:
            at = story.position
            if self.in_step and at < self.position:
                told.append([ENDED])
            else:
                told.append(
                    ([story.operations[at - 1].words(Words(story.machine, offsets))] if at else [])
                    + story.words(at, offsets)
                )
        if told[0] == told[1]:
            return [("What both did", told[0])] if told[0] else []
        return [(f"What happened in {name}", lines) for name, lines in zip(self.names, told, strict=True)]

    def __repr__(self) -> str:
        return f"<{' and '.join(self.names)}, after {self.position} of {self.end} operations>"


def _same_call(one: Operation | None, other: Operation | None) -> bool:
    """Whether two operations and their results are the same. Their events do not count."""
    if one is None or other is None:
        return one is other
    return all(getattr(one, name) == getattr(other, name) for name in ("method", "arguments", "result", "error"))


def _came_of(operation: Operation | None, machine: Machine, offsets: bool) -> str:
    """What an operation gave, in words."""
    if operation is None:
        return "nothing"
    if operation.error:
        return f"the error {operation.error}"
    if operation.method.startswith("alloc_pages"):
        return "no page" if operation.result is None else f"page {Words(machine, offsets).at(operation.result)}"
    return str(operation.result)


@dataclass(frozen=True)
class SideBySide:
    """One call, made by Linux and by the learner on the same memory."""

    title: str
    """The call."""
    code: list[str]
    """Python that leads to the call; empty when it is in a recording."""
    before: Machine
    linux: Machine
    """After Linux's call."""
    yours: Machine
    """After the learner's."""
    notes: list[str]
    """What differs, a sentence each; empty: what the machines show."""
    judge: str = NAMES[1]
    """Who made the call right: Linux, or under an altered rule the model."""

    @property
    def sides(self) -> tuple[Side, ...]:
        """The machines as the call found them, and as each of the two left them."""
        return Side("before", self.before), Side(NAMES[0], self.yours), Side(self.judge, self.linux)

    def headline(self) -> str:
        """The call."""
        return self.title

    def when(self) -> str:
        """When it is seen."""
        return "After the call"

    def sentences(self, offsets: bool = True) -> Iterator[str]:
        """What differs, a sentence each."""
        return iter(self.notes) if self.notes else tables.sentences(self.sides, offsets)

    def happened(self, offsets: bool = True) -> list[tuple[str, list[str]]]:
        """How to come to the call by hand."""
        return [("Python that leads to it", self.code)] if self.code else []

    def __repr__(self) -> str:
        return "\n".join(describe(self))


Compared = Pair | SideBySide  # machines beside each other; of the sides the last two are compared


# -- As text ------------------------------------------------------------------------------------------------------


def verdict(compared: Compared, offsets: bool = True) -> str:
    """The first thing to know, in one sentence."""
    first = next(compared.sentences(offsets), None)
    return f"{compared.when()}: {first or 'no difference.'}"


def further(compared: Compared, offsets: bool = True) -> list[str]:
    """What else differs, a sentence each; if it is much, the last line says how much more there is."""
    rest = list(islice(compared.sentences(offsets), 1, None))
    more = len(rest) - MOST
    return rest[:MOST] + ([f"And {more:,} more difference{'s' * (more > 1)}."] if more > 0 else [])


def describe(compared: Compared, place: Place | None = None, only: bool = True, offsets: bool = True) -> list[str]:
    """Machines side by side as text. A `*` stands at what differs.

    place: the zone that is shown; None: the first in which there is a difference.
    only: leave out the free lists that are equal.
    """
    found = [compared.headline(), verdict(compared, offsets)]
    found += [f"    {sentence}" for sentence in further(compared, offsets)]
    for heading, happened in compared.happened(offsets):
        found += [f"{heading}:", *(f"    {line}" for line in happened)]
    return found + _table_lines(compared.sides, place or tables.place_to_show(compared.sides), only, offsets)


def _table_lines(sides: Sequence[Side], place: Place, only: bool, offsets: bool) -> list[str]:
    shown = tables.tables(sides, place, only, offsets)
    found = []
    for table in shown:
        if table.rows:
            found += [f"{table.title}:", *chain.from_iterable(_row_lines(row, sides) for row in table.rows)]
    nothing = tables.without_rows(shown)
    return [*found, nothing] if nothing else found


def _row_lines(row: Row, sides: Sequence[Side]) -> list[str]:
    label = ", ".join(row.label)
    if not row.differs and len(set(row.cells)) == 1:
        return [f"    {label}: {cell_text(row.cells[0])}"]
    wide = max(len(side.name) for side in sides)
    marks = [*[" "] * (len(sides) - 2), *["*" if row.differs else " "] * 2]
    return [
        f"    {label}:",
        *(f"  {mark}     {side.name:<{wide}}  {cell_text(cell)}"
          for mark, side, cell in zip(marks, sides, row.cells, strict=True)),
    ]  # fmt: skip


def cell_text(cell: Sequence[Entry]) -> str:
    """A cell as text, with a `*` behind each entry that differs."""
    return " ".join(entry.text + "*" * entry.differs for entry in cell) or "empty"
