"""The verdict on an exercise, in a card: what the check found, what differs, and what to do next."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mirrorlab.widgets import base, verdict_svg
from mirrorlab.widgets.palette import LETTERS

WORDS = {"not started": "Not started", "error": "Error", "not yet": "Not yet", "right": "Right"}


class Verdict(base.View):
    """A verdict as plain data, and buttons whose answers are made in Python when they are pressed.

    shown: `state` (one of WORDS), `exercise`, `function`, `notes` (about the notebook), `lead` (the one sentence),
    `code` (the line it is about), `body` and `printed` (lines), `call`, `rows` and how many `more` there are (a row:
    judge/rows.py), `judge` (whose the last column is), `layers` ([words, "yes", "no" or ""]), `details` (lines),
    `hint` (the button's name, or empty), `stub` (the cell's first text), `next` (`words`, and `exercise` or `path`).
    """

    stem = "verdict"
    shares = base.CARD
    label = "Verdict"
    svg = verdict_svg.of_verdict

    def __init__(
        self,
        shown: Mapping[str, Any],
        text: Sequence[str],
        *,
        hint: Callable[[], tuple[str, str]],
        call: Callable[[], Any],
        keep: Callable[[str], str],
    ) -> None:
        """text: the same in words. hint: gives the next hint and the button's name after it.

        call: makes the stage (moments.py) of the call, or None. keep: stores a text, and says where.
        """
        self.shown, self.text_twin = dict(shown), [*text]
        self.hint, self.call, self.keep = hint, call, keep
        self.hints: list[str] = []
        self.kept = ""  # what was said of a text that a reset took away
        self.opened = False
        self.stage: Any = None
        self.children: Any
        super().__init__()
        self.at_end(self._close_stage)

    # -- What the buttons do ----------------------------------------------------------------------------------------

    def do_hint(self) -> None:
        """Open one more hint."""
        text, self.shown["hint"] = self.hint()
        if text not in self.hints:
            self.hints.append(text)
        self.changed()

    def do_call(self) -> None:
        """Open the call, or close it."""
        self.opened = not self.opened
        if self.opened:
            self.stage = self.call()
            if self.stage is not None:
                self.children = (self.drawing, self.stage)
                self.stage.draw()
        else:
            self._close_stage()
        self.changed()

    def _close_stage(self) -> None:
        stage, self.stage = self.stage, None
        if stage is not None:
            self.children = (self.drawing,)
            stage.close()

    def do_side(self, side: str) -> None:
        """Show the call as one of the sides left the memory."""
        self.stage.show(side)
        self.changed()

    def do_reset(self, code: str) -> None:
        """Keep the text of the cell before the first one takes its place. code: empty where no cell was found."""
        self.kept = self.keep(code) if code else ""
        self.changed()

    # -- What is shown ----------------------------------------------------------------------------------------------

    def picture(self) -> dict[str, Any]:
        return {
            **self.shown,
            "word": WORDS[self.shown["state"]],
            "letters": LETTERS,
            "hints": self.hints,
            "opened": self.opened,
            "sides": [*self.stage.sides] if self.stage else [],
            "side": self.stage.side if self.stage else "",
            "kept": self.kept,
            "cell": self.model_id,
        }

    def lines(self) -> list[str]:
        return self.text_twin
