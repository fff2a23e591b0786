"""What every view has: controls and a drawing, the same as SVG and as text, spoken changes, an orderly end.

Python decides, JavaScript draws. A view is native controls (ipywidgets) above a drawing (anywidget). The drawing gets a
`picture`, plain data, and where there is one a map of bytes; what the learner does in it comes back as a message.
"""

import asyncio
import re
import threading
import time
import traceback
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets
import traitlets
from IPython import get_ipython

from mirrorlab.widgets import pagemap, palette

HERE = Path(__file__).parent
CARD = ("tokens", "card")  # style sheets: sizes and colours; cards, buttons, blocks
DARK = re.compile(r"^@dark \{(.*?)^\}", re.MULTILINE | re.DOTALL)  # in a view's sheet: what it is in dark surroundings


# What the scripts need of each look: its name, letter and pattern.
LOOKS = {name: [look.name, look.letter, palette.PATTERNS[look.pattern]] for name, look in palette.LOOKS.items()}


class Drawing(anywidget.AnyWidget):
    """What JavaScript draws. Each view has its own subclass, with the view's script and style sheet."""

    picture = traitlets.Dict().tag(sync=True)  # plain data; what is in it is between the view's .py and its .js
    pages = traitlets.Bytes().tag(sync=True)  # a map (pagemap.py), as it was at some time
    changes = traitlets.Bytes().tag(sync=True)  # what has changed in the map since: pagemap.delta()
    said = traitlets.List([0, ""]).tag(sync=True)  # [number, sentence]: shown and spoken whenever the number changes
    looks = traitlets.Dict(LOOKS).tag(sync=True)


@cache
def _drawing_class(stem: str, shares: Sequence[str]) -> type[Drawing]:
    scripts = [HERE / f"{name}.js" for name in ("base", *shares, stem)]
    script = "\n".join(path.read_text(encoding="utf-8") for path in scripts if path.exists())
    shared = (HERE / "base.css").read_text(encoding="utf-8")
    sheet = f"{palette.css()}{shared}{sheet_for(css_class(stem), *shares, stem)}"
    return type(f"{stem}_drawing", (Drawing,), {"_esm": script, "_css": sheet})


def sheet_for(css: str, *names: str) -> str:
    """These style sheets, put together, for what is inside one class alone.

    In cards the class stands twice: their rules hold against base.css, which other views' sheets bring again later.
    """
    rules = "".join((HERE / f"{name}.css").read_text(encoding="utf-8") for name in names)
    rules = DARK.sub(palette.in_the_dark("&", r"\1"), rules)
    return f"{f'.{css}' * (2 if CARD[0] in names else 1)} {{\n{rules}}}\n"


def css_class(stem: str) -> str:
    """The class around a view: its style sheet's rules hold inside it."""
    return f"mirrorlab-{stem.replace('_', '-')}"


class View(ipywidgets.VBox):
    """A view. A subclass NAME lives in a file with a .js and a .css of the same stem and has

    - `stem`, that stem, `label`, what the view is called aloud, and `welcome`, what it says at first;
    - `picture()` for JavaScript, `lines()` for people who read, `svg()` for the saved notebook;
    - `do_WORD(**arguments)` for each message {do: WORD, ...} its script sends; what it returns is the answer;
    - `shares`, the style sheets and scripts it has in common with others: CARD for a view in a card.
    """

    stem = ""
    shares: tuple[str, ...] = ()
    label = ""
    welcome = ""

    def __init__(self) -> None:
        self._waiting = False
        self._rest_until = 0.0
        self._said = 0
        self._loop = _running_loop()
        self._told: list[str] = []
        self._ends: list[Callable[[], object]] = []
        self.drawing = _drawing_class(self.stem, self.shares)(said=[0, self.welcome])
        super().__init__([self.drawing])
        self.add_class("mirrorlab")
        self.add_class(css_class(self.stem))
        self.drawing.on_msg(self._receive)
        if (shell := get_ipython()) is not None:  # a notebook that is run by a program hears nothing after a cell's end
            shell.events.register("post_run_cell", self._draw_in_turn)
            self.at_end(lambda: shell.events.unregister("post_run_cell", self._draw_in_turn))

    # -- For subclasses to fill in ----------------------------------------------------------------------------------

    def picture(self) -> dict[str, Any]:
        """What the script draws, as plain data."""
        raise NotImplementedError

    def lines(self) -> list[str]:
        """What the view shows, as lines of text."""
        raise NotImplementedError

    def svg(self) -> str:
        """What the view shows, as a picture that needs nothing else."""
        raise NotImplementedError

    def cells(self) -> bytes:
        """The map, for views that have one."""
        return b""

    # -- What views use ---------------------------------------------------------------------------------------------

    def text(self, changes: bool = False) -> str:
        """What the view shows, in words. changes: only the lines that differ from those of the last call."""
        lines = self.lines()
        before, self._told = self._told, lines
        return "\n".join(changed(before, lines) if changes else lines)

    def changed(self, *_: Any) -> None:
        """Draw anew, soon: once for all that one cell or one click does."""
        if self._waiting:
            return
        loop = _running_loop()
        if loop is None:
            self.draw()
        else:
            self._waiting = True
            loop.call_later(max(0.0, self._rest_until - time.monotonic()), self._draw_in_turn)

    def _draw_in_turn(self, *_: Any) -> None:
        """Draw, and rest as long as that took: when clicks come fast, at least half of the time is theirs."""
        if not self._waiting:
            return  # done at the end of a cell
        start = time.monotonic()
        self._waiting = False
        self.attempt(self.draw)
        end = time.monotonic()
        self._rest_until = end + (end - start)

    def draw(self) -> None:
        """Send the browser what is to be seen now."""
        if self.drawing.comm is None and self.comm is None:
            return  # closed meanwhile
        with self.drawing.hold_sync():
            self._send_cells(self.cells())
            self.drawing.picture = self.picture()

    def _send_cells(self, cells: bytes) -> None:
        drawing = self.drawing
        if len(cells) == len(drawing.pages):
            changes = pagemap.delta(drawing.pages, cells)
            if len(changes) <= len(cells) // 2:
                drawing.changes = changes
                return
        drawing.pages, drawing.changes = cells, b""

    def say(self, sentence: str) -> None:
        """Show a sentence under the controls, and have it spoken."""
        self._said += 1
        self.drawing.said = [self._said, sentence]

    def attempt(self, action: Callable[[], object]) -> object:
        """Do what a control asks. A mistake is answered with its sentence; so is what breaks off, with the place."""
        try:
            return action()
        except ValueError as mistake:
            self.say(str(mistake))
        except Exception as problem:  # nobody would see it: no cell is running
            place = traceback.extract_tb(problem.__traceback__)[-1]
            self.say(f"{type(problem).__name__} in {place.name}, line {place.lineno}: {problem}")
        return None

    def follow(self, watchers: list[Callable[[], object]], action: Callable[[], object]) -> None:
        """Be among those who are told, until the view is closed."""
        watchers.append(action)
        self.at_end(lambda: watchers.remove(action))

    def at_end(self, *actions: Callable[[], object]) -> None:
        """Do something when the view is closed."""
        self._ends += actions

    def _receive(self, _: Any, message: dict[str, Any], __: Any) -> None:
        if message["do"] == "hello":  # that only asks whether there is a kernel behind the picture
            self._answer(message, None)
        else:
            self._in_turn(lambda: self._obey(message))

    def _obey(self, message: dict[str, Any]) -> None:
        arguments = {key: value for key, value in message.items() if key not in ("do", "number")}
        action = getattr(self, f"do_{message['do']}")
        self._answer(message, self.attempt(lambda: action(**arguments)))

    def _answer(self, message: dict[str, Any], answer: object) -> None:
        self.drawing.send({"answered": message.get("number"), "answer": answer})

    def do_wait(self) -> None:
        """Answer: whoever asks hears that the running cell has ended."""

    def _in_turn(self, action: Callable[[], object]) -> None:
        """Do it now; or, where messages are heard while a cell runs (in a subshell), when the cell has ended."""
        if self._loop is None or threading.current_thread() is threading.main_thread():
            action()
        else:
            self._loop.call_soon_threadsafe(action)

    def close(self) -> None:
        """Take the view off the page and free what it holds."""
        ends, self._ends = getattr(self, "_ends", []), []  # none yet: its making was refused
        for action in ends:
            action()
        for held in list(vars(self).values()):
            if isinstance(held, ipywidgets.Widget):
                self._free(held)  # a control that this machine has no use for is not among the children
        self._free(self)

    def _free(self, widget: ipywidgets.Widget) -> None:
        for part in (*getattr(widget, "children", ()), getattr(widget, "layout", None), getattr(widget, "style", None)):
            if isinstance(part, ipywidgets.Widget):
                self._free(part)
        if widget is self:
            super().close()
        else:
            widget.close()

    # -- In the notebook --------------------------------------------------------------------------------------------

    def still(self) -> dict[str, str]:
        """What a saved notebook shows where there are no widgets, by its type."""
        return {"image/svg+xml": self.svg()}

    def __repr__(self) -> str:
        return "\n".join(self.lines())

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        self.draw()
        bundle = super()._repr_mimebundle_(**kwargs)
        return {**bundle, "text/plain": repr(self), **self.still()}


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:  # no notebook
        return None


def changed(before: Sequence[str], after: Sequence[str]) -> list[str]:
    """The lines that are gone (-) and new (+), in their order; one line says so when there are none."""
    lines = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag != "equal":
            lines += [f"- {line}" for line in before[a:b]] + [f"+ {line}" for line in after[c:d]]
    return lines or ["(nothing has changed)"]
