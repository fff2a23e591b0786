"""Measure, and print the table of README.md.

examples:
  python -m benchmarks                  every row; takes about half a minute
  python -m benchmarks bursts mixed     these rows only
  python -m benchmarks --write          every row, into benchmarks/README.md
"""

import argparse
import os
import platform
import re
import sys
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks import keyframes, verdicts, views  # noqa: F401 - their rows
from benchmarks.measure import FULL, TINY, Effort, Result
from benchmarks.rows import ROWS
from mirrorlab.machine import files

README = Path(__file__).parent / "README.md"
MARKED = re.compile(r"(?<=<!-- table -->\n).*(?=<!-- end -->)", re.DOTALL)


def main(argv: Sequence[str] | None = None) -> int:
    """Measure the rows that are named, or all; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"one of {', '.join(ROWS)} (default: all)")
    parser.add_argument("--tiny", action="store_true", help="hardly measure: does everything run?")
    parser.add_argument("--write", action="store_true", help="put the table into benchmarks/README.md")
    args = parser.parse_args(argv)
    unknown = [name for name in args.rows if name not in ROWS]
    if unknown:
        parser.error(f"there is no row {unknown[0]!r}: choose from {', '.join(ROWS)}")
    if args.write and (args.rows or args.tiny):
        parser.error("--write needs every row at full size: leave out the row names and --tiny")

    text = table(measure(args.rows or list(ROWS), TINY if args.tiny else FULL))
    print(text, end="")
    if args.write:
        files.write(README, MARKED.sub(lambda _: text, README.read_text()))
    return 0


def measure(names: Sequence[str], effort: Effort) -> list[Result]:
    """The results of some rows; says on stderr how far it is."""
    results = []
    for done, name in enumerate(names):
        print(f"[{done + 1}/{len(names)}] {name} ... ", end="", file=sys.stderr, flush=True)
        start = time.monotonic()
        results += ROWS[name](effort)
        print(f"{time.monotonic() - start:.1f} s", file=sys.stderr)
    return results


def table(results: Iterable[Result]) -> str:
    """The results as Markdown, with what they were measured on."""
    lines = ["| what | measured | ratio | target | reached |", "|---|---|---|---|---|"]
    for result in results:
        ratio = "" if result.ratio is None else f"{result.ratio:.1f}"
        reached = {True: "yes", False: "no", None: ""}[result.reached]
        lines.append(f"| {result.what} | {result.measured} | {ratio} | {result.target} | {reached} |")
    python = f"{platform.python_implementation()} {platform.python_version()}"
    lines.append(f"\nMeasured with {python} on {platform.system()} {platform.machine()}, {os.cpu_count()} CPUs.")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    sys.exit(main())
