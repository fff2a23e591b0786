"""The judge's side: what the proven model does in the same cases, call by call."""

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

from mirrorlab import linux
from mirrorlab.course.judge import rules
from mirrorlab.course.judge.cases import Case, on
from mirrorlab.course.judge.exercise import Exercise, Wrong
from mirrorlab.course.judge.layers import argument_in_words, free_before
from mirrorlab.course.judge.log import NOTHING, TRUTH, VALUE, Recorder
from mirrorlab.machine import Machine
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle.replay import Replay
from mirrorlab.oracle.state import build_options, dump, load

load_recording = lru_cache(maxsize=32)(recordings.load)


class Moment(NamedTuple):
    """One call of the function, as the model carries it out."""

    function: str
    arguments: dict[str, str | None]
    """In words."""
    found: list[str]
    """The free blocks before it, as a line of text."""
    before: Any
    after: Any
    """The memory, as state.dump writes it."""
    result: Any
    used: str
    """What the kernel uses of the result."""


class _Reached(BaseException):
    """The call that was asked for has been made."""


class Model:
    """The model under a rule, or the model with a named wrong answer in it."""

    def __init__(self, exercise: Exercise, rule: rules.Rule, wrong: Callable[..., Any] | None = None) -> None:
        self.exercise = exercise
        self.rule = rule
        self.replace = {exercise.function: wrong} if wrong else {}
        self.recorder = Recorder(lambda function, *arguments: function(*arguments))
        self.kernels: dict[str, linux.Kernel] = {}
        self.logs: dict[Any, list[str]] = {}
        self.proven = proven = rules.load(rule)
        self.starts: dict[Case, Any] = {}
        self.wrongs: dict[str, Model] = {}
        functions = {name: getattr(proven.module_of(name), name) for name in exercise.functions}
        self.used = {name: used_of(function) for name, function in functions.items()}
        self.names = {name: function.__code__.co_varnames for name, function in functions.items()}

    def kernel(self, config: Mapping[str, Any]) -> linux.Kernel:
        """The kernel with these build options, its asked-for functions recorded."""
        key = repr(sorted(config.items()))
        if key not in self.kernels:
            kernel = rules.load(self.rule, config, self.replace)
            for name, used in self.used.items():
                module = kernel.module_of(name)
                function = getattr(module, name)
                if self.replace:
                    with_list_operations(kernel, function)
                wrapped = self.recorder.wrap(name, function, used)
                setattr(module, name, wrapped)
                for altered in self.rule.replace.keys() & vars(module).keys() - {name}:  # it has names of its own
                    vars(module)[altered].__globals__[name] = wrapped
            self.kernels[key] = kernel
        return self.kernels[key]

    def with_wrong(self, wrong: Wrong) -> "Model":
        """The same with a named wrong answer in it."""
        if wrong.name not in self.wrongs:
            self.wrongs[wrong.name] = Model(self.exercise, self.rule, wrong.function)
        return self.wrongs[wrong.name]

    def start(self, case: Case) -> Any:
        """The memory of a small case before its first operation."""
        bare = case.only(())
        if bare not in self.starts:
            self.starts[bare] = dump([self._machine(bare).g])
        return self.starts[bare]

    def _machine(self, case: Case) -> Machine:
        """The machine of a small case, set up by the proven kernel."""
        [g] = load(dump([case.machine(self.proven).g]), self.kernel({}))
        return Machine(self.kernel({}), g, "toy")

    def log(self, case: Case | str) -> list[str]:
        """The entries of all calls in a small case, or in a recording by its name."""
        key = case if isinstance(case, str) else (*vars(case).items(),)
        if key not in self.logs:
            entries: list[str] = []
            self._run(case, None, lambda number, entry, result: entries.append(entry))
            if len(self.logs) > 2_000:
                self.logs.clear()
            self.logs[key] = entries
        return self.logs[key]

    def moment(self, case: Case | str, wanted: int) -> Moment | None:
        """One call of a case, by its number from 1 on; None when there is no such call."""
        seen: dict[str, Any] = {}

        def entered(machine: Machine, number: int, name: str, arguments: tuple[Any, ...]) -> None:
            if number == wanted:
                named = dict(zip(self.names[name], arguments, strict=False))
                words = {each: argument_in_words(each, value, machine) for each, value in named.items()}
                seen.update(function=name, arguments=words, found=free_before(named, machine), before=dump([machine.g]))

        def left(machine: Machine, number: int, result: Any) -> None:
            if number == wanted:
                seen.update(after=dump([machine.g]), result=result, used=self.used[seen["function"]])
                raise _Reached

        self._run(case, entered, left)
        return Moment(**seen) if "after" in seen else None

    def _run(self, case: Case | str, entered: Any, left: Any) -> None:
        """Carry out a case; what a named wrong answer raises ends it."""
        machine, ops, step = self._made(case)
        if entered is None:
            self.recorder.watch(machine.g, left=left)
        else:
            self.recorder.watch(
                machine.g, partial(entered, machine), lambda number, entry, result: left(machine, number, result)
            )
        try:
            for op in ops:
                step(op)
        except _Reached:
            pass
        except Exception:
            if not self.replace:
                raise
        finally:
            self.recorder.watch(None)
            self.recorder.inside = False

    def _made(self, case: Case | str) -> tuple[Machine, Iterable[Any], Callable[[Any], Any]]:
        if isinstance(case, str):
            recorded = load_recording(case)
            running = Replay(recorded, self.kernel(build_options(recorded["machine"])))
            return running.machine, recorded["ops"], running.step
        machine = self._machine(case)
        return machine, case.ops, on(machine)


def used_of(function: Callable[..., Any]) -> str:
    """What the kernel uses of a function's result, by what the model's function promises to return."""
    promised = function.__annotations__.get("return")
    if promised in (None, "None"):
        return NOTHING
    return TRUTH if promised in (bool, "bool") else VALUE


def with_list_operations(kernel: linux.Kernel, function: Any) -> None:
    """Give a function all list operations by name, as a learner's has them."""
    for name, operation in vars(kernel.list).items():
        if name.startswith("list_"):
            function.__globals__.setdefault(name, operation)
