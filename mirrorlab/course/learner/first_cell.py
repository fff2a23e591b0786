"""A name that is missing, as after a kernel's restart: which cell of the notebook makes it."""

import ast
from pathlib import Path

from mirrorlab.course import notebook
from mirrorlab.course.learner import stale


def which_cell(name: str, path: str | None) -> str:
    """What to do about a missing name, if a cell of the notebook makes it; otherwise nothing."""
    try:
        cells = notebook.read(Path(path or ""))["cells"]
    except (OSError, notebook.Damaged):
        return ""
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code" and name in stale.names(source)[0] | imported(source):
            line = stale.telling_line(source)
            return f'`{name}` is made by the cell that begins "{line}". Run that cell first, then this one again.'
    return ""


def imported(source: str) -> set[str]:
    """The names that a cell imports; none if it is not plain Python."""
    try:
        nodes = list(ast.walk(ast.parse(source)))
    except (SyntaxError, ValueError):
        return set()
    aliases = [alias for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for alias in node.names]
    return {(alias.asname or alias.name).partition(".")[0] for alias in aliases}
