"""`mirrorlab replay`: judge the model by recorded cases, and say where it differs."""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, TextIO, TypeVar

from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle
from mirrorlab.oracle.cases import RecordingError
from mirrorlab.oracle.replay import Verdict
from mirrorlab.words import count

AGREE, DIFFER, UNREADABLE, INTERRUPTED = 0, 1, 2, 130  # exit status
BAR = 30  # characters
MOST_UNREADABLE = 20  # named one by one

Item = TypeVar("Item")


@dataclass
class Report:
    """The result of a run."""

    verdicts: list[Verdict] = field(default_factory=list)
    unreadable: list[str] = field(default_factory=list)
    """One sentence a file."""
    interrupted: bool = False

    @property
    def status(self) -> int:
        """The exit status: a file that cannot be read counts more than a difference."""
        if self.interrupted:
            return INTERRUPTED
        if self.unreadable:
            return UNREADABLE
        return DIFFER if any(verdict.difference for verdict in self.verdicts) else AGREE


def run(paths: Sequence[str], first_difference: bool, as_json: bool) -> int:
    """Replay cases, print the result, and return the exit status."""
    report = Report()
    cases = find(paths, report)
    try:
        for case in progress(cases, "replaying"):
            judge(case, report)
            if first_difference and report.verdicts and report.verdicts[-1].difference:
                break
    except KeyboardInterrupt:
        report.interrupted = True
    for problem in report.unreadable[:MOST_UNREADABLE]:
        print(problem, file=sys.stderr)
    if len(report.unreadable) > MOST_UNREADABLE:
        print(f"and {count(len(report.unreadable) - MOST_UNREADABLE, 'more file')} of that kind", file=sys.stderr)
    print(json.dumps(to_json(report), indent=1) if as_json else to_text(report))
    return report.status


def find(paths: Sequence[str], report: Report) -> list[str | Path]:
    """The cases that the paths name: files, the files in folders, or without a path all of this package."""
    if not paths:
        return list(recordings.names())
    cases: list[str | Path] = []
    for path in paths:
        if os.path.isdir(path):
            inside = sorted(
                Path(folder, file)
                for folder, _, found in os.walk(path)
                for file in found
                if file.endswith((".json", ".json.gz"))
            )
            cases += inside
            if not inside:
                report.unreadable.append(f"{path}: no recorded case in this folder (files *.json.gz or *.json)")
        else:
            cases.append(path)
    return cases


def judge(case: str | Path, report: Report) -> None:
    """Replay one case and note the result."""
    try:
        report.verdicts.append(oracle.replay(recordings.load(case)))
    except RecordingError as problem:
        report.unreadable.append(str(problem))
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError, MemoryError) as problem:
        what = f"{type(problem).__name__}: {problem}"
        report.unreadable.append(f"{case}: not a recorded case (what it says is no state of a machine: {what})")


def progress(items: Sequence[Item], doing: str, stream: TextIO | None = None) -> Iterator[Item]:
    """Go through items while a bar on the terminal shows how far; silent when the output is not a terminal."""
    stream = stream or sys.stderr
    shown = stream.isatty() and len(items) > 1
    try:
        for done, item in enumerate(items):
            if shown:
                filled = BAR * done // len(items)
                stream.write(f"\r{doing} [{'#' * filled}{'.' * (BAR - filled)}] {done}/{len(items)} ")
                stream.flush()
            yield item
    finally:
        if shown:
            stream.write("\r" + " " * (len(doing) + BAR + 20) + "\r")
            stream.flush()


def to_text(report: Report) -> str:
    """Differences first, then a line a category, and the sum in the last line."""
    lines = []
    differences = [verdict.difference for verdict in report.verdicts if verdict.difference]
    if differences:
        lines += [str(differences[0]), ""]
        lines += [f"also different: {each.case}, {each.place}: {each.what}" for each in differences[1:]]
    for category, verdicts in by_category(report.verdicts):
        lines.append(f"{category:<16} {sum(verdict.agrees for verdict in verdicts):>3}/{len(verdicts)}")
    if report.interrupted:
        lines.append("stopped before the end; of those replayed,")
    agree = sum(verdict.agrees for verdict in report.verdicts)
    if report.verdicts or not report.unreadable:
        lines.append(f"{agree} of {len(report.verdicts)} cases agree")
    return "\n".join(lines)


def to_json(report: Report) -> dict[str, Any]:
    """The same for a program."""
    return {
        "agree": sum(verdict.agrees for verdict in report.verdicts),
        "total": len(report.verdicts),
        "interrupted": report.interrupted,
        "unreadable": report.unreadable,
        "categories": {
            category: {"agree": sum(verdict.agrees for verdict in verdicts), "total": len(verdicts)}
            for category, verdicts in by_category(report.verdicts)
        },
        "cases": [asdict(verdict) for verdict in report.verdicts],
    }


def by_category(verdicts: Iterable[Verdict]) -> list[tuple[str, list[Verdict]]]:
    """The verdicts of each category, by name."""
    grouped: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        grouped.setdefault(verdict.category, []).append(verdict)
    return sorted(grouped.items())
