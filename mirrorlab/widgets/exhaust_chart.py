"""What ExhaustLab draws over time: one matplotlib figure, redrawn in place, as SVG for light and dark surroundings.

matplotlib is imported when the first chart is made, and nowhere else. Its SVG gets variables in place of colours, so
one picture suits both themes. It is the same text every time: no date, fixed names, two decimals.
"""

import io
import math
import re
from collections.abc import Callable, Sequence
from functools import partial
from importlib.util import find_spec
from typing import Any, NamedTuple

from mirrorlab.machine import holders
from mirrorlab.questions.load import WHO, Run, Sample
from mirrorlab.words import MARKS

WIDTH = 560  # pixels, as all lengths here
LEFT, RIGHT, TITLE, GAP, BOTTOM = 52, 12, 38, 6, 36
MOST_POINTS = 150  # of a line


class Look(NamedTuple):
    """How a line is drawn: never by its colour alone."""

    colour: str
    dashes: Any
    marker: str


# The name of a colour -> in light and in dark surroundings; each at least 3 : 1 against the ground.
COLOURS = {
    "ink": ("#1b1b1b", "#f4f4f4"),
    "grid": ("#d5d5d5", "#3a3a3a"),
    "purple": ("#7a3b94", "#cf9fe3"),
    "orange": ("#b34700", "#ff9d5c"),
    "blue": ("#0060a8", "#6cb8ff"),
    "green": ("#00734f", "#4fd8ac"),
    "grey": ("#5c5c5c", "#b5b5b5"),
}
LOOKS = (
    Look("purple", "-", "o"),
    Look("orange", (0, (6, 2)), "s"),
    Look("blue", (0, (3, 1, 1, 1)), "^"),
    Look("green", (0, (1, 1)), "D"),
    Look("ink", (0, (8, 2, 2, 2)), "v"),
)
MARK_LOOKS = (Look("ink", "-", ""), Look("ink", (0, (5, 2)), ""), Look("ink", (0, (1, 2)), ""))
_PAINT = {name: f"#0{n}beef" for n, name in enumerate(COLOURS)}  # what matplotlib is told; replaced in its SVG
_SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "mirrorlab", "font.family": "sans-serif", "font.size": 11}


class Line(NamedTuple):
    """A line of a panel."""

    name: str
    look: Look
    value: Callable[[Sample], float]


class Panel(NamedTuple):
    """A diagram: values over the operations of the load."""

    title: str
    height: int
    lines: list[Line]
    log: bool = False

    def floor(self, samples: Sequence[Sample]) -> float:
        """Where the scale begins at least: a logarithmic one somewhat below the min watermark."""
        return max(1, min(map(self.lines[1].value, samples)) // 4) if self.log else -math.inf


def available() -> bool:
    """Whether matplotlib is installed."""
    return find_spec("matplotlib") is not None


def panels(run: Run) -> list[Panel]:
    """What is drawn of a run, from top to bottom."""
    zones = [zone.name for zone in run.samples[0].zones]
    return [
        Panel("Free pages", 120, _lines(holders.CLASSES, lambda at, sample: sample.free[holders.CLASSES[at]])),
        *(_zone_panel(at, name) for at, name in enumerate(zones)),
        Panel("Batches: NR_ALLOC_BATCH", 80, _lines(zones, lambda at, sample: sample.zones[at].batch)),
        Panel("Failures, by who asked", 80, _lines(WHO, lambda at, sample: sample.failed[WHO[at]])),
    ]


def _zone_panel(at: int, name: str) -> Panel:
    free = Line("free", LOOKS[at % len(LOOKS)], lambda sample: sample.zones[at].free)
    marks = _lines(MARKS, lambda mark, sample: sample.zones[at].marks[mark], MARK_LOOKS)
    return Panel(f"{name}, log scale", 96, [free, *marks], True)


def _lines(names: Sequence[str], value: Callable[[int, Sample], float], looks: Sequence[Look] = LOOKS) -> list[Line]:
    """A line for each name. value: by its number."""
    return [Line(name, looks[at % len(looks)], partial(value, at)) for at, name in enumerate(names)]


class Chart:
    """The figure of one run of a load. Close it when it is no longer needed."""

    def __init__(self, run: Run) -> None:
        import matplotlib
        from matplotlib.backends.backend_svg import FigureCanvasSVG
        from matplotlib.figure import Figure  # no pyplot: nothing else keeps the figure alive

        self.panels = panels(run)
        self.height = sum(TITLE + panel.height + GAP for panel in self.panels) + BOTTOM
        with matplotlib.rc_context(_SETTINGS):
            self.figure: Any = Figure(figsize=(WIDTH / 72, self.height / 72), dpi=72)
            FigureCanvasSVG(self.figure)
            self._drawn, top = [], 0
            for panel in self.panels:
                self._drawn.append(self._axes(panel, top + TITLE))
                top += TITLE + panel.height + GAP
        for axes, _ in self._drawn[:-1]:
            axes.tick_params(labelbottom=False)  # all share the scale of the last
        self._drawn[-1][0].set_xlabel("operations of the load", fontsize=10.5, color=_PAINT["ink"])
        self._now = [axes.axvline(0, color=_PAINT["ink"], linewidth=1.2, dashes=(2, 2)) for axes, _ in self._drawn]

    def _axes(self, panel: Panel, top: int) -> tuple[Any, list[Any]]:
        """The axes of a panel, whose upper edge is `top` pixels below that of the figure, and its lines."""
        low = (self.height - top - panel.height) / self.height
        axes = self.figure.add_axes(
            (LEFT / WIDTH, low, (WIDTH - LEFT - RIGHT) / WIDTH, panel.height / self.height), facecolor="none"
        )
        lines = []
        for name, look, _ in panel.lines:
            width = 1 if look in MARK_LOOKS else 1.8
            lines += axes.plot(
                [], [], label=name, color=_PAINT[look.colour], linestyle=look.dashes, linewidth=width,
                marker=look.marker, markersize=5, clip_on=False,
            )  # fmt: skip
        _dress(axes, panel)
        return axes, lines

    def svg(self, run: Run, now: int | None = None) -> str:
        """The run so far. now: mark this operation, for a machine that has gone back in time."""
        import matplotlib

        samples = run.chosen(MOST_POINTS)
        operations = [sample.operation for sample in samples]
        for (axes, lines), panel, mark in zip(self._drawn, self.panels, self._now, strict=True):
            floor = panel.floor(samples)
            for drawn, line in zip(lines, panel.lines, strict=True):
                drawn.set_data(operations, [max(line.value(sample), floor) for sample in samples])
                drawn.set_markevery(max(1, len(samples) // 8))
            axes.set_xlim(0, max(operations[-1], 1) * 1.01)
            values = [value for drawn in lines for value in drawn.get_ydata()]
            lowest, highest = min(0, *values), max(1, *values)
            if panel.log:
                axes.set_ylim(floor, max(*values, floor * 10) * 1.3)
            else:
                axes.set_ylim(lowest, highest + (highest - lowest) * 0.06)
            mark.set_visible(now is not None)
            mark.set_xdata([now or 0, now or 0])
        buffer = io.StringIO()
        with matplotlib.rc_context(_SETTINGS):
            self.figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        return _tidy(buffer.getvalue())

    def close(self) -> None:
        """Let the figure go."""
        self.figure, self._drawn, self._now = None, [], []


def _dress(axes: Any, panel: Panel) -> None:
    """Title, key, grid and axes of a panel."""
    from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator

    ink = _PAINT["ink"]
    axes.set_title(panel.title, loc="left", fontsize=12, fontweight="bold", color=ink, pad=20)
    key = axes.legend(
        loc="lower left", bbox_to_anchor=(0, 1), ncols=len(panel.lines), frameon=False, fontsize=10.5,
        handlelength=3, columnspacing=1.2, handletextpad=0.5, borderaxespad=0, labelcolor=ink,
    )  # fmt: skip
    key.set_in_layout(False)
    axes.grid(color=_PAINT["grid"], linewidth=0.6)
    axes.set_axisbelow(True)
    axes.tick_params(which="both", color=ink, labelcolor=ink, labelsize=10.5)
    for name, spine in axes.spines.items():
        spine.set_color(ink)
        spine.set_visible(name in ("left", "bottom"))
    if panel.log:
        axes.set_yscale("log")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.yaxis.set_major_locator(LogLocator(10) if panel.log else MaxNLocator(4, integer=True))
    axes.yaxis.set_minor_locator(NullLocator())
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}")


# -- From matplotlib's SVG to ours --------------------------------------------------------------------------------


def style() -> str:
    """The colours, by themselves in light and dark, and as JupyterLab's theme says."""
    light, dark = ("".join(f"--ml-{name}:{pair[n]};" for name, pair in COLOURS.items()) for n in (0, 1))
    return (
        f".ml-chart{{{light}}}@media(prefers-color-scheme:dark){{.ml-chart{{{dark}}}}}"
        f"body[data-jp-theme-light='true'] .ml-chart{{{light}}}body[data-jp-theme-light='false'] .ml-chart{{{dark}}}"
    )


def _tidy(text: str) -> str:
    """Only the picture: no prologue, no metadata, no names but those that are referred to; variables for colours."""
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r"<g id=\"[^\"]*\"", "<g", text)
    text = re.sub(r"'DejaVu Sans'[^;\"]*sans-serif", "sans-serif", text)
    text = re.sub(r" transform=\"rotate\(-0 [^)]*\)\"", "", text)
    text = text.replace("*{stroke-linejoin", ".ml-chart *{stroke-linejoin")  # not of the page around it
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", text)
    for name, paint in _PAINT.items():
        text = text.replace(paint, f"var(--ml-{name})")
    text = re.sub(r"\s*\n\s*", "\n", text)
    begin = re.match(r"<svg[^>]* (viewBox=\"[^\"]*\")[^>]*>", text)
    assert begin is not None
    start = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" class="ml-chart" '
    return f"{start}{begin[1]}><style>{style()}</style>{text[begin.end() :]}".strip()
