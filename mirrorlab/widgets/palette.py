"""How each kind of page looks: a colour, a pattern and a letter, so that no kind is told apart by colour alone.

A page is one byte in a map (pagemap.py): its kind in the low four bits, the class of its memory in the next two, and
for an allocated page its owner's group in the highest two.
"""

from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote

from mirrorlab.words import TYPES

HOLE, RESERVED, IN_USE, ALLOCATED = range(4)
FREE = 4  # and the five after it: free, by the migratetypes in words.TYPES
PER_CPU = 10  # and the three after it: in a CPU's list, by migratetype
LOST = 14  # ErrorLab: taken out of use after an error

UNMIRRORED, MIRRORED, BELOW_4G = range(3)
CLASS_SHIFT, GROUP_SHIFT = 4, 6
KIND_MASK, CLASS_MASK, GROUPS = 0x0F, 0x30, 4
GROUP_LETTERS = "abcd"
GROUP_PATTERNS = ("solid", "slash", "backslash", "cross")


class Look(NamedTuple):
    """How something is drawn. Each colour is a pair: in light surroundings, in dark ones."""

    name: str
    letter: str
    pattern: str
    fill: tuple[str, str]
    ink: tuple[str, str]  # of the letter and the pattern; at least 4.5 : 1 against the fill


DARK_INK, LIGHT_INK = ("#1b1b1b", "#f4f4f4"), ("#ffffff", "#111111")  # on pale fills, on strong ones

_TYPE_LOOKS = (  # letter, pattern, fill; the fills differ in lightness too, for who sees few hues
    ("U", "solid", ("#84ade8", "#10679c")),
    ("R", "backslash", ("#f6c67a", "#746016")),
    ("M", "slash", ("#c4f2c4", "#163d13")),
    ("X", "cross", ("#f0ccf2", "#482351")),
    ("V", "rows", ("#d59780", "#8d5543")),
    ("I", "columns", ("#c9c8c6", "#434546")),
)

KINDS: tuple[Look, ...] = (
    Look("no memory", " ", "solid", ("#ffffff", "#111111"), DARK_INK),
    Look("reserved at boot", "#", "cross", ("#5c5c5c", "#8c8c8c"), LIGHT_INK),
    Look("in use since before", "*", "rows", ("#8f8f8f", "#737373"), ("#111111", "#ffffff")),
    Look("allocated", "a", "solid", ("#3b4c63", "#c3cede"), LIGHT_INK),
    *(Look(f"free, {name}", letter, pattern, fill, DARK_INK)
      for name, (letter, pattern, fill) in zip(TYPES, _TYPE_LOOKS, strict=True)),
    *(Look(f"in a CPU's list, {name}", letter.lower(), f"{pattern} and spots", fill, DARK_INK)
      for name, (letter, pattern, fill) in zip(TYPES[:4], _TYPE_LOOKS, strict=False)),
    Look("lost to an error", "!", "cross", ("#a3001e", "#ff9aa5"), LIGHT_INK),
)  # fmt: skip

CLASSES: tuple[Look, ...] = (
    Look("unmirrored", "-", "solid", ("#ffffff", "#111111"), DARK_INK),  # the rule: no band
    Look("mirrored", "=", "rows", ("#7a3b94", "#cf9fe3"), LIGHT_INK),
    Look("below 4 GiB", "<", "dots", ("#e8e1cf", "#3d392e"), DARK_INK),
)
CLASS_CODES = {look.name: code for code, look in enumerate(CLASSES)}

# The lines of each pattern in a square of 8 by 8, as an SVG path; it is stroked with the ink, thinly.
STRENGTH = 0.45  # of a pattern's lines: a letter in front of them stays readable
PATTERNS: dict[str, str] = {
    "solid": "",
    "slash": "M-1 1 1 -1M0 8 8 0M7 9 9 7",
    "backslash": "M-1 7 1 9M0 0 8 8M7 -1 9 1",
    "cross": "M0 8 8 0M0 0 8 8",
    "rows": "M0 4H8",
    "columns": "M4 0V8",
    "dots": "M1.5 2h1M5.5 6h1",
}
_SPOTS = "M1 1.5h2M1 2.5h2M5 5.5h2M5 6.5h2"
_OTHER_SPOTS = "M5 1.5h2M5 2.5h2M1 5.5h2M1 6.5h2"  # where the lines leave room for them
_EDGE_SPOTS = "M3 .5h2M3 7.5h2M.5 3v2M7.5 3v2"
PATTERNS |= {
    "solid and spots": _SPOTS,
    "slash and spots": PATTERNS["slash"] + _SPOTS,
    "backslash and spots": PATTERNS["backslash"] + _OTHER_SPOTS,
    "cross and spots": PATTERNS["cross"] + _EDGE_SPOTS,
}


ERROR_KINDS: tuple[Look, ...] = (  # ErrorLab: what a page is to a memory error, and what an error made of it
    Look("free", ".", "solid", ("#e7f8eb", "#1f311d"), DARK_INK),
    Look("user", "U", "slash", ("#76abe3", "#2b6992"), DARK_INK),
    Look("kernel", "K", "rows", ("#e9a968", "#73421c"), DARK_INK),
    Look("mirrored", "M", "cross", ("#f0d2ff", "#4e2857"), DARK_INK),
    Look("reserved", "R", "backslash", ("#b5bbbc", "#66686d"), DARK_INK),
    Look("bad, nobody knows", "?", "dots", ("#ead24e", "#806f0e"), DARK_INK),
    Look("known to be bad, in use", "B", "columns", ("#e57d7c", "#921742"), DARK_INK),
)

LOOKS: dict[str, Look] = {  # by the names that style sheets and scripts use
    **{f"k{n}": look for n, look in enumerate(KINDS) if n != ALLOCATED},
    **{f"a{n}": KINDS[ALLOCATED]._replace(letter=GROUP_LETTERS[n], pattern=GROUP_PATTERNS[n]) for n in range(GROUPS)},
    **{f"c{n}": look for n, look in enumerate(CLASSES)},
    **{f"e{n}": look for n, look in enumerate(ERROR_KINDS, 1)},
}


COLOURS = {  # of all else in a view, by the names that style sheets use
    "mark": ("#c2185b", "#ff80ab"),
    "ink": DARK_INK,
    "ground": ("#ffffff", "#111111"),
    "line": ("#767676", "#8f8f8f"),
    "focus": ("#0b57d0", "#8ab4f8"),
    "soft": ("#f1f3f6", "#232629"),
    "bad": ("#a3001e", "#ff9aa5"),
    "good": ("#14632d", "#8fd9a3"),
    **{"p0": ("#dadada", "#4a4a4a"), "p1": ("#c3c9d1", "#39424e")},  # BootPlayer: plain memory
}


def name_of(code: int) -> str:
    """The name in LOOKS of how a page with this byte looks."""
    kind = code & KIND_MASK
    return f"a{code >> GROUP_SHIFT}" if kind == ALLOCATED else f"k{kind}"


def free(migratetype: str) -> str:
    """The name in LOOKS of free pages of a migratetype."""
    return f"k{FREE + TYPES.index(migratetype)}"


LETTERS = {name: LOOKS[free(name)].letter for name in TYPES}  # of free pages, by their migratetype


def in_card(code: int) -> tuple[str, str]:
    """How a page with this byte looks in cards: its name in tokens.css (`t-M`), and its letter."""
    kind = code & KIND_MASK
    if FREE <= kind < LOST:  # free, or in a CPU's list
        return KINDS[kind].letter.upper(), KINDS[kind].letter
    return {HOLE: "hole", ALLOCATED: "used"}.get(kind, "other"), KINDS[kind].letter


def class_number(code: int) -> int:
    """The class of memory a page's byte names: UNMIRRORED and so on."""
    return (code & CLASS_MASK) >> CLASS_SHIFT


def css() -> str:
    """The looks for style sheets: `.ml-k4` for a kind, `.ml-a1` for an owner's group, `.ml-c2` for a class of memory.

    There are also variables, `--k4` the fill and `--k4-ink` the ink, in light and in dark surroundings; and COLOURS.
    """
    light, dark = ("".join(_variables(which)) for which in (0, 1))
    rules = "".join(
        f".ml-{name}{{background:var(--{name}-pattern) var(--{name});color:var(--{name}-ink)}}\n" for name in LOOKS
    )
    return f".mirrorlab{{{light}}}\n{in_the_dark('.mirrorlab', dark)}\n{rules}"


def in_the_dark(selector: str, rules: str) -> str:
    """What holds in dark surroundings: JupyterLab's theme says so, or else the system."""
    return (
        f"@media (prefers-color-scheme: dark){{body:not([data-jp-theme-light='true']) {selector}{{{rules}}}}}\n"
        f"body[data-jp-theme-light='false'] {selector}{{{rules}}}"
    )


def _variables(which: int) -> Iterator[str]:
    if which:
        yield "color-scheme:dark;"
    for name, pair in COLOURS.items():
        yield f"--{name}:{pair[which]};"
    for name, look in LOOKS.items():
        drawing = (
            "<svg xmlns='http://www.w3.org/2000/svg' width='8' height='8'>"
            f"<path d='{PATTERNS[look.pattern]}' stroke='{look.ink[which]}' stroke-opacity='{STRENGTH}'/></svg>"
        )
        pattern = f'url("data:image/svg+xml,{quote(drawing)}")' if PATTERNS[look.pattern] else "none"
        yield f"--{name}:{look.fill[which]};--{name}-ink:{look.ink[which]};--{name}-pattern:{pattern};"
