"""The prediction card: a question, an answer to give, and only then what Linux does, why, and what there was to see."""

from typing import Any, Protocol

from mirrorlab.widgets import base


class Asked(Protocol):
    """The question behind a card (course/learner/card.py), which keeps the answer to itself until it is answered."""

    def picture(self) -> dict[str, Any]: ...
    def lines(self) -> list[str]: ...
    def html(self) -> str: ...
    def commit(self, mine: Any) -> None: ...
    def show(self) -> None: ...


class Question(base.View):
    """A card. Before Commit or Show me, neither answer nor explanation is in anything that leaves Python."""

    stem = "question"
    label = "Prediction"
    shares = base.CARD

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        super().__init__()

    def do_commit(self, mine: Any) -> None:
        """Answer. It locks the card."""
        if not self.answered:
            self.asked.commit(mine)
        self.draw()

    def do_show(self) -> None:
        """Give the answer away."""
        if not self.answered:
            self.asked.show()
        self.draw()

    @property
    def answered(self) -> bool:
        """Whether the answer is out."""
        return self.picture()["back"] is not None

    def picture(self) -> dict[str, Any]:
        return self.asked.picture()

    def lines(self) -> list[str]:
        return self.asked.lines()

    def still(self) -> dict[str, str]:
        return {"text/html": self.asked.html()}
