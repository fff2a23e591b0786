"""The subject: runs a learner's function where no solution is, and writes a log of its calls.

It knows the function's text, a kernel without the functions that are asked for, and the cases. It does not know what
is right. Requests and answers are JSON; worker.py carries them to a process of its own.
"""

import builtins
import math
import re
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr, redirect_stdout, suppress
from decimal import Decimal
from fractions import Fraction
from io import TextIOBase
from typing import Any

from mirrorlab import linux
from mirrorlab.course.judge import rules
from mirrorlab.course.judge.answer import Answer, Source, Unfit
from mirrorlab.course.judge.cases import Case, on
from mirrorlab.course.judge.log import Recorder, Spoilt, as_number, digest, in_short
from mirrorlab.course.judge.rewrite import STEPS_A_CALL, STEPS_A_CHECK, Steps, TooLong
from mirrorlab.linux.mmzone import Globals
from mirrorlab.machine import Machine
from mirrorlab.oracle.replay import Replay
from mirrorlab.oracle.state import dump, load
from mirrorlab.words import shorten

PRINTED_LINES = 10
PRINTED_LETTERS = 4_000
PRINTED_IN_ALL = 10_000_000  # letters a check
LONGEST_TEXT = 500  # letters of an exception's message
LONGEST_LIST = 100_000  # items of a result
KERNEL_SECONDS = 1.0  # for the kernel's own code between two calls; milliseconds are usual
TICK_SECONDS = 0.05

Json = Any


class EndOfCase(BaseException):
    """Ends a case from within: passes through the learner's function and the kernel's code untouched."""


class Stopped(EndOfCase):
    """The learner's function ended in an exception."""

    def __init__(self, problem: BaseException) -> None:
        super().__init__(problem)
        self.problem = problem


class TooMuchOutput(BaseException):
    """The function printed more than a reader can use."""


class Refused(Exception):
    """The function asked for something that a check does not have; the message says what to do."""


class Session:
    """One answer, made ready, and what is asked of it."""

    def __init__(
        self,
        tick: Callable[[int], None] = lambda calls: None,
        timer: bool = False,
        seal: Callable[[Answer], None] = lambda answer: None,
    ) -> None:
        """tick: told now and then how many calls were made. timer: whether the kernel's own code is watched.

        seal: told when all of the model is loaded, just before the answer's own lines run for the first time.
        """
        self.tick = tick
        self.timer = timer
        self.seal = seal
        self.ticked = 0.0
        self.calls = 0
        self.steps = Steps()
        self.printed = Printed()
        self.recorder = Recorder(self.run)
        self.kernels: dict[str, linux.Kernel] = {}

    def handle(self, request: Json) -> Json:
        """Do what is asked. Raises Unfit when the answer cannot be judged at all."""
        do: dict[str, Callable[..., Json]] = {
            "prepare": self.prepare, "case": self.case, "recording": self.recording, "calls": self.plain_calls,
            "read": self.read_machine,
        }  # fmt: skip
        wanted = do[request.pop("do")]
        self.calls = 0
        self.steps.taken.clear()
        with redirect_stdout(self.printed), redirect_stderr(self.printed):
            found = wanted(**request)
        return {"calls": self.calls, "taken": sorted(self.steps.taken), "printed": self.printed.lines(), **found}

    # -- Making ready -----------------------------------------------------------------------------------------------

    def prepare(
        self, answer: Json, functions: Mapping[str, str], hidden: list[str], rule: str, configs: list[Json], plain: bool
    ) -> Json:
        """Compile the answer and load the kernels it will run in.

        functions: those asked for, and what is used of their results (see log.py). plain: no kernel
        has the answer in it; one is loaded for the machines that it reads, if `configs` says so.
        """
        self.answer = Answer.from_json(answer)
        self.codes = [self.steps.compile(source) for source in self.answer.sources]
        given = [source.name for source in self.answer.sources]
        self.named = {name: given[0] if len(functions) == 1 and name not in given else name for name in functions}
        missing = [name for name in self.named.values() if name not in given]
        if missing:
            raise Unfit(f"the exercise asks for {', '.join(missing)} too: hand in all of {', '.join(functions)}.")
        try:
            if plain:
                if configs:
                    self.kernels["whole"] = linux.load()
                self.seal(self.answer)
                names = self._executed({"__builtins__": builtins, "math": math})
                self.function = names[self.answer.sources[0].name]
                return {"decisions": self.steps.lines}
            self.functions = functions
            self.altered = rules.find(rule).replace.keys() - {*functions, *hidden}
            self.homes = {name: linux.home_of(name) for name in functions}
            for config in configs:
                if _key(config) not in self.kernels:
                    self.kernels[_key(config)] = rules.load(rules.find(rule), config, without=(*functions, *hidden))
            self.seal(self.answer)
            self._put_in(self.kernels[_key({})])  # is it fit to run at all?
        except Stopped as stopped:
            return {"stopped": self.told(stopped.problem), "decisions": []}
        return {"decisions": self.steps.lines}

    def _put_in(self, kernel: linux.Kernel) -> linux.Kernel:
        """Define the answer's functions in a kernel, anew for each case: what one case left in them is gone."""
        for home in dict.fromkeys(self.homes.values()):
            module = getattr(kernel, home)
            names = {name: each for name, each in vars(kernel.list).items() if name.startswith("list_")}
            names.update(module.__dict__)
            self._executed(names)
            for name, used in self.functions.items():
                if self.homes[name] == home:
                    names[name] = names[self.named[name]]  # it may call itself by the kernel's name
                    wrapped = self.recorder.wrap(name, names[name], used)
                    setattr(module, name, wrapped)
                    for altered in self.altered & vars(module).keys():  # a rule's function has names of its own
                        vars(module)[altered].__globals__[name] = wrapped
        return kernel

    def _executed(self, names: dict[str, Any]) -> dict[str, Any]:
        """The answer's definitions made in a file's names; defaults are worked out there. Raises Stopped."""
        names.update(self.steps.names(), input=refuse_input, breakpoint=refuse_input, display=show)
        try:
            for code in self.codes:
                exec(code, names)
        except BaseException as problem:
            raise Stopped(problem) from None
        return names

    # -- Running ----------------------------------------------------------------------------------------------------

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """One outermost call. Raises Stopped with whatever ended it."""
        self._watch_kernel(False)
        now = time.monotonic()
        if now > self.ticked + TICK_SECONDS:
            self.ticked = now
            self.tick(self.calls)
        self.printed.clear()
        sys.stdout = sys.stderr = self.printed  # an earlier call may have changed them
        self.steps.begin()
        self.calls += 1
        try:
            return function(*arguments)
        except EndOfCase:
            raise
        except BaseException as problem:
            raise Stopped(problem) from None
        finally:
            self.steps.end()
            self._watch_kernel(True)

    def _watch_kernel(self, on: bool) -> None:
        """The kernel's own code may never end on a memory that the function has spoilt."""
        if self.timer:
            signal.setitimer(signal.ITIMER_REAL, KERNEL_SECONDS if on else 0)

    def case(self, memory: Json, case: Json, at: int | None = None) -> Json:
        """Carry out a small case; the log of its calls. at: stop after this call, and give the memory it left."""
        kernel = self._put_in(self.kernels[_key({})])
        [g] = load(memory, kernel)
        machine = Machine(kernel, g, "toy")
        return self._logged(machine, Case.from_json(case).ops, on(machine), at)

    def recording(
        self, case: Json, config: Json, log: bool = False, at: int | None = None, memories: bool = False
    ) -> Json:
        """Replay a recording's operations: what each gave, and where a state was recorded a digest of the memory.

        log: write the log of its calls instead. memories: give all of the memory instead of its digest.
        """
        running = Replay(case, self._put_in(self.kernels[_key(config)]))
        if log or at is not None:
            return self._logged(running.machine, case["ops"], running.step, at)
        self.recorder.watch(None)
        results: list[Json] = []
        states: dict[str, Json] = {}

        def keep(place: str) -> None:
            states[place] = dump([running.machine.g]) if memories else digest(running.machine.g)

        def step(op: Mapping[str, Any]) -> None:
            results.append(running.step(op))
            if op["op"] == "dump":
                keep(str(len(results) - 1))

        found = self._watched(case["ops"], step) or self._watched(["final"], keep)
        return {"results": results, "states": states, "number": self.recorder.number, **found}

    def _logged(self, machine: Machine, ops: Iterable[Any], step: Callable[[Any], Any], at: int | None) -> Json:
        """The log of the calls on a machine; with `at`, the memory that this call left instead."""
        entries: list[str] = []
        left: dict[str, Json] = {}

        def note(number: int, entry: str, result: Any) -> None:
            entries.append(entry)
            if number == at:
                only_pages(machine.g)
                left.update(memory=dump([machine.g]), result=as_json(result))
                raise EndOfCase

        self.recorder.watch(machine.g, left=note)
        try:
            found = self._watched(ops, step, machine.g)
        finally:
            self.recorder.watch(None)
        return {"entries": entries, **found, **left}

    def _watched(self, ops: Iterable[Any], step: Callable[[Any], Any], g: Globals | None = None) -> Json:
        """Carry out operations to their end, or to what ends them."""
        try:
            for op in ops:
                step(op)
        except Stopped as stopped:
            return {"stopped": self.told(stopped.problem)}
        except Spoilt as spoilt:
            return {"stopped": self.told(_blamed(spoilt, g))}
        except EndOfCase:
            return {}
        except BaseException as problem:  # in the kernel's own code, on what the function has left
            return {"broken": self.told(problem)}
        finally:
            self._watch_kernel(False)
        return {}

    def plain_calls(self, arguments: list[list[Any]]) -> Json:
        """Call a plain function, once for each list of arguments, up to the first call that ends in an exception."""
        results = []
        for each in arguments:
            try:
                results.append({"result": as_json(self.run(self.function, *each)), "printed": self.printed.lines()})
            except Stopped as stopped:
                results.append({"stopped": self.told(stopped.problem), "printed": self.printed.lines()})
                break
        self._watch_kernel(False)
        return {"results": results}

    def read_machine(self, memory: Json, case: Json) -> Json:
        """Carry out a case in the kernel as it is, then hand the machine to a function that reads it."""
        kernel = self.kernels["whole"]
        [g] = load(memory, kernel)
        machine = Machine(kernel, g, "toy")
        found = self._watched(Case.from_json(case).ops, on(machine))
        return found or self.plain_calls([[machine]])["results"][0]

    # -- In words ---------------------------------------------------------------------------------------------------

    def told(self, problem: BaseException) -> Json:
        """An exception in a few lines: what, and in which line. Our frames are left out, long texts are cut."""
        try:
            kind = "not started" if isinstance(problem, NotImplementedError) else "error"
            return {"kind": kind, "lines": self._lines(problem)}
        except BaseException:
            return {"kind": "error", "lines": ["It ended in an exception that cannot be told."]}

    def _lines(self, problem: BaseException) -> list[str]:
        name = self.answer.sources[0].name
        if isinstance(problem, TooLong) and problem.steps == STEPS_A_CHECK:
            return [
                f"{name} took too long: all its calls together made {STEPS_A_CHECK:,} steps, and were stopped.",
                "Each call came to an end, after many rounds. Which of them does it need?",
            ]
        if isinstance(problem, TooLong):
            return [
                f"{name} did not come to an end: it was stopped after {STEPS_A_CALL:,} steps.",
                "Which loop never ends? Look at what changes from one round to the next.",
            ]
        if isinstance(problem, TooMuchOutput):
            return [f"{name} prints too much: over {PRINTED_IN_ALL:,} letters in one check. Print less, or less often."]
        if isinstance(problem, Spoilt):
            return [str(problem)]
        if isinstance(problem, RecursionError):
            return [f"{name} calls itself without end. When should it stop?"]
        if isinstance(problem, MemoryError):
            return [f"{name} needs too much memory. What grows from one round to the next?", *self._place(problem)]
        said = re.sub(r"\b0x[0-9a-f]{1,4}\b", lambda small: str(int(small[0], 16)), message(problem))
        lines = [*self._place(problem), f"{type(problem).__name__}: {said}" if said else type(problem).__name__]
        if isinstance(problem, NameError):
            lines.append("The check runs your function alone: names of the notebook are not there.")
        if said.startswith("list_del:"):
            lines.append("Is it on the list of another type? `rmv_page_order` returns the type of the list it is on.")
        return lines

    def _place(self, problem: BaseException) -> list[str]:
        """The last line of the answer's own that led to a problem."""
        found = []
        sources = {source.file: source for source in self.answer.sources}
        step = problem.__traceback__
        while step is not None:
            source = sources.get(step.tb_frame.f_code.co_filename)
            if source:
                found = [f"line {step.tb_lineno}:  {line_of(source, step.tb_lineno)}"]
            step = step.tb_next
        return found


def _key(config: Json) -> str:
    return repr(sorted(config.items()))


def line_of(source: Source, number: int) -> str:
    """A line of a function's text, by its number in the file; cut where it is long."""
    lines = source.text.splitlines()
    at = number - source.first_line
    return lines[at].strip()[:LONGEST_TEXT] if 0 <= at < len(lines) else ""


def message(problem: BaseException) -> str:
    """What an exception says, whatever it does when asked, cut where it is long."""
    try:
        said = str(problem)
    except BaseException:
        return "(its message cannot be shown: its __str__ ends in an error)"
    return shorten(said, LONGEST_TEXT)


def _blamed(spoilt: Spoilt, g: Globals | None) -> Spoilt:
    """The same, naming the list where the damage is on one."""
    with suppress(Exception):
        only_pages(g)
        return spoilt
    try:
        only_pages(g)
    except Spoilt as better:
        return better
    except Exception:
        return spoilt
    return spoilt


def only_pages(g: Any) -> None:
    """Raises Spoilt when a free list holds anything but page numbers."""
    for node in g.node_data.values():
        for zone in node.node_zones:
            for order, area in enumerate(zone.free_area):
                for page in (each for pages in area.free_list for each in pages if type(each) is not int):
                    put = in_short(page)
                    raise Spoilt(f"You put {put} on the list of order {order}: a list holds whole page numbers.")


def as_json(value: Any, depth: int = 0) -> Json:
    """A result as JSON: {"is": value}, with numbers of any library as Python's own; {"odd": text} for anything else."""
    try:
        return {"is": _plain(value, 0)}
    except Exception:
        return {"odd": in_short(value)}


def _plain(value: Any, depth: int) -> Any:
    value = as_number(value)
    kind = type(value)
    if value is None or kind is bool or (kind is int and value.bit_length() < 10_000) or kind is float:
        return value
    if kind is str and len(value) <= LONGEST_TEXT:
        return value
    if isinstance(value, (Decimal, Fraction, float)):
        return float(value)
    if kind in (list, tuple) and len(value) <= LONGEST_LIST and depth < 5:
        return [_plain(each, depth + 1) for each in value]
    if kind.__module__.partition(".")[0] == "numpy":
        return _plain(value.tolist(), depth + 1)
    raise TypeError(kind)


class Printed(TextIOBase):
    """Takes what a function prints; keeps the first lines of a call, since a function runs hundreds of times."""

    def __init__(self) -> None:
        self.in_all = 0
        self.clear()

    def clear(self) -> None:
        """Forget what was printed."""
        self.kept = ""
        self.more = False

    def close(self) -> None:
        """It stays open: the next call prints too."""

    def write(self, text: str) -> int:
        self.in_all += len(text)
        if self.in_all > PRINTED_IN_ALL:
            self.in_all = 0  # what handles the exception may print again
            raise TooMuchOutput
        room = PRINTED_LETTERS - len(self.kept)
        self.kept += text[:room]
        self.more = self.more or len(text) > room
        return len(text)

    def lines(self) -> list[str]:
        """The first lines printed, with a heading; nothing when nothing was printed."""
        lines = self.kept.splitlines()
        if not lines:
            return []
        rest = ["    ... (cut)"] if self.more or len(lines) > PRINTED_LINES else []
        return ["", "Your function printed:", *("    " + line for line in lines[:PRINTED_LINES]), *rest]


def refuse_input(*_: Any) -> None:
    """What input() and breakpoint() are in a check."""
    raise Refused("a check cannot wait for keys: leave out input() and breakpoint(), and print() what you want to see.")


def show(*values: Any, **_: Any) -> None:
    """What display() is in a check: print."""
    print(*map(in_short, values))
