"""Run lessons and solutions from the top and store their outputs: `.venv/bin/python tools/run_notebooks.py [PATH...]`.

What differs from machine to machine (times, versions) is not stored, so running again changes nothing.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbval.plugin import coalesce_streams

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
    nbformat.write(notebook, path)


if __name__ == "__main__":
    progress = tempfile.TemporaryDirectory()
    os.environ["MIRRORLAB_DATA"] = progress.name  # running a solution is no progress of yours
    for path in map(Path, sys.argv[1:] or sorted([*ROOT.glob("notebooks/*.ipynb"), *ROOT.glob("solutions/*.ipynb")])):
        run(path.resolve())
        print(f"{path.name}: run and stored")
