"""Warnings about a notebook whose cells no longer say what was run. They warn; nothing is refused.

The kernel notes what it ran. The notebook's file, as JupyterLab saved it last, says what stands there now.
"""

import ast
import os
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mirrorlab.course import notebook

LONGEST = 50  # characters of a line that stands for its cell


@dataclass(frozen=True)
class Run:
    """The last time a cell ran."""

    source: str
    number: int
    """Counts up with each cell that runs."""
    at: float
    """Seconds, as in a file's date."""


class History:
    """What ran in this kernel, by cell id."""

    def __init__(self) -> None:
        self.runs: dict[str, Run] = {}
        self.watching = False

    def note(self, cell_id: str | None, source: str, at: float) -> None:
        """A cell runs."""
        if cell_id:
            last = max((run.number for run in self.runs.values()), default=0)
            self.runs[cell_id] = Run(source, last + 1, at)

    def watch(self) -> bool:
        """Ask IPython, if we run in it, to tell about each cell; whether we do."""
        if "IPython" not in sys.modules:
            return False
        from IPython import get_ipython

        shell = get_ipython()
        if shell is not None and not self.watching:
            shell.events.register("pre_run_cell", self._pre_run_cell)
            self.watching = True
        return self.watching

    def _pre_run_cell(self, info: Any) -> None:
        self.note(getattr(info, "cell_id", None), info.raw_cell or "", time.time())


HISTORY = History()


def warnings(history: History = HISTORY, path: str | None = None) -> list[str]:
    """What to tell the learner about the notebook that this kernel belongs to; nothing when it is not known."""
    path = path or os.environ.get("JPY_SESSION_NAME")
    if not path or not history.runs:
        return []
    try:
        return stale(notebook.read(Path(path))["cells"], history.runs, Path(path).stat().st_mtime)
    except (OSError, notebook.Damaged):
        return []


def stale(cells: Sequence[dict[str, Any]], runs: dict[str, Run], saved_at: float) -> list[str]:
    """Cells edited since they ran, and cells run before one above them in their section that makes what they use."""
    edited: list[str] = []
    early: list[str] = []
    ids = Counter(str(cell.get("id")) for cell in cells)
    made: dict[str, int] = {}  # in this section: a name, and the number of the run that assigned it
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown" and re.search("^#", source, re.MULTILINE):
            made = {}
        name = str(cell.get("id"))
        run = runs.get(name) if ids[name] == 1 else None  # of two cells of one name, it is not known which ran
        if cell["cell_type"] != "code" or run is None:
            continue
        if _lines(source) != _lines(run.source) and saved_at > run.at:  # an older file does not know what ran
            edited.append(source)
        makes, uses = names(run.source)
        if any(made.get(name, 0) > run.number for name in uses):
            early.append(source)
        made.update(dict.fromkeys(makes, run.number))
    said = []
    if edited:
        said.append(f"You changed {_cells(edited)} after running: run again to see what the change does.")
    if early:
        said.append(f"You ran {_cells(early)} before what stands above: run the section from its top.")
    return said


def _lines(source: str) -> list[str]:
    """The lines, however they end; a last one that is empty does not count."""
    return source.rstrip().splitlines()


def names(source: str) -> tuple[set[str], set[str]]:
    """The names that a cell makes, imports left out, and those it takes from elsewhere; none if not plain Python."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):  # a magic, an unfinished line, a zero byte
        return set(), set()
    made = {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    made |= {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    arguments = {node.arg for node in nodes if isinstance(node, ast.arg)}
    return made, {node.id for node in nodes if isinstance(node, ast.Name)} - made - arguments


def _cells(sources: list[str]) -> str:
    """Cells by a line that tells them apart: JupyterLab shows no numbers of their own."""
    return ("the cell " if len(sources) == 1 else "the cells ") + ", ".join(f'"{telling_line(s)}"' for s in sources)


def telling_line(source: str) -> str:
    """The first line of code that is no prediction and no decorator."""
    lines = [line.strip() for line in source.splitlines() if line.strip()]
    telling = [line for line in lines if not line.startswith(("#", "@", "predicted ="))]
    line = (telling or lines or [""])[0]
    return line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
