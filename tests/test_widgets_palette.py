"""The palette for people who see few hues: as simulated by Machado, Oliveira and Fernandes (2009) at full severity."""

import math
from itertools import combinations

import pytest

pytest.importorskip("mirrorlab.widgets")
from mirrorlab.widgets import palette

SIMULATED = {  # linear RGB to linear RGB
    "all hues": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
}
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))
WHITE = (0.95047, 1.0, 1.08883)
# A Delta E (CIE 1976) of 2.3 is just seen where two colours touch. Apart and in small pieces, more is needed.
SEEN_APART, SEEN_AT_ONCE = 10, 15
THEME = pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
SIGHT = pytest.mark.parametrize("sight", SIMULATED)
ON_MAP = {name: look for name, look in palette.LOOKS.items() if name[0] in "ka"}
FREE = palette.KINDS[palette.FREE : palette.PER_CPU]


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector, strict=True)) for row in matrix]


def linear(colour):
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]


def lab(colour, sight="all hues"):
    seen = [min(1, max(0, part)) for part in times(SIMULATED[sight], linear(colour))]
    x, y, z = (part / white for part, white in zip(times(TO_XYZ, seen), WHITE, strict=True))
    x, y, z = (part ** (1 / 3) if part > 216 / 24389 else (24389 / 27 * part + 16) / 116 for part in (x, y, z))
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def too_close(pairs, theme, sight, least):
    """The pairs of looks whose fills are nearer to each other than that."""
    apart = {
        (a.name, b.name): math.dist(lab(a.fill[theme], sight), lab(b.fill[theme], sight))
        for a, b in pairs
        if a.name != b.name
    }
    return {names: round(far, 1) for names, far in apart.items() if far < least}


def contrast(ink, fill):
    light, dark = sorted((times(TO_XYZ, linear(colour))[1] for colour in (ink, fill)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_measures_are_those_of_the_books():
    assert lab("#ffffff") == pytest.approx((100, 0, 0), abs=0.01)
    assert lab("#ff0000") == pytest.approx((53.24, 80.09, 67.20), abs=0.01)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


@SIGHT
@THEME
def test_fills_are_told_apart_where_the_pattern_does_not_help(theme, sight):
    one_pattern = [pair for pair in combinations(ON_MAP.values(), 2) if pair[0].pattern == pair[1].pattern]
    assert too_close([*one_pattern, *combinations(FREE, 2)], theme, sight, SEEN_APART) == {}
    assert too_close(combinations(palette.ERROR_KINDS, 2), theme, sight, SEEN_APART) == {}
    assert too_close(combinations(FREE[:4], 2), theme, sight, SEEN_AT_ONCE) == {}  # the types that learners meet


@THEME
def test_free_pages_are_nearer_to_the_ground_than_allocated_ones(theme):
    ground, allocated = (lab(palette.KINDS[kind].fill[theme])[0] for kind in (palette.HOLE, palette.ALLOCATED))
    middle = (ground + allocated) / 2
    for look in FREE:
        assert abs(lab(look.fill[theme])[0] - ground) < abs(middle - ground), look.name


@THEME
def test_every_kind_on_the_map_has_a_pattern_and_fill_of_its_own_and_a_letter_of_its_own(theme):
    assert len({(look.pattern, look.fill[theme]) for look in ON_MAP.values()}) == len(ON_MAP)
    assert len({look.letter for look in ON_MAP.values()}) == len(ON_MAP)
    assert len({look.letter for look in palette.ERROR_KINDS}) == len(palette.ERROR_KINDS)
    assert len({look.pattern for look in palette.ERROR_KINDS}) == len(palette.ERROR_KINDS)
    used = {palette.PATTERNS[look.pattern] for look in ON_MAP.values()}
    assert len(used) == len({look.pattern for look in ON_MAP.values()})  # two names are not one drawing


@THEME
def test_each_letter_is_read_on_its_fill(theme):
    dim = {name: round(contrast(look.ink[theme], look.fill[theme]), 2) for name, look in palette.LOOKS.items()}
    assert {name: value for name, value in dim.items() if value < 4.5} == {}
