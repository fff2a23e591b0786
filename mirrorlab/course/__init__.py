"""The course: what a lesson or an exercise imports."""

from mirrorlab.course.judge.exercise import all_exercises
from mirrorlab.course.judge.outcome import NotRight
from mirrorlab.course.learner import stale
from mirrorlab.course.learner.ask import ask, given, reading
from mirrorlab.course.learner.check import check
from mirrorlab.course.learner.glossary import glossary
from mirrorlab.course.learner.hints import explanation, hint, progress, reset
from mirrorlab.course.learner.home import home
from mirrorlab.course.learner.player import player, side_by_side
from mirrorlab.course.learner.predict import predict, set_seed, variant
from mirrorlab.machine.toy import toy

__all__ = [
    "NotRight",
    "ask",
    "check",
    "explanation",
    "given",
    "glossary",
    "hint",
    "home",
    "player",
    "predict",
    "progress",
    "reading",
    "reset",
    "set_seed",
    "side_by_side",
    "toy",
    "variant",
]

if stale.HISTORY.watch():
    all_exercises()  # before a cell can change the functions that they are made from
