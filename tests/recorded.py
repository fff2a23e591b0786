"""For tests: recorded cases, and whether a kernel with a broken rule still agrees with them."""

from mirrorlab import linux, oracle, recordings
from mirrorlab.machine import build_options


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
