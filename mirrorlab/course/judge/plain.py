"""Functions of numbers and lists: judged against a proven one, call by call. No kernel is involved.

The learner's function sees its arguments, Python's own functions and `math`, and nothing of the notebook.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import dataclass
from numbers import Real
from random import Random
from typing import Any

from mirrorlab.course.judge.answer import Answer
from mirrorlab.course.judge.cases import Call, on, seeded
from mirrorlab.course.judge.exercise import MachineExercise, PlainExercise, Wrong
from mirrorlab.course.judge.layers import GENERATOR
from mirrorlab.course.judge.link import NONSENSE, Ended, Link, Stopped, Tally, failing
from mirrorlab.course.judge.log import VALUE
from mirrorlab.course.judge.outcome import NOT_YET, RIGHT, Odd, Outcome
from mirrorlab.course.judge.rows import of_results
from mirrorlab.course.judge.subject import as_json
from mirrorlab.oracle.state import dump

TOLERANCE = 1e-9  # between two answers that are not whole numbers
CALLS_A_SEED = 25
TRIALS = 2000  # calls made to find a smaller case
LONGEST = 60  # characters of an answer that are shown
SECONDS_TO_EXPLAIN = 5.0


@dataclass
class Mismatch:
    """A call whose answer is wrong."""

    function: str
    arguments: Mapping[str, Any]
    theirs: Any
    """A right answer."""
    ours: Any
    """The learner's."""
    values: tuple[Any, Any]
    """What the two come to: the answers themselves, unless the exercise measures them."""
    printed: list[str]

    def like(self, other: Any) -> bool:
        """Whether another function's value is wrong in the same way."""
        mine = self.values[1]
        return same(mine, other) or (type(mine) is type(other) and mine == other)


def same(theirs: Any, ours: Any) -> bool:
    """Whether two answers are the same number, within TOLERANCE."""
    if not isinstance(ours, Real) or not isinstance(theirs, Real):
        return False
    try:
        return abs(float(theirs) - float(ours)) <= TOLERANCE  # never true for NaN
    except OverflowError:
        return False


class PlainTrial:
    """One answer, and what is right."""

    def __init__(self, exercise: PlainExercise, answer: Answer, link: Link) -> None:
        self.exercise = exercise
        self.link = link
        proven = exercise.proven.__code__
        self.names = proven.co_varnames[: proven.co_argcount]
        ready = link.ask(
            {"do": "prepare", "answer": answer.to_json(), "functions": {exercise.function: VALUE}, "hidden": [],
             "rule": "linux", "configs": [{}] if isinstance(exercise, MachineExercise) else [], "plain": True}
        )  # fmt: skip
        self.tally = Tally(ready["decisions"])
        if "stopped" in ready:
            raise Stopped(ready["stopped"], [], [])

    def results(self, cases: Sequence[Call]) -> list[Any]:
        """What the answer gives for each of these calls, as the subject tells it."""
        arguments = [[case.arguments[name] for name in self.names] for case in cases]
        found = self.link.ask({"do": "calls", "arguments": arguments})
        self.tally.add(found)
        results: list[Any] = found["results"]
        if len(results) != len(cases) and not (results and "stopped" in results[-1]):
            raise Ended(NONSENSE)
        return results

    def mismatch(self, case: Call, found: Any) -> Mismatch | None:
        """Compare an answer with the right one; None when it is right. Raises Stopped."""
        if "stopped" in found:
            where = f"It happened in {self.exercise.function}({listed(case.arguments)})"
            raise Stopped(found["stopped"], [where], found["printed"])
        theirs, ours = self.give(self.exercise.proven, case), plain_value(found["result"])
        values = (theirs, ours)
        if self.exercise.measure:
            values = self._measured(case, theirs), self._measured(case, ours)
        if self.agree(*values):
            return None
        said = [*found.get("notes", []), *found["printed"]]
        return Mismatch(self.exercise.function, case.arguments, theirs, ours, values, said)

    def give(self, function: Any, case: Call) -> Any:
        """What a function of ours gives, the right one or a named wrong one."""
        return function(*deepcopy([case.arguments[name] for name in self.names]))

    agree = staticmethod(same)

    def _measured(self, case: Call, value: Any) -> int | None:
        assert self.exercise.measure is not None
        try:
            return self.exercise.measure(case.arguments, value)
        except Exception:  # an answer of another kind
            return None

    def trial(self, case: Call) -> Mismatch | None:
        """Make one call. Raises Stopped."""
        [found] = self.results([case])
        return self.mismatch(case, found)

    def shortest(self, case: Call, failure: Mismatch) -> tuple[Call, Mismatch]:
        """The smallest call to be found that still goes wrong: each number is made smaller, each list shorter."""
        trials = TRIALS
        untried = smaller_calls(self.exercise, case)
        while trials and (smaller := next(untried, None)):
            trials -= 1
            with suppress(Stopped):
                found = self.trial(smaller)
                if found:
                    case, failure, untried = smaller, found, smaller_calls(self.exercise, smaller)
        return case, failure

    def alike(self, wrong: Wrong, case: Call, failure: Mismatch) -> bool:
        """Whether a named wrong answer goes wrong in the same way in a call."""
        value = self.give(wrong.function, case)
        return failure.like(self._measured(case, value) if self.exercise.measure else value)


class MachineTrial(PlainTrial):
    """The same for a function that reads a machine: a call is one small case, carried out."""

    def results(self, cases: Sequence[Call]) -> list[Any]:
        found = []
        for each in cases:
            case = each.arguments["machine"]
            memory = dump([case.machine().g])
            found.append(self.link.ask({"do": "read", "memory": memory, "case": case.to_json()}))
            self.tally.add(found[-1])
        return found

    def give(self, function: Any, case: Call) -> Any:
        machine = case.arguments["machine"].machine()
        step = on(machine)
        for op in case.arguments["machine"].ops:
            step(op)
        return plain_value(as_json(function(machine)))

    def shortest(self, case: Call, failure: Mismatch) -> tuple[Call, Mismatch]:
        return case, failure

    @staticmethod
    def agree(theirs: Any, ours: Any) -> bool:
        return type(theirs) is type(ours) and theirs == ours


def drawn(exercise: PlainExercise, seeds: Iterable[int]) -> list[Call]:
    """The calls of the exercise, then some by chance, the same for the same seeds."""
    if isinstance(exercise, MachineExercise):
        return [Call(case.name, {"machine": case}) for case in (*exercise.cases, *map(seeded, seeds))]
    found = []
    for seed in seeds:
        chance = Random(f"mirrorlab {exercise.name} {seed}")
        found += [Call(f"seed {seed}, {n}", exercise.draw(chance)) for n in range(CALLS_A_SEED)]
    return [*exercise.cases, *found]


def judge_plain(exercise: PlainExercise, answer: Answer, link: Link, seeds: Iterable[int]) -> Outcome:
    """Judge a function call by call."""
    trial = (MachineTrial if isinstance(exercise, MachineExercise) else PlainTrial)(exercise, answer, link)
    cases = drawn(exercise, seeds)
    try:
        results = trial.results(cases[: len(exercise.cases)])
        never = trial.tally.never()
        if "stopped" not in results[-1]:
            results += trial.results(cases[len(results) :])
    except Ended as ended:
        ended.sentence = ended.sentence.format(calls=f"{ended.calls:,} of {len(cases):,} calls")
        raise
    failures, elsewhere = failing(zip(cases, results, strict=False), trial.mismatch)  # none behind an exception
    if not failures:
        return _right(trial, len(cases), never)
    link.extend(SECONDS_TO_EXPLAIN)
    with suppress(Ended):
        failures.insert(0, trial.shortest(*failures[0]))
    wrong = exercise.misconception(failures, trial.alike)
    failure = failures[0][1]
    says = [*explain(exercise, failure, wrong), *failure.printed, *elsewhere]
    failed = list(dict.fromkeys(case.name for case, _ in failures))
    return Outcome(
        exercise.name, NOT_YET, says, wrong=wrong.name if wrong else None, failed=failed,
        call=as_code(failure.function, failure.arguments)[-1], rows=rows(exercise, failure),
    )  # fmt: skip


def _right(trial: PlainTrial, cases: int, never: list[str]) -> Outcome:
    tally = trial.tally
    says = [f"gives the right answer in {cases:,} of {cases:,} cases; {tally.ran()}", *tally.never()]
    return Outcome(
        trial.exercise.name, RIGHT, says, operations=cases, calls=tally.calls, taken=len(tally.taken),
        branches=2 * len(tally.lines), never=never,
    )  # fmt: skip


def plain_value(told: Any) -> Any:
    """What a function returned, as the subject tells it."""
    return told["is"] if "is" in told else Odd(told["odd"])


def explain(exercise: PlainExercise, failure: Mismatch, wrong: Wrong | None) -> list[str]:
    """The tutor's sentence if the mistake has a name, then the call and both answers."""
    theirs, ours = texts(failure)
    return [
        *([wrong.says.format(**failure.arguments), ""] if wrong else []),
        "A small case that shows it:",
        *(f"    {line}" for line in as_code(failure.function, failure.arguments)),
        f"    Right is {theirs}, yours is {ours}" + why_not(failure.theirs, failure.ours),
        *_measures(exercise, failure),
    ]


def texts(failure: Mismatch) -> tuple[str, str]:
    """The right answer and the learner's, as texts that differ."""
    theirs, ours = shown(failure.theirs), shown(failure.ours)
    if theirs == ours:  # they differ in a later place
        theirs, ours = repr(failure.theirs), repr(failure.ours)
    return theirs, ours


def rows(exercise: PlainExercise, failure: Mismatch) -> list[list[Any]]:
    """Both answers, for a table."""
    theirs, ours = texts(failure)
    found = [of_results("it returns", ours, theirs)]
    if _measures(exercise, failure):
        measured, mine = map(str, failure.values)
        found.append(of_results(exercise.measured, "no such place" if mine == "None" else mine, measured))
    return found


def why_not(theirs: Any, ours: Any) -> str:
    """What kind of thing was returned, where that is the mistake."""
    if ours is None:
        return ": does each path end in a `return`?"
    if isinstance(ours, float) and isinstance(theirs, int) and ours == theirs:
        return ": return a whole number: divide with `//`."
    if isinstance(ours, (list, str)) and isinstance(theirs, Real):
        return f": a {'list' if isinstance(ours, list) else 'text'}, where one number is needed."
    if str(ours) == GENERATOR:
        return ": it gives its values only when asked, for example by sum(), max() or next()."
    return ""


def _measures(exercise: PlainExercise, failure: Mismatch) -> list[str]:
    theirs, ours = failure.values
    if not exercise.measured or failure.ours is None:
        return []
    if isinstance(failure.ours, (float, list, str, Odd)):
        return []
    yours = f"{ours} with yours" if ours is not None else "but no mirror can begin at what you returned"
    return [f"    {exercise.measured}: {theirs} with the right answer, {yours}"]


def smaller_calls(exercise: PlainExercise, case: Call) -> Iterator[Call]:
    """Calls with less in them, as far as they make sense."""
    for name, value in case.arguments.items():
        numbers = [other for other in case.arguments.values() if isinstance(other, int)]
        for less in smaller_values(value, numbers):
            arguments = {**case.arguments, name: less}
            if exercise.fits(**arguments):
                yield Call(case.name, arguments)
    for arguments in moved_down(case.arguments):
        if exercise.fits(**arguments):
            yield Call(case.name, arguments)


def smaller_values(value: Any, numbers: Iterable[int]) -> Iterator[Any]:
    """Smaller numbers, the smallest first; or lists with less in them."""
    if isinstance(value, int):
        found = {0, 1, value // 2, value - 1, *(value - number for number in numbers)}
        yield from sorted(each for each in found if 0 <= each < value)
    else:
        half = len(value) // 2
        yield from ([], value[half:], value[:half]) if half else ()
        for at, item in enumerate(value):
            yield value[:at] + value[at + 1 :]
            yield from ([*value[:at], less, *value[at + 1 :]] for less in smaller_values(item, ()))


def moved_down(arguments: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each number together with the lists: all of them less by the same."""
    lists = {name: value for name, value in arguments.items() if isinstance(value, list)}
    for name, value in arguments.items():
        if lists and isinstance(value, int):
            for less in sorted({1, max(1, value // 2)}, reverse=True):
                lower = {each: [item - less for item in items] for each, items in lists.items()}
                if value >= less:
                    yield {**arguments, **lower, name: value - less}


def as_code(function: str, arguments: Mapping[str, Any]) -> list[str]:
    """A call as one would write it, line by line."""
    if "machine" in arguments:
        return [*arguments["machine"].code(), f"{function}(machine)"]
    return [f"{function}({listed(arguments)})"]


def listed(arguments: Mapping[str, Any]) -> str:
    """Arguments as one would write them; a case by its name."""
    return ", ".join(f"{name}={getattr(value, 'name', value)}" for name, value in arguments.items())


def shown(value: Any) -> str:
    """An answer as text."""
    if value is None:
        return "nothing"
    text = f"{value:.6g}" if isinstance(value, float) else repr(value)
    return text if len(text) <= LONGEST else text[:LONGEST] + " ..."
