"""What ExhaustLab draws over time: free pages by type as bands, one on another, and the moments that are marked."""

from itertools import accumulate
from typing import Any

from mirrorlab.questions.load import Run
from mirrorlab.widgets.palette import LETTERS

FULL = 1000  # width and height of the bands' square; whoever draws stretches it
MOST_POINTS = 150
THICK = 60  # a band that is so high somewhere has room for its letter
APART = 30  # marks that are nearer than this stand under each other


def chart(run: Run, now: int | None) -> dict[str, Any]:
    """The run so far, as plain data. now: the operation at which the machine is, when it has gone back in time."""
    samples = run.chosen(MOST_POINTS)
    last = max(samples[-1].operation, 1)
    most = max(sum(sample.types.values()) for sample in samples) or 1
    across = [FULL * sample.operation / last for sample in samples]
    sums = [[FULL * total / most for total in accumulate(sample.types.values(), initial=0)] for sample in samples]
    return {
        "most": most,
        "operations": samples[-1].operation,
        "now": None if now is None else FULL * min(now, last) / last,
        "bands": [
            [name, LETTERS[name], pages, *_band(across, [(each[at], each[at + 1]) for each in sums])]
            for at, (name, pages) in enumerate(samples[-1].types.items())
            if any(sample.types[name] for sample in samples)
        ],
        "marks": _marks(run, last),
    }


def _band(across: list[float], edges: list[tuple[float, float]]) -> tuple[str, list[float] | None]:
    """A band's outline as an SVG path, and where its letter has room. edges: how high it begins and ends."""
    if len(across) == 1:
        across, edges = [0, FULL], edges * 2
    there = [f"{x:.1f} {FULL - top:.1f}" for x, (_, top) in zip(across, edges, strict=True)]
    back = [f"{x:.1f} {FULL - low:.1f}" for x, (low, _) in zip(across, edges, strict=True)]
    thick = [top - low for low, top in edges]
    inside = [at for at, x in enumerate(across) if FULL * 0.05 <= x <= FULL * 0.98]
    at = max(inside, key=thick.__getitem__, default=0)
    letter = [across[at], FULL - sum(edges[at]) / 2] if inside and thick[at] >= THICK else None
    return f"M{' '.join([*there, *reversed(back)])}Z", letter


def _marks(run: Run, last: int) -> list[dict[str, Any]]:
    """The moments in their order; `row` tells apart those that would stand on each other."""
    marks: list[dict[str, Any]] = []
    for moment in sorted(run.moments.values()):
        at = FULL * min(moment.operation, last) / last
        near = [mark["row"] for mark in marks if at - mark["at"] < APART]
        row = next(row for row in range(len(near) + 1) if row not in near)
        words = f"{moment.who}: {moment.words}, at {moment.operation:,}"
        marks.append({"at": at, "row": row, "refused": moment.refused, "words": words})
    return marks
