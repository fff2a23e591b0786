"""Run lessons and solutions, store their outputs: `.venv-dev/bin/python tools/run_notebooks.py [PATH...]`.

What differs from machine to machine (times, versions) is not stored, so running again changes nothing. The state of
widgets is: JupyterLab draws them from it when there is no kernel.
"""

import json
import os
import re
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbval.plugin import coalesce_streams

from mirrorlab.machine import files

ROOT = Path(__file__).resolve().parent.parent
KERNEL = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}


def run(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    folder = {"metadata": {"path": str(path.parent)}}
    NotebookClient(notebook, timeout=60, kernel_name="python3", record_timing=False, resources=folder).execute()
    notebook.metadata.update(kernelspec=KERNEL, language_info={"name": "python"})
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.outputs = coalesce_streams(cell.outputs)  # how output is cut into messages is chance
    files.write(path, nbformat.writes(steady(notebook)) + "\n")


def steady(notebook: nbformat.NotebookNode) -> nbformat.NotebookNode:
    """The notebook with the names of widgets, which are chance, replaced by numbers in order of appearance."""
    state = notebook.metadata.get("widgets", {}).get("application/vnd.jupyter.widget-state+json", {}).get("state", {})
    text, numbers = json.dumps(notebook), {}

    def number(found: re.Match[str]) -> str:
        name = found[0]
        return numbers.setdefault(name, f"{len(numbers) + 1:032x}") if name in state else name

    return nbformat.from_dict(json.loads(re.sub(r"(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f])", number, text)))


if __name__ == "__main__":
    os.environ["MIRRORLAB_READING"] = "1"  # stored lessons are read: their questions are answered
    for path in map(Path, sys.argv[1:] or sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("solutions/*.ipynb")])):
        with tempfile.TemporaryDirectory() as progress:  # of a fresh learner: neither yours nor that of other notebooks
            os.environ["MIRRORLAB_DATA"] = progress
            run(path.resolve())
        print(f"{path.name}: run and stored")
