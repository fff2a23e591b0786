"""Memory as a map with its free lists: allocate and free in it, and go back and forth in what happened."""

from typing import Any

import ipywidgets

from mirrorlab.machine import Machine
from mirrorlab.machine.holders import mirror_in_words
from mirrorlab.story import events
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording, random_operations
from mirrorlab.widgets import base, blocks, facts, machine_svg, pagemap, palette
from mirrorlab.widgets.window import Window
from mirrorlab.words import count, table, type_names

GFP_SETS = (
    *("GFP_KERNEL", "GFP_ATOMIC", "GFP_HIGHUSER_MOVABLE", "GFP_TEMPORARY", "GFP_NOWAIT"),
    *("GFP_KERNEL|__GFP_COLD", "GFP_KERNEL|__GFP_DMA32", "GFP_KERNEL|__GFP_DMA"),
)
WINDOWS = {64: 16, 256: 32, 1024: 64, 4096: 128}  # pages shown one by one -> pages in a row
LAST_EVENTS, IN_BOX = 12, 100  # shown of an operation's events: in text, in the scrolled box
IN_TEXT = 20  # allocated blocks named in the text
MOST_AT_ONCE = 100_000  # random operations


class MachineView(Window):
    """The memory of a machine: a map, the free lists, the CPUs' lists, the counters, and a time line.

    What is done with the machine elsewhere, in a cell or in another view, is seen here too.
    """

    stem = "machine_view"
    svg = machine_svg.of_view
    label = "Memory of a machine"
    welcome = "Press Allocate, or click a block. The buttons of the time line go back and on."

    def __init__(
        self,
        machine: Machine,
        zone: str | None = None,
        node: int | None = None,
        *,
        pages: int = 256,
        offsets: bool = True,
        simple: bool = False,
    ) -> None:
        """zone, node: what to show first; None: the first node, its highest zone.

        pages: how many are shown one by one: 64, 256, 1024 or 4096.
        offsets: count pages from their zone's start; False: show PFNs.
        simple: for a first look: no random operations, settings, CPUs' lists and counters.
        """
        if pages not in WINDOWS:
            raise ValueError(f"pages is {pages!r}: choose from {', '.join(map(str, WINDOWS))}")
        self.machine = machine
        node = facts.node_to_show(machine, node)
        self.zone = machine.zone(zone, node) if zone else machine.g.node_data[node].node_zones[-1]
        self.pages = pages
        self.simple = simple
        self.story = Recording.of(machine)
        self.say_pages = Words(machine, offsets)
        self.selected: int | None = None
        self._groups: dict[str, int] = {}  # owner's name -> group
        self.first = self.window_at(self.worth_seeing())
        super().__init__(self._controls())
        self.follow(self.story.watchers, self.changed)

    def _controls(self) -> list[ipywidgets.Widget]:
        machine = self.machine
        self.order = base.choice("order", range(machine.kernel.mmzone.MAX_ORDER))
        self.gfp = base.choice("flags", GFP_SETS)
        self.mirror = base.tick("__GFP_MIRROR")
        self.cpu = base.choice("CPU", range(len(machine.g.cpu_to_node)))
        self.operations = base.number("random operations", 10, 1, MOST_AT_ONCE)
        self.seed = base.number("seed", 0)
        self.zoom = base.choice("pages one by one", WINDOWS, self.pages, self._zoom_to)
        numbers = (("from the zone's start", True), ("as PFN", False))
        self.numbers = base.choice("count pages", numbers, self.say_pages.offsets, self._number_by)
        self.free_button = self.button("Free selected", self.free_selected, "Give the selected block back")
        names = [] if self.simple else sorted(machine.kernel.sysctl.vm_table)
        self.settings = {name: self._setting(name) for name in names}
        mirror = [self.mirror] if "vm.mirrorable" in self.settings else []
        zone_choice = self.choice_of_zone("show zone")
        allocate = self.button("Allocate", self.allocate, "Ask for a block")
        if self.simple:
            return [base.row(self.order, self.gfp, allocate, self.free_button)]
        return [
            base.row(
                *(self.order, self.gfp, *mirror, self.cpu),
                allocate,
                self.free_button,
                self.button("Drain", self.drain, "Give the pages in this CPU's lists back to the free lists"),
            ),
            base.row(
                *(self.operations, self.seed),
                self.button("Run them", self.run_random, "Random operations: the same seed, the same operations"),
                *self.settings.values(),
            ),
            base.row(zone_choice, self.zoom, self.numbers),
        ]

    def _setting(self, name: str) -> ipywidgets.Widget:
        largest = 1 if name == "vm.mirrorable" else base.LARGEST
        control = base.number(name, min(max(self.machine.sysctl(name), 0), largest), 0, largest)
        control.continuous_update = False
        control.observe(lambda change: self.attempt(lambda: self._set(name, change["new"])), "value")
        return control

    def _set(self, name: str, value: int) -> None:
        if self.machine.sysctl(name) != value:
            self.machine.sysctl(name, value, cpu=self.cpu.value)
            self.say(f"{name} is {value} now.")

    def _number_by(self, offsets: bool) -> None:
        self.say_pages.offsets = offsets
        self.changed()

    def _zoom_to(self, pages: int) -> None:
        middle = self.first + self.pages // 2
        self.pages = pages
        self.first = self.window_at(middle)
        self.changed()

    # -- What can be done -------------------------------------------------------------------------------------------

    def allocate(self) -> None:
        """Ask for a block with what the controls say; it is selected and shown."""
        flags = self.gfp.value + ("|__GFP_MIRROR" if self.mirror.value else "")
        order = self.order.value
        pfn = self.machine.alloc_pages(order, flags, cpu=self.cpu.value)
        if pfn is None:
            self.say(f"No page for {flags}, order {order}: its events say why.")
            return
        self.look_at(pfn)
        self.selected = pfn
        self.say(f"Allocated {self.say_pages.block(pfn, order)}, for {flags}.")

    def free_selected(self) -> None:
        """Give the selected block back."""
        if self.selected is None:
            self.say("Select an allocated block first: click on it in the map.")
        else:
            self.do_free(self.selected)

    def do_free(self, pfn: int) -> None:
        """Give a block back."""
        owner = self.machine.owners.get(pfn)
        order = owner.order if owner else 0
        self.machine.free_pages(pfn, cpu=self.cpu.value)
        self.say(f"Freed {self.say_pages.block(pfn, order)}.")
        self.changed()

    def drain(self) -> None:
        """Give the pages in the CPU's lists back."""
        self.machine.drain(self.cpu.value)
        self.say(f"The lists of CPU {self.cpu.value} are empty.")

    def run_random(self) -> None:
        """Carry out operations by chance."""
        number, seed = self.operations.value, self.seed.value
        random_operations(self.machine, number, seed)
        self._show_last()
        self.say(f"{count(number, 'random operation')} with seed {seed} done.")

    # -- What the drawing asks --------------------------------------------------------------------------------------

    def do_select(self, pfn: int) -> None:
        """Select the piece of memory that begins here."""
        self.selected = pfn
        piece = self._piece_at(pfn)
        words = blocks.describe(self.machine, piece, self.say_pages)
        allocated = piece.code & palette.KIND_MASK == palette.ALLOCATED
        self.say(f"Selected: {words}." + (" Choose it again to free it." if allocated else ""))
        self.changed()

    def do_goto(self, position: int) -> None:
        """Go to a point of the time line."""
        self.story.goto(min(max(position, 0), len(self.story.operations)))
        self._show_last()
        self.say(facts.standing(self.story, self.say_pages) + ("." if self.story.position else ""))

    def do_step(self, operations: int) -> None:
        """Go on in the time line, or back."""
        self.do_goto(self.story.position + operations)

    def worth_seeing(self) -> int:
        """A free page of the zone."""
        return facts.small_free_page(self.zone)

    def _show_last(self) -> None:
        """Bring into the window what the last operation ended with."""
        if done := self._last_blocks():
            self.look_at(done[-1][0])

    def _piece_at(self, pfn: int) -> blocks.Piece:
        return blocks.pieces(self.machine, pfn, pfn + 1, self.width)[0]

    # -- What is shown ----------------------------------------------------------------------------------------------

    def groups(self) -> dict[int, int]:
        """The group of each allocated block: a letter for each of the first three owners, the last for all others."""
        machine, names, found = self.machine, {}, {}
        for pfn, owner in machine.owners.items():
            key = owner.who, owner.gfp
            if key not in names:
                name = names[key] = blocks.owner_name(machine, owner)
                self._groups.setdefault(name, min(len(self._groups), palette.GROUPS - 1))
            found[pfn] = self._groups[names[key]]
        return found

    def group_names(self) -> list[str]:
        """Who is in each group."""
        groups = self._groups.items()
        return [", ".join(name for name, group in groups if group == n) for n in range(palette.GROUPS)]

    def sections(self) -> tuple[int, list[pagemap.Section]]:
        return pagemap.sections(self.machine)

    def cells(self) -> bytes:
        return pagemap.page_map(self.machine, self.groups())

    @property
    def width(self) -> int:
        """Pages in a row of the window."""
        return WINDOWS[self.pages]

    def pieces(self) -> list[blocks.Piece]:
        """What lies in the window."""
        return blocks.pieces(self.machine, self.first, self.first + self.pages, self.width, self.groups())

    def draw(self) -> None:
        if self.selected is not None and self._piece_at(self.selected).first != self.selected:
            self.selected = None  # it was merged, or is inside a larger block again
        super().draw()
        for name, control in self.settings.items():
            control.value = self.machine.sysctl(name)

    def picture(self) -> dict[str, Any]:
        machine, zone, say, done = self.machine, self.zone, self.say_pages, self._last_blocks()
        waiting = {pfn for pset in zone.pageset for pages in pset.lists for pfn in pages}
        return {
            **self.maps(),
            "headline": machine.headline() + ("" if self.simple else f"; {facts.settings(machine)}"),
            "mirror": mirror_in_words(machine),
            "zones": [facts.zone_title(machine, each) for each in machine.zones],
            "window": {
                "first": self.first,
                "pages": self.pages,
                "width": self.width,
                "title": f"{count(self.pages, 'page')} from {say.at(self.first)} of zone "
                f"{say.zone(zone.node, zone.idx)}",
                "pieces": self._pieces_in_words(done),
            },
            "selected": self.selected,
            "chosen": self._selected_in_words(),
            "groups": self.group_names(),
            "types": list(type_names(machine.kernel)),
            "free": facts.free_lists(zone, say, facts.IN_PICTURE),
            "fresh": self._fresh(done),
            "cpus": None if self.simple else list(facts.cpu_lists(machine, zone, say, facts.IN_PICTURE)),
            "fresh_in_cpus": [say.at(pfn) for pfn, order in done if order == 0 and pfn in waiting and not self.simple],
            "counters": None if self.simple else facts.counters(machine, zone),
            "position": self.story.position,
            "end": len(self.story.operations),
            "where": facts.where(self.story),
            "operation": facts.last(self.story, self.say_pages),
            "events": self._last_events(IN_BOX),
        }

    def _pieces_in_words(self, done: list[tuple[int, int]]) -> list[list[Any]]:
        """Each piece of the window for the script: first page, pages, code, words, whether it was just touched."""
        touched, owners = self._touched(done), self.machine.owners
        found = []
        for piece in self.pieces():
            start = max(piece.first - self.first, 0)
            just_now = any(touched[start : piece.first + piece.pages - self.first])
            found.append([*piece, blocks.describe(self.machine, piece, self.say_pages, owners), just_now])
        return found

    def _touched(self, done: list[tuple[int, int]]) -> bytearray:
        """For each page of the window whether the last operation did something with it."""
        marks = bytearray(self.pages)
        for pfn, order in done:
            start, end = max(pfn - self.first, 0), min(pfn + (1 << order) - self.first, self.pages)
            if start < end:
                marks[start:end] = b"\1" * (end - start)
        return marks

    def _fresh(self, done: list[tuple[int, int]]) -> dict[int, list[str]]:
        """For each order the free blocks of the zone that the last operation handled."""
        found: dict[int, list[str]] = {}
        for pfn, order in done:
            if pfn in self.zone.free_area[order].buddy:
                found.setdefault(order, []).append(self.say_pages.at(pfn))
        return found

    def _last_blocks(self) -> list[tuple[int, int]]:
        """The blocks that the events of the last operation are about: (first PFN, order). There may be thousands."""
        return [block for block in map(events.block, self._events()) if block is not None]

    def _events(self) -> list[tuple[Any, ...]]:
        return self.story.operations[self.story.position - 1].events if self.story.position else []

    def _selected_in_words(self) -> str:
        if self.selected is None:
            return "No block is selected."
        return f"Selected: {blocks.describe(self.machine, self._piece_at(self.selected), self.say_pages)}."

    def _last_events(self, most: int) -> tuple[int, list[str]]:
        """How many events of the last operation are left out, and the last of them in words."""
        done = self._events()
        return max(0, len(done) - most), [events.in_words(event, self.say_pages) for event in done[-most:]]

    def lines(self) -> list[str]:
        machine, zone, say = self.machine, self.zone, self.say_pages
        lines = [machine.headline(), *([] if self.simple else [facts.settings(machine)]), mirror_in_words(machine)]
        lines += [facts.zone_title(machine, each) for each in machine.zones]
        lines += [f"Zone {zone.name} of node {zone.node}, each list from its head:"]
        for order, lists in facts.free_lists(zone, say):
            named = zip(type_names(machine.kernel), lists, strict=True)
            lines += [f"  free, order {order}, {name}: {pages}" for name, pages in named if pages]
        if not self.simple:
            lines += [f"  {cpu}, {name}: {pages}" for cpu, name, pages in facts.cpu_lists(machine, zone, say)]
        lines += self._owner_lines()
        if not self.simple:
            lines += table([("counter", "zone", "CPUs", "true"), *facts.counters(machine, zone)], indent=2)
        return lines + self.last_lines()

    def last_lines(self) -> list[str]:
        """Where in the time line the machine is, and what the last operation did."""
        left, words = self._last_events(LAST_EVENTS)
        more = [f"  {count(left, 'event')} before these"] if left else []
        return [facts.standing(self.story, self.say_pages), *more, *(f"  {line}" for line in words)]

    def _owner_lines(self) -> list[str]:
        page_zone, say = self.machine.kernel.mmzone.page_zone, self.say_pages
        owners = self.machine.owners
        owned = [pfn for pfn in sorted(owners) if page_zone(self.machine.g, pfn) is self.zone]
        lines = []
        for pfn in owned[:IN_TEXT]:
            who = blocks.owner_name(self.machine, owners[pfn])
            lines.append(f"  allocated, order {owners[pfn].order}: {say.at(pfn)} by {who}")
        return lines + ([f"  and {count(len(owned) - IN_TEXT, 'more block')}"] if len(owned) > IN_TEXT else [])
