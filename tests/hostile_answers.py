"""Answers of learners: hostile/EXERCISE/NAME.py, handed/EXERCISE/NAME.py, each a notebook's cells with what is said.

Header lines: `# expect: word|word` (a check's four words, `not right`, `none` for no outcome at all, `any`), `# says:`
a regular expression that is found in what is said, `# never:` one that is not, `# seconds:` that the answer may run,
`# in place: yes` when it ends by itself and looks for nothing of ours, `# slow: yes`. Then cells, each after `# %%`.
"""

import linecache
import os
import re
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import NamedTuple

from mirrorlab import course
from mirrorlab.course.judge import outcome

HERE = Path(__file__).with_name("hostile")


class Answer(NamedTuple):
    name: str
    header: dict[str, str]
    cells: list[str]

    def in_place(self):
        return "in place" in self.header

    def slow(self):
        return "slow" in self.header


def read(path):
    head, *cells = re.split(r"^# %%\n", path.read_text(), flags=re.MULTILINE)
    header = dict(line.removeprefix("# ").split(": ", 1) for line in head.splitlines())
    return Answer(f"{path.parent.name}/{path.stem}", header, cells)


def all_answers(folder=HERE):
    return [read(path) for path in sorted(folder.glob("*/*.py"))]


def run(answer):
    """Run its cells as a notebook would; the outcome of the last check, or the exception that stood in its way."""
    outcome.LATEST.clear()
    check = partial(course.check, seconds=float(answer.header.get("seconds", 10)))
    names = {**{name: getattr(course, name) for name in course.__all__}, "check": check, "__name__": "__main__"}
    try:
        for number, cell in enumerate(answer.cells, 1):
            file = f"<cell {number} of {answer.name}>"
            linecache.cache[file] = (len(cell), None, cell.splitlines(keepends=True), file)
            exec(compile(cell, file, "exec"), names)
    except Exception as problem:
        return problem
    return next(reversed(outcome.LATEST.values()), None)


def unlike(answer, found):
    """What is not as the header says, in words; nothing when all is."""
    word = found.word if isinstance(found, outcome.Outcome) else "none"
    text = "\n".join(found.lines()) if isinstance(found, outcome.Outcome) else str(found)
    wanted = answer.header["expect"].split("|")
    if not (word in wanted or "any" in wanted or ("not right" in wanted and word not in ("right", "none"))):
        return f"{word}, not {' or '.join(wanted)}:\n{text}"
    if "says" in answer.header and not re.search(answer.header["says"], text):
        return f"it does not say {answer.header['says']!r}:\n{text}"
    if "never" in answer.header and (found_it := re.search(answer.header["never"], text)):
        return f"it says {found_it[0]!r}:\n{text}"
    if "fault of the course" in text or "Traceback" in text:
        return f"the judge itself failed:\n{text}"
    return ""


def processes():
    """All processes there are: (parent, state, command line) by number. Linux only."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with suppress(OSError):
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                found[int(entry.name)] = int(parent), state, command
    return found


def left_over(root=None):
    """What runs below a process (this one) besides the judge and the processes that wait, as lines of text."""
    root = root or os.getpid()
    found = processes()

    def below(pid):
        children = [child for child, (parent, _, _) in found.items() if parent == pid]
        return children + [each for child in children for each in below(child)]

    return [
        f"{pid}: {state} {command}"
        for pid in below(root)
        for _, state, command in [found[pid]]
        if not ("service.py" in command and found[pid][0] == root)
        and not ("worker.py" in command and (found[pid][0] == root or "service.py" in found[found[pid][0]][2]))
    ]


def running():
    """The command lines of all processes that have not ended, by number. Linux only."""
    return {pid: command for pid, (_, state, command) in processes().items() if state != "Z"}


def wait_until(true, seconds=30.0):
    """Wait, not longer than a test may."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s: {true}"
        time.sleep(0.02)


# The body of an answer that starts two processes which detach themselves, one with its parent's open files.
ESCAPES = """
import os, signal, time

def escape(files):
    if os.fork():
        return
    os.setsid()
    if os.fork():
        os._exit(0)
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)
    with open({pids!r}, "a") as file:
        file.write(f"{{os.getpid()}} ")
    if files == "closed":
        os.closerange(0, 4096)
    while True:
        time.sleep(60)

escape("open")
escape("closed")
with open({pids!r}, "a") as file:
    file.write(f"{{os.getpid()}} ")
any(iter(int, 1))
"""


def escaped(file):
    """Wait until an answer made of ESCAPES runs; the numbers of its process and the two detached ones."""
    wait_until(lambda: file.exists() and len(file.read_text().split()) == 3)
    pids = set(map(int, file.read_text().split()))
    assert len(pids) == 3 and pids <= running().keys()
    return pids
