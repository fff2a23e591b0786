"""A call that went wrong: what differs between the learner's memory and Linux's after it, in layers and in words."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any

from mirrorlab.course.judge import rules
from mirrorlab.machine import Machine
from mirrorlab.machine.differences import Difference, places, walk
from mirrorlab.oracle import state
from mirrorlab.words import few, shorten, type_name

# How far a function got: each layer includes those before it.
NOTHING, CONSERVED, BLOCKS, ORDER = range(4)
LAYERS = (
    "free pages: none lost, none free twice, all counted",
    "free blocks, and what is noted about them: as in Linux",
    "the order of blocks in each list: as in Linux",
)
IN_LINUX = "{} is {} in Linux, {} in yours."
GENERATOR = "a generator"


@dataclass
class Failure:
    """A call after which the learner's memory and Linux's differ. All of it can be written as JSON."""

    function: str
    number: int
    """Which call it was in its case, from 1 on."""
    arguments: dict[str, str | None]
    """By name, in words; None for structures, which have no short text."""
    layer: int
    """The highest layer that still holds."""
    notes: list[str]
    """What differs, a sentence each, the most telling first."""
    found: list[str]
    """The free blocks that the call found, as a line of text."""
    results: list[Any]
    """What the learner's function returned and what Linux's did, as text, and whether these differ; empty: nothing."""
    before: Any
    """The memory before the call, after Linux's function and after the learner's, as state.dump wrote them."""
    linux: Any
    learner: Any
    rule: str
    config: dict[str, Any]

    def machine(self, which: str) -> Machine:
        """The memory `before`, after `linux`, or after `learner`, as a machine."""
        kernel = rules.load(rules.find(self.rule), self.config)
        [g] = state.load(getattr(self, which), kernel)
        return Machine(kernel, g, which)

    def to_json(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)


def deeds(linux: Machine, learner: Machine, number: int, result: Any) -> tuple[Any, ...]:
    """What a function did in a call that went wrong: equal for two functions that went wrong in the same way.

    The books decide only where the lists are Linux's.
    """
    found = [*walk(linux, learner)]
    if any(each.what[0] == "free list" for each in found):
        found = [each for each in found if each.what[0] in ("free list", "page block")]
    return number, result, found


def compare(linux: Machine, learner: Machine, result: Any, our_result: Any, function: str) -> tuple[list[str], int]:
    """What differs between two memories after a call, and the highest layer that holds."""
    found: dict[str, list[Difference]] = {}
    for each in walk(linux, learner):
        found.setdefault(each.what[0], []).append(each)
    lists = found.get("free list", [])
    conserved = [*(_conservation(linux, learner) if lists else []), *_counted(found, linux, learner)]
    as_text = _as_text(function, linux)
    blocks = [*_results(result, our_result, as_text), *_blocks(lists, len(linux.zones) > 1), *_books(found)]
    order = [
        f"The {each.what[2]} list of {each.what[1]}, head first: Linux {few(each.one)}, yours {few(each.other)}."
        for each in lists
        if sorted(each.one) == sorted(each.other)
    ]
    if not (conserved or blocks or order):
        blocks = [_changed(each) for those in found.values() for each in those]
    for layer, notes in enumerate((conserved, blocks, order)):
        if notes:
            return conserved + blocks + order, layer
    return [], ORDER


def _conservation(linux: Machine, learner: Machine) -> list[str]:
    """Pages that are lost, or free twice."""
    notes = []
    theirs, ours = (sorted(machine.free_blocks()) for machine in (linux, learner))
    pages, our_pages = (sum(1 << order for _, order, _ in blocks) for blocks in (theirs, ours))
    if pages != our_pages:
        notes.append(f"Linux has {pages} free pages now, yours {our_pages}.")
    for (pfn, order, _), (following, _, _) in pairwise(ours):
        if pfn + (1 << order) > following:
            notes.append(
                f"Page {shown(following)} is free twice: it also lies in the free block {shown(pfn)} of order {order}."
            )
            break
    return notes


def _counted(found: Mapping[str, list[Difference]], linux: Machine, learner: Machine) -> list[str]:
    """Counters of zones that differ, and by how much."""
    both = [*found.get("counter", []), *found.get("CPU's difference", [])]
    notes = []
    for zone, counter in dict.fromkeys((each.place, each.what[-1]) for each in both):
        theirs, ours = (_counter(machine, zone, counter) for machine in (linux, learner))
        if ours != theirs:
            notes.append(
                f"The counter {counter} of zone {zone} is {theirs} in Linux, {ours} in yours: {abs(ours - theirs)} too "
                f"{'low' if ours < theirs else 'high'}. Is each page counted, once?"
            )
    if both and not notes:
        notes = [f"Zone {both[0].place} keeps its counters in another place than in Linux."]
    return notes


def _counter(machine: Machine, place: str, counter: str) -> int:
    """A zone's counter with what the CPUs keep of it."""
    item = machine.kernel.mmzone.ZONE_STAT_ITEMS.index(counter)
    [zone] = [zone for each, zone in places(machine)[0].items() if each == place]
    return int(zone.vm_stat[item] + sum(pset.vm_stat_diff[item] for pset in zone.pageset))


def _changed(each: Difference) -> str:
    """A part of the machine that none of the judged functions changes."""
    kind, *inner = map(str, each.what)
    *of, name = inner or [kind]
    what = {"watermark": f"Watermark `{name}`", "CPU's list": f"The {name} list"}.get(kind, f"`{name}`")
    what = " of ".join([what, *of, *([f"zone {each.place}"] if each.place else [])])
    if all(type(value) in (int, bool, str) for value in (each.one, each.other)):
        return f"{IN_LINUX.format(what, each.one, each.other)} This function does not change it."
    return f"{what} is not as in Linux. This function does not change it."


def _results(result: Any, our_result: Any, as_text: Callable[[Any], str]) -> list[str]:
    if isinstance(our_result, float) and isinstance(result, int):
        return [f"Linux returns {as_text(result)}, yours {our_result}: return a whole number: divide with `//`."]
    if result == our_result or (isinstance(result, bool) and our_result is not None and result == bool(our_result)):
        return []
    returns = f"Linux returns {as_text(result)}, yours"
    if our_result is None and isinstance(result, int):
        return [f"{returns} nothing: does each path end in a `return`?"]
    if isinstance(our_result, str):
        return [f"{returns} the text {shorten(repr(our_result), 60)}."]
    if isinstance(our_result, list):
        return [f"{returns} a list, {few(our_result)}: return one value."]
    if str(our_result) == GENERATOR:
        return [f"{returns} a generator. That gives its values only when asked: by any(), next() or a loop."]
    return [f"{returns} {as_text(our_result)}."]


def results(result: Any, our_result: Any, function: str, linux: Machine) -> list[Any]:
    """What a call returned, see Failure.results."""
    as_text = _as_text(function, linux)
    differs = bool(_results(result, our_result, as_text))
    return ["nothing" if our_result is None else as_text(our_result), as_text(result), differs]


def _blocks(lists: list[Difference], several: bool) -> list[str]:
    """Blocks that only one of the two has."""

    def only(has: str, other: str) -> list[str]:
        blocks = sorted(
            (pfn, *each.what[1:], f" of zone {each.place}" if several else "")
            for each in lists
            for pfn in {*getattr(each, has)}.difference(getattr(each, other))
        )
        return [f"block {shown(pfn)} of {order} on the {kind} list{zone}" for pfn, order, kind, zone in blocks[:3]]

    return [
        *(f"Linux has {block}, yours has not." for block in only("one", "other")),
        *(f"Yours has {block}, Linux has not." for block in only("other", "one")),
    ]


def _books(found: Mapping[str, list[Difference]]) -> list[str]:
    """What is noted about blocks and pages elsewhere than on the lists."""
    notes = [
        IN_LINUX.format(f"nr_free of {each.what[1]}", each.one, each.other)
        for each in reversed(found.get("nr_free", []))  # the lowest order first
    ]
    for order in dict.fromkeys(each.what[1] for each in found.get("set_page_order", [])):
        notes.append(f"What set_page_order noted for {order} is not as in Linux: call it for each block put on a list.")
    if "remembered type" in found:
        notes.append(
            "The notes in freepage_migratetype are not as in Linux: note the type of the list that a block comes from."
        )
    for each in found.get("page block", []):
        notes.append(f"Page block {each.what[1]} has type {each.one} in Linux, {each.other} in yours.")
    return notes


GIVE_TYPES = {"find_suitable_fallback"}  # functions that return a migratetype
TYPES = {"migratetype", "start_type", "start_mt", "start_migratetype"}  # arguments that hold a migratetype


def call_in_words(number: int, function: str, arguments: Mapping[str, str | None]) -> str:
    """A call as one would write it, with the number it has."""
    listed = ", ".join(f"{name}={value}" for name, value in arguments.items() if value is not None)
    return f"call {number}: {function}({listed})"


def argument_in_words(name: str, value: Any, machine: Machine) -> str | None:
    """An argument as text; None for structures, which have no short text."""
    if name in TYPES:
        return type_name(machine.kernel, value)
    if isinstance(value, int):
        return shown(value)
    areas = (f"zone.free_area[{n}]" for zone in machine.zones for n, area in enumerate(zone.free_area) if area is value)
    zone_name: str | None = getattr(value, "name", None)
    return next(areas, zone_name)


def _as_text(function: str, machine: Machine) -> Callable[[Any], str]:
    """What writes a function's results."""
    return _in_type(machine) if function in GIVE_TYPES else shown


def _in_type(machine: Machine) -> Callable[[Any], str]:
    """What writes a migratetype as number and name, another result as text."""

    def words(value: Any) -> str:
        name = type_name(machine.kernel, value)
        return shown(value) if name == str(value) or value is False else f"{value} ({name})"

    return words


def free_before(arguments: Mapping[str, Any], machine: Machine) -> list[str]:
    """The free blocks that a call found, as a line of text; none for a function of plain numbers."""
    if all(isinstance(value, int) for value in arguments.values()):
        return []
    blocks = machine.free_blocks()
    found = [f"({shown(pfn)}, {order}, {type_name(machine.kernel, kind)})" for pfn, order, kind in blocks]
    return [f"Before the call, free blocks as (page, order, type): {few(found) if found else 'none'}"]


def shown(value: Any) -> str:
    """A PFN or another result as text: PFNs of real machines in hexadecimal, where blocks begin at round numbers."""
    is_large = isinstance(value, int) and value >= 0x10000
    return hex(value) if is_large else str(value)
