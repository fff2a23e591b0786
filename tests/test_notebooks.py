"""The lessons are tests: every notebook passes strict nbval, the guards, and a second runner."""

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import notebook_guards
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook, new_output

ROOT = Path(__file__).parent.parent
FOLDERS = [ROOT / name for name in ("notebooks", "solutions") if (ROOT / name).is_dir()]
NOTEBOOKS = [path for folder in FOLDERS for path in sorted(folder.glob("*.ipynb"))]


@pytest.fixture(autouse=True, scope="module")
def no_jupyter_settings_of_the_user(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        for name in ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MIRRORLAB_DATA"):
            patch.setenv(name, str(tmp_path_factory.mktemp(name)))
        yield


def nbval(*paths):
    """Run notebooks as `make notebooks` does; what nbval needs to be strict and fair is in conftest.py."""
    assert paths, "without a path pytest would run these tests again, and so on"
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--nbval", "--nbval-current-env", "-p", "no:cacheprovider", *paths],
        cwd=ROOT,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=600,
    )


def execute(notebook, path):
    """Run a notebook in its own folder with nbclient, which stops at the first error nobody announced."""
    NotebookClient(notebook, timeout=60, kernel_name="python3", resources={"metadata": {"path": path}}).execute()


def test_there_are_lessons():
    assert ROOT / "notebooks" / "00_start_here.ipynb" in NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_guards(path):
    nbformat.validate(nbformat.read(path, as_version=nbformat.NO_CONVERT))
    assert notebook_guards.problems(path, lesson=path.parent.name == "notebooks") == []


def test_strict_nbval():
    run = nbval(*NOTEBOOKS)
    assert run.returncode == 0, run.stdout[-5000:] + run.stderr[-1000:]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_second_runner(path):
    execute(nbformat.read(path, as_version=4), path.parent)


# --- nbval with our repairs: fair to good notebooks, strict with bad ones ---

GOOD = [
    "import warnings, ipywidgets\nfrom IPython.display import clear_output, display",
    "object();",  # shown, were it run without history
    "object()",  # an address
    "print('old'); clear_output(); print('new')",
    "print('old'); clear_output(wait=True); print('new')",
    "out = ipywidgets.Output()\nwith out:\n    print('in the widget')\nprint('under the cell')",
    "display(out)\nipywidgets.interact(lambda x: print(x), x=3)",
    "warnings.warn('look')",  # names a file of ipykernel's
    "hex(0x102c90)",
]
BAD = {  # source, and what is stored under it
    "a PFN is no address": ("print(hex(0x102c90))", "0x102c94"),
    "before clear_output": ("print('old'); clear_output(); print('new')", "newer"),
    "beside a widget": ("with ipywidgets.Output():\n    print('in')\nprint('under')", "over"),
    "an error in a widget": ("with ipywidgets.Output():\n    1 / 0", ""),
    "never ending": ("while True: pass", ""),
    "a dead kernel": ("import os; os._exit(1)", ""),
}
HIDDEN = ["get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)", "assert False"]  # from nbval


@pytest.fixture(scope="module")
def verdicts(tmp_path_factory):
    """Let nbval judge one good notebook and several bad ones; return notebook name -> its cells' verdicts."""
    folder = tmp_path_factory.mktemp("traps")
    conftest = (ROOT / "conftest.py").read_text()
    (folder / "conftest.py").write_text(conftest.replace("CELL_TIMEOUT = 60", "CELL_TIMEOUT = 2"))
    good = new_notebook(cells=[new_code_cell(source) for source in GOOD])
    execute(good, folder)
    nbformat.write(good, folder / "good.ipynb")
    for name, (source, stored) in BAD.items():
        outputs = [new_output("stream", text=stored + "\n")] if stored else []
        cells = [
            new_code_cell(GOOD[0], execution_count=1),
            new_code_cell(source, execution_count=2, outputs=outputs),
        ]
        nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    run = nbval(folder, "-rA")
    verdicts = {}
    for verdict, name in re.findall(r"^(PASSED|FAILED|ERROR) .*?([^/]*)\.ipynb::Cell \d+", run.stdout, re.MULTILINE):
        verdicts.setdefault(name, []).append(verdict)
    return verdicts


def test_nbval_passes_a_good_notebook(verdicts):
    assert verdicts["good"] == ["PASSED"] * len(GOOD)


@pytest.mark.parametrize("name", BAD)
def test_nbval_fails_a_bad_notebook(verdicts, name):
    assert sorted(verdicts[name]) == ["FAILED", "PASSED"]


@pytest.mark.parametrize("sources", [["1 / 0"], HIDDEN, ["%nosuchmagic\nassert False"]])
def test_the_second_runner_fails_a_bad_notebook(tmp_path, sources):
    with pytest.raises(CellExecutionError):
        execute(new_notebook(cells=[new_code_cell(source) for source in sources]), tmp_path)


def test_the_second_runner_fails_a_notebook_whose_kernel_dies(tmp_path):
    with pytest.raises(DeadKernelError):
        execute(new_notebook(cells=[new_code_cell(BAD["a dead kernel"][0])]), tmp_path)


def test_errors_that_are_hidden_from_nbval_are_seen_by_a_guard(tmp_path):
    cells = [new_code_cell(source, execution_count=count) for count, source in enumerate(HIDDEN, 1)]
    nbformat.write(new_notebook(cells=cells), tmp_path / "hidden.ipynb")
    assert "set_custom_exc" in notebook_guards.problems(tmp_path / "hidden.ipynb", lesson=False)[0]
