"""How a function is judged: first in lock-step on small cases, then by recordings of the real kernel."""

import io
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout
from functools import lru_cache
from typing import Any

from mirrorlab import linux, oracle, recordings
from mirrorlab.course import outcome, rules, shrink, tutor
from mirrorlab.course.exercise import Exercise
from mirrorlab.course.lockstep import NOTHING, ORDER, Diverged, Failure, Lockstep
from mirrorlab.course.outcome import Outcome
from mirrorlab.course.subject import Stopped, Subject, Unfit, put_in, told
from mirrorlab.course.toys import Case, apply, seeded
from mirrorlab.machine import Machine, build_options

SEEDS = range(6)
PRINTED_LINES = 10

load_recording = lru_cache(maxsize=16)(recordings.load)


@lru_cache(maxsize=16)
def proven_kernel(rule: str, config: tuple[tuple[str, Any], ...]) -> linux.Kernel:
    """The model under a rule, with these build options; no learner's code ever runs in it."""
    return rules.load(rules.find(rule), dict(config))


class Bench:
    """One function, one exercise, one rule: runs cases, and remembers the kernels it has loaded."""

    def __init__(self, exercise: Exercise, subject: Subject, rule: rules.Rule = rules.LINUX) -> None:
        self.exercise = exercise
        self.subject = subject
        self.rule = rule
        self.printed = Printed()
        """What the function printed in the last case."""
        self._kernels: dict[Any, tuple[linux.Kernel, Lockstep]] = {}

    def kernel(self, config: Mapping[str, Any] | None = None) -> tuple[linux.Kernel, Lockstep]:
        """A kernel with the function in it, and what compares it with a proven one."""
        key = tuple(sorted((config or {}).items()))
        if key not in self._kernels:
            function = self.exercise.function
            proven = proven_kernel(self.rule.name, key)
            kernel = rules.load(self.rule, config, {function: self.subject.code})
            lockstep = Lockstep(self.subject, put_in(kernel, function, self.exercise.hidden), proven, function)
            setattr(kernel.module_of(function), function, lockstep)
            self._kernels[key] = kernel, lockstep
        return self._kernels[key]

    def trial(self, case: Case) -> Failure | None:
        """Run a small case in lock-step, up to the first call that differs. Raises Stopped."""
        kernel, lockstep = self.kernel()
        self.printed.clear()
        machine = Machine(kernel, case.machine(lockstep.kernel).g, "toy")  # set up by the proven kernel
        blocks: dict[str, int] = {}

        def run() -> None:
            for op in case.ops:
                apply(op, machine, blocks)

        return self._watched(lockstep, machine, run)

    def replay(self, name: str) -> oracle.Verdict:
        """Replay a recording, counting the function's calls only. Raises Stopped."""
        case = load_recording(name)
        kernel, _ = self.kernel(build_options(case["machine"]))
        return oracle.replay(case, kernel)

    def locate(self, name: str) -> Failure | None:
        """The first call in a recording that differs. Raises Stopped."""
        case = load_recording(name)
        kernel, lockstep = self.kernel(build_options(case["machine"]))
        running = oracle.Replay(case, kernel)

        def run() -> None:
            for op in case["ops"]:
                running.step(op)

        return self._watched(lockstep, running.machine, run)

    @staticmethod
    def _watched(lockstep: Lockstep, machine: Machine, run: Callable[[], None]) -> Failure | None:
        lockstep.watch(machine.g)
        try:
            run()
        except Diverged as diverged:
            return diverged.failure
        except Exception as broken:  # in the kernel's own code, on what the function left behind
            stopped = Stopped(broken)
            stopped.call = f"the kernel's own code, after call {lockstep.number} of your function"
            raise stopped from None
        finally:
            lockstep.watch(None)
        return None


def judge(exercise: Exercise, function: Any, rule: rules.Rule = rules.LINUX, seeds: Iterable[int] = SEEDS) -> Outcome:
    """Judge a function; says nothing and stores nothing. What the function prints is kept for the outcome."""
    try:
        bench = Bench(exercise, Subject(function), rule)
        with redirect_stdout(bench.printed):
            found = _judge(bench, [*exercise.cases, *map(seeded, seeds)])
    except Unfit as problem:
        return Outcome(exercise.name, outcome.ERROR, [str(problem)])
    except Stopped as stopped:
        found = _stopped(exercise, bench.subject, stopped)
    if not found.right and found.word != outcome.NOT_STARTED:
        found.says += bench.printed.lines()
    return found


def _judge(bench: Bench, cases: list[Case]) -> Outcome:
    """The first problem in the order of the cases decides what is said, all of them how far it got."""
    failures: list[tuple[Case, Failure]] = []
    layer = ORDER
    for case in cases:
        try:
            failure = bench.trial(case)
        except Stopped:
            if not failures:
                raise
            layer = NOTHING
            continue
        if failure:
            failures.append((case, failure))
            layer = min(layer, failure.layer)
    if failures:
        return _not_yet(bench, failures, layer)
    if bench.rule is not rules.LINUX:
        return _right_under(bench, cases)
    return _by_recordings(bench)


def _not_yet(bench: Bench, failures: list[tuple[Case, Failure]], layer: int) -> Outcome:
    case, failure = shrink.shortest(bench, *failures[0])
    wrong = tutor.misconception(bench, [(case, failure), *failures])
    return Outcome(
        bench.exercise.name,
        outcome.NOT_YET,
        tutor.explain(failure, wrong),
        wrong=wrong.name if wrong else None,
        layer=layer if bench.exercise.lists else None,
        failure=failure,
        case=case,
    )


def _by_recordings(bench: Bench) -> Outcome:
    """The verdict of the real kernel."""
    subject = bench.subject
    subject.calls = operations = 0
    for name in bench.exercise.recordings:
        verdict = bench.replay(name)
        if verdict.difference:
            failure = bench.locate(name)
            says = tutor.explain(failure, None) if failure else [str(verdict.difference)]
            return Outcome(
                bench.exercise.name, outcome.NOT_YET, [f"Recorded case {name}:", *says],
                layer=failure.layer if failure and bench.exercise.lists else None, failure=failure, recording=name,
            )  # fmt: skip
        operations += count(load_recording(name))
    return _right(bench, operations, "Linux")


def _right_under(bench: Bench, cases: list[Case]) -> Outcome:
    return _right(bench, sum(len(case.ops) for case in cases), f"the model under the rule {bench.rule.name}")


def _right(bench: Bench, operations: int, judge: str) -> Outcome:
    subject = bench.subject
    ran = f"your function ran {subject.calls:,} times"
    if subject.branches:
        ran += f" and took {len(subject.taken)} of {subject.branches} branches"
    says = [f"agrees with {judge} on {operations:,} operations; {ran}", *subject.never()]
    return Outcome(
        bench.exercise.name, outcome.RIGHT, says, layer=ORDER if bench.exercise.lists else None,
        operations=operations, calls=subject.calls, taken=len(subject.taken), branches=subject.branches,
    )  # fmt: skip


def count(case: recordings.Case) -> int:
    """Operations of a recorded case; many at once count each."""
    total = 0
    for op, result in zip(case["ops"], case["results"], strict=True):
        total += len(result) if isinstance(result, list) else result if op["op"] == "free_range" else 1
    return total


def _stopped(exercise: Exercise, subject: Subject, stopped: Stopped) -> Outcome:
    if isinstance(stopped.problem, NotImplementedError):
        says = [exercise.question, "Replace the line with NotImplementedError, then run the cell again."]
        return Outcome(exercise.name, outcome.NOT_STARTED, says)
    return Outcome(exercise.name, outcome.ERROR, told(stopped, subject))


class Printed(io.TextIOBase):
    """Takes what a function prints; keeps the first lines, since a function runs hundreds of times."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget what was printed."""
        self.kept = ""
        self.more = False

    def write(self, text: str) -> int:
        room = 4000 - len(self.kept)
        self.kept += text[:room]
        self.more = self.more or len(text) > room
        return len(text)

    def lines(self) -> list[str]:
        """The first lines printed, with a heading; nothing when nothing was printed."""
        lines = self.kept.splitlines()
        if not lines:
            return []
        rest = ["    ..."] if self.more or len(lines) > PRINTED_LINES else []
        return ["", "Your function printed:", *("    " + line for line in lines[:PRINTED_LINES]), *rest]
