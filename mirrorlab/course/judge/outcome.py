"""What a check says: one of four words, and why."""

import html
from dataclasses import asdict, dataclass, field
from typing import Any

from mirrorlab.course.judge import rules
from mirrorlab.course.judge.cases import Case
from mirrorlab.course.judge.layers import LAYERS, ORDER, Failure

NOT_STARTED, ERROR, NOT_YET, RIGHT = "not started", "error", "not yet", "right"
WORDS = (NOT_STARTED, ERROR, NOT_YET, RIGHT)
COLOURS = {NOT_STARTED: "#57606a", ERROR: "#a40e26", NOT_YET: "#9a6700", RIGHT: "#1a7f37"}
HOLDS, FAILS, UNSEEN = (
    "holds:          ",
    "does not hold:  ",
    "not looked at:  ",
)  # what lies behind one that does not hold
SHORTEST = "The shortest way to see it:"
PLAYER = 'See the call beside Linux\'s. In a new cell: player("{}")'
NEXT = {
    ERROR: 'Stuck? In a new cell: hint("{}")',
    NOT_YET: 'Stuck? In a new cell: hint("{}")',
    RIGHT: 'Why it is so: explanation("{}")',
}


class Odd:
    """A result that is no plain value, known by its text only."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


@dataclass
class Outcome:
    """The result of judging one function."""

    exercise: str
    word: str
    says: list[str]
    """What to tell the learner, a line each."""
    wrong: str | None = None
    """The named wrong answer that the function behaves like."""
    layer: int | None = None
    """The highest layer that holds everywhere (see layers.LAYERS); None: the exercise has no layers."""
    failure: Failure | None = None
    """The call to look at."""
    case: Case | None = None
    """The shortest case in which that call goes wrong; None: it is in a recording."""
    recording: str | None = None
    rule: str | None = None
    """The altered rule under which it was judged; None: Linux as it is."""
    operations: int = 0
    calls: int = 0
    taken: int = 0
    """Outcomes of decisions that happened, of `branches` that the function has."""
    branches: int = 0
    failed: list[str] = field(default_factory=list)
    """The small cases in which a call differs, by name."""
    never: list[str] = field(default_factory=list)
    """Outcomes of decisions that the exercise's own small cases do not bring about, in words."""
    call: str = ""
    """The call to look at, as one would write it; empty: there is none."""
    rows: list[list[Any]] = field(default_factory=list)
    """What differs after that call, see rows.py."""
    banner: list[str] = field(default_factory=list)
    """Warnings about the notebook, for example cells that were edited and not run."""

    @property
    def right(self) -> bool:
        """Whether the exercise is solved."""
        return self.word == RIGHT

    @property
    def credit(self) -> float:
        """From 0 to 1: the share of layers that hold."""
        if self.right:
            return 1.0
        return 0.0 if self.layer is None else self.layer / ORDER

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self) | {"case": self.case and self.case.to_json()}

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "Outcome":
        """The inverse of to_json."""
        failure = Failure(**value["failure"]) if value["failure"] else None
        case = Case.from_json(value["case"]) if value["case"] else None
        return cls(**{**value, "failure": failure, "case": case})

    def lines(self) -> list[str]:
        """All that is said below the headline."""
        lines = [*([f"Rule {self.rule}: {rules.find(self.rule).sentence}"] if self.rule else []), *self.says]
        if self.case is not None:
            lines += ["", SHORTEST, *("    " + line for line in self.case.code())]
        if self.layer is not None and not self.right:
            lines += ["", "How far it got:"]
            reached = [HOLDS] * self.layer + [FAILS] + [UNSEEN] * len(LAYERS)
            lines += [f"    {word:16}{self._of_judge(text)}" for word, text in zip(reached, LAYERS, strict=False)]
        if self.failure is not None:
            lines += ["", self._of_judge(PLAYER.format(self.exercise))]
        if self.word in NEXT:
            lines += ["", NEXT[self.word].format(self.exercise)]
        return [line.encode("utf-8", "backslashreplace").decode() for line in lines]  # no halves of letters

    def _of_judge(self, text: str) -> str:
        return rules.said_of_the_model(text) if self.rule else text

    def __repr__(self) -> str:
        banner = [f"note: {line}" for line in self.banner]
        headline = f"{self.word.upper()}: {self.exercise}"
        return "\n".join([*banner, headline, *("  " + line if line else "" for line in self.lines())])

    def _repr_html_(self) -> str:
        colour = COLOURS[self.word]
        notes = "".join(f"<p>{html.escape(line)}</p>" for line in self.banner)
        body = html.escape("\n".join(self.lines()))
        return (
            f'<div role="status" style="border-left: 4px solid {colour}; padding-left: 0.8em">{notes}'
            f'<p><strong style="background: {colour}; color: white; padding: 0.2em 0.5em">{self.word.upper()}</strong> '
            f"{html.escape(self.exercise)}</p>"
            f'<pre style="white-space: pre-wrap">{body}</pre></div>'
        )


LATEST: dict[str, Outcome] = {}
"""The result of the last check of each exercise in this kernel, the latest at the end."""


def keep(found: Outcome) -> None:
    """Remember an outcome as the last of its exercise."""
    LATEST.pop(found.exercise, None)
    LATEST[found.exercise] = found


class NotRight(Exception):
    """Raised in strict mode (CI, grading) by a check that is anything but right."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__("\n".join([f"{outcome.word}: {outcome.exercise}", *outcome.lines()]))
        self.outcome = outcome

    def _render_traceback_(self) -> list[str]:
        """What Jupyter shows in place of a traceback: every notebook runner sees it as an error."""
        return repr(self.outcome).splitlines()
