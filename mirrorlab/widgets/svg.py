"""Static pictures: small SVG texts that need nothing else, the same every time, light and dark."""

from collections.abc import Iterable, Sequence
from html import escape

from mirrorlab.widgets import pagemap, palette

WIDTH, MARGIN = 760, 10
INNER = WIDTH - 2 * MARGIN
LINE = 18  # from one line of text to the next
NOT_XML = {code: "\ufffd" for code in range(32) if chr(code) not in "\t\n\r"}  # may be in an owner's name


class Page:
    """A picture that is drawn from the top down."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = MARGIN + 12.0

    def write(self, words: str, css: str = "", step: float = LINE, most: int = 999, x: float = MARGIN) -> None:
        """A line of text, cut where it has more than `most` letters; what comes next stands `step` below it."""
        short = words if len(words) <= most else words[: most - 1] + "…"
        self.parts.append(label(x, self.y, short, css))
        self.y += step

    def picture(self, title: str, description: str) -> str:
        """All of it on a background of its own. title, description: what is read aloud instead."""
        height = number(self.y)
        picture = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="img" class="mirrorlab-picture"><title>{escape(title)}</title>'
            f"<desc>{escape(description)}</desc><style>{_style()}</style><defs>{_patterns()}</defs>"
            f'<rect class="ground" width="100%" height="100%"/>{"".join(self.parts)}</svg>'
        )
        return picture.translate(NOT_XML)


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def label(x: float, y: float, words: str, css: str = "", anchor: str = "") -> str:
    """A line of text; y is its base line. css: `small`, `strong`, `mono`."""
    kind = f' class="{css}"' if css else ""
    where = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text x="{number(x)}" y="{number(y)}"{kind}{where}>{escape(words, quote=False)}</text>'


def box(x: float, y: float, width: float, height: float, css: str, hint: str = "") -> str:
    """A rectangle with a look: `k4` a kind, `a1` an owner's group, `c1` a class, `frame` an outline."""
    end = f"><title>{escape(hint)}</title></rect>" if hint else "/>"
    return (
        f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" class="{css}"' + end
    )


def strip(cells: bytes, x: float, y: float, width: float, height: float, columns: int, band: float = 3) -> str:
    """A map as rows of `columns` cells, left to right and down; under each row a band that shows the class."""
    rows = -(-len(cells) // columns)
    high, wide = height / max(rows, 1), width / columns
    parts = []
    for row in range(rows):
        start, end = row * columns, min((row + 1) * columns, len(cells))
        top = y + row * high
        for first, count, code in pagemap.runs(cells, start, end):
            if code & palette.KIND_MASK != palette.HOLE:
                left = x + (first - start) * wide
                low = band if code & palette.CLASS_MASK else 0  # unmirrored memory has no band
                parts.append(box(left, top, count * wide, high - low, palette.name_of(code)))
        classes = bytes(code & (palette.CLASS_MASK if code & palette.KIND_MASK else 0) for code in cells[start:end])
        there = bytes(1 if code & palette.KIND_MASK else 0 for code in cells[start:end])
        marks = bytes(a >> palette.CLASS_SHIFT | b << 4 for a, b in zip(classes, there, strict=True))
        for first, count, mark in pagemap.runs(marks):
            if mark >> 4 and mark & 3 != palette.UNMIRRORED:
                parts.append(box(x + first * wide, top + high - band, count * wide, band, f"c{mark & 3}"))
    return "".join(parts)


def legend(codes: Iterable[int], x: float, y: float, width: float, words: Sequence[str] = ()) -> tuple[str, float]:
    """A key to the looks of some pages and their classes, in lines; returns it and the height it takes.

    words: what the owners' groups are called.
    """
    entries, seen, classes = [], set(), set()
    for code in sorted(codes, key=lambda code: (code & palette.KIND_MASK, code)):
        css, look = palette.name_of(code), palette.look_of(code)
        if look.letter == " ":
            continue
        classes.add((code & palette.CLASS_MASK) >> palette.CLASS_SHIFT)
        if css not in seen:
            seen.add(css)
            group = code >> palette.GROUP_SHIFT
            owner = f": {words[group]}" if css[0] == "a" and group < len(words) else ""
            entries.append((css, f"{look.letter}  {look.name}{owner}"))
    for n in sorted(classes):
        entries.append((f"c{n}", f"{'no band' if n == palette.UNMIRRORED else 'band'}: {palette.CLASSES[n].name}"))
    parts, left, top = [], x, y
    for css, name in entries:
        needed = 26 + 6.6 * len(name)
        if left > x and left + needed > x + width:
            left, top = x, top + LINE
        parts += [box(left, top + 3, 14, 12 if css[0] != "c" else 5, css), label(left + 19, top + 13, name, "small")]
        left += needed + 8
    return "".join(parts), top + LINE - y


# -- The style sheet and the patterns of every picture ----------------------------------------------------------------


def _style() -> str:
    fixed = (
        "text{font:13px sans-serif;fill:var(--t)}.small{font-size:11px}.strong{font-weight:bold}"
        ".mono{font-family:monospace;white-space:pre}.ground{fill:var(--g)}.frame{fill:none;stroke:var(--t)}"
        ".touched{fill:var(--m)}"
        f"pattern path{{fill:none;stroke-opacity:{palette.STRENGTH}}}"
    )
    fills = "".join(
        f".{name}{{fill:{f'url(#ml-{name})' if palette.PATTERNS[look.pattern] else f'var(--{name})'}}}"
        for name, look in palette.LOOKS.items()
    )
    inks = "".join(f".i-{name}{{fill:var(--{name}i)}}" for name in palette.LOOKS if name[0] != "c")
    light, dark = ("".join(_variables(which)) for which in (0, 1))
    return f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}{fixed}{fills}{inks}"


def _variables(which: int) -> Iterable[str]:
    yield ("--g:#ffffff;--t:#1b1b1b;--m:#c2185b;", "--g:#111111;--t:#f4f4f4;--m:#ff80ab;")[which]
    for name, look in palette.LOOKS.items():
        yield f"--{name}:{look.fill[which]};--{name}i:{look.ink[which]};"


def _patterns() -> str:
    return "".join(
        f'<pattern id="ml-{name}" width="8" height="8" patternUnits="userSpaceOnUse">'
        f'<rect width="8" height="8" style="fill:var(--{name})"/>'
        f'<path d="{palette.PATTERNS[look.pattern]}" style="stroke:var(--{name}i)"/></pattern>'
        for name, look in palette.LOOKS.items()
        if palette.PATTERNS[look.pattern]
    )
