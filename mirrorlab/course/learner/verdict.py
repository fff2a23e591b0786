"""The verdict card of an outcome: what it shows, as plain data, and what its buttons do."""

import itertools
from collections.abc import Sequence
from typing import Any

from mirrorlab.course.judge import exercise, outcome
from mirrorlab.course.judge.outcome import ERROR, NOT_YET, Outcome
from mirrorlab.course.judge.telling import PRINTED
from mirrorlab.course.learner import hints, player
from mirrorlab.course.learner.progress import STORE, Store
from mirrorlab.course.outline import HOME, lessons, link
from mirrorlab.machine import files

DISCARDED = "discarded"  # folder beside the progress, for texts that a reset took out of their cells
WHY = "Why it is so"
HAPPENED = "It happened in "
ROWS = 4  # of a table; the rest is counted. What was printed takes the place of two
LAYERS = ("Pages conserved", "Right blocks", "Linux's list order")


def card(found: Outcome) -> Any:
    """The card of an outcome. Raises ImportError where there are no widgets."""
    from mirrorlab.widgets.verdict import Verdict

    name = found.exercise
    return Verdict(
        shown(found),
        repr(found).splitlines(),
        hint=lambda: (hints.explanation(name).text, "") if found.right else (hints.hint(name).text, _button(found)),
        call=lambda: player.moments(found),
        keep=lambda code: kept(name, code),
    )


def shown(found: Outcome) -> dict[str, Any]:
    """What the card shows, see widgets/verdict.py."""
    lead, more = _told(found)
    body, printed = _split(more, PRINTED)
    body, happened = _split(body, HAPPENED)
    most = ROWS - 2 * bool(printed)
    way = ["", outcome.SHORTEST, *(f"    {line}" for line in found.case.code())] if found.case else []
    code = [body.pop(0)] if found.word == ERROR and body and body[0].startswith("line ") else []
    details = [*happened, *way]
    if found.word == NOT_YET:
        body, details = [], [*(line for line in body if line.strip() not in (found.call, lead)), *details]
    return {
        "state": found.word,
        "exercise": found.exercise,
        "function": exercise.find(found.exercise).function,
        "notes": found.banner,
        "lead": lead,
        "code": code,
        "body": body,
        "printed": printed[1:],
        "call": found.call,
        "rows": found.rows[:most],
        "more": max(0, len(found.rows) - most),
        "judge": "the model" if found.rule else "Linux" if found.failure else "right",
        "layers": _layers(found),
        "details": details if found.word in (ERROR, NOT_YET) else [],
        "hint": _button(found),
        "stub": _stub(found),
        "next": next_step(found.exercise) if found.right else {},
    }


def _button(found: Outcome) -> str:
    """What the button that explains is called; empty where there is none."""
    return WHY if found.right else "" if found.word == ERROR else hints.next_hint(found.exercise)


def _told(found: Outcome) -> tuple[str, list[str]]:
    """The one sentence, and what is said besides."""
    first, *rest = found.says
    if found.right:
        return f"It {first}.", rest
    if found.word == ERROR and rest and first.startswith("line "):
        return rest[0], [first, *rest[1:]]
    if found.word == NOT_YET and not found.wrong:
        if found.failure:
            return found.failure.notes[0], found.says
        if right_is := next((line.strip() for line in found.says if line.startswith("    Right is ")), ""):
            return f"{right_is.rstrip('.')}.", found.says
    return first, [*itertools.dropwhile(lambda line: not line, rest)]


def _split(lines: Sequence[str], opening: str) -> tuple[list[str], list[str]]:
    """Lines up to the first that begins with some words, and from there on."""
    at = next((n for n, line in enumerate(lines) if line.startswith(opening)), len(lines))
    before = [*lines[:at]]
    while before and not before[-1]:
        before.pop()
    return before, [*lines[at:]]


def _layers(found: Outcome) -> list[list[str]]:
    """How far it got: each layer with "yes", "no" (the first that does not hold), or "" (not looked at)."""
    if found.layer is None:
        return []
    names = [name.replace("Linux's", "The model's") if found.rule else name for name in LAYERS]
    return [[name, "yes" if n < found.layer else "no" * (n == found.layer)] for n, name in enumerate(names)]


def _stub(found: Outcome) -> str:
    stub: str = hints.texts().get(found.exercise, {}).get("stub", "")
    return hints.under(found.rule, stub) if found.rule else stub


def next_step(name: str) -> dict[str, str]:
    """Where a solved exercise leads: to the next one of its notebook, then to the next lesson, or the course home."""
    number = name[len("ex") :].partition(".")[0]
    names = exercise.of_set(number)
    if later := names[names.index(name) + 1 :]:
        return {"words": f"Next: {exercise.find(later[0]).function}", "exercise": later[0]}
    lesson = next((each for each in lessons() if each.number > number and each.file), None)
    if lesson is None:
        return {"words": "Course home", "path": link("exercises", HOME)}
    return {"words": f"Next: lesson {lesson.number}, {lesson.title}", "path": link("exercises", lesson.notebook)}


def kept(name: str, code: str, store: Store = STORE) -> str:
    """Keep a text that a reset takes out of its cell; says where it can be found."""
    folder = store.path.parent / DISCARDED
    try:
        folder.mkdir(parents=True, exist_ok=True)
        place = next(each for n in itertools.count(1) if not (each := folder / f"{name}-{n}.py").exists())
        files.write(place, code)
    except (OSError, ValueError):  # half a letter cannot be written
        return "Your text could not be stored: Undo in the cell (Ctrl+Z) brings it back."
    return f"Your text is kept: Undo in the cell (Ctrl+Z) brings it back, and it is in {place}."
