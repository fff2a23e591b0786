"""Two machines side by side: the first difference is found exactly, said in words, and marked in text and picture."""

import random
import xml.etree.ElementTree as ET

import pytest

from mirrorlab import Machine, Recording, boot, load
from mirrorlab.course import toy
from mirrorlab.differences import Side, equal, sentences
from mirrorlab.linux.mmzone import MIGRATE_MIRROR
from mirrorlab.side_by_side import Pair, SideBySide, describe
from mirrorlab.trace import random_operations

widgets = pytest.importorskip("mirrorlab.widgets")
MOVABLE = "GFP_HIGHUSER_MOVABLE"


def never_to_the_tail(zone, pfn, order):
    return False


def pair_of_toys(replace=None, pages=64):
    """A learner's toy and the true one."""
    yours, truth = toy(pages, kernel=load(replace=replace)), toy(pages)
    return Recording(yours), Recording(truth)


def do(stories, method, *arguments):
    return [getattr(story.machine, method)(*arguments) for story in stories]


def wait_at_the_tail(replace):
    """Eight single pages, of which two come back; the parent's buddy of the second is free, so it goes to the tail."""
    stories = pair_of_toys(replace)
    pages = [do(stories, "alloc_pages", 0, MOVABLE)[0] for _ in range(8)]
    for pfn in (pages[0], pages[2], pages[3], pages[7], pages[5]):
        do(stories, "free_pages", pfn)
    return stories


# --- the first difference ---


def test_the_first_difference_is_a_list_in_another_order():
    pair = Pair(*wait_at_the_tail({"parent_will_merge": never_to_the_tail}))
    assert pair.to_first_difference() == 9  # page 0 comes back, its buddy 1 is in use
    assert list(pair.sentences()) == []


def by_brute_force(pair):
    """The first difference, found by writing down all that both have."""
    for k in range(pair.end + 1):
        pair.goto(k)
        if len(set(map(repr, map(state, pair.sides)))) > 1:
            return k
    return None


def state(side):
    machine = side.machine
    return machine.free_blocks(), [zone.vm_stat for zone in machine.zones]
