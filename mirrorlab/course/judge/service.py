"""The judge in a process of its own, as a notebook sees it. What the notebook changes is not seen there.

The notebook sends an exercise's name and the text of the answer; an outcome comes back. The judge ends itself, and
the subject with all it has started, when the notebook's kernel is gone.
"""

import os
import queue
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Container
from contextlib import suppress
from json import dumps, loads  # as they are now, whatever a notebook makes of them
from pathlib import Path
from typing import Any

if __name__ == "__main__":
    # Behind what comes with Python: a json.py may lie beside the package.
    place = next((n for n, each in enumerate(sys.path) if each.endswith("-packages")), len(sys.path))
    sys.path.insert(place, str(Path(__file__).resolve().parents[3]))

from mirrorlab.course.judge import launch, rules
from mirrorlab.course.judge.answer import Answer
from mirrorlab.course.judge.exercise import all_exercises, find
from mirrorlab.course.judge.judge import SECONDS_TO_EXPLAIN, judge, prepare
from mirrorlab.course.judge.link import Cancelled
from mirrorlab.course.judge.outcome import ERROR, Outcome
from mirrorlab.course.judge.worker import PR_SET_CHILD_SUBREAPER, kill_below, prctl

SLACK = 30.0  # seconds beyond the answer's own, for a judge on a busy machine


class Service:
    """The judge's process; started at the first check, and again where it is gone."""

    def __init__(self) -> None:
        self.owner = 0
        self.asked = 0  # questions so far, which is also the number of the last
        self.settled = True  # whether the last was answered, or taken back
        self.buffer = b""
        self.process: Any = None

    def ask(self, name: str, answer: Answer, rule: str, seconds: float) -> Outcome:
        """What the judge says. The stop button's KeyboardInterrupt ends it at once."""
        if not self.settled:
            self.close()  # the stop button was pressed again while it took effect
        self.settled = sent = False
        try:
            if self.owner != os.getpid() or self.process.poll() is not None:
                self._start()
            self.asked += 1
            request = {"id": self.asked, "name": name, "answer": answer.to_json(), "rule": rule, "seconds": seconds}
            self.socket.settimeout(seconds + SECONDS_TO_EXPLAIN + SLACK)
            self._send(request)
            sent = True
            while (reply := self._receive())["id"] != self.asked:
                pass  # the answer to a question that was taken back
            self.settled = True
        except KeyboardInterrupt:
            self._take_back(sent)
            raise
        except (OSError, ValueError):
            self.close()
            return Outcome(name, ERROR, ["The process that judges is gone, or does not answer: run the cell again."])
        if "fault" in reply:
            says = ["The judge itself has failed. That is a fault of the course: please report what stands here."]
            return Outcome(name, ERROR, [*says, *reply["fault"].splitlines()[-8:]])
        return Outcome.from_json(reply["outcome"])

    def _start(self) -> None:
        self.process, self.socket = launch.start("service.py")
        self.owner = os.getpid()
        self.buffer = b""

    def _take_back(self, sent: bool) -> None:
        """The last question needs no answer any more."""
        if sent:
            with suppress(OSError):
                self._send({"stop": self.asked})
            self.settled = True
        else:
            self.close()

    def _send(self, value: Any) -> None:
        self.socket.sendall(dumps(value).encode() + b"\n")

    def _receive(self) -> Any:
        while b"\n" not in self.buffer:
            more = self.socket.recv(1 << 20)
            if not more:
                raise OSError
            self.buffer += more
        line, _, self.buffer = self.buffer.partition(b"\n")
        return loads(line)

    def close(self) -> None:
        """End the judge, and with it the subject."""
        if self.owner == os.getpid():
            self.socket.close()
            with suppress(Exception):
                self.process.wait(5)
        self.owner, self.settled = 0, True


SERVICE = Service()


# -- In the judge's process -------------------------------------------------------------------------------------


def main(fd: int) -> None:
    """Judge what is asked for, one after the other, until the notebook's kernel is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    channel = socket.socket(fileno=fd)
    requests: queue.Queue[Any] = queue.Queue()
    threading.Thread(target=_listen, args=(channel, requests), daemon=True).start()
    ahead: list[str] = []  # what may be asked for next, the first of it last
    known: set[str] = set()
    while True:
        try:
            request = requests.get(block=not ahead)
        except queue.Empty:
            prepare(ahead.pop())
            continue
        with suppress(Cancelled, OSError):  # the notebook's kernel is gone: _listen is ending what we have started
            channel.sendall(dumps(_reply(request)).encode() + b"\n")
        requests.task_done()
        if launch.GONE:
            launch.GONE.clear()
            _end_below({each.process.pid for each in (*launch.IDLE, *(link.waiting for link in launch.LINKS))})
        ahead += [each for each in same_set(request["name"]) if each not in known]
        known.update(ahead)


def _reply(request: Any) -> dict[str, Any]:
    try:
        found = judge(
            find(request["name"]), Answer.from_json(request["answer"]), rules.find(request["rule"]),
            seconds=request["seconds"],
        )  # fmt: skip
        return {"id": request["id"], "outcome": found.to_json()}
    except Cancelled:
        raise
    except Exception:
        return {"id": request["id"], "fault": traceback.format_exc()}


def same_set(name: str) -> list[str]:
    """The exercises of a notebook, the ones after this first: they will be asked for next."""
    names = [each for each in all_exercises() if each.partition(".")[0] == name.partition(".")[0]]
    at = names.index(name)
    return [*names[at + 1 :], *names[:at]][::-1]


def _listen(channel: socket.socket, requests: "queue.Queue[Any]") -> None:
    """Take in requests while one is being judged; end everything when the other side is gone."""
    parent = os.getppid()
    threading.Thread(target=_watch_parent, args=(parent,), daemon=True).start()
    with suppress(OSError, ValueError):
        for line in channel.makefile("rb"):
            request = loads(line)
            if "stop" not in request:
                requests.put(request)
            while "stop" in request and requests.unfinished_tasks:  # its subject may not have begun yet
                for link in list(launch.LINKS):
                    link.cancel()
                time.sleep(0.01)
    _leave()


def _watch_parent(parent: int) -> None:
    """A copy of the notebook's kernel may hold our channel open after the kernel is gone."""
    alive = threading.Event()
    while os.getppid() == parent:
        alive.wait(1.0)
    _leave()


def _leave() -> None:
    _end_below()
    os._exit(0)  # elsewhere than on Linux the waiting process sees that we are gone, and ends the subject


def _end_below(keep: Container[int] = ()) -> None:
    """End what this process has started, and what has fallen to it. Another thread may be starting more meanwhile."""
    while kill_below(keep):
        with suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        time.sleep(0.01)


if __name__ == "__main__":
    main(int(sys.argv[1]))
