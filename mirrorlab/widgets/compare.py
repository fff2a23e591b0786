"""Two machines beside each other, a learner's and the true one: where they differ, and after which operation first."""

from collections.abc import Callable
from typing import Any

import ipywidgets

from mirrorlab.story import tables
from mirrorlab.story.recording import Recording
from mirrorlab.story.side_by_side import NAMES, Compared, Pair, SideBySide, describe, further, verdict
from mirrorlab.story.tables import Row, Table
from mirrorlab.widgets import base, compare_svg


class Compare(base.View):
    """Two recordings in lock-step, `Compare(yours, truth)`, or one call with its states: `Compare(side_by_side)`.

    It begins at the first difference. The two machines may run different kernels.
    """

    stem = "compare"
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
        self._moving = False
        self.problem = ""  # why the last move went wrong
        if self.pair is not None:
            if at is None:
                self.pair.to_first_difference()
            else:
                self.pair.goto(at)
        self.place = tables.place_to_show(self.compared.sides)
        super().__init__(self._controls())
        for story in self.pair.stories if self.pair else ():
            self.follow(story.watchers, self.changed)

    def _controls(self) -> list[ipywidgets.Widget]:
        sides = self.compared.sides
        places = tables.places(sides)
        zones = [(f"zone {place}", place) for place in places]
        self.zone_choice = base.choice("show zone", zones, self.place, self._show_zone)
        self.only = base.tick("only what differs", self.pair is None)
        self.only.observe(self.changed, "value")
        below = base.row(*([self.zone_choice] if len(places) > 1 else []), self.only)
        if self.pair is None:
            return [below]
        hint = "To the first operation after which the two differ"
        search = self.button("To the first difference", self.to_first_difference, hint)
        self.steps = base.Steps(self, self.goto, search)
        return [self.steps.row, below]

    def _show_zone(self, place: tables.Place) -> None:
        self.place = place
        self.changed()

    def goto(self, position: int) -> None:
        """Bring both machines to the state after so many operations; beyond the ends, to the end."""
        self._move(lambda pair: pair.goto(position))

    def to_first_difference(self) -> None:
        """Bring both machines to the first position at which they differ; to the end when there is none."""
        self._move(Pair.to_first_difference)

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
        return self.problem or " ".join((self.compared.headline(), verdict(self.compared, self.offsets)))

    def draw(self) -> None:
        if self.drawing.said[1] != (words := self.verdict()):
            self.say(words)
        if self.pair is not None:
            self.steps.show(self.pair.position, self.pair.end)
        self.zone_choice.value = self.place
        super().draw()

    def tables(self) -> list[Table]:
        """What of the machines is shown."""
        return tables.tables(self.compared.sides, self.place, self.only.value, self.offsets)

    def picture(self) -> dict[str, Any]:
        shown = self.tables()
        return {
            "further": further(self.compared, self.offsets),
            "happened": self.compared.happened(self.offsets),
            "sides": [side.name for side in self.compared.sides],
            "tables": [
                [table.title, table.head, [_row(table, row) for row in table.rows]] for table in shown if table.rows
            ],
            "nothing": tables.without_rows(shown),
        }

    def lines(self) -> list[str]:
        return describe(self.compared, self.place, self.only.value, self.offsets)


def _row(table: Table, row: Row) -> list[Any]:
    label = [words.removeprefix(f"{name} ") for name, words in zip(table.head, row.label, strict=True)]
    cells = [[[entry.text, entry.differs, entry.is_block] for entry in cell] for cell in row.cells]
    return [row.differs, label, compare_svg.look_of(row), cells]
