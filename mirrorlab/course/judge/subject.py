"""The subject: runs a learner's function where no solution is, and writes a log of its calls.

It knows the function's text, a kernel without the functions that are asked for, and the cases. It does not know what
is right. Requests and answers are JSON; worker.py carries them to a process of its own.
"""

import builtins
import math
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
from mirrorlab.course.judge.answer import Answer, Unfit
from mirrorlab.course.judge.cases import Case, on
from mirrorlab.course.judge.log import BROKEN, Recorder, Spoilt, as_number, digest, in_short
from mirrorlab.course.judge.rewrite import Steps
from mirrorlab.course.judge.telling import (
    LONGEST_TEXT,
    NO_KEYS,
    PRINTED,
    PRINTED_IN_ALL,
    Refused,
    Teller,
    TooMuchOutput,
    not_ours,
)
from mirrorlab.linux.mmzone import Globals
from mirrorlab.machine import Machine
from mirrorlab.oracle.replay import Replay
from mirrorlab.oracle.state import dump, load
from mirrorlab.words import joined

PRINTED_LINES = 10
PRINTED_LETTERS = 4_000
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
        self.teller = Teller(self.answer, self.steps)
        self.codes = [self.steps.compile(source) for source in self.answer.sources]
        given = [source.name for source in self.answer.sources]
        self.named = {name: given[0] if len(functions) == 1 and name not in given else name for name in functions}
        missing = [name for name in self.named.values() if name not in given]
        if missing:
            lost = f"{joined(missing)} {'is' if len(missing) == 1 else 'are'} missing"
            raise Unfit(f"{lost}: below all functions, call check(...)({', '.join(functions)}).")
        try:
            if plain:
                if configs:
                    self.kernels["whole"] = linux.load()
                self.seal(self.answer)
                names = self._executed({"__builtins__": builtins, "math": math})
                self.function = names[self.answer.sources[0].name]
                names.update(dict.fromkeys(functions, self.function))  # it may call itself by the name asked for
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
            return {"stopped": self.teller.told(stopped.problem), "decisions": []}
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
        self.teller.names = names
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
        self.teller.arguments = arguments
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

    def recording(self, case: Json, config: Json, log: bool = False, at: int | None = None) -> Json:
        """Replay a recording's operations: what each gave, and where a state was recorded a digest of the memory.

        log: write the log of its calls instead.
        """
        running = Replay(case, self._put_in(self.kernels[_key(config)]))
        if log or at is not None:
            return self._logged(running.machine, case["ops"], running.step, at)
        self.recorder.watch(None)
        results: list[Json] = []
        states: dict[str, str] = {}
        found = self._watched([None], lambda _: states.update(digests(running, case["ops"], results)))
        return {"results": results, "states": states, "number": self.recorder.number, **found}

    def _logged(self, machine: Machine, ops: Iterable[Any], step: Callable[[Any], Any], at: int | None) -> Json:
        """The log of the calls on a machine; with `at`, the memory that this call left instead."""
        entries: list[str] = []
        left: dict[str, Json] = {}

        def note(number: int, entry: str, result: Any) -> None:
            entries.append(entry)
            if number == at:
                left.update(memory=memory_of(machine.g), result=as_json(result), notes=self.teller.notes())
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
            return {"stopped": self.teller.told(stopped.problem)}
        except Spoilt as spoilt:
            return {"stopped": self.teller.told(_blamed(spoilt, g))}
        except EndOfCase:
            return {}
        except BaseException as problem:  # in the kernel's own code, on what the function has left
            return {"broken": self.teller.told(problem)}
        finally:
            self._watch_kernel(False)
        return {}

    def plain_calls(self, arguments: list[list[Any]]) -> Json:
        """Call a plain function, once for each list of arguments, up to the first call that ends in an exception."""
        results = []
        for each in arguments:
            try:
                result = as_json(self.run(self.function, *each))
                results.append({"result": result, "printed": self.printed.lines(), "notes": self.teller.notes()})
            except Stopped as stopped:
                results.append({"stopped": self.teller.told(stopped.problem), "printed": self.printed.lines()})
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


def digests(running: Replay, ops: Iterable[Any], results: list[Json]) -> dict[str, str]:
    """Replay operations: the digest of the memory wherever a recording has its state.

    results: a list that takes what each operation gives.
    """
    states = {}
    for number, op in enumerate(ops):
        results.append(running.step(op))
        if op["op"] == "dump":
            states[str(number)] = digest(running.machine.g)
    states["final"] = digest(running.machine.g)
    return states


def _key(config: Json) -> str:
    return repr(sorted(config.items()))


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


def memory_of(g: Globals) -> Json:
    """All of a machine's memory as JSON. Raises Spoilt."""
    try:
        only_pages(g)
        return dump([g])
    except Spoilt:
        raise
    except Exception as problem:
        raise Spoilt(f"{BROKEN} ({type(problem).__name__}: {problem}).") from None


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
        return int(value) if value == int(value) and not isinstance(value, float) else float(value)
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
        lines = not_ours(self.kept.splitlines())
        if not lines:
            return []
        rest = ["    ... (cut)"] if self.more or len(lines) > PRINTED_LINES else []
        return ["", PRINTED, *("    " + line for line in lines[:PRINTED_LINES]), *rest]


def refuse_input(*_: Any) -> None:
    """What input() and breakpoint() are in a check."""
    raise Refused(NO_KEYS)


def show(*values: Any, **_: Any) -> None:
    """What display() is in a check: print."""
    print(*map(in_short, values))
