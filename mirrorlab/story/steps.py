"""An operation in its smallest steps: each entry that goes on or off a list, each mark asked, each counter changed.

The kernel's tracepoints and the model's own events (events.py) tell what an operation has done. A picture that moves
needs more: what happened to which list, in which order, and which statement did it. That is found out by watching the
kernel's functions at work, so that they need no further lines for it, and are as fast as before while nobody looks.
"""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from mirrorlab.linux import MODULES, Kernel
from mirrorlab.linux.mmzone import Globals, Zone, for_each_zone
from mirrorlab.story.events import KINDS, Words

Place = tuple[int, int, int | None, int, int]
"""Which list of pages: node, zone, CPU (None: a free list), order, migratetype."""


class Step(NamedTuple):
    """One step of an operation."""

    event: tuple[Any, ...]
    """An event, its name first: one of events.KINDS or of STEPS."""
    function: str
    """The kernel's function that was at work."""
    line: int
    """The line of that function, from 1 on, whose statement did it."""


# -- What there is to see besides the events. A list is named by its zone, and by a CPU or an order, and by a type ----


class off_list(NamedTuple):
    """An entry was taken off a list."""

    node: int
    zone: int
    cpu: int | None
    """Whose per-CPU list; None: a free list."""
    order: int
    migratetype: int
    pfn: int

    def words(self, say: Words) -> str:
        return f"{say.block(self.pfn, self.order)} leaves {list_in_words(self[:5], say)}"


class on_list(NamedTuple):
    """An entry was put on a list."""

    node: int
    zone: int
    cpu: int | None
    order: int
    migratetype: int
    pfn: int
    at_tail: bool

    def words(self, say: Words) -> str:
        end = "tail" if self.at_tail else "head"
        return f"{say.block(self.pfn, self.order)} goes to the {end} of {list_in_words(self[:5], say)}"


class refill(NamedTuple):
    """A CPU's list is empty: pages are fetched for it."""

    node: int
    zone: int
    cpu: int
    migratetype: int
    pages: int
    """How many are wanted."""

    def words(self, say: Words) -> str:
        zone = say.zone(self.node, self.zone)
        return f"CPU {self.cpu} fetches up to {self.pages} pages of {zone} for its {say.type(self.migratetype)} list"


class drain(NamedTuple):
    """A CPU gives pages back."""

    node: int
    zone: int
    cpu: int
    pages: int

    def words(self, say: Words) -> str:
        return f"CPU {self.cpu} gives {self.pages} pages of {say.zone(self.node, self.zone)} back"


class attempt(NamedTuple):
    """The zones of a zonelist are tried."""

    order: int
    migratetype: int
    alloc_flags: int

    def words(self, say: Words) -> str:
        return f"a walk through the zones for a block of order {self.order}, {say.type(self.migratetype)}"


class mark(NamedTuple):
    """A zone was asked whether it would stay above a watermark."""

    node: int
    zone: int
    order: int
    mark: int
    lowmem_reserve: int
    alloc_flags: int
    free_pages: int
    passed: bool

    def words(self, say: Words) -> str:
        verdict = "passes" if self.passed else "does not pass"
        more = f" and {self.lowmem_reserve} in reserve" if self.lowmem_reserve else ""
        return f"zone {say.zone(self.node, self.zone)}, {self.free_pages} pages free, {verdict} mark {self.mark}{more}"


class passed_over(NamedTuple):
    """A zone was left out without being asked."""

    node: int
    zone: int
    why: str
    """One of WHY."""

    def words(self, say: Words) -> str:
        return f"zone {say.zone(self.node, self.zone)} left out: {WHY[self.why]}"


WHY = {
    "share": "its fair share is used up",
    "full": "it was found full not long ago",
    "node": "it is on another node, and fair shares are those of one",
}


class shares_renewed(NamedTuple):
    """The zones of a node have their fair shares again."""

    node: int

    def words(self, say: Words) -> str:
        return f"the zones of node {self.node} have their full shares again"


class slow_path(NamedTuple):
    """The first attempts have failed."""

    order: int
    gfp_flags: int

    def words(self, say: Words) -> str:
        return f"the slow path begins for {say.gfp(self.gfp_flags)}, order {self.order}"


class counter(NamedTuple):
    """A zone's counter was changed, through the difference of a CPU."""

    node: int
    zone: int
    cpu: int
    item: int
    """Its index in ZONE_STAT_ITEMS."""
    in_zone: int
    """By how much the zone's own value changed."""
    in_cpu: int
    """By how much the CPU's difference changed."""

    def words(self, say: Words) -> str:
        name = say.kernel.mmzone.ZONE_STAT_ITEMS[self.item]
        where = f"{name} of {say.zone(self.node, self.zone)}"
        if not self.in_zone:
            return f"{where}: {self.in_cpu:+} noted by CPU {self.cpu}"
        return f"{where}: {self.in_zone:+}; CPU {self.cpu} has handed over what it had noted"


class slab_made(NamedTuple):
    """Pages have become a slab."""

    pfn: int
    order: int

    def words(self, say: Words) -> str:
        return f"{say.block(self.pfn, self.order)}: a slab from now on"


class slab_given_back(NamedTuple):
    """A slab's pages are pages again."""

    pfn: int
    order: int

    def words(self, say: Words) -> str:
        return f"{say.block(self.pfn, self.order)}: no slab any more"


STEPS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        *(off_list, on_list, refill, drain, attempt, mark, passed_over, shares_renewed, slow_path, counter),
        *(slab_made, slab_given_back),
    )
}


def list_in_words(place: Place, say: Words) -> str:
    """A list: `the Movable list of order 5`."""
    _, _, cpu, order, migratetype = place
    return f"the {say.type(migratetype)} list of " + (f"order {order}" if cpu is None else f"CPU {cpu}")


def in_words(step: Step, say: Words) -> str:
    """A step as a line of text."""
    name, *fields = step.event
    words: str = (KINDS.get(name) or STEPS[name])(*fields).words(say)
    return words


# -- Watching -----------------------------------------------------------------------------------------------------


@contextmanager
def watching(kernel: Kernel, g: Globals) -> Iterator[list[Step]]:
    """Fill the list with the steps of what the kernel does meanwhile. It is some ten times slower then."""
    watch = _Watch(kernel, g)
    trace, g.trace = g.trace, _Trace(watch.steps)
    try:
        with profiled(watch):
            yield watch.steps
    finally:
        g.trace = trace


@contextmanager
def profiled(watch: Callable[[Any, str, Any], None]) -> Iterator[None]:
    """Have Python call this at each call and return meanwhile, with the frame, what it is, and what is returned."""
    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        yield
    finally:
        sys.setprofile(before)


def functions_of(kernel: Kernel) -> Iterator[tuple[str, Any]]:
    """The kernel's functions by name, each with its code: by that it is known, wherever it is called from."""
    for module in MODULES:
        for name, function in vars(getattr(kernel, module)).items():
            if (code := getattr(function, "__code__", None)) is not None:
                yield name, code


def lists_of(g: Globals) -> Iterator[tuple[Place, Any]]:
    """Every list of pages, and which it is."""
    for zone in for_each_zone(g):
        for order, area in enumerate(zone.free_area):
            for migratetype, head in enumerate(area.free_list):
                yield (zone.node, zone.idx, None, order, migratetype), head
        for cpu, pset in enumerate(zone.pageset):
            for migratetype, head in enumerate(pset.lists):
                yield (zone.node, zone.idx, cpu, 0, migratetype), head


class _Trace(list[tuple[Any, ...]]):
    """Where the kernel's functions append their events; each becomes a step."""

    def __init__(self, steps: list[Step]) -> None:
        super().__init__()
        self.steps = steps

    def append(self, event: tuple[Any, ...]) -> None:
        self.steps.append(_step(event, sys._getframe(1)))


def _step(event: tuple[Any, ...], frame: Any) -> Step:
    code = frame.f_code
    return Step(event, code.co_name, frame.f_lineno - code.co_firstlineno + 1)


class _Watch:
    """Called by Python at each call and return; turns those of some functions into steps.

    A function is known by its code, so that it is seen wherever it is called from, and a replaced one, too.
    """

    def __init__(self, kernel: Kernel, g: Globals) -> None:
        self.kernel, self.g = kernel, g
        self.steps: list[Step] = []
        self.places = {id(head): place for place, head in lists_of(g)}
        self.before: list[Any] = []  # what a counter was before a call that is not over
        self.walk: Any = None  # the arguments of get_page_from_freelist, and how far it is
        self.at_call: dict[Any, Callable[[Any, dict[str, Any]], None]] = {}
        self.at_return: dict[Any, Callable[[Any, dict[str, Any], Any], None]] = {}
        for function, code in functions_of(kernel):
            for table, prefix in ((self.at_call, "call_"), (self.at_return, "return_")):
                if (method := getattr(self, prefix + function, None)) is not None:
                    table[code] = method

    def __call__(self, frame: Any, event: str, result: Any) -> None:
        if event == "call":
            if (method := self.at_call.get(frame.f_code)) is not None:
                method(frame, frame.f_locals)
        elif event == "return" and (ended := self.at_return.get(frame.f_code)) is not None:
            ended(frame, frame.f_locals, result)

    def say(self, event: tuple[Any, ...], frame: Any) -> None:
        self.steps.append(_step(event, frame))

    # Lists. What puts an entry on is seen when it is called, what takes one off when it returns.

    def _off(self, frame: Any, pfn: Any, head: Any) -> None:
        if (place := self.places.get(id(head))) is not None and isinstance(pfn, int):
            self.say(("off_list", *place, pfn), frame.f_back)

    def _on(self, frame: Any, told: dict[str, Any], at_tail: bool) -> None:
        if (place := self.places.get(id(told["head"]))) is not None:
            self.say(("on_list", *place, told["pfn"], at_tail), frame.f_back)

    def return_list_pop(self, frame: Any, told: dict[str, Any], pfn: Any) -> None:
        self._off(frame, pfn, told["head"])

    return_list_pop_tail = return_list_pop

    def call_list_del(self, frame: Any, told: dict[str, Any]) -> None:
        if told["pfn"] in told["head"]:
            self._off(frame, told["pfn"], told["head"])

    def call_list_add(self, frame: Any, told: dict[str, Any]) -> None:
        self._on(frame, told, at_tail=False)

    def call_list_add_tail(self, frame: Any, told: dict[str, Any]) -> None:
        self._on(frame, told, at_tail=True)

    # Per-CPU lists.

    def call_rmqueue_bulk(self, frame: Any, told: dict[str, Any]) -> None:
        zone = told["zone"]
        self.say(("refill", zone.node, zone.idx, self.g.cpu, told["migratetype"], told["count"]), frame)

    def call_free_pcppages_bulk(self, frame: Any, told: dict[str, Any]) -> None:
        zone = told["zone"]
        self.say(("drain", zone.node, zone.idx, self.g.cpu, told["count"]), frame)

    # The zonelist.

    def call_get_page_from_freelist(self, frame: Any, told: dict[str, Any]) -> None:
        self.walk = told
        self.next = 0  # position in the zonelist
        self.fair = told["alloc_flags"] & self.kernel.page_alloc.ALLOC_FAIR  # in this walk
        self.say(("attempt", told["order"], told["migratetype"], told["alloc_flags"]), frame)

    def call___alloc_pages_slowpath(self, frame: Any, told: dict[str, Any]) -> None:
        self.say(("slow_path", told["order"], told["gfp_mask"]), frame)

    def call_reset_alloc_batches(self, frame: Any, told: dict[str, Any]) -> None:
        self.left_out(len(self.walk["zonelist"].zones), frame.f_back)
        self.next = 0
        self.say(("shares_renewed", told["preferred_zone"].node), frame)

    def return_zone_watermark_ok(self, frame: Any, told: dict[str, Any], passed: Any) -> None:
        zone = told["zone"]
        if self.walk is not None:
            self.left_out(self.walk["zonelist"].zones.index(zone), frame.f_back)
            self.fair = told["alloc_flags"] & self.kernel.page_alloc.ALLOC_FAIR
        free = max(0, zone.vm_stat[self.kernel.mmzone.NR_FREE_PAGES])
        asked = (told["order"], told["mark"], zone.lowmem_reserve[told["classzone_idx"]], told["alloc_flags"])
        self.say(("mark", zone.node, zone.idx, *asked, free, bool(passed)), frame.f_back)

    def return_get_page_from_freelist(self, frame: Any, told: dict[str, Any], pfn: Any) -> None:
        if pfn is None and self.walk is not None:
            self.left_out(len(self.walk["zonelist"].zones), frame)
        self.walk = None

    def left_out(self, position: int, frame: Any) -> None:
        """Zones that were left out before the one at a position of the zonelist."""
        walk = self.walk
        if position < self.next:  # another walk has begun
            self.left_out(len(walk["zonelist"].zones), frame)
            self.next = 0
        zones: list[Zone] = walk["zonelist"].zones
        for at in range(self.next, position):
            zone = zones[at]
            if zone.idx > walk["high_zoneidx"]:
                continue
            why = "full"
            if self.fair:
                if zone.node != walk["preferred_zone"].node:
                    why = "node"
                elif zone.flags & self.kernel.mmzone.ZONE_FAIR_DEPLETED:
                    why = "share"
            self.say(("passed_over", zone.node, zone.idx, why), frame)
        self.next = position + 1

    # Counters.

    def call___mod_zone_page_state(self, frame: Any, told: dict[str, Any]) -> None:
        zone, item = told["zone"], told["item"]
        self.before.append((zone.vm_stat[item], zone.pageset[self.g.cpu].vm_stat_diff[item]))

    def return___mod_zone_page_state(self, frame: Any, told: dict[str, Any], _: Any) -> None:
        zone, item, cpu = told["zone"], told["item"], self.g.cpu
        of_zone, of_cpu = self.before.pop()
        change = (zone.vm_stat[item] - of_zone, zone.pageset[cpu].vm_stat_diff[item] - of_cpu)
        if change != (0, 0):
            self.say(("counter", zone.node, zone.idx, cpu, item, *change), frame.f_back)

    call___inc_zone_state, return___inc_zone_state = call___mod_zone_page_state, return___mod_zone_page_state

    # Slabs.

    def call_set_slab_pages(self, frame: Any, told: dict[str, Any]) -> None:
        self.say(("slab_made", told["page"].pfn, told["order"]), frame.f_back)

    def call_clear_slab_pages(self, frame: Any, told: dict[str, Any]) -> None:
        self.say(("slab_given_back", told["page"].pfn, told["order"]), frame.f_back)
