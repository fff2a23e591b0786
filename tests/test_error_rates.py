"""Formula and simulation: they agree for pages that fail each for itself, and visibly not for rows and devices."""

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import machine, take

from mirrorlab.machine.holders import Ranges
from mirrorlab.questions.survival import (
    FAULTS,
    Memory,
    Survival,
    best_mirror,
    compare,
    memory_of,
    simulate,
    survival,
    survival_of_errors,
    survival_of_faults,
)

KERNEL_TOGETHER = Memory(65536, Ranges([(0, 6554)]))  # a tenth of 256 MiB
KERNEL_SCATTERED = Memory(65536, Ranges([(pfn, pfn + 1) for pfn in range(0, 65536, 10)]))
SEEDS = range(20)


def test_the_formula():
    assert survival(KERNEL_TOGETHER, 0) == 1
    assert survival(KERNEL_TOGETHER, 10) == pytest.approx(math.exp(-10 * 6554 / 65536))
    assert survival(KERNEL_TOGETHER, 10, read=0.5) == pytest.approx(math.exp(-5 * 6554 / 65536))


@pytest.mark.parametrize("memory", [KERNEL_TOGETHER, KERNEL_SCATTERED])
@pytest.mark.parametrize(("bad", "read"), [(1, 1.0), (10, 1.0), (10, 0.5), (25, 0.9)])
def test_single_pages_agree_with_the_formula(memory, bad, read):
    found = [simulate(memory, bad, read=read, trials=1000, seed=seed) for seed in SEEDS]
    agree = sum(each.agrees_with(survival(memory, bad, read)) for each in found)
    assert agree >= len(SEEDS) - 1  # with 99 % confidence each; two misses in 20 would be one in 60


def test_all_seeds_together_are_close_to_the_formula():
    survived = sum(simulate(KERNEL_TOGETHER, 10, trials=1000, seed=seed).survived for seed in SEEDS)
    assert survived / 20_000 == pytest.approx(survival(KERNEL_TOGETHER, 10), abs=0.01)


@pytest.mark.parametrize("fault", ["row", "device"])
def test_hard_faults_do_not_agree_with_the_formula(fault):
    formula = survival(KERNEL_TOGETHER, 10)
    for seed in SEEDS:
        found = simulate(KERNEL_TOGETHER, 10, pages_per_fault=FAULTS[fault], trials=1000, seed=seed)
        assert not found.agrees_with(formula)
        assert found.share > formula + 0.4  # not by a hair


def test_where_the_fatal_pages_lie_matters_to_hard_faults_only():
    together, scattered = (
        [simulate(memory, 10, pages_per_fault=size, seed=1).share for size in FAULTS.values()]
        for memory in (KERNEL_TOGETHER, KERNEL_SCATTERED)
    )
    assert together[0] == pytest.approx(scattered[0], abs=0.05)
    assert together[1] > scattered[1] + 0.3  # a row that holds one fatal page is as bad as one that holds sixteen


def test_the_interval_is_wilsons():
    low, high = Survival(50, 100).interval
    assert (round(low, 3), round(high, 3)) == (0.375, 0.625)
    assert Survival(0, 100).interval[0] == 0 and Survival(100, 100).interval[1] == pytest.approx(1)


def test_the_same_seed_gives_the_same_result():
    runs = [simulate(KERNEL_TOGETHER, 5, trials=200, seed=seed).survived for seed in (7, 7, 8)]
    assert runs[0] == runs[1] != runs[2]


@pytest.mark.parametrize(
    "wrong",
    [
        {"trials": 0},
        {"bad": math.nan},
        {"bad": math.inf},
        {"bad": -1},
        {"read": 2},
        {"pages_per_fault": 0},
        {"pages_per_fault": 10**9},
    ],
)
def test_numbers_without_sense_are_refused(wrong):
    with pytest.raises(ValueError, match="give at least 1 trial"):
        simulate(KERNEL_TOGETHER, **{"bad": 1, **wrong})


def test_a_machines_fatal_pages_are_the_kernels_that_are_not_mirrored():
    m = machine(2048, mirrored=[(1024, 1024)])
    plain = take(m, 3, "GFP_KERNEL")
    take(m, 4, "GFP_HIGHUSER_MOVABLE")
    mirrored = take(m, 5, "GFP_KERNEL|__GFP_MIRROR")
    assert list(memory_of(m).fatal) == [(plain, plain + 8)]
    assert memory_of(m).pages == 2048
    both = [(plain, plain + 8), (mirrored, mirrored + 32)]
    assert list(memory_of(m, mirror=False).fatal) == sorted(both)


def test_a_machine_without_kernel_pages_cannot_die():
    assert survival(memory_of(machine(1024)), 1000) == 1


def test_the_comparison_in_words():
    lines = compare(KERNEL_TOGETHER, 10, seed=3).splitlines()
    assert lines[0] == "6554 of 65536 pages are fatal; 10 bad pages expected."
    assert lines[1] == "Formula (every page for itself): 36.8% survive."
    assert lines[2].endswith("with 99% confidence: agrees with the formula.")
    assert all(line.endswith("the formula does not hold.") for line in lines[3:])


# --- in plain numbers: counted out, case by case ---


def share_that_survives(outcomes):
    outcomes = list(outcomes)
    return sum(outcomes) / len(outcomes)


@given(st.tuples(*[st.integers(0, 2)] * 4).filter(any), st.integers(0, 4))
def test_survival_of_errors_is_the_share_of_all_ways_in_which_they_can_fall(kinds, errors):
    free, user, mirrored, fatal = kinds
    pages = sum(kinds)
    ways = itertools.product(range(pages), repeat=errors)
    expected = share_that_survives(all(page >= fatal for page in way) for way in ways)
    assert survival_of_errors(pages, free, user, mirrored, errors) == pytest.approx(expected)


@given(st.integers(1, 4), st.integers(1, 3), st.sets(st.integers(0, 11)), st.integers(0, 3))
def test_survival_of_faults_is_the_share_of_all_ways_in_which_they_can_fall(rows, size, fatal, faults):
    pages = rows * size
    fatal = sorted(page for page in fatal if page < pages)
    ways = itertools.product(range(0, pages, size), repeat=faults)
    expected = share_that_survives(not any(set(range(row, row + size)) & set(fatal) for row in way) for way in ways)
    assert survival_of_faults(pages, fatal, size, faults) == pytest.approx(expected)


def test_as_many_faults_as_are_expected_give_what_the_simulation_gives():
    fatal = [page for first, end in KERNEL_TOGETHER.fatal for page in range(first, end)]
    one = survival_of_faults(KERNEL_TOGETHER.pages, fatal, FAULTS["row"], 1)
    expected = math.exp(-(10 / FAULTS["row"]) * (1 - one))
    found = [simulate(KERNEL_TOGETHER, 10, pages_per_fault=FAULTS["row"], trials=1000, seed=seed) for seed in SEEDS]
    assert sum(each.agrees_with(expected) for each in found) >= len(SEEDS) - 1


@given(st.integers(1, 16), st.sets(st.integers(0, 15)), st.integers(1, 16))
def test_no_mirror_of_this_size_covers_more_than_the_best(pages, fatal, size):
    fatal, size = sorted(page for page in fatal if page < pages), min(size, pages)
    covered = [len(set(range(first, first + size)) & set(fatal)) for first in range(pages - size + 1)]
    assert best_mirror(pages, fatal, 2 * size) == min(range(len(covered)), key=lambda first: (-covered[first], first))
