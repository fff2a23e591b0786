"""Native controls to go through what happened: start, back, on, end, or straight to an operation."""

from collections.abc import Callable

import ipywidgets

from mirrorlab.widgets import base


class Steps:
    """Buttons and a number. Whoever goes elsewhere by other means calls `show`."""

    def __init__(self, view: base.View, goto: Callable[[int], None], *more: ipywidgets.Widget) -> None:
        """goto: goes to a position. more: further controls for the same row."""
        self.position = self.end = 0
        self.number = base.number("after operation", 0, 0, 0)
        self.number.continuous_update = False
        self.number.observe(lambda change: view.attempt(lambda: self._typed(change["new"], goto)), "value")
        self.row = base.row(
            view.button("Start", lambda: goto(0), "To the start"),
            view.button("Back", lambda: goto(max(0, self.position - 1)), "One operation back"),
            self.number,
            view.button("On", lambda: goto(min(self.end, self.position + 1)), "One operation on"),
            view.button("End", lambda: goto(self.end), "To the end"),
            *more,
        )

    def _typed(self, position: int, goto: Callable[[int], None]) -> None:
        if position != self.position:
            goto(position)

    def show(self, position: int, end: int) -> None:
        """Show where in the story it is."""
        self.position, self.end = position, end
        self.number.max = max(end, self.number.value)  # the value must lie within at all times
        self.number.value = position
        self.number.max = end
