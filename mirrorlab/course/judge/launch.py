"""The way to the subject: a process of its own for each check, or this one where there is no other."""

import atexit
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import Any

from mirrorlab.course.judge.answer import Unfit
from mirrorlab.course.judge.exercise import all_exercises
from mirrorlab.course.judge.link import NONSENSE, Cancelled, Ended
from mirrorlab.course.judge.subject import Session
from mirrorlab.course.judge.worker import MEMORY, OUT_OF_MEMORY, WRITE_IT

LONGEST_LINE = 1 << 26  # bytes of one answer


def start(file: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Run a file beside this one in a process of its own; the process, and our end of its socket."""
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            process = subprocess.Popen(
                [sys.executable, "-E", "-P", str(Path(__file__).with_name(file)), str(theirs.fileno())],
                pass_fds=[theirs.fileno()], cwd="/", start_new_session=True,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                stderr=None if os.environ.get("MIRRORLAB_DEBUG") else subprocess.DEVNULL,
            )  # fmt: skip
    except BaseException:  # the stop button too
        ours.close()  # which ends the process, if there is one
        raise
    return process, ours


class Waiting:
    """The waiting process, as the judge sees it."""

    def __init__(self, leaves_out: list[str]) -> None:
        self.owner = os.getpid()
        self.clearing, self.status = False, 0
        self.process, self.control = start("worker.py")
        self.control.sendall(json.dumps(leaves_out).encode() + b"\n")
        atexit.register(self.close)

    def fork(self, left_out: list[str]) -> socket.socket:
        """A new subject, without these functions of the kernel; our end of its socket."""
        ours, theirs = socket.socketpair()
        with theirs:
            socket.send_fds(self.control, [b"f"], [theirs.fileno()])
            self.control.sendall(json.dumps(left_out).encode() + b"\n")
        if self.control.recv(1) != b"f":
            raise OSError("the process that waits for checks is gone")
        return ours

    def clear(self) -> None:
        """End the subject and everything it has started: begin with that."""
        if not self.clearing:
            self.control.sendall(b"c")
        self.clearing = True

    def cleared(self) -> int:
        """Wait until that is done; how the subject had ended by itself (see os.waitpid), or 9."""
        if self.clearing:
            answer = self.control.recv(16)
            if not answer:
                raise OSError("the process that waits for checks is gone")
            self.clearing, self.status = False, int(answer)
        return self.status

    def close(self) -> None:
        """End it."""
        self.control.close()
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(5)


IDLE: list[Waiting] = []
"""Processes that wait and serve no check."""


GONE: list[Waiting] = []
"""Those that a function has ended: what they should have ended falls to whoever started them."""


def take() -> Waiting:
    """A waiting process for one check; started where there is none."""
    with suppress(IndexError):  # there is none left
        while (found := IDLE.pop()).owner == os.getpid():  # else this is a copy of the process that it serves
            with suppress(OSError):
                found.cleared()
                return found
            GONE.append(found)
    asked = {name for each in all_exercises().values() for name in (*each.asked_of_kernel(), *each.hidden)}
    return Waiting(sorted(asked))


class ProcessLink:
    """The way to a subject in a process of its own."""

    def __init__(self, seconds: float, left_out: list[str]) -> None:
        self.seconds = seconds
        self.left_out = left_out
        self.cancelled = False
        self.calls: int | None = None
        self.heard = self.began = time.monotonic()
        self.end = self.began + seconds
        self.buffer = bytearray()
        self.waiting = take()
        self.socket = self.waiting.fork(left_out)

    def extend(self, seconds: float) -> None:
        """From now on it has this long."""
        self.seconds, self.end = seconds, time.monotonic() + seconds

    def cancel(self) -> None:
        """End what is going on, from another thread."""
        self.cancelled = True
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)

    def another(self) -> AbstractContextManager["ProcessLink"]:
        """A second subject with the same limits, to be made ready for the same answer."""
        return subject(self.seconds, self.left_out)

    def ask(self, request: Any, meanwhile: Callable[[], Any] = lambda: None) -> Any:
        """The subject's answer. Raises Ended when there is none, Unfit when it cannot be judged.

        meanwhile: what else there is to do until it comes.
        """
        self.calls = None if request["do"] == "prepare" else 0
        self.heard = time.monotonic()
        try:
            self._send(json.dumps(request).encode() + b"\n")
            meanwhile()
            while "tick" in (answer := self._receive()):
                self.calls, self.heard = int(answer["tick"]), time.monotonic()
        except TimeoutError:
            raise self._too_late() from None
        except (OSError, EOFError):
            raise self._gone() from None
        except (ValueError, KeyError, TypeError, RecursionError):
            raise Ended(NONSENSE) from None
        if answer.get("peeked"):
            raise Ended(WRITE_IT)
        if "unfit" in answer:
            raise Unfit(str(answer["unfit"]))
        if "out of memory" in answer:
            raise self._too_much_memory()
        return answer

    def _send(self, line: bytes) -> None:
        sent = 0
        while sent < len(line):
            self._wait()
            sent += self.socket.send(line[sent : sent + 65536])

    def _receive(self) -> Any:
        while (at := self.buffer.find(b"\n")) < 0:
            self._wait()
            more = self.socket.recv(1 << 20)
            self.buffer += more
            if not more or len(self.buffer) > LONGEST_LINE:
                raise EOFError
        line = bytes(self.buffer[:at])
        del self.buffer[: at + 1]
        answer = json.loads(line)
        if not is_sensible(answer):
            raise ValueError
        return answer

    def _wait(self) -> None:
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)

    def _too_late(self) -> Exception:
        if self.calls is None:
            return Ended(f"The `def` line did not come to an end in {self.seconds:g} s: are its default values slow?")
        silent = time.monotonic() - self.heard
        if silent > self.seconds * 0.4:
            return Ended(
                f"One call did not come to an end: it was stopped after {silent:.0f} s. Does it sleep or wait?",
                self.calls,
            )
        return Ended(f"too slow: only {{calls}} in {self.seconds:g} s.", self.calls, slow=True)

    def _gone(self) -> Exception:
        if self.cancelled:
            return Cancelled()
        try:
            self.waiting.clear()
            status = self.waiting.cleared()
        except OSError:
            return Ended("The course's helper process has ended: run the cell again.")
        if os.WIFEXITED(status) and os.WEXITSTATUS(status) == OUT_OF_MEMORY:
            return self._too_much_memory()
        if os.WIFEXITED(status):
            how = f"exit status {os.WEXITSTATUS(status)}"
            return Ended(f"The function ended its Python process ({how}): leave a function with return, or raise.")
        return Ended(f"The function's process was ended by {signal_name(os.WTERMSIG(status))}: did it crash Python?")

    @staticmethod
    def _too_much_memory() -> Exception:
        return Ended(f"too much memory: more than {MEMORY >> 20:,} MiB. What grows from one round to the next?")

    def close(self) -> None:
        """End the subject and all it has started."""
        self.socket.close()
        try:
            self.waiting.clear()
            IDLE.append(self.waiting)
        except OSError:
            GONE.append(self.waiting)


def signal_name(number: int) -> str:
    """A signal by its name; not every number has one."""
    return {each.value: each.name for each in signal.Signals}.get(number, f"signal {number}")


def is_sensible(answer: Any) -> bool:
    """Whether what came back has the shape of an answer: the function may have written it itself."""
    if not isinstance(answer, dict):
        return False
    if "tick" in answer or "unfit" in answer or "out of memory" in answer:
        return isinstance(answer.get("tick", 0), int)
    texts = [*_list(answer, "printed"), *_list(answer, "entries")]
    plain = [each for each in _list(answer, "results") if isinstance(each, dict) and "pfn" not in each]
    plain += [answer] if "result" in answer else []
    ends = [each["stopped"] for each in (answer, *plain) if "stopped" in each]
    ends += [answer["broken"]] if "broken" in answer else []
    values = [each.get("result", {"is": None}) for each in plain]
    texts += [text for each in plain for key in ("printed", "notes") for text in _list(each, key)]
    texts += [end.get("kind") if isinstance(end, dict) else None for end in ends]
    pairs = _list(answer, "taken", list)
    return (
        type(answer.get("calls")) is int
        and all(isinstance(text, str) for text in texts)
        and all(len(pair) == 2 and all(type(each) in (int, bool) for each in pair) for pair in pairs)
        and all(isinstance(end, dict) and "lines" in end for end in ends)
        and all(isinstance(line, str) for end in ends for line in _list(end, "lines"))
        and all("printed" in each and ("stopped" in each or "result" in each) for each in plain if each is not answer)
        and all(isinstance(each, dict) and ("is" in each or isinstance(each.get("odd"), str)) for each in values)
    )


def _list(holder: Any, key: str, of: type = object) -> list[Any]:
    """A list in an answer, or none. Raises ValueError when something else stands there."""
    found = holder.get(key, []) if isinstance(holder, dict) else None
    if not isinstance(found, list) or (of is list and not all(isinstance(each, list) for each in found)):
        raise ValueError
    return [each for each in found if of is object or isinstance(each, of)]


@contextmanager
def subject(seconds: float, left_out: list[str]) -> Iterator[Any]:
    """A subject that has judged nothing yet, without these functions of the kernel.

    It is in place, without a limit of time, where no process can be had.
    """
    if in_place():
        yield PlaceLink()
        return
    link = ProcessLink(seconds, left_out)
    LINKS.append(link)
    try:
        yield link
    finally:
        LINKS.remove(link)
        link.close()


LINKS: list[ProcessLink] = []
"""To the subjects at work, so that they can be stopped."""

IN_PLACE = "MIRRORLAB_IN_PLACE"  # set to 1: no processes


def is_set(variable: str) -> bool:
    """Whether an environment variable that is a switch is on."""
    return os.environ.get(variable, "") not in ("", "0")


def in_place() -> bool:
    """Whether answers run in this process: in a browser tab, which has no other, or by the flag."""
    return is_set(IN_PLACE) or not hasattr(os, "fork") or sys.platform == "emscripten"


class PlaceLink:
    """A subject in this process. Nothing is limited but steps, and nothing is hidden."""

    def __init__(self) -> None:
        self.session = Session()

    def extend(self, seconds: float) -> None:
        """There is no limit of time to extend."""

    def another(self) -> None:
        """There is no second one."""

    def ask(self, request: Any, meanwhile: Callable[[], Any] = lambda: None) -> Any:
        """The subject's answer, through JSON as between two processes."""
        meanwhile()
        return json.loads(json.dumps(self.session.handle(json.loads(json.dumps(request)))))
