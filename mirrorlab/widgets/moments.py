"""One call on a stage: the memory before it and after it, and a choice whose memory that is."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from mirrorlab.machine import differences
from mirrorlab.story.scenes import Scene, at_rest
from mirrorlab.story.tables import Side
from mirrorlab.widgets.stage import SIZES, Stage


class Moments(Stage):
    """A stage with two moments. Nothing can be asked of it; the first of the sides after the call is shown first."""

    label = "One call, before and after"

    def __init__(
        self, sides: Sequence[Side], place: str, pages: Collection[int], *, call: str, said: Mapping[str, str]
    ) -> None:
        """sides: the memory before the call, and after it on each side. place: the zone (differences.py).

        pages: what has to be in sight, as far as it goes. call: its name. said: a sentence for each side.
        """
        self.sides = {side.name: side.machine for side in sides[1:]}
        self.side = sides[1].name
        self.call, self.said = call, said
        self.switches = 0  # how often another side was chosen
        before = sides[0].machine
        zone = differences.places(before)[0][place]
        first, size = _window(zone, sorted(pages))
        intro = f"Before {call[0].lower()}{call[1:]}"
        super().__init__(before, zone.name, zone.node, first=first, pages=size, ask={}, intro=intro, map=False)

    def show(self, side: str) -> None:
        """Whose memory the moment after the call shows."""
        if side not in self.sides:
            raise ValueError(f"there is no side {side!r}")
        self.switches += side != self.side
        self.side = side
        self.changed()

    def _after(self) -> Scene:
        scene = at_rest(self.sides[self.side], self.zone, self.first, self.pages)
        whose = "your function" if self.side == next(iter(self.sides)) else self.side
        return scene._replace(sentence=f"After it, as {whose} left it. {self.said[self.side]}".strip())

    def picture(self) -> dict[str, Any]:
        picture = super().picture()
        name = self.call.partition(":")[2].partition("(")[0].strip()
        picture |= {"position": self.begin + 1, "operations": [name], "end": 1, "branches": self.switches, "same": 0}
        picture["frames"].append(self._frame(0, self._after()))
        return picture

    def lines(self) -> list[str]:
        scene = self._after()
        return [f"{scene.sentence}", *(f"  {self.block_in_words(block)}" for block in scene.blocks)]


def _window(zone: Any, pages: Sequence[int]) -> tuple[int, int]:
    """The first page of the smallest window with these pages in it, counted from the zone's start, and its size."""
    if zone.spanned_pages <= SIZES[-1]:
        return 0, next(size for size in SIZES if size >= zone.spanned_pages)
    offsets = [pfn - zone.zone_start_pfn for pfn in pages] or [0]
    size = next((size for size in SIZES[2:] if offsets[0] // size == offsets[-1] // size), SIZES[-1])
    return offsets[0] // size * size, size
