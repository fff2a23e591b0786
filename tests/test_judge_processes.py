"""Hostile answers in a real notebook kernel: the stop button, a kernel that goes away, a notebook that patches ours."""

import json
import os
import shutil
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

from mirrorlab.course.judge import outcome
from mirrorlab.course.learner import progress

ROOT = Path(__file__).parents[1]
ON_LINUX = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is left over")
SOON = 5.0  # seconds in which everything must be gone
LONG = 60  # seconds that an answer without end may run: much more than the next check takes on a busy machine
SERVICE = "__import__('mirrorlab.course.judge.service', fromlist=['x']).SERVICE"
ANSWERS = {
    "ex01.survival": ("survival(pages, free, user, mirrored, errors)", "((free + user + mirrored) / pages) ** errors"),
    "ex03.find_buddy": ("__find_buddy_index(page_idx, order)", "page_idx ^ (1 << order)"),
}


def cell(body, exercise="ex01.survival", seconds=10):
    """A cell in which an exercise is answered by a function with this body."""
    body = textwrap.indent(textwrap.dedent(body), "    ")
    return f'@check("{exercise}", seconds={seconds})\ndef {ANSWERS[exercise][0]}:\n{body}'


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

    def __init__(self, folder, root=ROOT):
        self.folder = folder
        self.mark = uuid.uuid4().hex
        env = {**os.environ, "MIRRORLAB_DATA": str(folder / "data"), "MARK": self.mark, "PYTHONPATH": str(root)}
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
        return self.word_of(said)

    @staticmethod
    def word_of(said):
        return next(line for line in said.shown.splitlines() if not line.startswith("note:")).partition(":")[0]

    def begin_one_that_hangs(self, body, exercise="ex01.survival"):
        """Run an answer without end, and wait until it runs."""
        asked = self.begin(cell(f"{self.note()}\n{textwrap.dedent(body)}", exercise, seconds=LONG))
        hostile.wait_until(self.noted)
        return asked

    def note(self):
        """A line of code that makes `noted` true."""
        self.file = self.folder / uuid.uuid4().hex  # two subjects may run it, one of them late
        return f"open({str(self.file)!r}, 'w').close()"

    def noted(self):
        return self.file.exists()

    def left(self):
        """What the kernel has started, directly or not, and itself, as far as they run: command lines by number."""
        return {pid: command for pid, command in hostile.running().items() if self.mark in environment(pid)}

    def kernel(self):
        """The number of the kernel's process."""
        return self.manager.provisioner.pid

    def close(self):
        self.client.stop_channels()
        with suppress(RuntimeError):
            self.manager.shutdown_kernel(now=True)
        for pid in self.left():  # of a test that failed
            os.kill(pid, signal.SIGKILL)


def environment(pid):
    with suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_text(errors="replace")
    return ""


@contextmanager
def opened(folder, root=ROOT):
    notebook = Notebook(folder, root)
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
    assert time.monotonic() - begin < LONG / 3


@ON_LINUX
def test_the_stop_button_ends_both_subjects_of_a_kernel_function(shared):
    asked = shared.begin_one_that_hangs(HANGING["in C"], "ex03.find_buddy")
    shared.manager.interrupt_kernel()
    assert shared.heard(asked).errors == [STOPPED.errors[0].replace("ex01.survival", "ex03.find_buddy")]
    hostile.wait_until(lambda: hostile.left_over(shared.kernel()) == [], SOON)
    assert shared.word(right("ex03.find_buddy")) == "RIGHT"


@pytest.mark.parametrize("delay", [0.01, 0.1, 0.3])
def test_the_stop_button_counts_while_the_judge_is_only_starting(shared, delay):
    shared.run(f"{SERVICE}.close()")
    asked = shared.begin(f"{shared.note()}\n{cell(HANGING['in C'], seconds=LONG)}")
    hostile.wait_until(shared.noted)
    time.sleep(delay)
    begin = time.monotonic()
    shared.manager.interrupt_kernel()
    assert shared.heard(asked) == STOPPED
    assert shared.word(right()) == "RIGHT"
    assert time.monotonic() - begin < LONG / 3


def test_the_stop_button_pressed_again_before_it_has_taken_effect(shared):
    shared.run(f"""
service = {SERVICE}
def send_interrupted(value):
    if "stop" in value:
        del service._send
        raise KeyboardInterrupt
    type(service)._send(service, value)
service._send = send_interrupted
""")
    asked = shared.begin_one_that_hangs(HANGING["in C"])
    begin = time.monotonic()
    shared.manager.interrupt_kernel()
    assert shared.heard(asked) == STOPPED
    assert shared.word(right()) == "RIGHT"
    assert time.monotonic() - begin < LONG / 3


def test_in_place_the_stop_button_says_where_the_answer_was(notebook):
    """In a kernel of its own: one that stayed in place would run the hostile answers of other tests in itself."""
    line = "while True: sum(range(100_000))"  # one line, since the interrupt may come at any point of the round
    notebook.run("import os; os.environ['MIRRORLAB_IN_PLACE'] = '1'")
    asked = notebook.begin_one_that_hangs(line)
    notebook.manager.interrupt_kernel()
    said = notebook.heard(asked)
    assert said.errors == [] and f"{line}\n  KeyboardInterrupt\n" in said.shown
    assert notebook.word(f"del os.environ['MIRRORLAB_IN_PLACE']\n{right()}") == "RIGHT"


# --- a kernel that goes away ---

ENDS = {
    "killed": [lambda notebook: os.kill(notebook.kernel(), signal.SIGKILL)],
    "restarted": [lambda notebook: notebook.manager.restart_kernel(now=False)],
    "restarted by force": [lambda notebook: notebook.manager.restart_kernel(now=True), pytest.mark.slow],
    "shut down": [lambda notebook: notebook.manager.shutdown_kernel(now=False), pytest.mark.slow],
}


def begin_one_that_escapes(notebook):
    """Run an answer that starts processes which detach themselves; what to ask for, and all that run then."""
    file = notebook.folder / "pids"
    asked = notebook.begin(cell(hostile.ESCAPES.format(pids=str(file))))
    pids = hostile.escaped(file)
    left = notebook.left()
    assert len(left) == 6 and pids <= left.keys()  # and the kernel, the judge, the waiting process
    return asked, left.keys()


@ON_LINUX
@pytest.mark.parametrize("end", [pytest.param(end, id=name, marks=marks) for name, (end, *marks) in ENDS.items()])
def test_no_process_outlives_a_kernel(notebook, end):
    _, pids = begin_one_that_escapes(notebook)
    end(notebook)
    hostile.wait_until(lambda: not pids & hostile.running().keys(), SOON)
    assert notebook.left().keys() <= {notebook.kernel()}


@ON_LINUX
def test_no_process_outlives_a_request_to_end_which_kernels_send_to_each_when_they_leave(notebook):
    _, pids = begin_one_that_escapes(notebook)
    for pid in sorted(pids - {notebook.kernel()}):
        with suppress(ProcessLookupError):  # the first has ended it
            os.kill(pid, signal.SIGTERM)
    hostile.wait_until(lambda: not pids - {notebook.kernel()} & hostile.running().keys(), SOON)


@ON_LINUX
@pytest.mark.parametrize("program", ["worker.py", pytest.param("service.py", marks=pytest.mark.slow)])
def test_what_an_answer_started_ends_with_the_judge_and_the_next_check_has_another(notebook, program):
    asked, pids = begin_one_that_escapes(notebook)
    left = notebook.left()
    [judge] = [pid for pid in left if "service.py" in left[pid]]
    [waiting] = [pid for pid in left if hostile.processes()[pid][0] == judge]
    ended = judge if program == "service.py" else waiting
    stay = {notebook.kernel(), judge} - {ended}
    os.kill(ended, signal.SIGKILL)
    hostile.wait_until(lambda: pids & hostile.running().keys() <= stay, SOON)
    said = notebook.heard(asked)
    assert said.errors == [] and said.shown.startswith("ERROR") and "run the cell again" in said.shown
    assert notebook.word(right()) == "RIGHT"


# --- a notebook that patches ours ---

WRONG_IN_KERNEL, RIGHT_IN_KERNEL = wrong("ex03.find_buddy"), right("ex03.find_buddy")
PATCHES = {
    "the kernel's function": """
        from mirrorlab.linux import page_alloc
        vars(page_alloc)["__find_buddy_index"] = lambda page_idx, order: (page_idx ^ (1 << order)) + 1""",
    "every function of the model": """
        import sys, types
        for name, module in list(sys.modules.items()):
            if name.startswith("mirrorlab.linux."):
                for each, value in list(vars(module).items()):
                    if isinstance(value, types.FunctionType):
                        setattr(module, each, lambda *_, **__: None)""",
    "what is right": """
        from mirrorlab.course.judge import exercise
        for each in exercise.all_exercises().values():
            vars(each).update(function="survival", proven=lambda *_: None, wrongs=[], cases=(), recordings=())""",
    "the judge's functions": """
        import types
        from mirrorlab.course.judge import judge, link, log, model, plain, rewrite, subject, worker
        from mirrorlab.course.judge.outcome import Outcome
        from mirrorlab.course.learner import check as checks
        for module in (judge, link, log, model, plain, rewrite, subject, worker):
            for each, value in list(vars(module).items()):
                if isinstance(value, types.FunctionType):
                    setattr(module, each, lambda exercise, *_, **__: Outcome(exercise.name, "right", []))
        checks.judge = judge.judge
        judge.Trial.differs = judge.Trial.ask = plain.PlainTrial.mismatch = lambda *_: None""",
    "json": """
        import json
        dumps, loads = json.dumps, json.loads
        json.dumps = lambda value, **more: dumps(value, **more).replace(" + 1", "")
        json.loads = lambda text, **more: loads(text.replace("not yet", "right"), **more)""",
    "the path": "import sys; sys.path[:0] = ['', {evil!r}]; sys.modules.pop('random', None)",
    "the environment": """
        import os
        os.environ.update(PYTHONPATH={evil!r}, PYTHONHOME={evil!r}, PYTHONSTARTUP={evil!r} + "/json.py")
        os.chdir({evil!r})""",
    "nearly all of the environment": "keep = os.environ['MIRRORLAB_DATA']; os.environ.clear()\n"
    "os.environ['MIRRORLAB_DATA'] = keep",
}
BUILTINS = """
import builtins
kept = dict(vars(builtins))
builtins.{name} = {instead}
try:
{cell}
finally:
    vars(builtins).update(kept)
"""


@pytest.fixture(scope="module")
def patched(tmp_path_factory):
    """A kernel for tests that patch ours, one upon the other."""
    with opened(tmp_path_factory.mktemp("patched")) as own:
        yield own


def evil_modules(folder):
    """Fill a folder with files that have names of modules, and note it when one is loaded."""
    text = f"open({str(folder / 'loaded')!r}, 'a').write(__name__ + ' ')\nraise ImportError('not this one')\n"
    for name in ("random", "json", "socket", "numpy", "math", "sitecustomize", "usercustomize"):
        (folder / f"{name}.py").write_text(text)
    if not (folder / "mirrorlab").exists():
        (folder / "mirrorlab").mkdir()
        (folder / "mirrorlab" / "__init__.py").write_text(text)
    return folder


@pytest.mark.parametrize("patch", PATCHES.values(), ids=PATCHES)
def test_patching_in_the_notebook_changes_no_verdict(patched, patch, tmp_path):
    evil = str(evil_modules(tmp_path))
    patch = textwrap.dedent(patch).replace("{evil!r}", repr(evil))
    if "sys.path" in patch or "os.environ" in patch:
        patch += f"\n{SERVICE}.close()"  # the next is started with these
    assert patched.run(patch).errors == []
    assert patched.word(WRONG_IN_KERNEL) == patched.word(wrong()) == "NOT YET"
    assert patched.word(RIGHT_IN_KERNEL) == patched.word(right()) == "RIGHT"
    assert not (tmp_path / "loaded").exists()


@pytest.mark.parametrize(
    ("name", "instead"),
    [("sum", "lambda *_: 0"), ("pow", "lambda *_: 0"), ("all", "lambda _: True"), ("sorted", "lambda *_, **__: []"),
     ("hash", "lambda _: 1"), ("zip", "lambda *_, **__: iter(())")],
)  # fmt: skip
def test_builtins_of_the_notebook_are_not_the_judges(patched, name, instead):
    def within(cell):
        return BUILTINS.format(name=name, instead=instead, cell=textwrap.indent(cell, "    "))

    assert patched.word(within(wrong())) == patched.word(within(WRONG_IN_KERNEL)) == "NOT YET"
    assert patched.word(within(right())) == patched.word(within(RIGHT_IN_KERNEL)) == "RIGHT"


def test_modules_in_the_notebooks_folder_do_not_reach_the_judge(tmp_path):
    with opened(evil_modules(tmp_path)) as notebook:  # `import mirrorlab` finds ours only since that stands before
        assert notebook.word(WRONG_IN_KERNEL) == notebook.word(wrong()) == "NOT YET"
        assert notebook.word(RIGHT_IN_KERNEL) == notebook.word(right()) == "RIGHT"
        assert not (tmp_path / "loaded").exists()


@pytest.mark.slow
def test_modules_beside_the_package_do_not_reach_the_judge(tmp_path):
    shutil.copytree(ROOT / "mirrorlab", tmp_path / "mirrorlab")
    with opened(tmp_path, root=tmp_path) as notebook:
        evil_modules(tmp_path)
        assert notebook.word(WRONG_IN_KERNEL) == notebook.word(wrong()) == "NOT YET"
        assert notebook.word(RIGHT_IN_KERNEL) == notebook.word(right()) == "RIGHT"
        assert not (tmp_path / "loaded").exists()


# --- kernels side by side, and what is left of one ---


def test_two_kernels_at_once_get_each_its_own_verdict(shared):
    with opened(shared.folder) as other:
        for _ in range(3):
            asked = shared.begin(right()), other.begin(WRONG_IN_KERNEL)
            assert shared.heard(asked[0]).shown.startswith("RIGHT: ex01.survival")
            assert other.heard(asked[1]).shown.startswith("NOT YET: ex03.find_buddy")
    there = {each.name for each in (shared.folder / "data").iterdir()} - {progress.LOCK}
    [name] = there  # and none beside it that was found damaged, or half written
    file = shared.folder / "data" / name
    entries = json.loads(file.read_text())["exercises"]
    assert [entries[each]["outcome"] for each in ("ex01.survival", "ex03.find_buddy")] == ["right", "not yet"]


HOSTILE = {
    "ex01.survival": [
        *("endless-power", "leaves-at-once", "closes-all-files", "prints-ten-megabytes-at-once", "crashes-python"),
        *("kills-every-process-it-may", "fork-and-a-session-of-its-own", "breaks-print"),
    ],
    "ex02.expand": ["patches-json", "walks-the-stack"],
}
QUICK = {f"{exercise}/{name}" for exercise, names in HOSTILE.items() for name in names}


@ON_LINUX
@pytest.mark.parametrize(
    "answer",
    [
        pytest.param(each, id=each.name, marks=[] if each.name in QUICK else [pytest.mark.slow])
        for each in hostile.all_answers()
    ],
)
def test_a_kernel_is_as_before_when_a_hostile_answer_was_judged(shared, answer):
    shared.run("import os; here = os.getcwd(); mine = {'a': [1, 2]}")
    seconds = answer.header.get("seconds", "10")
    shared.run(
        f"from functools import partial\nfrom mirrorlab.course import *\ncheck = partial(check, seconds={seconds})"
    )
    for each in answer.cells:
        said = shared.run(each)
    found = said.shown and outcome.Outcome("", shared.word_of(said).lower(), said.shown.splitlines())
    assert hostile.unlike(answer, found or "\n".join(said.errors)) == ""
    assert shared.word(right()) == "RIGHT"
    assert shared.run("print(mine, os.getcwd() == here, end='')") == Said("", "{'a': [1, 2]} True", [])
    hostile.wait_until(lambda: hostile.left_over(shared.kernel()) == [], SOON)


def test_the_player_opens_a_call_that_a_check_complains_about(shared):
    assert shared.word(WRONG_IN_KERNEL) == "NOT YET"
    said = shared.run('player("ex03.find_buddy")')
    assert said.errors == []
    assert "After the call: Linux returns 1, yours 2." in said.shown  # 0 and 1 are buddies
    assert shared.run("type(player()).__name__").shown == "'Compare'"  # a view, not only its text
