"""The map of a machine and what is sent of it: how coarse it is, and deltas."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mirrorlab import boot
from tests.boots import G4, LOW, PAGE, machine

pytest.importorskip("mirrorlab.widgets")
from mirrorlab.widgets import pagemap

LENGTHS = st.one_of(st.integers(1, 1000), st.integers(1 << 16, 1 << 18))
PAINT = st.lists(st.tuples(st.integers(0, 1 << 18), st.integers(1, 1000), st.integers(0, 255)), max_size=20)


def painted(cells, paint):
    cells = bytearray(cells)
    for at, count, code in paint:
        at %= len(cells)
        count = min(count, len(cells) - at)
        cells[at : at + count] = bytes([code]) * count
    return bytes(cells)


@given(LENGTHS, PAINT, PAINT)
def test_a_delta_makes_the_new_map_of_the_old_one(length, before, after):
    old = painted(bytes(length), before)
    new = painted(old, after)
    assert painted(old, pagemap.RUN.iter_unpack(pagemap.delta(old, new))) == new
    assert pagemap.delta(new, new) == b""


def test_a_delta_of_one_page_is_one_run():
    old = bytes(1 << 20)
    assert list(pagemap.RUN.iter_unpack(pagemap.delta(old, painted(old, [(70_000, 1, 7)])))) == [(70_000, 1, 7)]


def pages_of(booted):
    return sum(place.end - place.start for place in pagemap.sections(booted)[1])


@pytest.mark.parametrize(
    ("pages", "shift"),
    [(1 << 20, 0), ((1 << 20) + 1, 1), ((1 << 21) - 1, 1), (1 << 21, 2)],
    ids=lambda each: f"{each:,}",
)
def test_a_cell_is_a_page_up_to_a_limit_that_no_map_exceeds(pages, shift):
    # The 4,095 pages of zone DMA end in a cell that is half full.
    below = pages_of(boot(machine(*LOW, (G4, PAGE)))) - 1
    booted = boot(machine(*LOW, (G4, (pages - below) * PAGE)))
    assert pages_of(booted) == pages
    assert pagemap.sections(booted)[0] == shift
    assert len(pagemap.page_map(booted)) <= pagemap.LIMIT
