"""How an answer is judged: its log is held against the model's, then against recordings of the real kernel.

The answer runs elsewhere (subject.py, in a process of its own: worker.py). What comes back can only agree or differ.
The first call that differs is looked at closely, and told.
"""

import string
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import lru_cache, partial
from typing import Any

from mirrorlab import linux
from mirrorlab.course.judge import outcome, rows, rules
from mirrorlab.course.judge.answer import Answer, Unfit, answer_of, looks_around
from mirrorlab.course.judge.cases import Case, Op, seeded
from mirrorlab.course.judge.exercise import Exercise, PlainExercise, Wrong, all_exercises
from mirrorlab.course.judge.launch import subject
from mirrorlab.course.judge.layers import CONSERVED, NOTHING, ORDER, Failure, call_in_words, compare, deeds, results
from mirrorlab.course.judge.link import Ended, Link, Stopped, Tally, failing
from mirrorlab.course.judge.log import BROKEN
from mirrorlab.course.judge.log import NOTHING as UNUSED
from mirrorlab.course.judge.model import Model, load_recording
from mirrorlab.course.judge.outcome import Outcome
from mirrorlab.course.judge.plain import judge_plain, plain_value
from mirrorlab.course.judge.rewrite import STEPS_A_CALL
from mirrorlab.course.judge.runs import Runs
from mirrorlab.course.judge.subject import digests
from mirrorlab.course.judge.worker import WRITE_IT
from mirrorlab.machine import Machine
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle.replay import Replay
from mirrorlab.oracle.state import build_options, load

SEEDS = range(6)
SECONDS = 10.0
SECONDS_TO_EXPLAIN = 5.0
TRIALS = 200  # shorter cases that are tried
NOTES = 4  # sentences about what differs
NO_RULE = "No altered rule applies: no kernel is involved."
NO_REQUEST = "No request leads to this call: the check makes it directly."
SLOW_IN_A_RECORDING = [
    f"too slow: one call was stopped after {STEPS_A_CALL:,} steps.",
    "In the small cases each call came to an end. Here page numbers are large: do not count up to them.",
]
UNSEEN = "Your function changes something in the machine that Linux leaves as it is in this call."
UNSTEADY = "With the same memory it does something different each time: make it depend on its arguments only."


@lru_cache(maxsize=32)
def kept_model(name: str, rule: str) -> Model:
    """The proven side of an exercise of the course; its logs are kept."""
    return Model(all_exercises()[name], rules.find(rule))


def model_of(exercise: Exercise, rule: rules.Rule) -> Model:
    """The proven side of any exercise."""
    if all_exercises().get(exercise.name) is exercise:
        return kept_model(exercise.name, rule.name)
    return Model(exercise, rule)


def prepare(name: str) -> None:
    """Work out ahead what the model does in an exercise's cases: its first verdict then comes sooner."""
    exercise = all_exercises()[name]
    if not isinstance(exercise, PlainExercise):
        model = kept_model(name, rules.LINUX.name)
        for case in (*exercise.cases, *map(seeded, SEEDS)):
            model.log(case)
        for recording in exercise.recordings:
            linux_states(recording)


class Trial:
    """One answer in the kernel, and what the model does in the same cases."""

    def __init__(self, exercise: Exercise, answer: Answer, rule: rules.Rule, link: Link) -> None:
        self.exercise = exercise
        self.rule = rule
        self.link = link
        self.model = model_of(exercise, rule)
        self.recorded = {name: load_recording(name) for name in exercise.recordings} if rule is rules.LINUX else {}
        configs = [{}, *(build_options(case["machine"]) for case in self.recorded.values())]
        self.prepare = {
            "do": "prepare", "answer": answer.to_json(), "functions": self.model.used, "hidden": exercise.hidden,
            "rule": rule.name, "configs": configs, "plain": False,
        }  # fmt: skip
        self.tally = Tally([])
        self.never: list[str] = []
        """Ways that no chosen case took."""

    def begin(self, meanwhile: Callable[[], Any] = lambda: None) -> "Trial":
        """Have the subject made ready for the answer. Raises Unfit, Ended, Stopped."""
        ready = self.link.ask(self.prepare, meanwhile)
        self.tally = Tally(ready["decisions"])
        self.never = self.tally.never()
        if "stopped" in ready:
            raise Stopped(ready["stopped"], [], [])
        return self

    # -- Running ----------------------------------------------------------------------------------------------------

    def ask(self, case: Case | str, **more: Any) -> Any:
        """The subject's log of a case, or the memory it left after one call of it."""
        return self.link.ask(self.request(case, **more))

    def request(self, case: Case | str, **more: Any) -> Any:
        """What the subject is told of a small case, or of a recording: without its answers."""
        if isinstance(case, Case):
            return {"do": "case", "memory": self.model.start(case), "case": case.to_json(), **more}
        recorded = self.recorded[case]
        asked = {part: recorded[part] for part in ("name", "category", "machine", "initial", "ops")}
        return {"do": "recording", "case": asked, "config": build_options(recorded["machine"]), **more}

    def differs(self, case: Case | str, found: Any) -> int | None:
        """The number of the first call that differs from the model's. Raises Stopped where the answer ends."""
        theirs, ours = self.model.log(case), found["entries"]
        if number := first_difference(theirs, ours):
            return number
        self.must_go_on(case, found, len(ours))
        return None if len(ours) == len(theirs) else min(len(ours), len(theirs)) + 1

    def must_go_on(self, case: Case | str, found: Any, calls: int) -> None:
        """Raises Stopped where the answer, or the kernel's code after it, ended in an exception."""
        if "stopped" in found:
            told = found["stopped"]
            if told["kind"] == "endless" and isinstance(case, str):
                told = {**told, "lines": SLOW_IN_A_RECORDING}
            raise self._stopped(case, calls + 1, told, found["printed"])
        if "broken" in found:
            where = f"the recorded case {case}, " if isinstance(case, str) else ""
            words = f"It happened in {where}the kernel's own code, after call {calls} of your function"
            raise Stopped(found["broken"], [words], found["printed"])

    def _stopped(self, case: Case | str, number: int, told: Any, printed: list[str]) -> Stopped:
        """What ended a call, with the call in words and what it found."""
        where = f"the recorded case {case}, " if isinstance(case, str) else ""
        moment = self.model.moment(case, number)
        if moment is None:
            return Stopped(told, [f"It happened in {where}call {number}"], printed)
        call = call_in_words(number, moment.function, moment.arguments)
        return Stopped(told, [f"It happened in {where}{call}", *moment.found, *self.no_request(case, number)], printed)

    def no_request(self, case: Case | str, number: int) -> list[str]:
        """A sentence where a call is made by the check itself, at the end of a case."""
        direct = isinstance(case, Case) and case.ops[-1].is_call and number == len(self.model.log(case))
        return [NO_REQUEST] if direct else []

    # -- A call that went wrong -------------------------------------------------------------------------------------

    def failure(self, case: Case | str, number: int) -> tuple[Failure | None, Any, list[str]]:
        """That call closely: what differs, what was done, what it printed. None when it cannot be repeated."""
        moment = self.model.moment(case, number)
        found = self.ask(case, at=number)
        printed = [*found.get("notes", []), *found["printed"]]
        if "stopped" in found:
            raise self._stopped(case, number, found["stopped"], printed)
        if moment is None or "memory" not in found:
            return None, None, printed
        config = build_options(self.recorded[case]["machine"]) if isinstance(case, str) else {}
        kernel = self.model.kernel(config)
        theirs, ours = (None, None) if moment.used == UNUSED else (moment.result, plain_value(found["result"]))
        try:
            linux, learner = (Machine(kernel, *load(memory, kernel)) for memory in (moment.after, found["memory"]))
            notes, layer = compare(linux, learner, theirs, ours, moment.function)
            done = None if isinstance(case, str) else deeds(linux, learner, number, ours)
        except Exception as problem:  # a part of it was replaced by something else
            says = f"{BROKEN} ({type(problem).__name__}: {problem})."
            raise self._stopped(case, number, {"kind": "error", "lines": [says]}, printed) from None
        if not notes and len({self._entry(case, number) for _ in range(2)}) > 1:
            return None, None, printed  # it cannot be repeated
        notes, layer = (notes, layer) if notes else ([UNSEEN], CONSERVED)
        if self.rule is not rules.LINUX:
            notes = list(map(rules.said_of_the_model, notes))
        failure = Failure(
            moment.function, number, moment.arguments, layer, notes, moment.found,
            [] if moment.used == UNUSED else results(theirs, ours, moment.function, linux),
            moment.before, moment.after, found["memory"], self.rule.name, config,
        )  # fmt: skip
        return failure, done, printed

    def _entry(self, case: Case | str, number: int) -> str | None:
        """What the log of a case says of a call, when it is run once more."""
        more = {} if isinstance(case, Case) else {"log": True}
        entries = self.ask(case, **more)["entries"]
        return entries[number - 1] if number <= len(entries) else None

    def rows(self, failure: Failure) -> list[list[Any]]:
        """What differs after that call, for a table."""
        returned = [rows.of_results("it returns", *failure.results)] if failure.results else []
        kernel = self.model.kernel(failure.config)
        memories = (failure.before, failure.learner, failure.linux)
        return returned + rows.of_call(*(Machine(kernel, *load(memory, kernel)) for memory in memories))

    def shortest(self, case: Case, number: int) -> tuple[Case, int]:
        """A case with few operations, in which leaving out any one more makes no call go wrong."""
        trials = TRIALS
        size = max(1, len(case.ops) // 2)
        while size:
            start = 0
            while start < len(case.ops) and trials:
                trials -= 1
                smaller = case.only(case.ops[:start] + case.ops[start + size :])
                found = self._fails(smaller)
                if found:
                    case, number = smaller, found
                else:
                    start += size
            size //= 2
        return case.only(_short_names(case.ops)), number

    def alike(self, wrong: Wrong, case: Case, done: Any) -> bool:
        """Whether a named wrong answer does exactly the same in a case."""
        return done is not None and bool(done == wrong_deeds(self.model, wrong, case))

    def _fails(self, case: Case) -> int | None:
        try:
            return self.differs(case, self.ask(case))
        except Stopped:
            return None


def wrong_deeds(model: Model, wrong: Wrong, case: Case) -> Any:
    """What a named wrong answer does in the first call of a case that goes wrong; None when none does."""
    with_it = model.with_wrong(wrong)
    number = first_difference(model.log(case), with_it.log(case))
    right, done = (each.moment(case, number) if number else None for each in (model, with_it))
    if right is None or done is None:
        return None
    kernel = model.kernel({})
    result = None if done.used == UNUSED else done.result
    linux, learner = (Machine(kernel, *load(memory, kernel)) for memory in (right.after, done.after))
    return deeds(linux, learner, number, result)


def first_difference(theirs: list[str], ours: list[str]) -> int:
    """The number of the first call with another entry in two logs, from 1 on; 0: none up to the end of one."""
    return next((n for n, pair in enumerate(zip(theirs, ours, strict=False), 1) if pair[0] != pair[1]), 0)


def _short_names(ops: tuple[Op, ...]) -> list[Op]:
    """Blocks named a, b, c, ... in the order of allocation, where the alphabet suffices."""
    names = list(dict.fromkeys(op.block for op in ops if not op.is_call))
    if len(names) > len(string.ascii_lowercase):
        return list(ops)
    short = dict(zip(names, string.ascii_lowercase, strict=False))
    return [op._replace(block=short.get(op.block, op.block)) for op in ops]


# -- The verdict ------------------------------------------------------------------------------------------------


def judge(
    exercise: Exercise,
    answer: Any,
    rule: rules.Rule = rules.LINUX,
    seeds: Iterable[int] = SEEDS,
    link: Link | None = None,
    seconds: float = SECONDS,
) -> Outcome:
    """Judge an answer, or a function, or several; says nothing and stores nothing.

    link: the way to a subject that has judged nothing yet; None: one in a process of its own.
    seconds: how long the answer may run, by the clock on the wall.
    """
    try:
        functions = answer if isinstance(answer, tuple) and not isinstance(answer, Answer) else (answer,)
        made = answer if isinstance(answer, Answer) else answer_of(*functions)
        if link is not None:
            return _judged(exercise, made, rule, seeds, link)
        with subject(seconds, [*exercise.asked_of_kernel(), *exercise.hidden]) as opened:
            return _judged(exercise, made, rule, seeds, opened)
    except Unfit as problem:
        return Outcome(exercise.name, outcome.ERROR, [str(problem)])


def _judged(exercise: Exercise, answer: Answer, rule: rules.Rule, seeds: Iterable[int], link: Link) -> Outcome:
    try:
        if isinstance(exercise, PlainExercise):
            found = judge_plain(exercise, answer, link, seeds)
        else:
            found = _in_a_kernel(exercise, answer, rule, link, seeds)
    except Stopped as stopped:
        found = _stopped(exercise, stopped)
    except Ended as ended:
        found = Outcome(exercise.name, outcome.ERROR, [ended.sentence])
    if found.word in (outcome.ERROR, outcome.NOT_YET) and looks_around(answer) and WRITE_IT not in found.says:
        found.says.append(WRITE_IT)
    if rule is rules.LINUX:
        return found
    if isinstance(exercise, PlainExercise):
        found.says.append(NO_RULE)
    else:
        found.rule = rule.name
    return found


def _in_a_kernel(exercise: Exercise, answer: Answer, rule: rules.Rule, link: Link, seeds: Iterable[int]) -> Outcome:
    """The first problem in the order of the cases decides what is said, all of them how far it got."""
    trial = Trial(exercise, answer, rule, link)
    proven = trial.model.kernel({})
    chosen: Any = exercise.cases
    cases: list[Case] = [each.under(proven) for each in (*chosen, *map(seeded, seeds))]
    runs = Runs(trial.prepare, link)

    def requests() -> None:
        runs.give([*map(trial.request, cases), *map(trial.request, trial.recorded)])

    try:
        with runs.helped():
            trial.begin(meanwhile=requests)
            failures, elsewhere = failing(_small_cases(trial, runs, cases, len(chosen)), trial.differs)
            if not failures:
                found = _by_recordings(trial, runs, len(cases)) if rule is rules.LINUX else _right_under(trial, cases)
                found.never = trial.never
                return found
    except Ended as ended:
        raise _counted(trial, cases, runs, ended) from None
    link.extend(SECONDS_TO_EXPLAIN)
    found = _not_yet(trial, failures, bool(elsewhere))
    found.says += elsewhere
    found.failed = [case.name for case, _ in failures]
    return found


def _small_cases(trial: Trial, runs: Runs, cases: list[Case], chosen: int) -> Iterator[tuple[Case, Any]]:
    """What the subject says of each case, one after the other."""
    for place, case in enumerate(cases):
        found = runs.result(place, partial(trial.model.log, case))
        trial.tally.add(found)
        if place + 1 == chosen:
            trial.never = trial.tally.never()
        yield case, found


def _counted(trial: Trial, cases: list[Case], runs: Runs, ended: Ended) -> Ended:
    """Too slow is said with numbers: how many calls were made, of how many."""
    if ended.slow:
        everything: list[Case | str] = [*cases, *trial.recorded]
        calls = sum(len(trial.model.log(case)) for case in everything)
        ended.sentence = ended.sentence.format(calls=f"{runs.calls + ended.calls:,} of {calls:,} calls")
    return ended


def _not_yet(trial: Trial, failures: list[tuple[Case, int]], broke: bool) -> Outcome:
    found = Outcome(trial.exercise.name, outcome.NOT_YET, [], case=failures[0][0])
    layer = NOTHING if broke else ORDER
    try:
        case, number = trial.shortest(*failures[0])
        failure, done, printed = trial.failure(case, number)
        deeds_in = [(case, done)]
        layer = min(layer, failure.layer if failure else NOTHING)
        for other, at in failures:
            with suppress(Stopped):
                another, done, _ = trial.failure(other, at)
                layer = min(layer, another.layer if another else NOTHING)
            deeds_in.append((other, done))
        # Under an altered rule, what is a mistake in Linux may be right.
        wrong = trial.exercise.misconception(deeds_in, trial.alike) if trial.rule is rules.LINUX and failure else None
        explained = _explained(failure, wrong) if failure else [UNSTEADY]
        found.says = [*explained, *trial.no_request(case, number), *printed]
        found.wrong = wrong.name if wrong else None
        found.failure, found.case = failure, case
        if failure:
            _show_call(trial, failure, found)
    except Stopped as stopped:
        return _stopped(trial.exercise, stopped)
    except Ended:
        found.says = [f"Call {failures[0][1]} differs; there was no time to say how."]
    found.layer = layer if trial.exercise.lists else None
    return found


def _show_call(trial: Trial, failure: Failure, found: Outcome) -> None:
    found.call = _call(failure)
    with suppress(Exception):  # a part of the memory was replaced by something that is in no table
        found.rows = trial.rows(failure)


def _call(failure: Failure) -> str:
    return call_in_words(failure.number, failure.function, failure.arguments).replace("call", "Call", 1)


def _explained(failure: Failure, wrong: Wrong | None) -> list[str]:
    """The tutor's sentence if the mistake has a name, then the call and what differs after it."""
    lines = [wrong.says.format(**failure.arguments), ""] if wrong else []
    lines.append(_call(failure))
    lines += [f"    {note}" for note in failure.notes[:NOTES]]
    if len(failure.notes) > NOTES:
        lines.append(f"    (and {len(failure.notes) - NOTES} more)")
    return lines + [f"    {line}" for line in failure.found]


def _by_recordings(trial: Trial, runs: Runs, first: int) -> Outcome:
    """The verdict of the real kernel. Its recordings are the runs from the number `first` on."""
    tally = trial.tally = Tally(trial.tally.lines)  # what is said of Linux counts nothing else
    operations = 0
    for place, (name, case) in enumerate(trial.recorded.items(), first):
        found = runs.result(place, partial(linux_states, name))
        tally.add(found)
        trial.must_go_on(name, found, found["number"] - ("stopped" in found))
        unlike = _unlike(case, found, trial)
        if unlike:
            trial.link.extend(SECONDS_TO_EXPLAIN)
            return _not_like_linux(trial, name, unlike)
        operations += count(case)
    return _right(trial, operations, "Linux")


def _unlike(case: recordings.Case, found: Any, trial: Trial) -> str | None:
    """The first result or state in a recording that differs, in words."""
    for number, (theirs, ours) in enumerate(zip(case["results"], found["results"], strict=False)):
        if theirs != ours:
            return f"Operation {number} does not give what it gives in Linux."
    for place, theirs in linux_states(case["name"]).items():
        if found["states"].get(place) != theirs:
            where = "In the end" if place == "final" else f"After operation {place}"
            return f"{where} the memory is not that of Linux."
    return None


@lru_cache(maxsize=32)
def linux_states(name: str) -> dict[str, str]:
    """Place in a recording -> the digest of the memory there, which every right answer leaves.

    It is the model's memory: that it is Linux's, as far as that was recorded, is proven for each recording (oracle/).
    """
    recorded = load_recording(name)
    running = Replay(recorded, linux.load(config=build_options(recorded["machine"])))
    return digests(running, recorded["ops"], [])


def _not_like_linux(trial: Trial, name: str, unlike: str) -> Outcome:
    found = Outcome(trial.exercise.name, outcome.NOT_YET, [f"Recorded case {name}:", unlike], recording=name)
    try:
        number = trial.differs(name, trial.ask(name, log=True))
        failure, _, printed = trial.failure(name, number) if number else (None, None, [])
        if failure:
            found.says = [f"Recorded case {name}:", *_explained(failure, None), *printed]
            found.layer = failure.layer if trial.exercise.lists else None
            found.failure = failure
            _show_call(trial, failure, found)
    except (Ended, Stopped):
        pass  # the difference alone has to do
    return found


def _right_under(trial: Trial, cases: list[Case]) -> Outcome:
    return _right(trial, sum(len(case.ops) for case in cases), f"the model under the rule {trial.rule.name}")


def _right(trial: Trial, operations: int, judge: str) -> Outcome:
    tally = trial.tally
    if not tally.calls:
        says = ["Your function was never called, so nothing is known about it: a fault of the exercise, not yours."]
        return Outcome(trial.exercise.name, outcome.NOT_YET, says)
    says = [f"agrees with {judge} on {operations:,} operations; {tally.ran()}", *tally.never()]
    return Outcome(
        trial.exercise.name, outcome.RIGHT, says, layer=ORDER if trial.exercise.lists else None,
        operations=operations, calls=tally.calls, taken=len(tally.taken), branches=2 * len(tally.lines),
    )  # fmt: skip


def count(case: recordings.Case) -> int:
    """Operations of a recorded case; many at once count each."""
    total = 0
    for op, result in zip(case["ops"], case["results"], strict=True):
        total += len(result) if isinstance(result, list) else result if op["op"] == "free_range" else 1
    return total


def _stopped(exercise: Exercise, stopped: Stopped) -> Outcome:
    if stopped.told["kind"] == "not started":
        says = [exercise.question, "Replace the line with NotImplementedError, then run the cell again."]
        return Outcome(exercise.name, outcome.NOT_STARTED, says)
    return Outcome(exercise.name, outcome.ERROR, [*stopped.lines(), *stopped.printed])
