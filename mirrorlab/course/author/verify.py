"""`mirrorlab course verify`: the proof, from three sides, that every exercise is sound.

The stub says *not started*. The solution is right, on many seeds and all recordings; the small cases alone take each of
its branches, and so do the recordings alone. Every named wrong answer is caught by the case made for it, and gets its
own message; under an altered rule it only has to be caught.

Exercises without a kernel have no recordings, and are proven in the same way under every rule.
"""

import linecache
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FunctionType
from typing import Any

from mirrorlab import words
from mirrorlab.course.author import build
from mirrorlab.course.author.build import BadSource, Parts
from mirrorlab.course.judge import exercise, rules
from mirrorlab.course.judge.exercise import Exercise, PlainExercise, Wrong
from mirrorlab.course.judge.judge import NO_RULE, judge
from mirrorlab.course.judge.outcome import ERROR, NOT_STARTED, NOT_YET, RIGHT
from mirrorlab.oracle.cases import RecordingError
from mirrorlab.oracle.report import progress

SEEDS = range(20)
FEW_SEEDS = range(2)  # enough for wrong answers, which a named case has to catch
FEWEST_WRONG = 3
RIGHT_UNDER = {  # wrong answers that a rule makes right, and why
    ("max_order", "ex04.steal", "one page block"): "no block is larger than a page block",
}


@dataclass
class Proof:
    """The result of proving one exercise."""

    exercise: str
    covered: int = 0
    """Outcomes of the solution's decisions that its small cases take, of `branches`."""
    branches: int = 0
    caught: int = 0
    """Wrong answers caught with their own message, of `wrongs`."""
    wrongs: int = 0
    operations: int = 0
    """On which the solution agrees: of the real kernel, or under a rule of the model; calls of a plain function."""
    faults: list[str] = field(default_factory=list)


def run(root: Path, chosen: Sequence[str] = (), rule: str | None = None) -> int:
    """Prove the exercises whose names begin like one of `chosen` (all when empty), print a table; 0 when sound."""
    proofs, faults = prove(root, chosen, rules.find(rule))
    if proofs:
        print(table(proofs))
    plain = [proof.exercise for proof in proofs if isinstance(exercise.find(proof.exercise), PlainExercise)]
    if rule is not None and plain:
        print(f"{', '.join(plain)}: {NO_RULE}")
    for fault in [*faults, *(f"{proof.exercise}: {fault}" for proof in proofs for fault in proof.faults)]:
        print(fault)
    wrong = len(faults) + sum(bool(proof.faults) for proof in proofs)
    if proofs:
        print(f"{len(proofs) - sum(bool(proof.faults) for proof in proofs)} of {len(proofs)} exercises are proven")
    return 1 if wrong or not proofs else 0


def prove(root: Path, chosen: Sequence[str] = (), rule: rules.Rule = rules.LINUX) -> tuple[list[Proof], list[str]]:
    """A proof for each exercise, and faults of the set as a whole."""
    written, faults = _written(root)
    names = [name for name in exercise.all_exercises() if not chosen or name.startswith(tuple(chosen))]
    faults += [f"{name} has no cells in solutions/: write them" for name in names if name not in written]
    if chosen and not names:
        faults.append(
            f"no exercise's name begins with {' or '.join(chosen)}: choose from {', '.join(exercise.all_exercises())}"
        )
    there = [name for name in names if name in written]
    return [_prove(exercise.find(name), written[name], rule) for name in progress(there, "proving")], faults


def _written(root: Path) -> tuple[dict[str, Parts], list[str]]:
    written: dict[str, Parts] = {}
    faults = []
    for path in build.sources(root):
        try:
            for part in build.parts(build.read(path), path.name):
                written[part.name] = part
                faults += build.leaks(part)
        except (BadSource, ValueError, KeyError) as problem:
            faults.append(f"{path.name}: {problem}")
    return written, faults


def _prove(chosen: Exercise, written: Parts, rule: rules.Rule) -> Proof:
    rule = rules.LINUX if isinstance(chosen, PlainExercise) else rule
    proof = Proof(chosen.name, wrongs=len(chosen.wrongs))
    try:
        stub = function_in(written.stub, chosen, f"{chosen.name}, stub")
        solution = function_in(written.solution, chosen, f"{chosen.name}, solution")
        found = judge(chosen, stub, rule, seeds=())
        if found.word != NOT_STARTED:
            proof.faults.append(f"the stub says {found.word}, not {NOT_STARTED}")
        _prove_solution(chosen, solution, rule, proof)
        for wrong in chosen.wrongs:
            fault = _prove_wrong(chosen, wrong) if rule is rules.LINUX else _prove_caught(chosen, wrong, rule)
            proof.caught += fault is None
            proof.faults += [fault] if fault else []
        if len(chosen.wrongs) < FEWEST_WRONG:
            proof.faults.append(f"it has {len(chosen.wrongs)} named wrong answers: name {FEWEST_WRONG}")
    except (BadSource, RecordingError) as problem:
        proof.faults.append(str(problem))
    return proof


def solutions(root: Path) -> dict[str, FunctionType]:
    """Every exercise's solution, as it is written in solutions/."""
    written, _ = _written(root)
    return {
        name: function_in(written[name].solution, chosen, f"{name}, solution")
        for name, chosen in exercise.all_exercises().items()
        if name in written
    }


def function_in(source: str, chosen: Exercise, file: str) -> FunctionType:
    """The function that a cell defines, without running its check. file: a name for the cell."""
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    names: dict[str, Any] = {"check": lambda *_, **__: lambda function: function}
    try:
        exec(compile(source, file, "exec"), names)
    except Exception as problem:
        raise BadSource(f"its cell does not run: {type(problem).__name__}: {problem}") from None
    function = names.get(chosen.function)
    if not isinstance(function, FunctionType):
        raise BadSource(f"its cell does not define {chosen.function}")
    return function


def _prove_solution(chosen: Exercise, solution: FunctionType, rule: rules.Rule, proof: Proof) -> None:
    found = judge(chosen, solution, rule, SEEDS)
    proof.operations = found.operations
    if chosen.function in rule.changes:
        if found.right:
            proof.faults.append(f"the usual solution is right under {rule.name}: then the rule changes nothing")
        return
    if not found.right:
        proof.faults.append(f"the solution is judged {found.word}: {' '.join(found.says)}")
        return
    if found.taken < found.branches:
        proof.faults.append(f"its recordings miss a branch of the solution: {found.says[1]}")
    proof.branches, proof.covered = found.branches, found.branches - len(found.never)
    if found.never:
        proof.faults.append(f"its cases miss a branch of the solution: {found.never[0]}")


def _prove_wrong(chosen: Exercise, wrong: Wrong) -> str | None:
    """Why a wrong answer is not caught as it should; None when it is."""
    try:
        chosen.case(wrong.killer)
    except LookupError:
        return f"the wrong answer {wrong.name!r} needs the case {wrong.killer!r}, which is not there"
    found = judge(chosen, wrong.function, seeds=FEW_SEEDS)
    if found.word == ERROR:
        return f"the wrong answer {wrong.name!r} ends in an error ({found.says[0]}): it should run to its end"
    if wrong.killer not in found.failed:
        return f"the wrong answer {wrong.name!r} passes the case {wrong.killer!r}, which should catch it"
    if found.wrong != wrong.name:
        return f"the wrong answer {wrong.name!r} gets the message of {found.wrong!r}"
    return None


def _prove_caught(chosen: Exercise, wrong: Wrong, rule: rules.Rule) -> str | None:
    """Why a wrong answer is not caught under an altered rule; None when it is, or is right there."""
    expected = RIGHT if (rule.name.partition("=")[0], chosen.name, wrong.name) in RIGHT_UNDER else NOT_YET
    found = judge(chosen, wrong.function, rule, FEW_SEEDS)
    return None if found.word == expected else f"the wrong answer {wrong.name!r} is judged {found.word}, not {expected}"


def table(proofs: Sequence[Proof]) -> str:
    """A line an exercise."""
    rows = [("exercise", "branches covered", "wrong answers caught", "operations", "")]
    for each in proofs:
        branches, wrongs = _of(each.covered, each.branches), _of(each.caught, each.wrongs)
        mark = "not proven" if each.faults else ""
        rows.append((each.exercise, branches, wrongs, f"{each.operations:,}", mark))
    return "\n".join(words.table(rows))


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole}" if whole else "-"
