"""Rows about coming back to an earlier state."""

import random

from benchmarks import streams
from benchmarks.machine import FIRST_PFN, PAGES_PER_MIB, one_zone
from benchmarks.measure import Effort, Result, cpu_seconds, interleaved
from benchmarks.rows import row
from mirrorlab import Machine, Recording
from mirrorlab.story.recording import KEYFRAME_EVERY


def fragmented(mib: int) -> Machine:
    """A machine with every second page free."""
    machine = one_zone(mib)
    while machine.alloc_pages(0, streams.EVERYTHING) is not None:
        pass
    for pfn in range(FIRST_PFN, FIRST_PFN + mib * PAGES_PER_MIB, 2):
        machine.free_pages(pfn)
    machine.drain()
    return machine


@row
def keyframe(effort: Effort) -> list[Result]:
    machine = fragmented(effort.mib)
    there = machine.snapshot()
    seconds = interleaved(effort.repeats, {"keyframe": machine.snapshot, "restore": there.restore})
    return [_line(name, seconds[name], effort.mib, target) for name, target in (("keyframe", 1.3), ("restore", 5))]


@row
def step_back(effort: Effort) -> list[Result]:
    """As far from a keyframe as it gets: one step back replays nearly KEYFRAME_EVERY operations and events."""
    story = Recording(fragmented(effort.mib))
    chance, owned = random.Random(1), list(story.machine.owners)
    done = 0
    while done < KEYFRAME_EVERY - 50:
        if chance.random() < 0.5:
            story.machine.free_pages(owned.pop(chance.randrange(len(owned))))
        else:
            owned.append(story.machine.alloc_pages(0, streams.EVERYTHING))
        done += 1 + len(story.operations[-1].events)

    end, times = len(story.operations), []
    for _ in range(effort.repeats):
        story.goto(end)
        times.append(cpu_seconds(lambda: story.step(-1)))
    return [_line("step back", sorted(times)[len(times) // 2], effort.mib, 10)]


@row
def steps(effort: Effort) -> list[Result]:
    """An operation in its smallest steps: carried out again, watched, and the machine brought back."""
    story = Recording(fragmented(effort.small_mib))
    for _ in range(20):
        story.machine.alloc_pages(0, streams.EVERYTHING)
    return [_line("the steps of an operation", cpu_seconds(story.steps), effort.small_mib, 50)]


def _line(what: str, seconds: float, mib: int, target: float) -> Result:
    took = seconds * 1000
    return Result(f"{what}, {mib} MiB fragmented", f"{took:.1f} ms", None, f"<= {target:g} ms", took <= target)
