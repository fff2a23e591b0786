"""The stage: one picture of memory and its free lists, in which each thing the kernel does is a step of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mirrorlab.machine import Machine
from mirrorlab.machine.holders import hardware_mirror, zone_name
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Operation, Recording
from mirrorlab.story.scenes import CPU, FREE, HAND, OTHER, USED, Block, Scene, at_rest, scenes_of
from mirrorlab.story.source import Source, source
from mirrorlab.story.steps import Place
from mirrorlab.widgets import base, facts, memory_map, stage_svg
from mirrorlab.widgets.palette import LETTERS
from mirrorlab.words import count, listed, type_names

OWNERS = [*"abcdefghijklmnopqrstuvwxyz"]
MOST_ENTRIES = 12  # of a list
MOST_SENT = 16, 48  # operations and frames sent with a picture: those around the present one. Others are asked for
MOST_KEPT = 128  # operations whose frames are kept
SIZES = (16, 32, 64, 128, 256, 512, 1024)  # pages a stage shows
LARGE = 32  # a zone with more than so many windows has a map
ASK = {"ordinary": "GFP_HIGHUSER_MOVABLE"}
ROUTE = {"pass", "refuse", "shares", "slow"}  # scenes of the way through the zones
STOCK = {"refill", "stock", "drain"}  # scenes of the CPUs' lists


class Task(NamedTuple):
    """What the learner is to do, and by what it is done."""

    text: str
    what: str
    """"allocate", "free" or "drain", done; or the scene (one of SCENES) that is on the stage, reached by `way`."""
    number: int = 0
    """Which scene of that kind in its operation, from 1 on; for "allocate", how many pages; 0: any."""
    way: str = ""
    """"back": by going back; for "free", whose block, or its first page, counted from the zone's start; "": any."""


class Made(NamedTuple):
    """What was made of an operation."""

    operation: Operation
    scenes: list[Scene]
    """The first is the one before it."""
    frames: list[dict[str, Any]]


class Stage(base.View):
    """Some pages of a zone and its free lists; allocating and freeing in it, step by step, forward and back.

    What was seen is in the browser: stepping through it needs no kernel. What is done with the machine elsewhere is
    seen too.
    """

    stem = "stage"
    shares = (*base.CARD, "steps", "memory_map")
    label = "Memory, step by step"
    svg = stage_svg.of_stage

    def __init__(
        self,
        machine: Machine,
        zone: str | None = None,
        node: int | None = None,
        *,
        first: int | None = None,
        pages: int = 64,
        ask: Mapping[str, str] = ASK,
        orders: Sequence[int] = range(7),
        tasks: Sequence[Task] = (),
        intro: str = "",
        route: bool = False,
        stocks: bool | None = None,
        page_blocks: bool = False,
        map: bool | None = None,
    ) -> None:
        """zone, node: what to show; None: the first node, its highest zone with pages.

        first: the window's first page, counted from the zone's start; None: where a small free block is.
        pages: how many: one of SIZES.
        ask: what can be asked for: a word -> gfp flags. orders: in which sizes, as far as they fit the window.
        tasks: what to do, one after the other.
        intro: the sentence at the beginning.
        route: show the way through the zones, too: marks, shares, the slow path.
        stocks: draw the CPUs' own lists, and offer to drain them and to choose the CPU that asks; None: draw those of
        the CPUs whose lists the story touches.
        page_blocks: name the type of each page block above its memory.
        map: draw all memory on a line, in which the window can be moved; None: if the zone is many times the window.

        Raises ValueError for a window that is not in the zone.
        """
        self.machine = machine
        node = facts.node_to_show(machine, node)
        with_pages = [each for each in machine.g.node_data[node].node_zones if each.spanned_pages]
        self.zone = machine.zone(zone, node) if zone else with_pages[-1]
        if pages not in SIZES:
            raise ValueError(f"pages is {pages!r}: choose from {', '.join(str(each) for each in SIZES)}")
        if first is None:
            first = (facts.small_free_page(self.zone) - self.zone.zone_start_pfn) // pages * pages
        if not 0 <= first < self.zone.spanned_pages or first % pages:
            raise ValueError(f"first is {first!r}: choose a multiple of {pages} inside the zone, from 0 on")
        self.first, self.pages = self.zone.zone_start_pfn + first, pages
        self.ask, self.tasks, self.intro, self.route = dict(ask), tuple(tasks), intro, route
        self.orders = [order for order in orders if 1 << order <= pages]
        self.stocks = stocks
        self.page_blocks = page_blocks
        self.has_map = self.zone.spanned_pages > LARGE * pages if map is None else map
        self.story = Recording.of(machine)
        self.begin = self.story.position
        self._made: dict[int, Made] = {}  # by the operation's number on the stage: the first has 0
        self._branches = 0  # how often the story went on otherwise
        self._same = 0  # operations that were there before, and are still there since the last time
        self._known: list[Operation] = []  # all of them, as they were last looked at
        self._sources: dict[str, Source] = {}  # by function
        super().__init__()
        self.follow(self.story.watchers, self.changed)

    # -- What the drawing asks --------------------------------------------------------------------------------------

    def do_allocate(self, order: int, ask: str, position: int, cpu: int | None = None) -> None:
        """Ask for a block, at a point of the story; what came after is dropped. cpu: where; None: as before."""
        self._go(position)
        self.machine.alloc_pages(order, self.ask[ask], who=self._next_owner(), cpu=cpu)
        self.changed()

    def do_free(self, pfn: int, position: int, cpu: int | None = None) -> None:
        """Give the block back that begins at a page of the window (counted from its first), at a point of the story."""
        self._go(position)
        self.machine.free_pages(self.first + pfn, cpu=cpu)
        self.changed()

    def do_drain(self, position: int, cpu: int | None = None) -> None:
        """Give all pages of a CPU's lists back to the free lists, at a point of the story."""
        self._go(position)
        self.machine.drain(cpu)
        self.changed()

    def do_show(self, pfn: int) -> None:
        """Move the window to a page, or to the memory nearest to it. The story stays where it is."""
        near, pfn = memory_map.nearest(memory_map.stretches(self.machine), pfn)
        start = near.zone.zone_start_pfn
        self.zone, self.first = near.zone, start + (pfn - start) // self.pages * self.pages
        self._made.clear()
        self.changed()

    def do_look(self, text: str) -> str:
        """Move the window to a page that was typed; the answer is what is wrong with it, or nothing."""
        try:
            pfn = memory_map.page_at(text, self.zone)
            if memory_map.nearest(memory_map.stretches(self.machine), pfn)[1] != pfn:
                raise ValueError(f"There is no memory at {text.strip()[:40]}. On the line below, holes are dashed.")
        except ValueError as mistake:
            return str(mistake)
        self.do_show(pfn)
        return ""

    def _go(self, position: int) -> None:
        position = min(max(position, self.begin), len(self.story.operations))
        if position != self.story.position:
            self.story.goto(position)

    def _next_owner(self) -> str:
        """The letter after the last one that was given; none that somebody has."""
        taken = {owner.who for owner in self.machine.owners.values()}
        before = [operation.arguments.get("who") for operation in self.story.operations[: self.story.position]]
        last = next((who for who in reversed(before) if who in OWNERS), "")
        letters = OWNERS[OWNERS.index(last) + 1 if last else 0 :] + OWNERS
        return next((letter for letter in letters if letter not in taken), "z")

    def do_tell(self, first: int, end: int) -> dict[str, Any]:
        """What the browser does not have yet: operations first to end - 1; -1 is the state before all of them."""
        return self.tell(first, min(end, len(self.operations())))

    # -- What is shown ----------------------------------------------------------------------------------------------

    def operations(self) -> list[Operation]:
        """What was done since the stage is there."""
        self.begin = min(self.begin, len(self.story.operations))
        return self.story.operations[self.begin :]

    def made(self, first: int, end: int) -> list[Made]:
        """Operations first to end - 1, with their scenes and frames; those that are not kept are made in one go."""
        operations = self.operations()
        missing = [
            at for at in range(first, end) if at not in self._made or self._made[at].operation is not operations[at]
        ]
        if missing:
            numbers = range(missing[0], missing[-1] + 1)
            positions = range(self.begin + 1 + numbers.start, self.begin + 1 + numbers.stop)
            for at, found in zip(
                numbers, scenes_of(self.story, positions, self.zone, self.first, self.pages), strict=True
            ):
                self._made.pop(at, None)  # the newest come last
                self._made[at] = Made(operations[at], found, self._frames(at, operations[at], found))
        wanted = [self._made[at] for at in range(first, end)]
        while len(self._made) > MOST_KEPT:
            del self._made[next(iter(self._made))]
        return wanted

    def _frames(self, at: int, operation: Operation, found: list[Scene]) -> list[dict[str, Any]]:
        shown = self.shown(found)
        nothing = f"{self._name(operation)}: nothing changes here."
        return [self._frame(at, scene) for scene in shown or [found[-1]._replace(what="rest", sentence=nothing)]]

    def present(self) -> int:
        """The operation that has brought the machine to where it is; -1: none of those on the stage."""
        return max(min(self.story.position, len(self.story.operations)) - self.begin - 1, -1)

    def shown(self, found: list[Scene]) -> list[Scene]:
        """The scenes of an operation that become steps. Lists of CPUs that keep no stock are no more than passed."""
        stock = any(pageset.high for pageset in self.zone.pageset)
        hidden = (set() if self.route else ROUTE) | (set() if stock else STOCK)
        found = [scene for scene in found[1:] if scene.what not in hidden]
        return [scene for scene in found if stock or scene.place is None or scene.place[2] is None]

    def rest(self) -> Scene:
        """The state before the first operation."""
        if self.operations():
            return self.made(0, 1)[0].scenes[0]
        with self.story.visit(self.begin) as machine:
            return at_rest(machine, self.zone, self.first, self.pages)

    def now(self) -> Scene:
        """The last scene of the present operation."""
        at = self.present()
        return self.rest() if at < 0 else self.made(at, at + 1)[0].scenes[-1]

    def source(self, function: str) -> Source:
        """The code of a function, read once."""
        if function not in self._sources:
            self._sources[function] = source(self.machine.kernel, function)
        return self._sources[function]

    def picture(self) -> dict[str, Any]:
        kernel = self.machine.kernel
        self._notice_a_branch()
        first, end = self._stretch()
        start = self.first - self.zone.zone_start_pfn
        cpus = [*range(len(self.machine.g.cpu_to_node))]
        return {
            "title": self._title(),
            "window": self.first,
            "start": start,
            "pages": self.pages,
            "begin": self.begin,
            "position": self.story.position,
            "end": len(self._known),
            "branches": self._branches,
            "same": self._same,
            "mirrored": self._mirrored(),
            "types": {LETTERS[name]: name for name in type_names(kernel)},
            "orders": self.orders,
            "ask": list(self.ask),
            "tasks": [list(task) for task in self.tasks],
            "stocks": {True: cpus, False: [], None: None}[self.stocks],
            "cpus": cpus if self.stocks else [],
            "map": self._map(),
            **self.tell(first, end),
        }

    def _title(self) -> str:
        zone = zone_name(self.machine, self.zone.node, self.zone.name)
        return f"{count(self.pages, 'page')} of zone {zone}"

    def _map(self) -> dict[str, Any] | None:
        if not self.has_map:
            return None
        at, latest = self.present(), None
        if at >= 0:
            operation = self.operations()[at]
            latest = operation.result if operation.method == "alloc_pages" else operation.arguments.get("pfn")
        return memory_map.picture(self.machine, self.first, latest)

    def _notice_a_branch(self) -> None:
        operations = self.operations()
        pairs = zip(self._known, operations, strict=False)
        same = next(
            (at for at, (old, new) in enumerate(pairs) if old is not new), min(len(self._known), len(operations))
        )
        if same < len(self._known):
            self._branches, self._same = self._branches + 1, same
        self._known = operations

    def _stretch(self) -> tuple[int, int]:
        """Which operations are sent: the present one, some before it and some after it."""
        most, frames = MOST_SENT
        present = self.present()
        end = min(present + 1 + most // 4, len(self._known))
        first = max(end - most, -1)
        costs = [len(made.frames) for made in self.made(max(first, 0), end)]
        while sum(costs) > frames and end - first > 1:
            if end - 1 - present > present - first:
                end -= 1
                costs.pop()
            else:
                first += 1
                del costs[: first > 0]
        return first, end

    def tell(self, first: int, end: int) -> dict[str, Any]:
        """Operations first to end - 1: their names, their frames, and the code at work in them."""
        made = self.made(max(first, 0), end)
        frames = [frame for each in made for frame in each.frames]
        if first < 0:
            rest = self.rest()
            frames.insert(0, self._frame(-1, rest._replace(sentence=self.intro or self._intro(rest))))
        return {
            "first": max(first, 0),
            "operations": [self._name(each.operation) for each in made],
            "frames": frames,
            "code": {name: self.source(name).lines for name in sorted({each["function"] for each in frames} - {""})},
        }

    def _intro(self, rest: Scene) -> str:
        ends = self.first, self.first + self.pages
        free = sum(
            min(block.pfn + block.pages, ends[1]) - max(block.pfn, ends[0])
            for block in rest.blocks
            if block.use == FREE
        )
        return f"{count(free, 'page')} of {self.pages} are free. Choose a size, and press Allocate."

    def _mirrored(self) -> list[tuple[int, int]]:
        """What the hardware mirrors, counted from the window's first page."""
        return [(start - self.first, stop - self.first) for start, stop in hardware_mirror(self.machine.g)]

    def _name(self, operation: Operation) -> str:
        if operation.method == "alloc_pages":
            return f"ask order {operation.arguments.get('order', 0)}"
        if operation.method == "free_pages":
            return f"free {Words(self.machine).at(operation.arguments['pfn'])}"
        return operation.method.replace("_", " ")

    def _frame(self, index: int, scene: Scene) -> dict[str, Any]:
        letters = [LETTERS[name] for name in type_names(self.machine.kernel)]
        start = self.zone.zone_start_pfn
        lists: dict[bool, list[list[Any]]] = {False: [], True: []}  # whether it is a CPU's
        for (_, _, cpu, order, kind), pages in sorted(scene.lists.items(), key=_largest_first):
            entries = [pfn - start for pfn in pages[:MOST_ENTRIES]]
            lists[cpu is not None].append([order if cpu is None else cpu, letters[kind], entries, len(pages)])
        looks = {USED: "used", HAND: "hand", OTHER: "other"}
        blocks = [
            [
                *(block.pfn - self.first, block.pages, block.use),
                letters[block.migratetype] if block.migratetype is not None else looks.get(block.use, ""),
                block.owner,
            ]
            for block in scene.blocks
        ]
        return {
            "operation": index,
            "what": scene.what,
            "sentence": scene.sentence,
            "blocks": blocks,
            "lists": lists[False],
            "stocks": lists[True],
            "pageblocks": [type_names(self.machine.kernel)[kind] for kind in scene.page_blocks if self.page_blocks],
            "order": scene.place[3] if scene.place and scene.place[2] is None else None,
            "cpu": scene.place[2] if scene.place else None,
            "function": scene.function,
            "line": self.source(scene.function).shown.get(scene.line, 0) if scene.function else scene.line,
        }

    def lines(self) -> list[str]:
        """The twin in words: the last scene's blocks and lists, and what happened in the last operation."""
        at = self.present()
        scene = self.now()
        start = self.zone.zone_start_pfn
        names = type_names(self.machine.kernel)
        say = Words(self.machine)
        lines = [f"{self._title()}, after {count(at + 1, 'operation')}:"]
        lines += [f"  {self.block_in_words(block)}" for block in scene.blocks]
        if self.page_blocks:
            lines.append(f"Page blocks: {', '.join(names[kind] for kind in scene.page_blocks)}")
        lines.append("Free lists, each from its head:")
        for (_, _, cpu, order, kind), pages in sorted(scene.lists.items(), key=_largest_first):
            whose = f"order {order}" if cpu is None else f"CPU {cpu}, from its hot end"
            entries = listed([f"+{pfn - start}" for pfn in pages[:MOST_ENTRIES]], len(pages))
            lines.append(f"  {whose}, {names[kind]}: {entries}")
        for made in self.made(at, at + 1) if at >= 0 else ():
            lines.append(f"{made.operation.words(say)}:")
            lines += [f"  {number}. {each['sentence']}" for number, each in enumerate(made.frames, 1)]
        if self.has_map:
            lines += memory_map.lines(self.machine, self.first, self.pages)
        return lines

    def block_in_words(self, block: Block) -> str:
        """A block: its addresses, and what it is."""
        start = self.zone.zone_start_pfn
        last = block.pfn + block.pages - 1
        where = f"+{block.pfn - start}" + (f" to +{last - start}" if block.pages > 1 else "")
        kind = "" if block.migratetype is None else type_names(self.machine.kernel)[block.migratetype]
        what = {
            FREE: f"free, {kind}",
            USED: "in use" + (f" by {block.owner}" if block.owner else ""),
            CPU: "in a CPU's list",
            HAND: "in the allocator's hand",
            OTHER: "in use since before, or no memory",
        }[block.use]
        first, end = block.pfn - self.first, block.pfn - self.first + block.pages
        doubled = sum(max(0, min(end, stop) - max(first, begin)) for begin, stop in self._mirrored())
        mirrored = "" if not doubled else ", mirrored" if doubled == block.pages else ", partly mirrored"
        return f"{where}: {what}{mirrored}"


def _largest_first(entry: tuple[Place, tuple[int, ...]]) -> tuple[int, int]:
    _, _, _, order, kind = entry[0]
    return -order, kind
