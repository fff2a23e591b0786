"""Two machines beside each other, a learner's and the true one: where they differ, and after which operation first."""

from collections.abc import Callable, Iterable
from itertools import chain
from typing import Any

from mirrorlab.machine import differences
from mirrorlab.story import tables
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording
from mirrorlab.story.side_by_side import NAMES, Compared, Pair, SideBySide, describe, further, verdict
from mirrorlab.story.tables import Row, Side, Table
from mirrorlab.widgets import base, blocks, compare_svg, palette
from mirrorlab.words import TYPES

PAGES = 64  # of each machine's strip
ROWS = 4  # of lists that differ in the picture; more are among the tables


class Compare(base.View):
    """Two recordings in lock-step, `Compare(yours, truth)`, or one call with its states: `Compare(side_by_side)`.

    It begins at the first difference. The two machines may run different kernels.
    """

    stem = "compare"
    shares = base.CARD
    svg = compare_svg.of_view
    label = "Two machines compared"

    def __init__(
        self,
        yours: Recording | SideBySide,
        truth: Recording | None = None,
        *,
        names: tuple[str, str] = NAMES,
        at: int | None = None,
        offsets: bool = True,
    ) -> None:
        """names: what the two are called.

        at: the position to begin with; None: the first difference, or the end if there is none.
        offsets: count pages from their zone's start; False: show PFNs.

        Raises ValueError when one recording alone is given, or the same one twice.
        """
        self.pair: Pair | None = None
        if isinstance(yours, SideBySide):
            self.compared: Compared = yours
        elif truth is None:
            raise ValueError("one recording cannot be compared: give the other one too, Compare(yours, truth)")
        else:
            self.compared = self.pair = Pair(yours, truth, names)
        self.offsets = offsets
        self.only = self.pair is None  # whether the text leaves out the lists that are equal
        self._moving = False
        self.problem = ""  # why the last move went wrong
        if self.pair is not None:
            if at is None:
                self.pair.to_first_difference()
            else:
                self.pair.goto(at)
        self.place = tables.place_to_show(self.compared.sides)
        super().__init__()
        for story in self.pair.stories if self.pair else ():
            self.follow(story.watchers, self.changed)

    def goto(self, position: int) -> None:
        """Bring both machines to the state after so many operations; beyond the ends, to the end."""
        self._move(lambda pair: pair.goto(position))

    def to_first_difference(self) -> None:
        """Bring both machines to the first position at which they differ; to the end when there is none."""
        self._move(Pair.to_first_difference)

    do_goto, do_first_difference = goto, to_first_difference

    def do_step(self, by: int) -> None:
        """Go so many operations on."""
        self._move(lambda pair: pair.goto(pair.position + by))

    def do_place(self, place: tables.Place) -> None:
        """Show another zone."""
        self.place = place
        self.changed()

    def _move(self, move: Callable[[Pair], object]) -> None:
        pair = self.pair
        if pair is None:
            return  # one call: there is nothing to step through
        self._moving, self.problem = True, ""
        try:
            move(pair)
        except RuntimeError as problem:  # a function of the learner's kernel gave something else this time
            self.problem = str(problem)
        finally:
            self._moving = False
        there = tables.different_places(pair.sides)
        if there and self.place not in there:
            self.place = there[0]
        self.changed()

    def changed(self, *_: Any) -> None:
        if not self._moving:
            super().changed()

    def verdict(self) -> str:
        """Where the two stand and what differs first, or why the last move went wrong."""
        apart = [] if self.pair is None or self.pair.in_step else [self.pair.headline()]
        return self.problem or " ".join([*apart, verdict(self.compared, self.offsets)])

    def draw(self) -> None:
        if self.drawing.said[1] != (words := self.verdict()):
            self.say(words)
        super().draw()

    # -- What is shown ----------------------------------------------------------------------------------------------

    def picture(self) -> dict[str, Any]:
        sides, pair = self.compared.sides, self.pair
        shown = tables.tables(sides, self.place, False, self.offsets)
        lists = [row for table in shown if len(table.head) == 2 for row in table.rows if row.differs]
        rest = [table._replace(rows=[row for row in table.rows if row not in lists[:ROWS]]) for table in shown]
        return {
            "verdict": self.verdict(),
            "call": self.compared.headline() if pair is None else "",
            "steps": None if pair is None else [pair.position, pair.end],
            "places": tables.places(sides),
            "place": self.place,
            "sides": [side.name for side in sides],
            **self._strips(lists),
            "lists": [_row(row.label, row) for row in lists[:ROWS]],
            "more": len(lists[ROWS:]),
            "further": further(self.compared, self.offsets),
            "happened": self.compared.happened(self.offsets),
            "tables": [[table.title, table.head, [_row(_short(table, row), row) for row in table.rows]]
                       for table in rest if table.rows],
            "nothing": tables.without_rows(_differing(shown)),
        }  # fmt: skip

    def _strips(self, lists: list[Row]) -> dict[str, Any]:
        """The same pages of each machine: around the first block that differs, else from the zone's start."""
        sides = self.compared.sides
        zones = differences.places(*(side.machine for side in sides))
        zone = next(each[self.place] for each in zones if self.place in each)
        marked = [
            [entry.pfn for row in lists for entry in row.cells[n] if entry.differs and entry.pfn is not None]
            for n in range(len(sides))
        ]
        pfn = next(chain(*marked), zone.zone_start_pfn)
        first = pfn & -PAGES
        found = [blocks.pieces(side.machine, first, first + PAGES, PAGES) for side in sides]
        say = Words(sides[-1].machine, self.offsets)
        apart: list[set[blocks.Piece]] = [set()] * (len(sides) - 2) + [{*found[-2]} ^ {*found[-1]}] * 2
        looks = dict.fromkeys(piece.code & palette.KIND_MASK for each in found for piece in each)
        return {
            "pages": PAGES,
            "ruler": [say.at(first + at) for at in (0, PAGES // 2, PAGES - 1)],
            "strips": [
                [_block(side, piece, first, piece in odd or piece.first in marks, self.offsets) for piece in each]
                for side, each, odd, marks in zip(sides, found, apart, marked, strict=True)
            ],
            "key": [[*palette.in_card(kind), palette.KINDS[kind].name] for kind in sorted(looks) if kind],
        }

    def lines(self) -> list[str]:
        return describe(self.compared, self.place, self.only, self.offsets)


def _differing(shown: list[Table]) -> list[Table]:
    return [table._replace(rows=[row for row in table.rows if row.differs]) for table in shown]


def _block(side: Side, piece: blocks.Piece, first: int, differs: bool, offsets: bool) -> list[Any]:
    """[page in the strip, pages, look, letter, whether it is mirrored, whether it differs, words]."""
    start, end = max(piece.first, first), min(piece.first + piece.pages, first + PAGES)
    words = blocks.describe(side.machine, piece, Words(side.machine, offsets))
    mirrored = palette.class_number(piece.code) == palette.MIRRORED
    return [start - first, end - start, *palette.in_card(piece.code), mirrored, differs, words]


def _short(table: Table, row: Row) -> Iterable[str]:
    """A row's names without what stands above them."""
    return (words.removeprefix(f"{name} ") for name, words in zip(table.head, row.label, strict=True))


def _row(label: Iterable[str], row: Row) -> list[Any]:
    """[whether it differs, its names, the letter of its type or "", the cells: (text, whether it differs, a block)]."""
    letter = palette.LETTERS[row.label[-1]] if len(row.label) > 1 and row.label[-1] in TYPES else ""
    cells = [[[entry.text, entry.differs, entry.is_block] for entry in cell] for cell in row.cells]
    return [row.differs, [*label], letter, cells]
