"""Reading a notebook's file, which may have been damaged on its way: one sentence says how."""

import json
from pathlib import Path
from typing import Any

from mirrorlab.machine import files

Notebook = dict[str, Any]


class Damaged(ValueError):
    """A file is no notebook: the message names it and says what is wrong."""


def read(path: Path, name: str | None = None) -> Notebook:
    """A notebook, its cells known to have a type, a source and metadata. Raises Damaged.

    name: what the message calls the file; None: its own name.
    """
    name = name or path.name
    try:
        data = files.read(path)
    except files.Unreadable as problem:
        raise Damaged(f"{name} {problem}") from None
    try:
        found: Notebook = json.loads(data)
        for cell in found["cells"]:
            _must_be_a_cell(cell)
    except RecursionError:
        raise Damaged(f"{name} is nested too deeply to be a notebook") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        kind = files.kind(data, path)
        what = "a damaged file" if kind in ("", "JSON", "a notebook") else kind
        raise Damaged(f"{name} {files.conflict(data) or f'is {what}, not a notebook'}") from None
    return found


def _must_be_a_cell(cell: Any) -> None:
    """Raises one of several errors when it is none. A cell that lost its metadata gets empty ones."""
    "".join([cell["cell_type"], *cell["source"]])
    cell.setdefault("metadata", {}).get("tags", [])
