"""Look at everything the lessons need, and say for each problem what to do."""

import importlib.metadata
import importlib.util
import json
import os
import platform
import re
import shutil
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from mirrorlab.machine.files import reason
from mirrorlab.words import count

PACKAGES = {  # distribution: oldest version, as in pyproject.toml
    "jupyterlab": "4.6",
    "ipywidgets": "8.1",
    "anywidget": "0.11",
    "matplotlib": "3.11",
}
RECORDING = "order0-pcp-one-0"  # any would do; this one is lesson 00's
OLDEST_PYTHON = (3, 11)
DISK_NEEDED = 200 << 20  # bytes: notebooks with outputs, Jupyter's checkpoints
SET_UP = "run 'python3 start.py' in the course's folder"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at: its name, whether it is good, what was found, and what to do if it is not."""

    name: str
    ok: bool
    found: str
    advice: str = ""


def doctor(verbose: bool = False) -> None:
    """Print one line a check for this Python and the current folder; with verbose, also the versions."""
    print(as_text(examine(Path.cwd()), verbose))


def examine(folder: Path) -> list[Check]:
    """Return all checks, for this Python and this learner's folder."""
    packages = [check_package(name, oldest) for name, oldest in PACKAGES.items()]
    return [check_python(), check_mirrorlab(), *packages, check_kernel(), check_disk(folder), check_folder(folder)]


def as_text(checks: list[Check], verbose: bool) -> str:
    """Return the checks for people. Without verbose the text is the same on every healthy machine."""
    lines = []
    for check in checks:
        found = f": {check.found}" if verbose or not check.ok else ""
        lines.append(f"{'ok' if check.ok else 'problem':8} {check.name}{found}")
        if not check.ok:
            lines.append(f"{'':8} What to do: {check.advice}.")
    problems = sum(not check.ok for check in checks)
    return "\n".join([*lines, f"{count(problems, 'problem')} found." if problems else "Everything is in place."])


def as_json(checks: list[Check]) -> str:
    """Return the checks for programs."""
    return json.dumps(
        {"ok": all(check.ok for check in checks), "checks": [asdict(check) for check in checks]}, indent=2
    )


# --- the checks ---


def check_python() -> Check:
    oldest = ".".join(map(str, OLDEST_PYTHON))
    ok = sys.version_info[:2] >= OLDEST_PYTHON
    return Check(
        "python", ok, platform.python_version(), "" if ok else f"install Python {oldest} or newer, then {SET_UP}"
    )


def check_mirrorlab() -> Check:
    """Look whether the model works here: a recording loads."""
    version = _version("mirrorlab") or "run from its source, not installed"
    try:
        from mirrorlab import Machine

        Machine.from_recording(RECORDING)
    except Exception as error:
        return Check("mirrorlab", False, f"{version}; no recording can be loaded ({error!r})", SET_UP)
    return Check("mirrorlab", True, version)


def check_package(name: str, oldest: str) -> Check:
    version = _version(name)
    if version is None:
        return Check(name, False, "not installed", SET_UP)
    if importlib.util.find_spec(name) is None:
        return Check(name, False, f"{version}, but its files are gone", f"delete .venv, then {SET_UP}")
    if _numbers(version) < _numbers(oldest):
        return Check(name, False, f"{version} is too old, the lessons need {oldest}", SET_UP)
    return Check(name, True, version)


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:2]]


def check_kernel() -> Check:
    """Look whether Jupyter's kernel "python3", which runs the lessons, is this Python."""
    name = "kernel python3"
    try:
        from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
    except ImportError:
        return Check(name, False, "Jupyter is not installed", SET_UP)
    try:
        program = KernelSpecManager().get_kernel_spec("python3").argv[0]
    except NoSuchKernel:
        return Check(
            name, False, "Jupyter does not know it", f"run '{sys.executable} -m ipykernel install --sys-prefix'"
        )
    # Jupyter replaces a bare "python" or "python3" by the Python it runs on itself.
    if os.path.dirname(program) and not _same_environment(program):
        advice = "run 'jupyter kernelspec remove python3', then start again"
        return Check(name, False, f"it belongs to another Python, {program}", advice)
    return Check(name, True, sys.executable)


def _same_environment(program: str) -> bool:
    # Not Path.resolve(): the pythons of all environments are links to one file.
    return Path(program).parent.absolute() == Path(sys.executable).parent.absolute()


def check_disk(folder: Path) -> Check:
    try:
        free = shutil.disk_usage(_existing(folder)).free
    except OSError as error:
        return Check("disk", False, f"{folder} ({reason(error)})", "choose another folder with --folder")
    found = f"{free >> 20} MB free for {folder}"
    ok = free >= DISK_NEEDED
    return Check("disk", ok, found, "" if ok else f"free some space: {DISK_NEEDED >> 20} MB are needed")


def check_folder(folder: Path) -> Check:
    name = "learner's folder"
    try:
        with tempfile.TemporaryFile(dir=_existing(folder)):
            return Check(name, True, str(folder))
    except OSError as error:
        found = f"{folder} cannot be written to ({reason(error)})"
        return Check(name, False, found, "choose another with --folder, or change its owner")


def _existing(folder: Path) -> Path:
    """Return the folder, or the nearest one above it that exists; a link counts, whatever it leads to."""
    folder = folder.absolute()
    while not folder.exists() and not folder.is_symlink():  # a link to nothing is in the way
        folder = folder.parent
    return folder
