"""How long a learner waits for a verdict: the right answer of each exercise, as a notebook asks for it."""

import time
from pathlib import Path
from statistics import median

from benchmarks.measure import Effort, Result
from benchmarks.rows import row
from mirrorlab.course.author.verify import solutions
from mirrorlab.course.judge.answer import answer_of
from mirrorlab.course.judge.exercise import all_exercises
from mirrorlab.course.judge.judge import judge
from mirrorlab.course.judge.service import Service
from mirrorlab.course.learner import verdict as verdicts

ROOT = Path(__file__).resolve().parent.parent


@row
def verdict(effort: Effort) -> list[Result]:
    """By the clock on the wall, since that is what is waited for: judge and answer run in processes of their own."""
    answers = {name: answer_of(function) for name, function in solutions(ROOT).items()}
    service = Service()
    try:
        first = seconds(service, *next(iter(answers.items())))
        new = [seconds(service, name, answer, think=1.0) for name, answer in answers.items()]
        again = [median(seconds(service, name, answer) for _ in range(3)) for name, answer in answers.items()]
    finally:
        service.close()
    return [
        _waited("the first verdict of a notebook", first, 2.0),
        _waited("verdict of a right answer, median over all exercises, asked for again", median(again), 0.3),
        _waited("the same, worst", max(again), 1.0),
        _waited("verdict of a right answer, median over all exercises, the first time", median(new), 0.3),
        _waited("the same, worst", max(new), 1.0),
        _waited("the card of a wrong answer, median over all exercises", card(), 0.02),
    ]


def card() -> float:
    """How long the card of a verdict takes, on top of the verdict."""
    found = [judge(each, each.wrongs[0].function, seeds=()) for each in all_exercises().values()]
    waited = []
    for each in found * 2:
        start = time.perf_counter()
        shown = verdicts.card(each)
        shown._repr_mimebundle_()
        waited.append(time.perf_counter() - start)
        shown.close()
    return median(waited[len(found) :])


def seconds(service: Service, name: str, answer: object, think: float = 0.0) -> float:
    """How long one verdict takes. think: seconds since the one before, in which the judge works ahead."""
    time.sleep(think)
    start = time.perf_counter()
    found = service.ask(name, answer, "linux", 60.0)  # type: ignore[arg-type]
    assert found.right, found
    return time.perf_counter() - start


def _waited(what: str, measured: float, most: float) -> Result:
    return Result(what, f"{measured:.3f} s", None, f"<= {most:g} s", measured <= most)
