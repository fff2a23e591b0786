"""Curves in one diagram, as SVG whose colours follow JupyterLab's theme. matplotlib is imported when it is drawn."""

import io
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mirrorlab.widgets import palette
from mirrorlab.words import table

WIDTH, HEIGHT = 560, 270  # pixels
IN_TEXT = 5  # points of a curve
COLOURS = {  # name: in light and in dark surroundings, each at least 3 : 1 against the ground
    "ink": ("#1b1b1b", "#f4f4f4"),
    "grid": ("#d5d5d5", "#3a3a3a"),
    "first": ("#7a3b94", "#cf9fe3"),
    "second": ("#b34700", "#ff9d5c"),
    "third": ("#0060a8", "#6cb8ff"),
}
LOOKS = (("first", "-"), ("second", (0, (6, 2))), ("third", (0, (3, 1, 1, 1))))  # never by the colour alone
_PAINT = {name: f"#0{n}beef" for n, name in enumerate(COLOURS)}  # what matplotlib is told; replaced in its SVG
_SETTINGS: Any = {
    **{"svg.fonttype": "none", "svg.hashsalt": "mirrorlab", "font.family": "sans-serif", "font.size": 11},
    **{f"{what}.color": _PAINT["ink"] for what in ("text", "xtick", "ytick")},
    **{"axes.edgecolor": _PAINT["ink"], "axes.labelcolor": _PAINT["ink"], "axes.facecolor": "none"},
    **{"grid.color": _PAINT["grid"], "axes.grid": True, "axes.axisbelow": True},
    **{"axes.spines.top": False, "axes.spines.right": False, "legend.frameon": False},
}


class Curves:
    """Some shares that depend on a number: a diagram, and the same as text."""

    def __init__(self, lines: Mapping[str, Sequence[float]], across: str, up: str) -> None:
        """lines: by name, the shares (0 to 1) for 0, 1, 2 and so on. across, up: what the two scales are."""
        self.lines, self.across, self.up = dict(lines), across, up

    def __repr__(self) -> str:
        longest = max(map(len, self.lines.values()))
        points = range(0, longest, max(1, (longest - 1) // (IN_TEXT - 1)))
        rows = [[name, *(f"{shares[at]:.0%}" for at in points)] for name, shares in self.lines.items()]
        return "\n".join([f"{self.up}, by {self.across}:", *table([["", *map(str, points)], *rows])])

    def _repr_html_(self) -> str:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure  # no pyplot: nothing else keeps the figure alive

        buffer = io.StringIO()
        with matplotlib.rc_context(_SETTINGS):
            figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72)
            FigureCanvasSVG(figure)
            axes: Any = figure.add_axes((0.09, 0.18, 0.88, 0.68))
            for (colour, dashes), (name, shares) in zip(LOOKS, self.lines.items(), strict=False):
                axes.plot(shares, label=name, color=_PAINT[colour], linestyle=dashes, linewidth=1.8)
            axes.legend(handlelength=3)
            axes.set(title=self.up, xlabel=self.across, ylim=(0, 1.03))
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        return _tidy(buffer.getvalue())


def _tidy(text: str) -> str:
    """Only the picture, the same text every time: variables for colours, two decimals, no metadata."""
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text[text.index("<svg") :], flags=re.DOTALL)
    text = re.sub(r"<g id=\"[^\"]*\"", "<g", text)
    text = re.sub(r"'DejaVu Sans'[^;\"]*sans-serif", "sans-serif", text)
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", text.replace("*{stroke-linejoin", ".ml-curves *{stroke-linejoin"))
    for name, paint in _PAINT.items():
        text = text.replace(paint, f"var(--ml-{name})")
    light, dark = ("".join(f"--ml-{name}:{pair[n]};" for name, pair in COLOURS.items()) for n in (0, 1))
    style = f".ml-curves{{{light}}}{palette.in_the_dark('.ml-curves', dark)}"
    return re.sub(r"<svg ", f'<style>{style}</style><svg class="ml-curves" ', text, count=1).strip()
