"""For tests: recorded cases, and whether a kernel with a broken rule still agrees with them."""

from collections import Counter, defaultdict

from mirrorlab import linux
from mirrorlab.machine.holders import class_of
from mirrorlab.oracle import cases as recordings
from mirrorlab.oracle import replay as oracle
from mirrorlab.oracle.state import build_options

SLOB_LARGE = 4088  # bytes; from here on SLOB's kmalloc takes pages


def cases_with(*operations, build="ABCD"):
    """The names of the recorded cases that have one of these operations, by a kernel of one of these builds."""
    found = []
    for name in recordings.names():
        case = recordings.load(name)
        if case["machine"]["kernel_build"] in build and any(op["op"] in operations for op in case.get("ops", ())):
            found.append(name)
    return found


def agrees(name, **replace):
    """Whether a kernel agrees with a case when some of its functions are replaced."""
    case = recordings.load(name)
    kernel = linux.load(replace=replace, config=build_options(case["machine"]))
    try:
        return oracle.replay(case, kernel).agrees
    except (AssertionError, IndexError, KeyError):  # it fell over the broken rule
        return False


def memory_of_operations(name, by_size=False):
    """Which memory the objects of a case came from, by operation. by_size: SLOB's large kmalloc stands apart."""
    case = recordings.load(name)
    replay = oracle.Replay(case)
    counts = defaultdict(Counter)
    for op in case["ops"]:
        got = replay.step(op)
        if op["op"].startswith("km") and got is not None:
            large = by_size and op.get("size", 0) >= SLOB_LARGE
            pfn = got["pfn"] + got["offset"] // 4096
            counts["kmalloc_large" if large else op["op"]][class_of(replay.machine.g, pfn)] += 1
    return counts
