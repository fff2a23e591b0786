"""The course: what a lesson or an exercise imports."""

from mirrorlab.course import stale
from mirrorlab.course.checking import check
from mirrorlab.course.compare import player, side_by_side
from mirrorlab.course.glossary import glossary
from mirrorlab.course.hints import explanation, hint, progress, reset
from mirrorlab.course.outcome import NotRight
from mirrorlab.course.predictions import predict, set_seed, variant
from mirrorlab.course.toys import toy

__all__ = [
    "NotRight",
    "check",
    "explanation",
    "glossary",
    "hint",
    "player",
    "predict",
    "progress",
    "reset",
    "set_seed",
    "side_by_side",
    "toy",
    "variant",
]

stale.HISTORY.watch()
