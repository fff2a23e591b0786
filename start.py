#!/usr/bin/env python3
"""Open the course, or run its tests. Needs Python 3.11 or newer and nothing else.

The first start makes .venv from requirements.lock, and the first `test` makes .venv-dev from requirements-dev.lock;
later ones find them ready. This file uses the standard library only, and no syntax newer than Python 3.6, so that an
old Python can say it is too old.
"""

import argparse
import errno
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent

NO_NETWORK = (  # what pip and uv say, in lower case
    "connection broken", "failed to connect", "failed to establish", "name resolution", "timed out",
    "network is unreachable", "connection refused", "dns error", "error sending request", "proxyerror",
)  # fmt: skip

EXAMPLES = """\
examples:
  python3 start.py                       set up, then open the course in JupyterLab
  python3 start.py --folder ~/kernel     keep your copy of the lessons in ~/kernel
  python3 start.py --port 8889           use another port
  python3 start.py --no-browser          print the address instead of opening it
  python3 start.py test                  set up, then run the checks and the tests
  python3 start.py test --all            those in a real browser too
  python3 start.py test --long           every test, also those that take many minutes
"""


class Stop(Exception):
    """A reason not to go on, as one sentence that says what to do."""


class Environment:
    """A virtual environment, made from a lock."""

    def __init__(self, folder, lock, size):
        self.folder, self.lock, self.size = ROOT / folder, lock, size
        self.python = self.folder / "bin" / "python"
        self.ready = self.folder / "ready"  # written last: without it, or with another text in it, all is made again

    def set_up(self):
        """Make it from its lock, unless that is done already."""
        if self.is_ready():
            return
        with alone():
            if not self.is_ready():  # while we waited, another start may have made it
                self.make()

    def make(self):
        uv = shutil.which("uv")
        if not uv:
            check_venv()
        tool = "uv" if uv else "pip"
        say(f"Setting up {self.folder.name} with {tool}: once, about {self.size}, a minute or two.")
        self.ready.unlink(missing_ok=True)
        if self.folder.exists():
            say("  Removing what an earlier start left there.")
            shutil.rmtree(self.folder)
        say("  1 of 3: an empty environment")
        if uv:
            run([uv, "venv", "--python", sys.executable, self.folder])
            say(f"  2 of 3: {self.packages()} packages")
            run([uv, "pip", "sync", "--python", self.python, "--compile-bytecode", "--require-hashes", self.lock])
            pip_install = [uv, "pip", "install", "--python", self.python]
        else:
            run([sys.executable, "-m", "venv", self.folder])
            say(f"  2 of 3: {self.packages()} packages")
            pip_install = [self.python, "-m", "pip", "install", "--disable-pip-version-check"]
            run([*pip_install, "--no-deps", "--require-hashes", "--requirement", self.lock])
        say("  3 of 3: mirrorlab itself")
        run([*pip_install, "--no-deps", "--no-build-isolation", "--editable", "."])
        part = self.ready.with_name("ready.part")
        part.write_text(self.stamp())
        part.replace(self.ready)
        say(f"{self.folder.name} is ready.")

    def packages(self):
        """How many packages the lock names for all systems; some are not for this one."""
        return "up to {}".format((ROOT / self.lock).read_text().count("=="))

    def is_ready(self):
        return self.python.exists() and self.ready.exists() and self.ready.read_text() == self.stamp()

    def stamp(self):
        """What it was made from: the lock, the project's description, and the place."""
        parts = [(ROOT / name).read_bytes() for name in (self.lock, "pyproject.toml")]
        return hashlib.sha256(b"\0".join([*parts, os.fsencode(ROOT)])).hexdigest()


LEARNER = Environment(".venv", "requirements.lock", "450 MB")
DEVELOPER = Environment(".venv-dev", "requirements-dev.lock", "700 MB")


def main(argv=None):
    try:
        args = parse(argv)
        check_python()
        environment = DEVELOPER if args.command == "test" else LEARNER
        environment.set_up()
        return test(environment.python, args) if args.command == "test" else open_course(environment.python, args)
    except Stop as reason:
        print(f"start.py: {reason}", file=sys.stderr)
        return 1
    except BrokenPipeError:  # as with `| head -1`: there is nobody left to tell
        drop_output()
        return 141
    except OSError as error:  # a full disk, a folder that may not be written
        drop_output()
        where = "" if error.filename is None else f" ({error.filename})"
        print(f"start.py: {error.strerror or error}{where}; fix it, then run the command again.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstart.py: stopped; run the same command again to go on.", file=sys.stderr)
        return 130


def drop_output():
    """Give up what could not be written, or Python would try again at its end and complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


class Parser(argparse.ArgumentParser):
    """A parser that needs one line to say what is wrong."""

    def print_help(self, file=None):
        print(self.format_help(), end="", flush=True, file=file)

    def error(self, message):
        self.exit(2, f"start.py: {message} (python3 start.py --help shows examples)\n")


def parse(argv):
    parser = Parser(
        prog="start.py",
        description="Set up mirrorlab (once) and open the course in JupyterLab, or run the tests.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("command", nargs="?", choices=["test"], help="run the tests instead of opening the course")
    parser.add_argument("--all", action="store_true", help="with test: browser tests too")
    parser.add_argument("--long", action="store_true", help="with test: every test, even the long ones")
    parser.add_argument("--folder", metavar="PATH", help="your copy of the lessons (default: my-course)")
    parser.add_argument("--port", type=int, metavar="N", help="the port JupyterLab uses")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    args = parser.parse_args(argv)
    if (args.all or args.long) and args.command != "test":
        parser.error("--all and --long go with test: python3 start.py test --all")
    if args.command == "test" and (args.folder is not None or args.port is not None or args.no_browser):
        parser.error("--folder, --port and --no-browser do not go with test: leave them out")
    return args


def check_python():
    if sys.platform == "win32":
        raise Stop("Windows itself is not supported: install WSL (`wsl --install`) and run this command inside it.")
    if sys.version_info < (3, 11):
        have = ".".join(map(str, sys.version_info[:3]))
        raise Stop(f"this is Python {have}, too old: install Python 3.11 or newer and run `python3.11 start.py`.")


def check_venv():
    if not (importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip")):
        package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
        raise Stop(f"Python's venv is missing: on Debian or Ubuntu, `sudo apt install {package}`, then run this again.")


def say(text):
    """Print a line at once, in a log too."""
    print(text, flush=True)


@contextmanager
def alone():
    """Wait until no other start sets anything up. The system opens the lock when its holders end, however they end.

    The lock is on the folder itself, and the installer's processes hold it too: after a kill -9 of start.py, the next
    start waits for an installer that still writes.
    """
    import fcntl  # here: Windows, which has none, gets its sentence first

    folder = os.open(str(ROOT), os.O_RDONLY)
    try:
        os.set_inheritable(folder, True)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EACCES):
                say("Another start is setting up here: waiting until it is done.")
                fcntl.flock(folder, fcntl.LOCK_EX)
            # else a file system without locks: go on without one
        yield
    finally:
        os.close(folder)


def run(command):
    """Run one step of an installer. How far it is, is shown all the time; what it said, only when it fails."""
    said, began = [], time.monotonic()
    with subprocess.Popen(
        command,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        close_fds=False,
    ) as process:
        reader = threading.Thread(target=lambda: [said.append(line) for line in process.stdout], daemon=True)
        reader.start()
        show_progress(reader, said, began)
    if process.returncode == 0:
        return
    if any(phrase in "".join(said).lower() for phrase in NO_NETWORK):
        raise Stop("the packages could not be fetched: the first start needs a network; connect, then run this again.")
    print("".join(said[-20:]), file=sys.stderr)
    raise Stop("setting up failed, for the reason above; mend it, then run this again.")


def show_progress(reader, said, began):
    """Tell what an installer does until it has said everything: in place on a terminal, in a line each 5 s in a log."""
    terminal = sys.stdout is not None and sys.stdout.isatty()
    shown = began
    while reader.is_alive():
        reader.join(0.5 if terminal else 0.1)
        now = time.monotonic()
        if terminal:
            print(f"\r    {how_far(said, now - began)[:74]:74}", end="\r", flush=True)
        elif now - shown >= 5:
            say(f"    {how_far(said, now - began)}")
            shown = now
    if terminal:
        print(f"\r{'':78}", end="\r", flush=True)


def how_far(said, seconds):
    """What pip or uv has done so far, from what it said: `12 s, 37 packages, 214.3 MB, now numpy`."""
    fetched, packages, now = 0.0, 0, ""
    for line in list(said):
        word, _, rest = line.strip().partition(" ")
        size = re.search(r"\(([0-9.]+) ?([kKMG])i?B", line)
        if word in ("Downloading", "Downloaded", "Using") and size:  # uv says Downloaded without a size
            fetched += float(size.group(1)) * {"k": 0.001, "K": 0.001, "M": 1, "G": 1000}[size.group(2)]
        if word == "Collecting" or (word == "+" and rest):
            packages += 1
        if word in ("Collecting", "Downloading", "Installing", "Prepared", "Installed", "Building"):
            now = rest.split("==")[0].split(" (")[0] if word in ("Collecting", "Downloading") else line.strip()
    parts = [f"{seconds:.0f} s"]
    parts += [f"{packages} package{'s' if packages > 1 else ''}"] if packages else []
    parts += [f"{fetched:.1f} MB"] if fetched else []
    parts += [f"now {now[:40]}"] if now else []
    return ", ".join(parts)


def open_course(python, args):
    """Become `mirrorlab lab`, in the learner's folder."""
    command = [str(python), "-m", "mirrorlab", "lab"]
    if args.folder is not None:
        command += ["--folder", whole_path(args.folder)]
    if args.port is not None:
        command += ["--port", str(args.port)]
    if args.no_browser:
        command += ["--no-browser"]
    sys.stdout.flush()
    os.execv(command[0], command)


def whole_path(folder):
    """The learner's folder from the root on: where `mirrorlab lab` runs does not count."""
    folder = os.path.expanduser(folder)
    if not folder or folder.startswith("~"):
        raise Stop(f"--folder {folder!r} names no folder: write its path in full.")
    try:
        return os.path.abspath(folder)
    except OSError:
        raise Stop("the current folder is not there any more: change to another, for example with cd.") from None


def test(python, args):
    """Run the checks and the tests; 0 when all pass."""
    left_out = "" if args.long else "not long" if args.all else "not long and not browser"
    steps = {
        "ruff check": ["ruff", "check"],
        "ruff format": ["ruff", "format", "--check"],
        "mypy": ["mypy"],
        "pytest": ["pytest", "-m", left_out],
    }
    failed = []
    for name, (module, *words) in steps.items():
        print(f"== {name}", flush=True)
        if subprocess.call([python, "-m", module, *words], cwd=ROOT):
            failed.append(name)
    if failed:
        raise Stop(f"failed: {', '.join(failed)}; what is wrong is said above.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
