"""Hand the course out to a learner, never over their work, and open JupyterLab on it."""

import errno
import hashlib
import importlib.util
import itertools
import json
import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from mirrorlab.commands import server
from mirrorlab.course import notebook
from mirrorlab.course.author.build import CHECK
from mirrorlab.course.learner import home, stale
from mirrorlab.course.outline import HOME, SUFFIX
from mirrorlab.machine import files
from mirrorlab.words import joined

FOLDER_NAME = "my-course"
FIRST_LESSON = "notebooks/00_start_here.ipynb"
SUBFOLDERS = ("notebooks", "exercises")
PORT = 8888

# JupyterLab asks on its first start whether it may fetch news. The course works without the network.
OVERRIDES = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False}}


class LabError(ValueError):
    """Why the lab cannot open; the message says what to do."""


def course_folder() -> Path:
    """Return the folder that holds notebooks/: the checkout this package runs from."""
    folder = Path(__file__).resolve().parents[2]
    if not (folder / FIRST_LESSON).is_file():
        raise LabError(
            "The lessons are not in the installed package: get mirrorlab's source and run 'python3 start.py' in it."
        )
    return folder


def default_folder() -> Path:
    """Return where a learner works unless told otherwise: beside the lessons, else in the current folder."""
    try:
        return course_folder() / FOLDER_NAME
    except LabError:
        return Path.cwd() / FOLDER_NAME


# --- handing out ---


def hand_out(course: Path, folder: Path) -> list[str]:
    """Copy what the learner does not have yet, outputs cleared; return one sentence for each thing worth saying.

    A file that exists is never written to. When the course has a newer version of it, that goes beside it.
    """
    if os.path.realpath(folder) == os.path.realpath(course):
        raise LabError(f"{folder} is the course itself: choose another folder with --folder.")
    notes = []
    for subfolder in SUBFOLDERS:
        for source in sorted((course / subfolder).glob("*.ipynb")):
            notes += _hand_out_one(source, folder / subfolder / source.name)
    return notes


@contextmanager
def writing_in(folder: Path, remedy: str = "choose another folder with --folder") -> Iterator[None]:
    """Raise LabError where the folder cannot be written to. remedy: what to do then."""
    try:
        yield
    except OSError as error:
        where = f"{files.name(folder)} ({files.reason(error)})"
        raise LabError(f"Cannot write in {where}: {remedy}.") from error


def _hand_out_one(source: Path, target: Path) -> list[str]:
    try:
        fresh = cleared(notebook.read(source))
    except notebook.Damaged as problem:
        raise LabError(f"The course is damaged: {problem}. Download its files again.") from None
    why, damaged = "", False  # why there is another one beside the learner's
    for place in _places(target):
        told = [f"{why} {place.name}. Your own file is unchanged."]
        if not place.exists() and not place.is_symlink():  # a dangling link is the learner's too
            write_json(place, fresh)
            return told if why else _under_another_name(fresh, target)
        version, reason = _version(place)
        if version == _version_of(fresh):  # where theirs is damaged, they are told which one to open every time
            return told if damaged else []
        why, damaged = why or reason, damaged or version is None
    raise AssertionError("unreachable: there is always a next name")


def _under_another_name(fresh: dict[str, Any], target: Path) -> list[str]:
    """One sentence where the learner has these exercises already: under the name they had before, or renamed."""
    former = target.name.replace(SUFFIX, "")
    found = []
    for path in sorted(target.parent.glob("*.ipynb")):
        try:
            other = notebook.read(path)
        except notebook.Damaged:
            continue
        handed_out = _version_of(other) is not None or path.name == former
        if path != target and handed_out and _asked(other) & _asked(fresh):
            found.append(path.name)
    if not found:
        return []
    stays = "stays as you left it" if len(found) == 1 else "stay as you left them"
    name = f"{target.parent.name}/{target.name}"
    return [f"{name} is a fresh copy of exercises that you have already: your {joined(found)} {stays}."]


def _asked(found: dict[str, Any]) -> set[str]:
    """The exercises that a notebook asks for."""
    return {name for cell in found["cells"] for name in CHECK.findall("".join(cell["source"]))}


def _places(target: Path) -> itertools.chain[Path]:
    """The names a copy may get: x.ipynb, x.new.ipynb, x.new2.ipynb, ..."""
    new = (target.with_name(f"{target.stem}.new{n if n > 1 else ''}.ipynb") for n in itertools.count(1))
    return itertools.chain([target], new)


def _version(path: Path) -> tuple[str | None, str]:
    """Which version of the course a learner's notebook was started from, and how to tell of another beside it."""
    name = f"{path.parent.name}/{path.name}"
    try:
        mine = notebook.read(path, name)
    except notebook.Damaged as problem:
        return None, f"{problem}. A fresh one is in"
    version = _version_of(mine)
    if version is None:
        version = _fingerprint(mine)  # what it is as long as nothing was changed
        return version, f"{name} does not say any more which version it is: the course's is in"
    return version, f"There is a newer {name}: it is in"


def _version_of(found: dict[str, Any]) -> str | None:
    try:
        version = found["metadata"]["mirrorlab"]["version"]
    except (KeyError, TypeError):
        return None
    return version if isinstance(version, str) else None


def _fingerprint(found: dict[str, Any]) -> str:
    text = json.dumps([[cell["cell_type"], "".join(cell["source"])] for cell in found["cells"]])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def show_home(folder: Path) -> None:
    """Show the progress in the learner's course home, and let JupyterLab trust it: it is seen before it is run.

    A home that the learner changed stays as it is, and so it does without the packages that draw it.
    """
    place = folder / HOME
    server.leave_out_what_is_slow()
    try:
        import nbformat
        from nbformat.sign import NotebookNotary

        found = notebook.read(place)
        if _version_of(found) == _fingerprint(found):
            write_json(place, home.filled(found))
            NotebookNotary().sign(nbformat.read(place, as_version=4))
    except (ImportError, notebook.Damaged):
        pass


def cleared(found: dict[str, Any]) -> dict[str, Any]:
    """Return a copy without outputs, which says in its metadata which version of the course it is.

    The notebook itself carries the version, so there is no list on the side to lose or damage.
    """
    empty: dict[str, Any] = {"outputs": [], "execution_count": None}
    cells = [{**cell, **empty} if cell["cell_type"] == "code" else cell for cell in found["cells"]]
    metadata = {key: value for key, value in found["metadata"].items() if key != "widgets"}
    return {**found, "cells": cells, "metadata": {**metadata, "mirrorlab": {"version": _fingerprint(found)}}}


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write a file, completely or not at all. Raises OSError."""
    files.write(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


# --- JupyterLab ---


def open_lab(folder: Path, port: int = PORT, browser: bool = True) -> int:
    """Hand the course out and become JupyterLab; raise LabError when that cannot work."""
    course = course_folder()
    folder = folder.absolute()
    if importlib.util.find_spec("jupyterlab") is None:
        raise LabError(f"JupyterLab is not installed here: run 'python3 start.py' in {course}.")
    check_port(port)
    settings = folder / ".jupyterlab"
    with writing_in(folder):
        notes = hand_out(course, folder)
        show_home(folder)
        write_json(settings / "overrides.json", OVERRIDES)
    print(*notes, sep="\n", end="\n" if notes else "")
    print(f"Opening the lessons in {folder}. Your work stays there. To stop: Ctrl-C, twice.", flush=True)
    command = [sys.executable, "-m", "mirrorlab.commands.server", *lab_options(folder, settings, port, browser)]
    os.execve(sys.executable, command, {**os.environ, **kernel_environment(os.environ)})


def kernel_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What the kernels of our JupyterLab get, too: a file to run at their start. One of the learner's own stays."""
    start = Path(stale.__file__).with_name("kernel_start.py")
    return {} if "PYTHONSTARTUP" in environment else {"PYTHONSTARTUP": str(start)}


def lab_options(folder: Path, settings: Path, port: int, browser: bool) -> list[str]:
    """Return JupyterLab's options."""
    options = [
        f"--ServerApp.root_dir={folder}",
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        f"--LabApp.default_url=/lab/tree/{HOME}",
        f"--LabApp.app_settings_dir={settings}",
        f"--LabApp.workspaces_dir={settings / 'workspaces'}",  # open tabs of this course, not of other work
        "--ServerApp.log_level=WARN",  # still prints the address
    ]
    if not browser:
        options.append("--no-browser")
    if os.geteuid() == 0:  # in a container; JupyterLab listens on this machine only and asks for a token
        options.append("--allow-root")
    return options


def check_port(port: int) -> None:
    """Raise LabError when JupyterLab could not listen on this port."""
    for family, kind, protocol, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        try:
            probe = socket.socket(family, kind, protocol)
        except OSError:
            continue  # no IPv6 here
        with probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except PermissionError:
                raise LabError(f"Port {port} needs root: choose one above 1023, for example --port 8888.") from None
            except OSError as error:
                if error.errno != errno.EADDRINUSE:
                    continue
                other = port + 1 if port < 65535 else PORT
                raise LabError(
                    f"Port {port} is taken: stop what uses it, or choose another, for example --port {other}."
                ) from None
