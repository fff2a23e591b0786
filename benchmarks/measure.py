"""Medians of interleaved measurements, in CPU time: other programs on the computer disturb all sides alike."""

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median

from benchmarks.streams import Null, Stream, drive
from mirrorlab import Machine


@dataclass(frozen=True)
class Effort:
    """How much to measure."""

    repeats: int = 15
    operations: int = 40_000
    """Length of a stream."""
    mib: int = 256
    small_mib: int = 16
    large_mib: int = 1024
    case_step: int = 1
    """Replay every n-th recorded case."""


FULL = Effort()
TINY = Effort(repeats=1, operations=400, mib=8, small_mib=4, large_mib=8, case_step=70)  # does it run?


@dataclass(frozen=True)
class Result:
    """One line of the table."""

    what: str
    measured: str
    ratio: float | None
    """To what the target is about: the empty allocator, or what the line says. None: the target is no ratio."""
    target: str
    reached: bool | None
    """None: there is no target yet."""


def cpu_seconds(run: Callable[[], object]) -> float:
    """CPU time of one call, without a garbage collection in the middle."""
    gc.collect()
    gc.disable()
    try:
        start = time.process_time()
        run()
        return time.process_time() - start
    finally:
        gc.enable()


def interleaved(repeats: int, runs: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The median CPU time of each call: all once, then all again, `repeats` times, after one round unmeasured."""
    for run in runs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(repeats):
        for name, run in runs.items():
            times[name].append(cpu_seconds(run))
    return {name: median(measured) for name, measured in times.items()}


def against_null(machine: Machine, stream: Stream, repeats: int) -> dict[str, float]:
    """Median seconds of one stream: on nothing ("null"), and on the machine with trace "off" and "on"."""
    null = Null()

    def on(trace: list[tuple[object, ...]] | None) -> None:
        machine.g.trace = trace
        drive(machine, stream)
        machine.g.trace = None

    runs = {"null": lambda: drive(null, stream), "off": lambda: on(None), "on": lambda: on([])}
    return interleaved(repeats, runs)
