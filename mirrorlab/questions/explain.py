"""Why a request gets the page it gets, or none: every zone it looks at, every check, with the numbers.

    print(explain(machine, order=2, gfp="GFP_KERNEL"))

The request is carried out on a copy of the machine, and the kernel's functions are watched: what is told is what the
kernel did, also when functions of it were replaced. The machine itself does not change.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from mirrorlab.linux import Kernel
from mirrorlab.linux.mmzone import Zone
from mirrorlab.machine import Machine, holders
from mirrorlab.story.steps import functions_of, profiled
from mirrorlab.words import MARKS, count, type_names

# What became of a look at a zone.
SERVED = "served"
EMPTY = "nothing on its lists"
BELOW = "below the mark"
DEPLETED = "fair share used up"
OTHER_NODE = "on another node"
FULL = "marked full in the zonelist cache"


@dataclass(frozen=True, slots=True)
class Check:
    """One comparison of the watermark check: `free` pages must be more than `mark` and `reserve` together."""

    order: int
    """Blocks of at least this order are counted."""
    free: int
    mark: int
    reserve: int

    @property
    def passed(self) -> bool:
        """Whether more pages are free than must stay free."""
        return self.free > self.mark + self.reserve


@dataclass(slots=True)
class Look:
    """A zone as one walk along the zonelist came to it. Pages are of 4 KiB."""

    zone: str
    what: str
    """SERVED, EMPTY, BELOW, DEPLETED, OTHER_NODE or FULL."""
    free: int
    """Free pages as the check counts them, whatever their type."""
    mark: str = ""
    """Which watermark was asked for: min, low or high; "" when there was no check."""
    checks: list[Check] = field(default_factory=list)
    """The comparisons, up to the first that failed."""
    large_enough: dict[str, int] = field(default_factory=dict)
    """Migratetype -> its free pages in blocks of the request's order or more."""
    cpu_list: int = 0
    """Pages of the request's type on the CPU's list (order 0 only)."""


@dataclass(slots=True)
class Attempt:
    """One pass over the zonelist with one migratetype and one watermark."""

    title: str
    migratetype: str
    looks: list[Look] = field(default_factory=list)


@dataclass(slots=True)
class Explanation:
    """What became of a request, step by step."""

    machine: str
    order: int
    gfp: str
    natural: str
    """The migratetype its flags name."""
    mirror: bool
    """Whether it became a MIRROR request."""
    zones: list[str]
    """The zones it may use, in the order they are tried."""
    attempts: list[Attempt]
    pfn: int | None
    """What it gets: the first PFN, or None."""
    reasons: list[str]
    """Why, in short: sentences."""
    page: str = ""
    """Where the page lies, in words."""

    @property
    def failed(self) -> bool:
        """Whether there was no page."""
        return self.pfn is None

    def steps(self) -> list[str]:
        """The whole story, a line a step; lines about a zone are indented."""
        pages = count(1 << self.order, "page") + (" in one block" if self.order else "")
        kind = f"Mirror first, then {self.natural}" if self.mirror else self.natural
        lines = [
            f"Asked: {pages} (order {self.order}), {self.gfp}.",
            f"Type: {kind}. Zones, in this order: {', '.join(self.zones) or 'none'}.",
        ]
        for number, attempt in enumerate(self.attempts, 1):
            lines.append(f"{number}. {attempt.title}, as {attempt.migratetype}:")
            lines += [f"   {_look_in_words(look, self.order, attempt)}" for look in attempt.looks]
        end = f"Served: {self.page}." if self.pfn is not None else "No page."
        return [*lines, " ".join([end, *self.reasons])]

    def __str__(self) -> str:
        return "\n".join(self.steps())


def explain(
    machine: Machine, order: int = 0, gfp: int | str = "GFP_KERNEL", *, nid: int | None = None, cpu: int | None = None
) -> Explanation:
    """What would come of a request to `machine.alloc_pages` now, and why. The machine is left as it is.

    Raises ValueError for a request that `alloc_pages` refuses.
    """
    copy = machine.copy()
    calls: list[Call] = []
    with watching(copy.kernel, WATCHED, calls):
        pfn = copy.alloc_pages(order, gfp, nid=nid, cpu=cpu)
    return _Story(machine, order, calls, pfn).told()


# -- Watching the kernel ----------------------------------------------------------------------------------------

WATCHED = (
    *("__alloc_pages_nodemask", "change_to_mirror", "gfpflags_to_migratetype", "__alloc_pages_slowpath"),
    *("get_page_from_freelist", "reset_alloc_batches", "zlc_zone_worth_trying", "zone_watermark_ok"),
    *("buffered_rmqueue",),
)


@dataclass(slots=True)
class Call:
    """A call of one of the kernel's functions."""

    function: str
    arguments: dict[str, Any]
    result: Any = None


@contextmanager
def watching(kernel: Kernel, functions: Iterable[str], calls: list[Call]) -> Iterator[None]:
    """Append a Call for each call of these functions of a kernel, in the order they are made."""
    watched = set(functions)
    names = {code: name for name, code in functions_of(kernel) if name in watched}
    running: list[Call] = []

    def watch(frame: Any, event: str, result: Any) -> None:
        if frame.f_code not in names:
            return
        if event == "call":
            running.append(Call(names[frame.f_code], dict(frame.f_locals)))
            calls.append(running[-1])
        elif event == "return":
            running.pop().result = result

    with profiled(watch):
        yield


# -- From calls to a story --------------------------------------------------------------------------------------


class _Story:
    """Puts the calls of one request together."""

    def __init__(self, machine: Machine, order: int, calls: list[Call], pfn: int | None) -> None:
        self.machine = machine  # in the state before the request: nothing changes until a zone serves it
        self.order = order
        self.calls = calls
        self.pfn = pfn
        self.names = type_names(machine.kernel)
        self.zones: list[Zone] = []  # of the zonelist, as far as the request may use them
        self.natural = 0
        self.mirror = False
        self.slow = False
        self.attempts: list[Attempt] = []
        self.flags = 0  # of the attempt
        self.position = -1  # in self.zones, of the last look
        self.full: set[int] = set()  # positions that the zonelist cache has left out in this walk

    def told(self) -> Explanation:
        for call in self.calls:
            getattr(self, "on_" + call.function.strip("_"))(call)
        self.end_of_walk()
        asked = self.calls[0].arguments
        machine = self.machine
        return Explanation(
            machine.name,
            self.order,
            machine.kernel.gfp.names(asked["gfp_mask"]),
            self.names[self.natural],
            self.mirror,
            [holders.zone_name(machine, zone.node, zone.name) for zone in self.zones],
            self.attempts,
            self.pfn,
            _reasons(self),
            "" if self.pfn is None else self._place(),
        )

    def _place(self) -> str:
        machine, pfn = self.machine, self.pfn
        assert pfn is not None
        lies = holders.class_of(machine.g, pfn)
        memory = f"memory {lies}" if lies == holders.LOW else f"{lies} memory"
        return f"{holders.place(machine, pfn)} ({memory})"

    # One method for each of WATCHED.

    def on_alloc_pages_nodemask(self, call: Call) -> None:
        self.use(call.arguments["zonelist"], call.arguments["gfp_mask"])

    def use(self, zonelist: Any, gfp_mask: int) -> None:
        """Note which zones are tried, as those of the machine itself."""
        highest = self.machine.kernel.gfp.gfp_zone(gfp_mask)
        mine = {(zone.node, zone.idx): zone for zone in self.machine.zones}
        self.zones = [mine[zone.node, zone.idx] for zone in zonelist.zones if zone.idx <= highest]

    def on_gfpflags_to_migratetype(self, call: Call) -> None:
        self.natural = call.result

    def on_change_to_mirror(self, call: Call) -> None:
        self.mirror = call.result

    def on_alloc_pages_slowpath(self, call: Call) -> None:
        self.slow = True

    def on_get_page_from_freelist(self, call: Call) -> None:
        self.end_of_walk()
        self.flags = call.arguments["alloc_flags"]
        page_alloc = self.machine.kernel.page_alloc
        if self.flags & page_alloc.ALLOC_NO_WATERMARKS:  # it then asks at home
            g, gfp_mask = self.machine.g, call.arguments["gfp_mask"]
            self.use(page_alloc.node_zonelist(g, g.cpu_to_node[g.cpu], gfp_mask), gfp_mask)
        as_mirror = self.mirror and not self.attempts
        again = bool(self.attempts) and not self.slow
        migratetype = self.machine.kernel.mmzone.MIGRATE_MIRROR if as_mirror else self.natural
        self.attempts.append(Attempt(self._title(again), self.names[migratetype]))

    def _title(self, again: bool) -> str:
        page_alloc = self.machine.kernel.page_alloc
        if self.flags & page_alloc.ALLOC_NO_WATERMARKS:
            return "Last resort, whatever is free"
        mark = f"above the {MARKS[self.flags & page_alloc.ALLOC_WMARK_MASK]} watermark"
        if not self.slow:
            return f"First attempt{' made again' if again else ''}, {mark}, zone after zone"
        deeper = [
            word
            for bit, word in (
                ("ALLOC_HIGH", "the mark lowered by half"),
                ("ALLOC_HARDER", "then by a quarter more"),
            )
            if self.flags & getattr(page_alloc, bit)
        ]
        return ", ".join(["Slow path", mark, *deeper])

    def on_reset_alloc_batches(self, call: Call) -> None:
        self.next_walk("The same, with every zone's fair share renewed")

    def on_zlc_zone_worth_trying(self, call: Call) -> None:
        if not call.result:
            self.full.add(self._position(call.arguments["zonelist"].zones[call.arguments["position"]]))

    def on_zone_watermark_ok(self, call: Call) -> None:
        told = call.arguments
        position = self._position(told["zone"])
        if position <= self.position:
            self.next_walk("The same, all zones")
        self.skipped_before(position)
        asked = (told[name] for name in ("order", "mark", "classzone_idx", "alloc_flags"))
        checks = list(checks_of(self.machine, self.zones[position], *asked))
        if checks[-1].passed != call.result:
            checks = []  # a replaced function, with a rule of its own
        look = self.look(position, EMPTY if call.result else BELOW)
        look.mark = MARKS[told["alloc_flags"] & self.machine.kernel.page_alloc.ALLOC_WMARK_MASK]
        look.checks = checks

    def on_buffered_rmqueue(self, call: Call) -> None:
        look = self.attempts[-1].looks[-1]
        look.what = EMPTY if call.result is None else SERVED
        if self.order == 0:
            pset = self.zones[self.position].pageset[self.calls[0].arguments["g"].cpu]
            look.cpu_list = len(pset.lists[call.arguments["migratetype"]])

    # Walks.

    def next_walk(self, title: str) -> None:
        """The zonelist is walked once more, for the same attempt."""
        self.end_of_walk()
        self.attempts.append(Attempt(title, self.attempts[-1].migratetype))

    def end_of_walk(self) -> None:
        """Name the zones at the end of the list that were left out, and be ready for the next walk."""
        if self.attempts and not any(look.what == SERVED for look in self.attempts[-1].looks):
            self.skipped_before(len(self.zones))
        self.position = -1
        self.full.clear()

    def skipped_before(self, position: int) -> None:
        """Name the zones that were left out between the last look and this one."""
        for left_out in range(self.position + 1, position):
            elsewhere = self.zones[left_out].node != self.zones[0].node
            self.look(left_out, FULL if left_out in self.full else OTHER_NODE if elsewhere else DEPLETED)
        self.position = position

    def look(self, position: int, what: str) -> Look:
        zone = self.zones[position]
        large = list(enumerate(zone.free_area))[self.order :]
        pages = {
            name: sum(len(area.free_list[migratetype]) << order for order, area in large)
            for migratetype, name in enumerate(self.names)
        }
        name, free = holders.zone_name(self.machine, zone.node, zone.name), free_pages(self.machine, zone)
        look = Look(name, what, free, large_enough={name: number for name, number in pages.items() if number})
        self.attempts[-1].looks.append(look)
        self.position = position
        return look

    def _position(self, zone: Zone) -> int:
        return next(n for n, mine in enumerate(self.zones) if (mine.node, mine.idx) == (zone.node, zone.idx))


def free_pages(machine: Machine, zone: Zone) -> int:
    """The free pages of a zone as its watermark check counts them."""
    return int(machine.kernel.vmstat.zone_page_state(zone, machine.kernel.mmzone.NR_FREE_PAGES))


def checks_of(
    machine: Machine, zone: Zone, order: int, mark: int, classzone_idx: int, alloc_flags: int
) -> Iterator[Check]:
    """The watermark check with its numbers, up to the comparison that fails. Source: __zone_watermark_ok()."""
    page_alloc = machine.kernel.page_alloc
    free = free_pages(machine, zone) - (1 << order) + 1
    if alloc_flags & page_alloc.ALLOC_HIGH:
        mark -= mark // 2
    if alloc_flags & page_alloc.ALLOC_HARDER:
        mark -= mark // 4
    yield (check := Check(0, free, mark, zone.lowmem_reserve[classzone_idx]))
    for smaller in range(order):
        if not check.passed:
            return
        free -= zone.free_area[smaller].nr_free << smaller
        mark >>= 1
        yield (check := Check(smaller + 1, free, mark, 0))


# -- Words ------------------------------------------------------------------------------------------------------


_LEFT_OUT = {
    DEPLETED: "its fair share is used up",
    OTHER_NODE: "this walk stays on the nearest node",
    FULL: "the zonelist cache has it marked as full",
}


def _look_in_words(look: Look, order: int, attempt: Attempt) -> str:
    if look.what in _LEFT_OUT:
        return f"{look.zone}: left out, {_LEFT_OUT[look.what]}."
    check = "; ".join(map(_check_in_words, look.checks)) or f"{look.free} free"
    if order and look.checks:
        check = f"{look.free} - {look.free - look.checks[0].free} = {check}"
    if look.what == BELOW:
        return f"{look.zone}: {check}: too few, passed over."
    where = f"{look.cpu_list} {attempt.migratetype} pages on the CPU's list, " if look.cpu_list else ""
    lists = where + (_listed(look.large_enough) or "nothing")
    size = f" in blocks of order {order} or more" if order else ""
    if look.what == SERVED:
        return f"{look.zone}: {check}: enough. Free{size}: {lists}. Served."
    return f"{look.zone}: {check}: enough, but no block for {attempt.migratetype}. Free{size}: {lists}."


def _check_in_words(check: Check) -> str:
    blocks = f"from order {check.order} up " if check.order else ""
    reserve = f" + {check.reserve} kept for others" if check.reserve else ""
    return f"{blocks}{check.free} {'>' if check.passed else 'is not >'} {check.mark}{reserve}"


def _listed(pages_by_type: dict[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in pages_by_type.items())


def _reasons(story: _Story) -> list[str]:
    """Why it came to this, for what surprises."""
    if story.pfn is not None:
        return _why_this_page(story, holders.class_of(story.machine.g, story.pfn) == holders.MIRRORED)
    last = {look.zone: look for attempt in story.attempts for look in attempt.looks if look.checks}
    reasons = [reason for look in last.values() for reason in _why_not(story, look)]
    if all(look.what == BELOW and not look.checks[-1].order for look in last.values()):
        reasons.insert(0, "Every zone it may use is down to its reserve.")
    for zone in story.machine.zones:
        if zone not in story.zones and (free := free_pages(story.machine, zone)):
            name = holders.zone_name(story.machine, zone.node, zone.name)
            reasons.append(f"{free} pages are free in {name}, which this request may not use.")
    return reasons


def _why_this_page(story: _Story, mirrored: bool) -> list[str]:
    if not story.mirror:
        return ["It did not ask for mirrored memory and got some."] if mirrored else []
    if mirrored:
        return ["It asked for mirrored memory and got it."]
    first = [look for look in story.attempts[0].looks if look.large_enough.get("Mirror")]
    if not first:
        return ["It asked for mirrored memory; no Mirror block was large enough."]
    return ["It asked for mirrored memory and got other memory.", *_below_low(first)]


def _below_low(looks: list[Look]) -> list[str]:
    """Zones with Mirror blocks that no request may have."""
    return [
        f"{look.zone} has {look.large_enough['Mirror']} Mirror pages in blocks large enough, "
        "but only a zone above its low watermark gives them out."
        for look in looks
        if look.what == BELOW and look.large_enough.get("Mirror")
    ]


def _why_not(story: _Story, look: Look) -> list[str]:
    if story.mirror:
        first = [each for attempt in story.attempts for each in attempt.looks if each.zone == look.zone and each.checks]
        if reasons := _below_low(first[:1]):
            return reasons
    if look.what == EMPTY:
        return [
            f"{look.zone} passes the check with {look.free} free pages, but what is large enough "
            f"({_listed(look.large_enough)}) is not for {story.names[story.natural]} requests."
        ]
    failed = look.checks[-1]
    if failed.order:
        return [
            f"{look.zone} has {look.free} free pages, but only {failed.free} in blocks of order {failed.order} or more."
        ]
    return []
