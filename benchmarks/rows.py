"""What is measured: one function per row or pair of rows. `@row` puts it in the table, in the order of this file."""

import gc
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from statistics import median

from benchmarks import streams
from benchmarks.machine import FIRST_PFN, PAGES_PER_MIB, one_node, one_zone
from benchmarks.measure import Effort, Result, against_null, cpu_seconds, interleaved
from mirrorlab import Machine, boot, load
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle

ROWS: dict[str, Callable[[Effort], list[Result]]] = {}

HEAVY = ("numpy", "matplotlib", "anywidget", "ipywidgets", "traitlets", "IPython")


def row(measure: Callable[[Effort], list[Result]]) -> Callable[[Effort], list[Result]]:
    """Put a function in the table, under its own name."""
    ROWS[measure.__name__] = measure
    return measure


@row
def mixed(effort: Effort) -> list[Result]:
    stream = streams.mixed(effort.operations, effort.mib)
    return _off_and_on(f"mixed orders, {effort.mib} MiB", stream, effort, 29, 32)


@row
def bursts(effort: Effort) -> list[Result]:
    stream = streams.bursts(effort.operations)
    return _off_and_on("bursts of order 0, per-CPU lists", stream, effort, 16.5, 18)


def _off_and_on(what: str, stream: streams.Stream, effort: Effort, off: float, on: float) -> list[Result]:
    seconds = against_null(one_zone(effort.mib), stream, effort.repeats)
    return [
        _speed(f"{what}, trace {trace}", seconds[trace], seconds["null"], len(stream), target)
        for trace, target in (("off", off), ("on", on))
    ]


def _speed(what: str, seconds: float, null: float, operations: int, target: float) -> Result:
    ratio = seconds / null
    speed = f"{operations / seconds / 1e6:.2f} M op/s (Null: {null / operations * 1e9:.0f} ns/op)"
    return Result(what, speed, ratio, f"<= {target:g} x Null", ratio <= target)


@row
def exhaust(effort: Effort) -> list[Result]:
    stream = streams.exhaust(effort.mib)
    machine, null = one_zone(effort.mib), streams.Null()
    runs = {"null": lambda: streams.drive(null, stream), "machine": lambda: _exhaust(machine, stream)}
    seconds = interleaved(_fewer(effort), runs)
    what = f"exhaust {effort.mib} MiB by order 0, free in random order"
    return [_speed(what, seconds["machine"], seconds["null"], len(stream), 35)]


@row
def growth(effort: Effort) -> list[Result]:
    small, large = effort.small_mib, effort.large_mib
    machines = {mib: (one_zone(mib), streams.exhaust(mib)) for mib in (small, large)}
    runs = {str(mib): lambda mib=mib: _exhaust(*machines[mib]) for mib in machines}  # type: ignore[misc]
    seconds = interleaved(min(3, effort.repeats), runs)
    per_operation = {mib: seconds[str(mib)] / len(stream) for mib, (_, stream) in machines.items()}
    ratio = per_operation[large] / per_operation[small]
    measured = f"{per_operation[large] * 1e6:.2f} and {per_operation[small] * 1e6:.2f} us/op"
    what = f"the same at {large} MiB against {small} MiB"
    return [Result(what, measured, ratio, f"<= 3 x that at {small} MiB", ratio <= 3)]


@row
def slub_pair(effort: Effort) -> list[Result]:
    """An object and a page, each allocated and freed again, through Machine as a learner does."""
    machine = one_zone(effort.mib)
    cache = machine.kmem_cache_create("bench", 64)
    pairs = effort.operations // 2

    def pages() -> None:
        for _ in range(pairs):
            machine.free_pages(machine.alloc_pages())

    def objects() -> None:
        for _ in range(pairs):
            machine.kmem_cache_free(cache, machine.kmem_cache_alloc(cache))

    seconds = interleaved(effort.repeats, {"pages": pages, "objects": objects})
    ratio = seconds["objects"] / seconds["pages"]
    each = " and ".join(f"{seconds[what] / pairs * 1e6:.2f}" for what in ("objects", "pages"))
    what = "SLUB: alloc and free an object, against a page of order 0"
    return [Result(what, f"{each} us a pair", ratio, "<= 2 x the page pair", ratio <= 2)]


def _exhaust(machine: Machine, stream: streams.Stream) -> None:
    streams.drive(machine, stream)
    machine.drain()


def _fewer(effort: Effort) -> int:
    return min(7, effort.repeats)


@row
def memory_of_free_blocks(effort: Effort) -> list[Result]:
    """Every second page free: as many free blocks as there can be."""
    machine = one_zone(effort.mib)
    g, page_alloc = machine.g, machine.kernel.page_alloc
    alloc, free = page_alloc.alloc_pages_node, page_alloc.__free_pages
    everything = machine.kernel.gfp.parse(streams.EVERYTHING)
    tracemalloc.start()
    before = _traced_bytes()
    while alloc(g, 0, everything, 0) is not None:
        pass
    for pfn in range(FIRST_PFN, FIRST_PFN + effort.mib * PAGES_PER_MIB, 2):
        free(g, pfn, 0)
    machine.drain()
    grown = _traced_bytes() - before
    tracemalloc.stop()
    each = grown / len(machine.free_blocks())
    return [Result("memory per free block (tracemalloc)", f"{each:.0f} bytes", None, "<= 170 bytes", each <= 170)]


@row
def memory_of_untouched_pages(effort: Effort) -> list[Result]:
    """What a larger machine needs more, all of it free: its blocks of order 10 and page block types, no pages."""
    kernel = load()
    sizes = {}
    for mib in (effort.small_mib, effort.large_mib):
        tracemalloc.start()
        before = _traced_bytes()
        machine = one_zone(mib, kernel)
        sizes[mib] = _traced_bytes() - before
        tracemalloc.stop()
        del machine
    pages = (effort.large_mib - effort.small_mib) * PAGES_PER_MIB
    each = (sizes[effort.large_mib] - sizes[effort.small_mib]) / pages
    block = 170 / 1024 + 1 / 512  # a free block and two page blocks per 1024 pages
    what = "memory per untouched page (tracemalloc)"
    return [Result(what, f"{each:.2f} bytes", None, f"<= {block:.2f}: blocks only", each <= block)]


def _traced_bytes() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


@row
def booting(effort: Effort) -> list[Result]:
    """One node, all memory free but the BIOS's; the kernel is loaded and the description read before."""
    kernel = load()
    limits = {1: 1, 64: 5, 1024: 100}  # GiB -> ms
    machines = {gib: one_node(gib) for gib in limits}
    runs = {str(gib): lambda gib=gib: boot(machines[gib], kernel=kernel) for gib in limits}  # type: ignore[misc]
    seconds = interleaved(_fewer(effort), runs)
    results = []
    for gib, limit in limits.items():
        took = seconds[str(gib)] * 1000
        results.append(Result(f"boot {gib} GiB", f"{took:.1f} ms", None, f"<= {limit} ms", took <= limit))
    tracemalloc.start()
    before = _traced_bytes()
    machine = boot(machines[1024], kernel=kernel)
    mib = (_traced_bytes() - before) / 2**20
    tracemalloc.stop()
    del machine
    return [
        *results,
        Result("memory of a machine of 1 TiB (tracemalloc)", f"{mib:.0f} MiB", None, "<= 45 MiB", mib <= 45),
    ]


@row
def import_mirrorlab(effort: Effort) -> list[Result]:
    """In a fresh interpreter, what the import adds to it."""
    program = (
        "import time, sys; start = time.process_time(); import mirrorlab; "
        f"print(time.process_time() - start, *[name for name in {HEAVY} if name in sys.modules])"
    )
    times, heavy = [], set()
    for _ in range(effort.repeats):
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        seconds, *names = done.stdout.split()
        times.append(float(seconds))
        heavy.update(names)
    took = median(times) * 1000
    measured = f"{took:.0f} ms, with {', '.join(sorted(heavy)) or 'no numpy, matplotlib, widgets'}"
    return [Result("import mirrorlab", measured, None, "<= 40 ms, with none", took <= 40 and not heavy)]


@row
def load_a_kernel(effort: Effort) -> list[Result]:
    took = interleaved(effort.repeats, {"load": load})["load"] * 1000
    return [Result("load() a kernel copy", f"{took:.1f} ms", None, "milliseconds", None)]


@row
def replay(effort: Effort) -> list[Result]:
    """All recorded cases from file to verdict; a line that says "not all agree" is a bug, not a speed."""
    names = recordings.names()[:: effort.case_step]
    verdicts: list[oracle.Verdict] = []
    seconds = cpu_seconds(lambda: verdicts.extend(oracle.replay(recordings.load(name)) for name in names))
    agree = all(verdict.agrees for verdict in verdicts)
    measured = f"{seconds:.1f} s, {len(names)} cases"
    if not agree:
        measured += ", not all agree"
    return [Result("replay all recorded cases", measured, None, "<= 15 s", seconds <= 15 and agree)]
