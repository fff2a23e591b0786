"""Curves in one diagram, as SVG whose colours follow JupyterLab's theme. matplotlib is imported when it is drawn."""

import io
from collections.abc import Mapping, Sequence

from mirrorlab.widgets import exhaust_chart as chart
from mirrorlab.words import table

WIDTH, HEIGHT = 560, 270  # pixels
IN_TEXT = 5  # points of a curve


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
        from matplotlib.figure import Figure

        drawn = [chart.Line(name, look, lambda _: 0) for name, look in zip(self.lines, chart.LOOKS, strict=False)]
        with matplotlib.rc_context(chart._SETTINGS):
            figure = Figure(figsize=(WIDTH / 72, HEIGHT / 72), dpi=72)
            FigureCanvasSVG(figure)
            axes = figure.add_axes((0.09, 0.2, 0.88, 0.6), facecolor="none")
            for line in drawn:
                axes.plot(
                    self.lines[line.name],
                    label=line.name,
                    color=chart._PAINT[line.look.colour],
                    linestyle=line.look.dashes,
                    linewidth=1.8,
                )
            chart._dress(axes, chart.Panel(self.up, HEIGHT, drawn))
            axes.set_xlabel(self.across, fontsize=10.5, color=chart._PAINT["ink"])
            axes.set_ylim(0, 1.03)
            axes.yaxis.set_major_formatter(lambda value, _: f"{value:.0%}")
            buffer = io.StringIO()
            figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
        return chart._tidy(buffer.getvalue()).replace("<svg ", f'<svg width="{WIDTH}" ', 1)
