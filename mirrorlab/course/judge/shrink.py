"""Make a failing case shorter: leave out operations for as long as a call still goes wrong."""

import string
from typing import Any

from mirrorlab.course.judge.cases import Case, Op
from mirrorlab.course.judge.lockstep import Failure
from mirrorlab.course.judge.subject import Stopped

TRIALS = 200


def shortest(bench: Any, case: Case, failure: Failure) -> tuple[Case, Failure]:
    """A case with few operations, in which leaving out any one more makes no call go wrong; its failure, all of it."""
    trials = TRIALS
    size = max(1, len(case.ops) // 2)
    while size:
        start = 0
        while start < len(case.ops) and trials:
            trials -= 1
            smaller = case.only(case.ops[:start] + case.ops[start + size :])
            found = _fails(bench, smaller)
            if found:
                case, failure = smaller, found
            else:
                start += size
        size //= 2
    renamed = case.only(_short_names(case.ops))
    return renamed, _fails(bench, renamed, keep=True) or failure


def _fails(bench: Any, case: Case, *, keep: bool = False) -> Failure | None:
    try:
        return bench.trial(case, keep=keep)
    except Stopped:
        return None


def _short_names(ops: tuple[Op, ...]) -> list[Op]:
    """Blocks named a, b, c, ... in the order of allocation, where the alphabet suffices."""
    names = list(dict.fromkeys(op.block for op in ops))
    if len(names) > len(string.ascii_lowercase):
        return list(ops)
    short = dict(zip(names, string.ascii_lowercase, strict=False))
    return [op._replace(block=short[op.block]) for op in ops]
