"""The edge of the `mirrorlab` command: every trouble that can be expected ends here, as one sentence and a status."""

import argparse
import errno
import io
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NoReturn

GOOD, PROBLEM, MISUSE, FAULT, NO_OUTPUT, STOPPED, CLOSED = 0, 1, 2, 70, 74, 130, 141
STATUSES = """\
exit status: 0 good; 1 a problem was found; 2 the command line, or a file it names, is not right;
  70 a fault in mirrorlab; 74 no memory, or reading or writing failed; 130 stopped by Ctrl-C;
  141 nothing reads the output any more
"""
DEBUG = "--debug"
LONGEST = 1000  # characters of a sentence
REMEDIES = {
    errno.ENOSPC: "free some space, then run this again",
    errno.EDQUOT: "free some space, then run this again",
    errno.EROFS: "choose a place that can be written",
    errno.EACCES: "choose another place, or change its owner",
    errno.EPERM: "choose another place, or change its owner",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ELOOP: "remove the link that leads back to itself",
    errno.ENOTDIR: "a file is where a folder should be: choose another place",
    errno.EMFILE: "allow more open files (ulimit -n)",
}


class Refusal(Exception):
    """Why a command cannot be carried out, for people. status: the exit status it ends with."""

    def __init__(self, sentence: object, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def guarded(command: Callable[[], int], arguments: Sequence[str]) -> int:
    """Run a command to its exit status; all that may go wrong becomes one line on stderr."""
    try:
        _prepare_streams()
        status = _run(command)
        sys.stdout.flush()
        return status
    except SystemExit:
        raise
    except BaseException as problem:
        if DEBUG in arguments:
            traceback.print_exc()
        if isinstance(problem, KeyboardInterrupt):
            with suppress(ValueError):  # not in the main thread
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second Ctrl-C must not interrupt the end
        _let_go_of_stdout()
        status, sentence = judged(problem)
        say(sentence)
        return status


def _run(command: Callable[[], int]) -> int:
    try:
        return command()
    except SystemExit:  # argparse has said what it had to say, but did it arrive?
        sys.stdout.flush()
        raise


def judged(problem: BaseException) -> tuple[int, str]:
    """The exit status that a trouble ends with, and what to say; for a reader that has gone, nothing."""
    match problem:
        case KeyboardInterrupt():
            return STOPPED, "Stopped."
        case BrokenPipeError():
            return CLOSED, ""
        case Refusal():
            return problem.status, str(problem)
        case OSError():
            return NO_OUTPUT, _about_a_file(problem)
        case MemoryError():
            return NO_OUTPUT, "There is not enough memory for this: close other programs, or choose a smaller machine."
        case RecursionError():
            return MISUSE, "What was given is nested too deeply to be read: give something simpler."
    what = f"{type(problem).__name__}: {problem}".removesuffix(": ")
    return FAULT, f"A fault in mirrorlab, please report it ({what}); run it with {DEBUG} to see where."


def _about_a_file(problem: OSError) -> str:
    try:
        os.getcwd()
    except OSError:
        return "The current folder is not there any more: change to another, for example with cd."
    name = os.fsdecode(problem.filename) if isinstance(problem.filename, str | bytes) else "The output"
    remedy = REMEDIES.get(problem.errno or 0, "fix it, then run the command again")
    return f"{name if len(name) < 200 else name[:200] + '...'}: {problem.strerror or problem}: {remedy}."


def say(sentence: object) -> None:
    """Put a sentence on stderr, on one line; nothing for an empty one."""
    text = " ".join(str(sentence).split())
    if not text:
        return
    with suppress(OSError, ValueError, AttributeError):
        sys.stderr.write((text if len(text) <= LONGEST else text[:LONGEST] + " ...") + "\n")
        sys.stderr.flush()


def _prepare_streams() -> None:
    if sys.stdout is None:
        raise OSError(errno.EBADF, "The output is closed")
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 - open until the end
    out = sys.__stdout__
    raw = out.buffer if out and out is sys.stdout else None  # not what a test puts there
    if out and isinstance(raw, io.RawIOBase):  # PYTHONUNBUFFERED: what a full disk leaves out would go unnoticed
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(raw), out.encoding, line_buffering=raw.isatty())
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # a terminal that knows ASCII only


def _let_go_of_stdout() -> None:
    """Drop what cannot be written, or Python would try again at its end and complain."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except AttributeError:  # there is none
        pass


class Parser(argparse.ArgumentParser):
    """A parser that says in one line what is wrong with a command line."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.add_argument(
            DEBUG, action="store_true", default=argparse.SUPPRESS, help="after a fault, show its place in the code"
        )

    def error(self, message: str) -> NoReturn:
        """Say it and end with status 2."""
        say(f"{self.prog}: {message} ({self.prog} --help shows examples)")
        raise SystemExit(MISUSE)


def path(text: str) -> str:
    """An argument that is a path: not empty, `~` and `~user` replaced. Raises ArgumentTypeError."""
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("an empty name" if not text else f"{text!r} has a zero byte: no file has")
    user = text.split("/")[0]
    if text.startswith("~") and not os.path.lexists(text) and not os.path.isdir(os.path.expanduser(user)):
        raise argparse.ArgumentTypeError(f"there is no folder {user} (the home of a user) here: write the path in full")
    return text if os.path.lexists(text) else os.path.expanduser(text)
