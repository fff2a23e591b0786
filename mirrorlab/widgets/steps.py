"""Native controls to go through what happened: start, back, on, end, or straight to an operation."""

from collections.abc import Callable, Sequence

import ipywidgets

from mirrorlab.widgets import base


class Steps:
    """Buttons and a number. Whoever goes elsewhere by other means calls `show`."""

    def __init__(self, goto: Callable[[int], None], more: Sequence[ipywidgets.Widget] = ()) -> None:
        """goto: goes to a position. more: further controls for the same row."""
        self._goto = goto
        self.position = self.end = 0
        self.number = base.number("after operation", 0, 0, 0)
        self.number.continuous_update = False
        self.number.observe(lambda change: self._typed(change["new"]), "value")
        self.row = base.row(
            base.button("Start", lambda: goto(0), "To the start"),
            base.button("Back", lambda: goto(max(0, self.position - 1)), "One operation back"),
            self.number,
            base.button("On", lambda: goto(min(self.end, self.position + 1)), "One operation on"),
            base.button("End", lambda: goto(self.end), "To the end"),
            *more,
        )

    def _typed(self, position: int) -> None:
        if position != self.position:
            self._goto(position)

    def show(self, position: int, end: int) -> None:
        """Show where in the story it is."""
        self.position, self.end = position, end
        self.number.max = max(end, self.number.value)  # the value must lie within at all times
        self.number.value = position
        self.number.max = end
