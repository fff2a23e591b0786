"""The processes of the subject: one that waits and forks, and one for each check, which it ends with all it started.

This file runs as a program, since nothing of the model may be loaded before it says what to leave out: the waiting
process knows no solution. The functions that exercises ask for are taken out of the model's files before these are
compiled. On Linux nothing that a learner's function starts can outlive its check: what loses its parent falls to the
waiting process, and is ended there. It ends itself when whoever started it is gone.
"""

import gc
import importlib.util
import json
import mmap
import os
import select
import signal
import socket
import sys
import threading
import time
from collections.abc import Container
from contextlib import suppress
from importlib.machinery import PathFinder, SourceFileLoader
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
OURS = str(ROOT / "mirrorlab") + os.sep
HIDDEN = (OURS, str(ROOT / "solutions") + os.sep)
WRITE_IT = "It looks for the model's own function. Write it yourself: what counts is what your own lines do."
MEMORY = 1 << 30  # bytes a check may use
OUT_OF_MEMORY = 77  # exit status
FORKS = 16  # in one check
UNHEARD = signal.SIGINT, signal.SIGTERM  # by the waiting process, which has others to end: closing its socket ends it
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36


class LeavesOut(SourceFileLoader):
    """Loads a file of the model without the functions that are asked for."""

    leaves_out: frozenset[str] = frozenset()
    compile_without: Any = None

    def get_code(self, fullname: str) -> Any:
        return type(self).compile_without(fullname.rpartition(".")[2], self.leaves_out)


class Finder(PathFinder):
    """Finds the files of the model that define functions which are asked for."""

    files: frozenset[str] = frozenset()

    @classmethod
    def find_spec(cls, fullname: str, path: Any = None, target: Any = None) -> Any:
        wing, _, name = fullname.rpartition(".")
        if wing != "mirrorlab.linux" or name not in cls.files:
            return None
        spec = super().find_spec(fullname, path, target)
        if spec is not None and spec.origin:
            spec.loader = LeavesOut(fullname, spec.origin)
        return spec


def leave_out(names: list[str]) -> None:
    """From now on files of the model are loaded without these functions."""
    spec = importlib.util.spec_from_file_location("linux_by_path", f"{OURS}linux/__init__.py")
    assert spec is not None and spec.loader is not None
    linux = importlib.util.module_from_spec(spec)  # not as mirrorlab.linux: that would load the rest
    spec.loader.exec_module(linux)
    LeavesOut.leaves_out = frozenset(names)
    LeavesOut.compile_without = linux.compile_without
    Finder.files = frozenset(map(linux.home_of, names))
    sys.meta_path.insert(0, Finder)


def prctl(option: int, value: int) -> None:
    """Ask Linux something about this process; elsewhere nothing happens."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def main(control: int) -> None:
    """The waiting process: learn what to leave out, load the model, then fork when told to."""
    channel = socket.socket(fileno=control)
    for each in UNHEARD:
        signal.signal(each, signal.SIG_IGN)
    parent = os.getppid()
    prctl(PR_SET_CHILD_SUBREAPER, 1)
    # Behind what comes with Python, as in service.py: a json.py may lie beside the package.
    place = next((n for n, each in enumerate(sys.path) if each.endswith("-packages")), len(sys.path))
    sys.path.insert(place, str(ROOT))
    asked = json.loads(read_line(channel))
    leave_out(asked)
    from mirrorlab import linux
    from mirrorlab.course.judge import subject  # noqa: F401 - loaded once, for all checks

    linux.load(without=asked)  # all other files are compiled now
    gc.freeze()  # what every check shares is not looked through again in each
    forks = mmap.mmap(-1, mmap.PAGESIZE)
    child, status = 0, 0
    while True:
        ready, _, _ = select.select([channel], [], [], 1.0)
        if not ready and os.getppid() == parent:
            continue
        word, fds, _, _ = socket.recv_fds(channel, 1, 1) if ready else (b"", [], 0, None)
        if word == b"f":
            forks[:8] = bytes(8)
            compiled = compile_for(json.loads(read_line(channel)))
            child = fork_subject(channel, fds[0], forks, compiled)
            channel.sendall(b"f")
        else:
            status = end_all(child)
            child = 0
            if word != b"c":
                return
            channel.sendall(b"%d" % status)


def read_line(channel: socket.socket) -> bytes:
    """A line; byte by byte, since what follows may carry a socket."""
    line = b""
    while not line.endswith(b"\n"):
        line += channel.recv(1) or sys.exit()
    return line


COMPILED: dict[tuple[str, ...], dict[str, Any]] = {}
"""For functions that are left out: the files they stand in, compiled without them."""


def compile_for(names: list[str]) -> dict[str, Any]:
    """The files that these functions are left out of, compiled once for all checks of an exercise."""
    from mirrorlab import linux

    if tuple(names) not in COMPILED:
        homes = {linux.home_of(name) for name in names}
        left_out = {home: [name for name in names if linux.home_of(name) == home] for home in homes}
        COMPILED[tuple(names)] = {home: linux.compile_without(home, each) for home, each in left_out.items()}
    return COMPILED[tuple(names)]


def keep_only(compiled: dict[str, Any]) -> None:
    """Forget what was compiled for other exercises: there stands what this one asks for."""
    from mirrorlab import linux

    COMPILED.clear()
    compile_without = linux.compile_without
    linux.compile_without = lambda name, without: (
        compiled[name] if without and name in compiled else compile_without(name, without)
    )


def fork_subject(channel: socket.socket, fd: int, forks: mmap.mmap, compiled: dict[str, Any]) -> int:
    """A new process that serves one check over a socket."""
    child = os.fork()
    if child:
        os.close(fd)
        return child
    try:
        keep_only(compiled)
        channel.close()
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        limit()
        serve(socket.socket(fileno=fd), forks)
    finally:
        os._exit(0)


def end_all(child: int) -> int:
    """End the subject and all its descendants; how the subject had ended, if it had, or 9."""
    status = 0
    if child and sys.platform != "linux":
        with suppress(OSError):
            os.killpg(child, signal.SIGKILL)
    while True:
        kill_below()
        wait = 0  # for one; of those that have ended with it there may be hundreds
        try:
            while (ended := os.waitpid(-1, wait))[0]:
                if ended[0] == child:
                    status = ended[1]
                wait = os.WNOHANG
        except ChildProcessError:
            return status


def kill_below(keep: Container[int] = ()) -> bool:
    """Kill what runs below this process, by /proc: whether there is anything. Elsewhere than on Linux none is known.

    keep: processes to be left alone, and what runs below them.
    """
    parents = {}
    for entry in os.listdir("/proc") if sys.platform == "linux" else []:
        if entry.isdigit():
            with suppress(OSError, ValueError, IndexError):
                parents[int(entry)] = int(Path("/proc", entry, "stat").read_text().rpartition(")")[2].split()[1])
    found = [os.getpid()]
    for pid in found:
        found += [child for child, parent in parents.items() if parent == pid and child not in keep]
    for pid in found[1:]:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
    return len(found) > 1


# -- In the subject's process -----------------------------------------------------------------------------------


def limit() -> None:
    """Memory beyond what the process has now; where the system does not hold to it, a thread watches."""
    import resource

    if sys.platform == "linux":
        now = int(Path("/proc/self/statm").read_text().split()[0]) * mmap.PAGESIZE
        resource.setrlimit(resource.RLIMIT_AS, (now + MEMORY, now + MEMORY))
    else:
        threading.Thread(target=_watch_memory, daemon=True).start()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    threading.excepthook = lambda problem: None  # to show one, Python would read our files
    sys.unraisablehook = lambda problem: None


def _watch_memory() -> None:
    import resource

    while resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < MEMORY:  # bytes on macOS
        time.sleep(0.2)
    os._exit(OUT_OF_MEMORY)


def serve(channel: socket.socket, forks: mmap.mmap) -> None:
    """Answer requests until the other end closes. Made for one answer; sealed when that is loaded."""
    from mirrorlab.course.judge.answer import Unfit
    from mirrorlab.course.judge.subject import Session

    me, fd = os.getpid(), channel.fileno()
    os.register_at_fork(after_in_child=lambda: os.closerange(fd, fd + 1))  # its end is seen while copies of it run
    peeked: list[str] = []

    def send(answer: Any) -> None:
        if os.getpid() != me:  # a copy that the function has made of this process
            os._exit(0)
        channel.sendall(json.dumps(answer).encode() + b"\n")

    signal.signal(signal.SIGALRM, _kernel_never_ends)
    session = Session(
        tick=lambda calls: send({"tick": calls}), timer=True, seal=lambda answer: seal(peeked, forks, answer)
    )
    for line in channel.makefile("rb"):
        request = json.loads(line)
        try:
            answer = session.handle(request)
        except Unfit as problem:
            answer = {"unfit": str(problem)}
        except MemoryError:
            answer = {"out of memory": True}
        except Exception as problem:  # the function has damaged what runs it
            answer = {
                "unfit": f"what runs it does not work any more ({type(problem).__name__}): leave Python as it is."
            }
        send({**answer, "peeked": bool(peeked)})


def _kernel_never_ends(*_: Any) -> None:
    raise RuntimeError("the kernel's own code does not come to an end on the memory your function left")


def seal(peeked: list[str], forks: mmap.mmap, answer: Any) -> None:
    """From now on the model cannot be imported, its files cannot be read, and no other program can be started."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "mirrorlab"]:
        del sys.modules[name]

    class Refuses:
        @staticmethod
        def find_spec(name: str, path: Any = None, target: Any = None) -> None:
            if name.partition(".")[0] == "mirrorlab":
                peeked.append(name)
                raise ImportError(WRITE_IT)

    busy: list[bool] = []
    files = {source.file for source in answer.sources}
    realpath, fsdecode, me = os.path.realpath, os.fsdecode, os.getpid()  # as they are now

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open" and isinstance(arguments[0], (str, bytes)):
            if realpath(fsdecode(arguments[0])).startswith(HIDDEN):
                if not by_traceback(busy):
                    peeked.append("open")
                raise PermissionError(WRITE_IT)
        elif event in ("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn"):
            raise PermissionError("a function of the kernel starts no programs")
        elif event in ("os.fork", "os.forkpty"):
            count = int.from_bytes(forks[:8], "little") + 1
            forks[:8] = count.to_bytes(8, "little")
            if count > FORKS:
                raise PermissionError("a function of the kernel starts no processes")
        elif event in ("os.kill", "os.killpg") and arguments[0] != me:
            raise PermissionError("a function of the kernel sends no signals")
        elif event == "sys._getframe" and not busy and asked_by(files, busy):
            peeked.append("frame")
            raise PermissionError(WRITE_IT)
        elif event in ("gc.get_objects", "gc.get_referrers"):
            peeked.append(event)
            raise PermissionError(WRITE_IT)

    sys.meta_path.insert(0, Refuses)
    sys.addaudithook(hook)


def asked_by(files: set[str], busy: list[bool]) -> bool:
    """Whether a line of the answer itself asks for a frame, or has `inspect` ask. Libraries do, for their own."""
    busy.append(True)
    try:
        step: Any = sys._getframe(2)
        while step is not None and step.f_code.co_filename.endswith("inspect.py"):
            step = step.f_back
        return step is not None and step.f_code.co_filename in files
    finally:
        busy.pop()


def by_traceback(busy: list[bool]) -> bool:
    """Whether a traceback wants to show a line of ours: that is no look at the model."""
    busy.append(True)
    try:
        step: Any = sys._getframe(1)
        while step is not None:
            if step.f_code.co_name == "updatecache":
                return True
            step = step.f_back
        return False
    finally:
        busy.pop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
