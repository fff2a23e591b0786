"""Static pictures: small SVG texts that need nothing else, the same every time, light and dark."""

from collections.abc import Callable, Iterable, Sequence
from html import escape

from mirrorlab.widgets import pagemap, palette

WIDTH, MARGIN = 760, 10
INNER = WIDTH - 2 * MARGIN
LINE = 18  # from one line of text to the next
NOT_XML = {code: "\ufffd" for code in range(32) if chr(code) not in "\t\n\r"}  # may be in an owner's name
NameOf = Callable[[int], str]  # a page's byte -> its name in palette.LOOKS


class Page:
    """A picture that is drawn from the top down."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.y = MARGIN + 12.0

    def write(self, words: str, css: str = "", step: float = LINE, most: int = 999, x: float = MARGIN) -> None:
        """A line of text, cut where it has more than `most` letters; what comes next stands `step` below it."""
        short = words if len(words) <= most else words[: most - 1] + "…"
        self.label(x, self.y, short, css)
        self.y += step

    def label(self, x: float, y: float, words: str, css: str = "", anchor: str = "") -> None:
        """A line of text; y is its base line. css: `small`, `strong`, `mono`."""
        kind = f' class="{css}"' if css else ""
        where = f' text-anchor="{anchor}"' if anchor else ""
        text = escape(words, quote=False)
        self.parts.append(f'<text x="{number(x)}" y="{number(y)}"{kind}{where}>{text}</text>')

    def box(self, x: float, y: float, width: float, height: float, css: str, hint: str = "") -> None:
        """A rectangle with a look: `k4` a kind, `a1` an owner's group, `c1` a class, `frame` an outline."""
        end = f"><title>{escape(hint)}</title></rect>" if hint else "/>"
        self.parts.append(f'<rect {rectangle(x, y, width, height)} class="{css}"{end}')

    def plain(self, x: float, y: float, width: float, height: float, css: str, hint: str = "") -> None:
        """The same without its pattern: letters stand before it."""
        end = f"><title>{escape(hint)}</title></rect>" if hint else "/>"
        self.parts.append(f'<rect {rectangle(x, y, width, height)} style="fill:var(--{css})"{end}')

    def strip(self, cells: bytes, columns: int, high: int, band: int, name_of: NameOf, plain: bool = False) -> None:
        """A map as rows, `high` each, as wide as the page where they have `columns` cells; a band shows the class.

        name_of: the look of a code. plain: unmirrored memory has a band too.
        """
        wide = INNER / columns
        for start in range(0, len(cells), columns):
            for first, count, code in pagemap.runs(cells[start : start + columns]):
                if code & palette.KIND_MASK != palette.HOLE:
                    left, width, memory = MARGIN + first * wide, count * wide, palette.class_number(code)
                    low = band if memory or plain else 0
                    self.box(left, self.y, width, high - low, name_of(code))
                    if low:
                        self.box(left, self.y + high - low, width, low, f"c{memory}")
            self.y += high

    def key(self, entries: Iterable[tuple[str, str]], gap: float = 34) -> None:
        """A sample of each look beside its name, in as many lines as they need. gap: what an entry takes besides."""
        left = float(MARGIN)
        for css, name in entries:
            needed = gap + 6.6 * len(name)
            if left > MARGIN and left + needed - 8 > MARGIN + INNER:
                left, self.y = MARGIN, self.y + LINE
            self.box(left, self.y + 3, 14, 12 if css[0] != "c" else 5, css)
            self.label(left + 19, self.y + 13, name, "small")
            left += needed
        self.y += LINE

    def picture(self, title: str, description: str, links: bool = False) -> str:
        """All of it on a background of its own. title, description: what is read aloud instead, or, with links, too."""
        height = number(self.y)
        picture = (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
            f'height="{height}" role="{"group" if links else "img"}" class="mirrorlab-picture">'
            f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
            f"<style>{_style()}</style><defs>{_patterns()}</defs>"
            f'<rect class="ground" width="100%" height="100%"/>{"".join(self.parts)}</svg>'
        )
        return picture.translate(NOT_XML)


def number(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def rectangle(x: float, y: float, width: float, height: float) -> str:
    """Where a rectangle is, as attributes."""
    return f'x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}"'


def legend(codes: Iterable[int], words: Sequence[str] = ()) -> list[tuple[str, str]]:
    """What the looks of some pages and their classes are called, for Page.key. words: the owners' groups."""
    looks: dict[str, str] = {}
    there = sorted(
        (code for code in codes if code & palette.KIND_MASK), key=lambda code: (code & palette.KIND_MASK, code)
    )
    for code in there:
        css, group = palette.name_of(code), code >> palette.GROUP_SHIFT
        owner = f": {words[group]}" if css[0] == "a" and group < len(words) else ""
        looks.setdefault(css, f"{palette.LOOKS[css].letter}  {palette.LOOKS[css].name}{owner}")
    for n in sorted({palette.class_number(code) for code in there}):
        looks[f"c{n}"] = f"{'no line' if n == palette.UNMIRRORED else 'line below'}: {palette.CLASSES[n].name}"
    return list(looks.items())


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
