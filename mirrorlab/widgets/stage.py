"""The stage: one picture of memory and its free lists, in which each thing the kernel does is a step of its own."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mirrorlab.machine import Machine
from mirrorlab.machine.holders import hardware_mirror
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Operation, Recording
from mirrorlab.story.scenes import CPU, FREE, HAND, OTHER, USED, Block, Scene, at_rest, scenes
from mirrorlab.story.source import Source, source
from mirrorlab.story.steps import Place
from mirrorlab.widgets import base, facts, palette, stage_svg
from mirrorlab.words import TYPES, count, type_names

LETTERS = {name: palette.LOOKS[palette.free(name)].letter for name in TYPES}
OWNERS = "abcdefghijklmnopqrstuvwxyz"
MOST_ENTRIES = 12  # of a list
MOST_OPERATIONS = 60  # the last ones, on the track
SIZES = (16, 32, 64, 128, 256, 512, 1024)  # pages a stage shows
ASK = {"ordinary": "GFP_HIGHUSER_MOVABLE"}
ROUTE = {"pass", "refuse", "shares", "slow"}  # scenes of the way through the zones
STOCK = {"refill", "stock", "drain"}  # scenes of the CPUs' lists


class Task(NamedTuple):
    """What the learner is to do, and by what it is done."""

    text: str
    what: str
    """"allocate" or "free", done; or the scene (one of SCENES) that is on the stage, reached by `way`."""
    number: int = 0
    """Which scene of that kind in its operation, from 1 on; 0: any."""
    way: str = ""
    """"back": by going back; "": either way."""


class Stage(base.View):
    """Some pages of a zone and its free lists; allocating and freeing in it, step by step, forward and back.

    The whole story is in the browser: stepping needs no kernel. What is done with the machine elsewhere is seen too.
    """

    stem = "stage"
    shares = base.CARD
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
        tasks: Sequence[Task] = (),
        intro: str = "",
        route: bool = False,
        page_blocks: bool = False,
    ) -> None:
        """zone, node: what to show; None: the first node, its highest zone with pages.

        first: the window's first page, counted from the zone's start; None: where a small free block is.
        pages: how many: one of SIZES.
        ask: what can be asked for: a word -> gfp flags. tasks: what to do, one after the other.
        intro: the sentence at the beginning.
        route: show the way through the zones, too: marks, shares, the slow path.
        page_blocks: name the type of each page block above its memory.

        Raises ValueError for a window that is not in the zone.
        """
        self.machine = machine
        node = facts.node_to_show(machine, node)
        with_pages = [each for each in machine.g.node_data[node].node_zones if each.spanned_pages]
        self.zone = machine.zone(zone, node) if zone else with_pages[-1]
        if pages not in SIZES:
            raise ValueError(f"pages is {pages!r}: choose from {', '.join(map(str, SIZES))}")
        if first is None:
            first = (facts.small_free_page(self.zone) - self.zone.zone_start_pfn) // pages * pages
        if not 0 <= first < self.zone.spanned_pages or first % pages:
            raise ValueError(f"first is {first!r}: choose a multiple of {pages} inside the zone, from 0 on")
        self.first, self.pages = self.zone.zone_start_pfn + first, pages
        self.ask, self.tasks, self.intro, self.route = dict(ask), tuple(tasks), intro, route
        self.page_blocks = page_blocks
        self.story = Recording.of(machine)
        self.begin = self.story.position
        self._made: dict[int, tuple[Operation, list[Scene]]] = {}  # by position
        self._sources: dict[str, Source] = {}  # by function
        super().__init__()
        self.follow(self.story.watchers, self.changed)

    # -- What the drawing asks --------------------------------------------------------------------------------------

    def do_allocate(self, order: int, ask: str, position: int) -> None:
        """Ask for a block, at a point of the story; what came after is dropped."""
        self._go(position)
        self.machine.alloc_pages(order, self.ask[ask], who=self._next_owner())
        self.changed()

    def do_free(self, pfn: int, position: int) -> None:
        """Give the block back that begins at a page of the window (counted from its first), at a point of the story."""
        self._go(position)
        self.machine.free_pages(self.first + pfn)
        self.changed()

    def _go(self, position: int) -> None:
        position = min(max(position, self.begin), len(self.story.operations))
        if position != self.story.position:
            self.story.goto(position)

    def _next_owner(self) -> str:
        taken = {owner.who for owner in self.machine.owners.values()}
        return next((letter for letter in OWNERS if letter not in taken), "z")

    # -- What is shown ----------------------------------------------------------------------------------------------

    def told(self) -> list[tuple[int, Operation, list[Scene]]]:
        """The operations on the track, each with its position and its scenes; the first scene is the one before it."""
        end = len(self.story.operations)
        self.begin = max(min(self.begin, end), end - MOST_OPERATIONS)
        for position in range(self.begin + 1, end + 1):
            operation = self.story.operations[position - 1]
            if position not in self._made or self._made[position][0] is not operation:
                made = scenes(self.story, position, self.zone, self.first, self.pages)
                self._made[position] = operation, made
        return [(position, *self._made[position]) for position in range(self.begin + 1, end + 1)]

    def shown(self, found: list[Scene]) -> list[Scene]:
        """The scenes of an operation that become steps. Lists of CPUs that keep no stock are no more than passed."""
        stock = any(pageset.high for pageset in self.zone.pageset)
        hidden = (set() if self.route else ROUTE) | (set() if stock else STOCK)
        found = [scene for scene in found[1:] if scene.what not in hidden]
        return [scene for scene in found if stock or scene.place is None or scene.place[2] is None]

    def rest(self) -> Scene:
        """The state before the first operation on the track."""
        if told := self.told():
            return told[0][2][0]
        with self.story.visit(self.begin) as machine:
            return at_rest(machine, self.zone, self.first, self.pages)

    def source(self, function: str) -> Source:
        """The code of a function, read once."""
        if function not in self._sources:
            self._sources[function] = source(self.machine.kernel, function)
        return self._sources[function]

    def picture(self) -> dict[str, Any]:
        told = self.told()
        kernel = self.machine.kernel
        rest = self.rest()
        frames = [self._frame(-1, rest._replace(sentence=self.intro or self._intro(rest)))]
        names = []
        for index, (_, operation, found) in enumerate(told):
            names.append(self._name(operation))
            frames += [self._frame(index, scene) for scene in self.shown(found)]
        start = self.first - self.zone.zone_start_pfn
        return {
            "title": f"{count(self.pages, 'page')} of zone {self.zone.name}",
            "start": start,
            "pages": self.pages,
            "begin": self.begin,
            "position": self.story.position,
            "mirrored": self._mirrored(),
            "types": {LETTERS[name]: name for name in type_names(kernel)},
            "orders": [order for order in range(kernel.mmzone.MAX_ORDER) if 1 << order <= self.pages][:7],
            "ask": list(self.ask),
            "tasks": [list(task) for task in self.tasks],
            "operations": names,
            "frames": frames,
            "code": {name: self.source(name).lines for name in sorted({each["function"] for each in frames} - {""})},
        }

    def _intro(self, rest: Scene) -> str:
        free = sum(block.pages for block in rest.blocks if block.use == FREE)
        return f"{count(free, 'page')} of {self.pages} are free. Choose a size, and press Allocate."

    def _mirrored(self) -> list[tuple[int, int]]:
        """The stretches of the window that the hardware mirrors, counted from its first page."""
        first, end = self.first, self.first + self.pages
        parts = [(max(start, first) - first, min(stop, end) - first) for start, stop in hardware_mirror(self.machine.g)]
        return [(start, stop) for start, stop in parts if start < stop]

    def _name(self, operation: Operation) -> str:
        if operation.method == "alloc_pages":
            return f"ask order {operation.arguments.get('order', 0)}"
        if operation.method == "free_pages":
            return f"free +{operation.arguments['pfn'] - self.zone.zone_start_pfn}"
        return operation.method.replace("_", " ")

    def _frame(self, index: int, scene: Scene) -> dict[str, Any]:
        letters = [LETTERS[name] for name in type_names(self.machine.kernel)]
        start = self.zone.zone_start_pfn
        lists = [
            [order, letters[kind], [pfn - start for pfn in pages[:MOST_ENTRIES]], len(pages)]
            for (_, _, cpu, order, kind), pages in sorted(scene.lists.items(), key=_largest_first)
            if cpu is None
        ]
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
            "lists": lists,
            "pageblocks": [type_names(self.machine.kernel)[kind] for kind in scene.page_blocks if self.page_blocks],
            "order": scene.place[3] if scene.place and scene.place[2] is None else None,
            "function": scene.function,
            "line": self.source(scene.function).shown.get(scene.line, 0) if scene.function else scene.line,
        }

    def lines(self) -> list[str]:
        """The twin in words: the last scene's blocks and lists, and what happened in the last operation."""
        told = self.told()
        scene = told[-1][2][-1] if told else self.rest()
        start = self.zone.zone_start_pfn
        names = type_names(self.machine.kernel)
        say = Words(self.machine)
        lines = [f"{count(self.pages, 'page')} of zone {self.zone.name}, after {count(len(told), 'operation')}:"]
        lines += [f"  {self.block_in_words(block)}" for block in scene.blocks]
        if self.page_blocks:
            lines.append(f"Page blocks: {', '.join(names[kind] for kind in scene.page_blocks)}")
        lines.append("Free lists, each from its head:")
        for (_, _, cpu, order, kind), pages in sorted(scene.lists.items(), key=_largest_first):
            whose = f"order {order}" if cpu is None else f"CPU {cpu}"
            lines.append(f"  {whose}, {names[kind]}: {' '.join(f'+{pfn - start}' for pfn in pages)}")
        if told:
            lines.append(f"{told[-1][1].words(say)}:")
            lines += [f"  {number}. {each.sentence}" for number, each in enumerate(self.shown(told[-1][2]), 1)]
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
