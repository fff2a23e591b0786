"""Hostile answers in a real notebook kernel: the stop button, a kernel that goes away, a notebook that patches ours."""

import os
import signal
import sys
import textwrap
import time
import uuid
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import hostile_answers as hostile
import pytest
from jupyter_client.manager import start_new_kernel

ROOT = Path(__file__).parents[1]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is left over")
SOON = 5.0  # seconds in which everything must be gone, and in which the next check must have answered
SERVICE = "__import__('mirrorlab.course.judge.service', fromlist=['x']).SERVICE"
ANSWERS = {
    "ex01.survival": ("survival(pages, free, user, mirrored, errors)", "((free + user + mirrored) / pages) ** errors"),
    "ex03.find_buddy": ("__find_buddy_index(page_idx, order)", "page_idx ^ (1 << order)"),
}


def cell(body, exercise="ex01.survival"):
    """A cell in which an exercise is answered by a function with this body."""
    return f'@check("{exercise}")\ndef {ANSWERS[exercise][0]}:\n{textwrap.indent(textwrap.dedent(body), "    ")}'


def right(exercise="ex01.survival"):
    return cell(f"return {ANSWERS[exercise][1]}", exercise)


def wrong(exercise="ex01.survival"):
    return cell(f"return {ANSWERS[exercise][1]} + 1", exercise)


class Said(NamedTuple):
    """What stands below a cell."""

    shown: str
    printed: str
    errors: list[str]
    """The lines of tracebacks."""


class Notebook:
    """A notebook's kernel in a folder of its own; every process that it starts bears a mark in its environment."""

    def __init__(self, folder):
        self.folder = folder
        self.mark = uuid.uuid4().hex
        env = {**os.environ, "MIRRORLAB_DATA": str(folder / "data"), "MARK": self.mark, "PYTHONPATH": str(ROOT)}
        env.pop("MIRRORLAB_STRICT", None)
        self.manager, self.client = start_new_kernel(kernel_name="python3", env=env, cwd=str(folder))
        assert self.run("from mirrorlab.course import check, player") == Said("", "", [])

    def begin(self, source):
        """Run a cell without waiting for its end; what to ask for what it says."""
        return self.client.execute(source)

    def heard(self, asked, timeout=60):
        """What a cell has said when it has come to its end."""
        shown, printed, errors = "", "", []
        while True:
            said = self.client.get_iopub_msg(timeout=timeout)
            if said["parent_header"].get("msg_id") != asked:
                continue
            content = said["content"]
            shown += content.get("data", {}).get("text/plain", "")
            printed += content.get("text", "")
            errors += "\n".join(content.get("traceback", [])).splitlines()
            if content.get("execution_state") == "idle":
                return Said(shown, printed, errors)

    def run(self, source):
        return self.heard(self.begin(source))

    def word(self, source):
        """The headline of a check."""
        said = self.run(source)
        assert said.errors == []
        return next(line for line in said.shown.splitlines() if not line.startswith("note:")).partition(":")[0]

    def begin_one_that_hangs(self, body):
        """Run an answer without end, and wait until it runs."""
        asked = self.begin(cell(f"{self.note()}\n{textwrap.dedent(body)}"))
        wait_until(self.noted)
        return asked

    def note(self):
        """A line of code that lets `noted` be true once."""
        return f"open({str(self.folder / 'note')!r}, 'w').close()"

    def noted(self):
        with suppress(FileNotFoundError):
            (self.folder / "note").unlink()
            return True
        return False

    def left(self):
        """What the kernel has started, directly or not, and itself, as far as they run: command lines by number."""
        return {pid: command for pid, command in running().items() if self.mark in environment(pid)}

    def kernel(self):
        """The number of the kernel's process."""
        return self.manager.provisioner.pid

    def close(self):
        self.client.stop_channels()
        with suppress(RuntimeError):
            self.manager.shutdown_kernel(now=True)
        for pid in self.left():  # of a test that failed
            os.kill(pid, signal.SIGKILL)


def running():
    return {pid: command for pid, (_, state, command) in hostile.processes().items() if state != "Z"}


def environment(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_text(errors="replace")
    return ""


def wait_until(true, seconds=30.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not within {seconds} s: {true}"
        time.sleep(0.02)


@contextmanager
def opened(folder):
    notebook = Notebook(folder)
    try:
        yield notebook
    finally:
        notebook.close()


@pytest.fixture
def notebook(tmp_path):
    with opened(tmp_path) as own:
        yield own


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """A kernel for tests that leave it as it is."""
    with opened(tmp_path_factory.mktemp("shared")) as own:
        yield own


# --- the stop button ---

STOPPED = Said("", "", ["Stopped: ex01.survival was not judged. Run the cell again when you like."])
HANGING = {
    "loop": "while True:\n    sum(range(100_000))",
    "loop that catches": """
        import time
        while True:
            try:
                time.sleep(1)
            except BaseException:
                pass""",
    "every signal ignored": """
        import signal, time
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        while True:
            time.sleep(1)""",
    "in C": "any(iter(int, 1))",
}


@pytest.mark.parametrize("body", HANGING.values(), ids=HANGING)
def test_the_stop_button_ends_an_answer_with_one_line_and_the_next_is_judged_at_once(shared, body):
    asked = shared.begin_one_that_hangs(body)
    begin = time.monotonic()
    shared.manager.interrupt_kernel()
    assert shared.heard(asked) == STOPPED
    assert shared.word(right()) == "RIGHT"
    assert time.monotonic() - begin < SOON


@pytest.mark.parametrize("delay", [0.01, 0.1, 0.3])
def test_the_stop_button_counts_while_the_judge_is_only_starting(shared, delay):
    shared.run(f"{SERVICE}.close()")
    asked = shared.begin(f"{shared.note()}\n{cell(HANGING['in C'])}")
    wait_until(shared.noted)
    time.sleep(delay)
    begin = time.monotonic()
    shared.manager.interrupt_kernel()
    assert shared.heard(asked) == STOPPED
    assert shared.word(right()) == "RIGHT"
    assert time.monotonic() - begin < SOON


def test_in_place_the_stop_button_says_where_the_answer_was(shared):
    shared.run("import os; os.environ['MIRRORLAB_IN_PLACE'] = '1'")
    asked = shared.begin_one_that_hangs(HANGING["loop"])
    shared.manager.interrupt_kernel()
    said = shared.heard(asked)
    assert said.errors == [] and "sum(range(100_000))\n  KeyboardInterrupt\n" in said.shown
    assert shared.word(f"del os.environ['MIRRORLAB_IN_PLACE']\n{right()}") == "RIGHT"


# --- a kernel that goes away ---

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
ENDS = {
    "killed": lambda notebook: os.kill(notebook.kernel(), signal.SIGKILL),
    "restarted by force": lambda notebook: notebook.manager.restart_kernel(now=True),
    "restarted": lambda notebook: notebook.manager.restart_kernel(now=False),
    "shut down": lambda notebook: notebook.manager.shutdown_kernel(now=False),
}


def begin_one_that_escapes(notebook):
    """Run an answer that starts processes which detach themselves; what to ask for, and all that run then."""
    file = notebook.folder / "pids"
    asked = notebook.begin(cell(ESCAPES.format(pids=str(file))))
    wait_until(lambda: file.exists() and len(file.read_text().split()) == 3)
    pids = set(map(int, file.read_text().split()))
    assert len(pids) == 3 and pids <= running().keys()
    assert len(notebook.left()) == 6 and pids <= notebook.left().keys()  # and the kernel, the judge, the waiting one
    return asked, set(notebook.left())


@ON_LINUX
@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_no_process_outlives_a_kernel(notebook, end):
    _, pids = begin_one_that_escapes(notebook)
    end(notebook)
    wait_until(lambda: not pids & running().keys(), SOON)
    assert notebook.left().keys() <= {notebook.kernel()}


@ON_LINUX
def test_no_process_outlives_a_request_to_end_which_kernels_send_to_each_when_they_leave(notebook):
    _, pids = begin_one_that_escapes(notebook)
    for pid in sorted(pids - {notebook.kernel()}):
        os.kill(pid, signal.SIGTERM)
    wait_until(lambda: not pids - {notebook.kernel()} & running().keys(), SOON)


@ON_LINUX
@pytest.mark.parametrize("program", ["service.py", "worker.py"])
def test_what_an_answer_started_ends_with_the_judge_and_the_next_check_has_another(notebook, program):
    asked, pids = begin_one_that_escapes(notebook)
    left = notebook.left()
    [judge] = [pid for pid in left if "service.py" in left[pid]]
    [waiting] = [pid for pid in left if hostile.processes()[pid][0] == judge]
    ended = judge if program == "service.py" else waiting
    stay = {notebook.kernel(), judge} - {ended}
    os.kill(ended, signal.SIGKILL)
    wait_until(lambda: pids & running().keys() <= stay, SOON)
    said = notebook.heard(asked)
    assert said.errors == [] and said.shown.startswith("ERROR") and "run the cell again" in said.shown
    assert notebook.word(right()) == "RIGHT"
