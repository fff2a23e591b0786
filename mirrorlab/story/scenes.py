"""An operation as a row of scenes, each one thing the kernel does: what the stage shows, and its text.

A scene is a state of memory, a sentence, and the statement that was at work. Scenes are made from an operation's steps
(steps.py): several steps make one scene, as a half that is cut off goes to its list in the same moment.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from mirrorlab.linux.mmzone import Zone
from mirrorlab.machine import Machine
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Operation, Recording
from mirrorlab.story.steps import WHY, Place, Step, list_in_words, lists_of
from mirrorlab.words import count

FREE, HAND, USED, CPU, OTHER = "free", "hand", "used", "cpu", "other"


class Block(NamedTuple):
    """A block of pages in a scene."""

    pfn: int
    pages: int
    """As many as 2**order; of OTHER, as many as there are in a row."""
    use: str
    """FREE or CPU: on a free list or a CPU's; HAND: the allocator has it; USED: allocated; OTHER: none of these."""
    migratetype: int | None
    """Of the list it is on, or was on, or goes to; None: not known."""
    owner: str


class Scene(NamedTuple):
    """One moment of an operation."""

    what: str
    """One of SCENES."""
    sentence: str
    blocks: tuple[Block, ...]
    """The window's memory, by address, without a gap. The first and the last may reach out of it."""
    lists: dict[Place, tuple[int, ...]]
    """The lists of the zone that is shown that hold something: first PFNs, from the head."""
    place: Place | None
    """The list this is about; None: it is about none."""
    pfn: int | None
    """The block this is about."""
    function: str
    """The kernel's function at work; "": none, the machine rests."""
    line: int
    page_blocks: tuple[int, ...]
    """The types of the page blocks in the window, by address."""


SCENES = {
    "rest": "nothing happens",
    "take": "a block leaves its list",
    "cut": "a block is cut in halves",
    "steal": "a block of another type is taken",
    "move": "a free block changes lists",
    "give": "a block is handed out",
    "fail": "a request gets nothing",
    "back": "a block comes back",
    "merge": "two buddies become one block",
    "put": "a block goes to a list",
    "refill": "a CPU fetches pages",
    "stock": "a page goes to a CPU's list",
    "drain": "a CPU gives pages back",
    "pass": "a zone may be used",
    "refuse": "a zone may not be used",
    "shares": "fair shares are renewed",
    "slow": "the slow path begins",
    "retry": "a second attempt, without the mirror",
}


@dataclass
class Memory:
    """Where the pages of a window are, and what is on a zone's lists, as the steps of an operation change it."""

    window: range
    """Its PFNs."""
    lists: dict[Place, list[int]] = field(default_factory=dict)
    free: dict[int, tuple[int, int]] = field(default_factory=dict)  # first PFN -> (order, migratetype)
    waiting: dict[int, int] = field(default_factory=dict)  # PFN in a CPU's list -> migratetype
    hand: dict[int, tuple[int, int | None]] = field(default_factory=dict)  # first PFN -> (order, migratetype)
    used: dict[int, tuple[int, str]] = field(default_factory=dict)  # first PFN -> (order, owner)
    changed: set[Place] = field(default_factory=set)
    """The lists that have changed since the last scene."""

    @classmethod
    def of(cls, machine: Machine, zone: Zone, window: range) -> "Memory":
        """As it is now. A machine may have hundreds of thousands of free blocks: those elsewhere are left out."""
        memory = cls(window, used={pfn: (owner.order, owner.who) for pfn, owner in machine.owners.items()})
        for place, head in lists_of(machine.g):
            node, idx, cpu, order, kind = place
            if (node, idx) == (zone.node, zone.idx):
                memory.lists[place] = [*reversed(head)]
            if cpu is None:
                first = window.start & -(1 << order)  # of a block that reaches into the window
                here = range(first, window.stop, 1 << order)
                memory.free |= {pfn: (order, kind) for pfn in here if pfn in head}
            else:
                memory.waiting |= dict.fromkeys(head, kind)
        return memory

    def off(self, place: Place, pfn: int) -> None:
        """An entry leaves a list; its block is in the allocator's hand."""
        if place in self.lists:
            self.lists[place].remove(pfn)
        self.changed.add(place)
        _, _, cpu, order, kind = place
        (self.free if cpu is None else self.waiting).pop(pfn, None)
        self.hand[pfn] = (order, kind)

    def on(self, place: Place, pfn: int, at_tail: bool) -> None:
        """An entry goes to a list. A half that was just cut off was not in the hand by itself."""
        self.hand.pop(pfn, None)
        self.changed.add(place)
        if (pages := self.lists.get(place)) is not None:
            pages.insert(len(pages) if at_tail else 0, pfn)
        _, _, cpu, order, kind = place
        if cpu is None:
            self.free[pfn] = (order, kind)
        else:
            self.waiting[pfn] = kind

    def blocks(self) -> Iterator[Block]:
        """The window's memory, by address. A block that reaches across its edge is given whole."""
        end = self.window.stop
        pfn = since = self._start()
        while pfn < end:
            block = self._at(pfn)
            if block is None:
                pfn += 1
                continue
            if since < pfn:
                yield Block(since, pfn - since, OTHER, None, "")
            yield block
            pfn = since = pfn + block.pages
        if since < end:
            yield Block(since, end - since, OTHER, None, "")

    def _start(self) -> int:
        """The window's first page, or that of the block which reaches into it."""
        first = self.window.start
        heads = {first & -(1 << order) for order in range(first.bit_length() + 1)}
        for head in heads - {first}:
            block = self._at(head)
            if block is not None and head + block.pages > first:
                return head
        return first

    def _at(self, pfn: int) -> Block | None:
        if pfn in self.hand:
            order, held = self.hand[pfn]
            return Block(pfn, 1 << order, HAND, held, "")
        if pfn in self.free:
            order, kind = self.free[pfn]
            return Block(pfn, 1 << order, FREE, kind, "")
        if pfn in self.waiting:
            return Block(pfn, 1, CPU, self.waiting[pfn], "")
        if pfn in self.used:
            order, owner = self.used[pfn]
            return Block(pfn, 1 << order, USED, None, owner)
        return None


def scenes(story: Recording, position: int, zone: Zone, first: int, pages: int) -> list[Scene]:
    """The scenes of the operation that led to a position, after one of the machine at rest before it.

    zone: whose lists are shown. first, pages: the window, from which PFN on and how many pages.
    """
    return scenes_of(story, range(position, position + 1), zone, first, pages)[0]


def scenes_of(story: Recording, positions: range, zone: Zone, first: int, pages: int) -> list[list[Scene]]:
    """As `scenes`, for several operations in a row: the machine is brought back once for all of them."""
    found = []
    with story.visit(positions.start - 1) as machine:
        for position in positions:
            told = _Teller(machine, story.operations[position - 1], zone, range(first, first + pages))
            told.add("rest", "", None, None, None)
            for step in story.carry_on():
                told.step(step)
            found.append(told.scenes)
    return found


def at_rest(machine: Machine, zone: Zone, first: int, pages: int) -> Scene:
    """A machine while nothing happens, as a scene. zone, first, pages: as in `scenes`."""
    told = _Teller(machine, Operation("", {}, None, None, []), zone, range(first, first + pages))
    told.add("rest", "", None, None, None)
    return told.scenes[0]


class _Teller:
    """Makes scenes of steps."""

    def __init__(self, machine: Machine, operation: Operation, zone: Zone, window: range) -> None:
        self.memory = Memory.of(machine, zone, window)
        self.say = Words(machine)
        self.operation, self.zone, self.window = operation, zone, window
        self.page_block = machine.kernel.mmzone.pageblock_nr_pages
        start = window.start // self.page_block
        flags = machine.g.pageblock_flags[start : (window.stop - 1) // self.page_block + 1]
        self.kinds = dict(enumerate(flags, start))  # of the page blocks in the window
        self.lists = {at: tuple(pfns) for at, pfns in self.memory.lists.items()}
        self.scenes: list[Scene] = []
        self.cuts = self.merges = 0
        self.entry: Step | None = None  # the last step of a list: what an event that follows it tells of
        self.freed = False  # whether a block that comes back has no list yet

    def add(self, what: str, sentence: str, step: Step | None, place: Place | None, pfn: int | None) -> None:
        for at in self.memory.changed:
            if at in self.lists:
                self.lists[at] = tuple(self.memory.lists[at])
        self.memory.changed.clear()
        lists = {at: pfns for at, pfns in self.lists.items() if pfns}
        blocks = tuple(self.memory.blocks())
        function, line = (step.function, step.line) if step else ("", 0)
        page_blocks = tuple(self.kinds.values())
        self.scenes.append(Scene(what, sentence, blocks, lists, place, pfn, function, line, page_blocks))

    def step(self, step: Step) -> None:
        name, *told = step.event
        if name in ("on_list", "off_list"):
            self.entry = step
        if (method := getattr(self, "on_" + name, None)) is not None:
            method(step, *told)

    # Lists.

    def on_off_list(self, step: Step, *told: Any) -> None:
        *at, pfn = told
        place: Any = tuple(at)
        self.memory.off(place, pfn)
        if self.freed or step.function == "move_freepages":
            return  # part of a merge, or of a move
        self.cuts = 0
        if step.function == "free_pcppages_bulk":  # it goes on to a free list
            self.freed, self.merges = True, 0
        self.add("take", f"{self.block(pfn, place[3])} leaves {list_in_words(place, self.say)}.", step, place, pfn)

    def on_on_list(self, step: Step, *told: Any) -> None:
        *at, pfn, at_tail = told
        place: Any = tuple(at)
        self.memory.on(place, pfn, at_tail)
        _, _, cpu, order, _ = place
        if cpu is None and not self.freed:
            return  # part of a cut, or of a move
        what = "put" if cpu is None else "stock"
        self.freed = self.freed and cpu is not None
        end = ("cold end" if at_tail else "hot end") if cpu is not None else "tail" if at_tail else "head"
        where = f"the {end} of {list_in_words(place, self.say)}"
        self.add(what, f"{self.block(pfn, order)} goes to {where}.", step, place, pfn)

    def on_split(self, step: Step, node: int, zone: int, pfn: int, order: int, kind: int) -> None:
        lower = pfn - (1 << order)
        self.cuts += 1
        self.memory.hand[lower] = (order, kind)
        end = "tail" if self.entry and self.entry.event[-1] is True else "head"
        to = f"the upper half, {self.say.at(pfn)}, goes to the {end} of order {order}"
        sentence = f"Cut {self.cuts}: {2 << order} pages become {1 << order} and {1 << order}; {to}."
        self.add("cut", sentence, self.entry or step, (node, zone, None, order, kind), pfn)

    def on_merge(self, step: Step, node: int, zone: int, pfn: int, buddy: int, order: int, kind: int) -> None:
        self.merges += 1
        for each in (pfn, buddy):
            self.memory.hand.pop(each, None)
        self.freed = True
        self.memory.hand[pfn & buddy] = (order + 1, kind)
        pair = f"{self.say.at(pfn)} and its buddy {self.say.at(buddy)}"
        sentence = f"Merge {self.merges}: {pair} are both free; they become one block of order {order + 1}."
        self.add("merge", sentence, self.entry or step, (node, zone, None, order, kind), pfn & buddy)

    def on_move(self, step: Step, node: int, zone: int, pfn: int, order: int, old: int, kind: int) -> None:
        sentence = f"{self.block(pfn, order)} moves from the {self.say.type(old)} list to the "
        sentence += f"{self.say.type(kind)} list of order {order}."
        self.add("move", sentence, self.entry or step, (node, zone, None, order, kind), pfn)

    def on_mm_page_alloc_extfrag(self, step: Step, *told: Any) -> None:
        pfn, _, order, wanted, taken, changed = told
        if changed:
            renamed = range(pfn // self.page_block, (pfn + (1 << order) - 1) // self.page_block + 1)
            self.kinds |= {at: wanted for at in renamed if at in self.kinds}
        block = f"{1 << order} pages" if order else "a page"
        kind = self.say.type(wanted)
        whose = "its page block is" if 1 << order <= self.page_block else "its page blocks are"
        owner = f"from now on {whose} {kind}" if changed else "its page block keeps its type"
        sentence = f"No {kind} block was left, so {block} came from {self.say.type(taken)}; {owner}."
        self.add("steal", sentence, self.entry or step, None, pfn)

    # Requests.

    def on_mark(self, step: Step, *told: Any) -> None:
        node, zone, order, mark, reserve, _, free, passed = told
        needs = f"mark {mark}" + (f" plus {reserve} reserved pages" if reserve else "")
        verdict = f"is above {needs}" if passed else f"would not be above {needs} without this block of order {order}"
        sentence = f"Zone {self.say.zone(node, zone)}, {count(free, 'page')} free, {verdict}."
        self.add("pass" if passed else "refuse", sentence, step, None, None)

    def on_passed_over(self, step: Step, node: int, zone: int, why: str) -> None:
        self.add("refuse", f"Zone {self.say.zone(node, zone)} is left out: {WHY[why]}.", step, None, None)

    def on_shares_renewed(self, step: Step, node: int) -> None:
        self.add("shares", f"All zones of node {node} have their full shares again.", step, None, None)

    def on_slow_path(self, step: Step, order: int, gfp_flags: int) -> None:
        self.add("slow", "The first attempts have failed: the slow path may go further down.", step, None, None)

    def on_retry_without_mirror(self, step: Step, order: int, gfp_flags: int, kind: int) -> None:
        sentence = f"No mirrored block is to be had: the same attempt again, as {self.say.type(kind)}."
        self.add("retry", sentence, step, None, None)

    def on_mm_page_alloc(self, step: Step, pfn: int | None, order: int, gfp_flags: int, kind: int) -> None:
        if pfn is None:
            self.add(
                "fail", f"No block of order {order} for {self.say.gfp(gfp_flags)}: the request fails.", step, None, None
            )
            return
        self.memory.hand.pop(pfn, None)
        mine = pfn == self.operation.result
        self.memory.used[pfn] = (order, self.operation.arguments.get("who", "") if mine else "")
        self.add("give", f"{self.block(pfn, order)} is handed out.", step, None, pfn)

    def on_mm_page_free(self, step: Step, pfn: int, order: int) -> None:
        self.memory.used.pop(pfn, None)
        self.memory.hand[pfn] = (order, None)
        self.merges = 0
        self.freed = order > 0
        self.add("back", f"{self.block(pfn, order)} comes back.", step, None, pfn)

    # Per-CPU lists.

    def on_refill(self, step: Step, node: int, zone: int, cpu: int, kind: int, pages: int) -> None:
        sentence = f"The {self.say.type(kind)} list of CPU {cpu} is empty: it fetches up to {count(pages, 'page')}."
        self.add("refill", sentence, step, (node, zone, cpu, 0, kind), None)

    def on_drain(self, step: Step, node: int, zone: int, cpu: int, pages: int) -> None:
        self.add("drain", f"CPU {cpu} gives {count(pages, 'page')} back.", step, None, None)

    def block(self, pfn: int, order: int) -> str:
        """A block, at the beginning of a sentence."""
        return f"The block of {1 << order} pages at {self.say.at(pfn)}" if order else f"Page {self.say.at(pfn)}"
