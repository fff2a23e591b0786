"""How a function is judged: first in lock-step on small cases, then by recordings of the real kernel.

A function that needs no kernel is judged call by call against a proven one (plain.py).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stdout
from functools import lru_cache
from typing import Any, Protocol

from mirrorlab import linux
from mirrorlab.course.judge import outcome, rules, shrink, tutor
from mirrorlab.course.judge.cases import Case, apply, seeded
from mirrorlab.course.judge.exercise import Exercise, PlainExercise, Wrong
from mirrorlab.course.judge.lockstep import NOTHING, ORDER, Diverged, Failure, Lockstep
from mirrorlab.course.judge.outcome import Outcome
from mirrorlab.course.judge.plain import PlainBench
from mirrorlab.course.judge.subject import Stopped, Subject, Unfit, put_in, told
from mirrorlab.machine import Machine
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle
from mirrorlab.oracle.state import build_options

SEEDS = range(6)
NO_RULE = "No altered rule applies: no kernel is involved."

load_recording = lru_cache(maxsize=16)(recordings.load)


@lru_cache(maxsize=16)
def proven_kernel(rule: str, config: tuple[tuple[str, Any], ...]) -> linux.Kernel:
    """The model under a rule, with these build options, for one check: a function can damage its classes."""
    return rules.load(rules.find(rule), dict(config))


@lru_cache(maxsize=32)
def _known(function: Any, name: str, hidden: tuple[str, ...], rule: str) -> tuple[Subject, dict[Any, Any]]:
    """A named wrong answer made ready, and the kernels with it: filled as they are needed."""
    return Subject(function), {}


class Bench:
    """One function, one exercise, one rule: runs cases, and remembers the kernels it has loaded."""

    def __init__(self, exercise: Exercise, subject: Subject, rule: rules.Rule = rules.LINUX) -> None:
        self.exercise = exercise
        self.subject = subject
        self.rule = rule
        self._kernels: dict[Any, tuple[linux.Kernel, Lockstep]] = {}

    def with_function(self, function: Any) -> "Bench":
        """A bench like this one for a named wrong answer; what is loaded for it is used again."""
        subject, kernels = _known(function, self.exercise.function, self.exercise.hidden, self.rule.name)
        subject.start()
        other = Bench(self.exercise, subject, self.rule)
        other._kernels = kernels
        return other

    def cases(self, seeds: Iterable[int]) -> list[Case]:
        """The small cases: those of the exercise, then one a seed."""
        chosen: Any = self.exercise.cases
        proven = proven_kernel(self.rule.name, ())
        return [each.under(proven) for each in (*chosen, *map(seeded, seeds))]

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

    def trial(self, case: Case, *, keep: bool = False) -> Failure | None:
        """Run a small case in lock-step, up to the first call that differs. Raises Stopped.

        keep: the failure also holds the memory as it was before the call.
        """
        kernel, lockstep = self.kernel()
        try:
            machine = Machine(kernel, case.machine(lockstep.kernel).g, "toy")  # set up by the proven kernel
        except Exception as broken:  # an earlier call damaged the kernel's classes
            raise Stopped(broken, "the kernel's own code, before your function was called") from None
        blocks: dict[str, int] = {}

        def run() -> None:
            for op in case.ops:
                apply(op, machine, blocks)

        return self._watched(lockstep, machine, run, keep)

    def shortest(self, case: Case, failure: Failure) -> tuple[Case, Failure]:
        """A case with few operations that still goes wrong."""
        return shrink.shortest(self, case, failure)

    @staticmethod
    def explain(failure: Failure, wrong: Wrong | None) -> list[str]:
        """What to say about a call that went wrong."""
        return tutor.explain(failure, wrong)

    def verdict(self, cases: list[Case]) -> Outcome:
        """What to say of a function that no small case catches."""
        return _by_recordings(self) if self.rule is rules.LINUX else _right_under(self, cases)

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

        return self._watched(lockstep, running.machine, run, keep=True)

    def _watched(self, lockstep: Lockstep, machine: Machine, run: Callable[[], None], keep: bool) -> Failure | None:
        lockstep.watch(machine.g, keep=keep)
        try:
            run()
        except Diverged as diverged:
            failure = diverged.failure
            if self.rule is not rules.LINUX:
                failure.notes = list(map(rules.said_of_the_model, failure.notes))
            return failure
        except Exception as broken:  # in the kernel's own code, on what the function left behind
            where = f"the kernel's own code, after call {lockstep.number} of your function"
            raise Stopped(broken, where) from None
        finally:
            lockstep.watch(None)
        return None


class AnyBench(Protocol):
    """What tries a function, in a kernel (Bench) or without one (PlainBench); each has cases of its own kind."""

    @property
    def exercise(self) -> Exercise: ...
    @property
    def subject(self) -> Subject: ...
    def with_function(self, function: Any) -> "AnyBench": ...
    def cases(self, seeds: Iterable[int]) -> list[Any]: ...
    def trial(self, case: Any) -> Any: ...
    def shortest(self, case: Any, failure: Any) -> tuple[Any, Any]: ...
    def explain(self, failure: Any, wrong: Wrong | None) -> list[str]: ...
    def verdict(self, cases: list[Any]) -> Outcome: ...


def bench_of(exercise: Exercise, function: Any, rule: rules.Rule = rules.LINUX) -> AnyBench:
    """What tries a function. Raises Unfit. To a plain function no rule of the kernel applies."""
    if isinstance(exercise, PlainExercise):
        return PlainBench(exercise, Subject(function))
    return Bench(exercise, Subject(function), rule)


def judge(exercise: Exercise, function: Any, rule: rules.Rule = rules.LINUX, seeds: Iterable[int] = SEEDS) -> Outcome:
    """Judge a function; says nothing and stores nothing. What the function prints is kept for the outcome."""
    proven_kernel.cache_clear()  # an earlier function may have damaged them
    _known.cache_clear()
    try:
        bench = bench_of(exercise, function, rule)
        with redirect_stdout(bench.subject.printed):
            found = _judge(bench, bench.cases(seeds))
    except Unfit as problem:
        return Outcome(exercise.name, outcome.ERROR, [str(problem)])
    except Stopped as stopped:
        found = _stopped(exercise, bench.subject, stopped)
    if not found.right and found.word != outcome.NOT_STARTED:
        found.says += bench.subject.printed.lines()
    if rule is rules.LINUX:
        return found
    if isinstance(exercise, PlainExercise):
        found.says.append(NO_RULE)
    else:
        found.rule = rule.name
    return found


def _judge(bench: AnyBench, cases: list[Any]) -> Outcome:
    """The first problem in the order of the cases decides what is said, all of them how far it got."""
    failures: list[tuple[Any, Any]] = []
    elsewhere: list[str] = []  # an error in a case after the first failure
    layer = ORDER
    for case in cases:
        try:
            failure = bench.trial(case)
        except Stopped as stopped:
            if not failures:
                raise
            layer = NOTHING
            elsewhere = elsewhere or ["", "And in another case it ends in an error:", *told(stopped, bench.subject)]
            continue
        if failure:
            failures.append((case, failure))
            layer = min(layer, failure.layer)
    if failures:
        found = _not_yet(bench, failures, layer)
        found.says += elsewhere
        return found
    return bench.verdict(cases)


def _not_yet(bench: AnyBench, failures: list[tuple[Any, Any]], layer: int) -> Outcome:
    case, failure = bench.shortest(*failures[0])
    in_a_kernel = isinstance(bench, Bench)
    is_linux = not isinstance(bench, Bench) or bench.rule is rules.LINUX  # else what is a mistake there may be right
    wrong = tutor.misconception(bench, [(case, failure), *failures]) if is_linux else None
    return Outcome(
        bench.exercise.name,
        outcome.NOT_YET,
        bench.explain(failure, wrong),
        wrong=wrong.name if wrong else None,
        layer=layer if bench.exercise.lists else None,
        failure=failure if in_a_kernel else None,
        case=case if in_a_kernel else None,
    )


def _by_recordings(bench: Bench) -> Outcome:
    """The verdict of the real kernel."""
    subject = bench.subject
    subject.calls = operations = 0
    subject.taken.clear()  # what is said of Linux counts nothing else
    for name in bench.exercise.recordings:
        try:
            verdict = bench.replay(name)
        except Stopped as stopped:
            raise _traced(bench, name, stopped) from None
        if verdict.difference:
            failure = bench.locate(name)
            says = tutor.explain(failure, None) if failure else [str(verdict.difference)]
            return Outcome(
                bench.exercise.name, outcome.NOT_YET, [f"Recorded case {name}:", *says],
                layer=failure.layer if failure and bench.exercise.lists else None, failure=failure, recording=name,
            )  # fmt: skip
        operations += count(load_recording(name))
    return _right(bench, operations, "Linux")


def _traced(bench: Bench, name: str, stopped: Stopped) -> Stopped:
    """The same error in a recording, with the call in which it happens."""
    try:
        bench.locate(name)
    except Stopped as again:
        stopped = again
    stopped.call = f"the recorded case {name}" + (f", {stopped.call}" if stopped.call else "")
    return stopped


def _right_under(bench: Bench, cases: list[Case]) -> Outcome:
    return _right(bench, sum(len(case.ops) for case in cases), f"the model under the rule {bench.rule.name}")


def _right(bench: Bench, operations: int, judge: str) -> Outcome:
    subject = bench.subject
    if not subject.calls:
        says = ["Your function was never called, so nothing is known about it: a fault of the exercise, not yours."]
        return Outcome(bench.exercise.name, outcome.NOT_YET, says)
    says = [f"agrees with {judge} on {operations:,} operations; {subject.ran()}", *subject.never()]
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
