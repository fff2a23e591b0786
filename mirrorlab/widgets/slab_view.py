"""SLUB: the slabs of a cache and their objects. Allocate and free them, and see which one comes next."""

from typing import Any

import ipywidgets

from mirrorlab.machine import Machine
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording
from mirrorlab.widgets import base, blocks, facts, slab_svg, slabs
from mirrorlab.widgets.slabs import Slab
from mirrorlab.words import count, listed

MOST_SLABS, MOST_OBJECTS = 12, 256  # drawn; the rest is counted
IN_TEXT = 16  # free objects of a slab named in the text
LAST_EVENTS = 8
AT_ONCE = 1000  # objects allocated by one click
INSTEAD = {
    "SLAB": "slabinfo(), caches and objects of the machine show what SLAB has",
    "SLOB": "objects of the machine shows what SLOB has handed out",
}


class SlabView(base.View):
    """The slabs of one cache of a machine whose kernel was built with SLUB.

    What is done with the machine elsewhere, in a cell or in another view, is seen here too.
    """

    stem = "slab_view"
    svg = slab_svg.of_view
    label = "Slabs of a cache"
    welcome = "Press Allocate, or click an object."

    def __init__(self, machine: Machine, cache: str | None = None, *, offsets: bool = True) -> None:
        """cache: which one to show first; None: the newest that has a slab, else kmalloc-64.

        offsets: count pages from their zone's start; False: show PFNs.
        """
        self.machine = machine
        self.allocator: str = machine.kernel.kconfig.SLAB_ALLOCATOR
        self.say_pages = Words(machine, offsets)
        self.selected: int | None = None  # an address
        self.cache = ""
        self._drawing = False
        if self.allocator != "SLUB":
            self.welcome = self.other_allocator()
            super().__init__()
            return
        names = list(machine.caches)
        if cache is not None and cache not in names:
            raise ValueError(f"there is no cache {cache!r}: this machine has {', '.join(names)}")
        self.cache = cache or self._newest()
        self.story = Recording.of(machine)
        super().__init__(self._controls())
        self.follow(self.story.watchers, self.changed)

    def _newest(self) -> str:
        caches = self.machine.caches.items()
        used = [name for name, cache in caches if any(n.nr_slabs for n in cache.node.values())]
        return used[-1] if used else "kmalloc-64"

    def _controls(self) -> list[ipywidgets.Widget]:
        largest = self.machine.kernel.slab_common.KMALLOC_MAX_SIZE
        self.cache_choice = base.choice("cache", self.machine.caches, self.cache, self._show_cache)
        self.cpu = base.choice("CPU", range(len(self.machine.g.cpu_to_node)))
        self.many = base.number("objects", 1, 1, AT_ONCE)
        self.name = ipywidgets.Text("mine", description="new cache", **{**base.FITTED, "layout": {"width": "14em"}})
        self.size = base.number("bytes an object", 700, 1, largest)
        self.steps = base.Steps(self, self.goto)
        return [
            base.row(
                *(self.cache_choice, self.cpu, self.many),
                self.button("Allocate", self.allocate, "Ask the cache for objects"),
                self.button("Free selected", self.free_selected, "Give the selected object back"),
                self.button("Shrink", self.shrink, "Give the cache's empty slabs back to the page allocator"),
            ),
            base.row(
                *(self.name, self.size),
                self.button("Create cache", self.create, "Make a cache of objects of this size, and show it"),
            ),
            self.steps.row,
        ]

    def _show_cache(self, name: str | None) -> None:
        if not self._drawing and name is not None and name != self.cache:
            self.cache, self.selected = name, None
            self.changed()

    # -- What can be done -------------------------------------------------------------------------------------------

    def create(self) -> None:
        """Make a cache with the name and size that the controls say, and show it."""
        name = self.name.value.strip()
        if not name:
            raise ValueError("a cache needs a name: type one")
        self.machine.kmem_cache_create(name, self.size.value)
        self._show_cache(name)
        self.say(f"Created {self._cache_words()}.")

    def allocate(self) -> None:
        """Ask the cache for as many objects as the control says; the last is selected."""
        wanted, got = self.many.value, []
        for _ in range(wanted):
            one = self.machine.kmem_cache_alloc(self.cache, cpu=self.cpu.value)
            if one is None:
                break
            got.append(one)
        if got:
            self.selected = got[-1].address
        if len(got) < wanted:
            self.say(f"There is no memory for more: {count(len(got), 'object')} of {wanted} allocated.")
        elif wanted == 1:
            self.say(f"Allocated an object at {self.say_pages.object(got[0].address)}, {got[0].memory}.")
        else:
            self.say(f"Allocated {wanted} objects.")
        self.changed()

    def free_selected(self) -> None:
        """Give the selected object back."""
        if self.selected is None:
            self.say("Select an object in use first: click on it.")
        else:
            self.do_free(self.selected)

    def do_free(self, address: int) -> None:
        """Give an object back."""
        self.machine.kmem_cache_free(self.cache, address, cpu=self.cpu.value)
        self.say(f"Freed the object at {self.say_pages.object(address)}.")
        self.changed()

    def shrink(self) -> None:
        """Give the cache's empty slabs back."""
        self.machine.kmem_cache_shrink(self.cache)
        self.say(f"{self.cache} keeps no empty slab now.")

    def do_select(self, address: int) -> None:
        """Select an object."""
        for slab in self.slabs():
            for thing in slab.things:
                if thing.address == address:
                    self.selected = address
                    words = slabs.describe(self.machine, slab, thing, self.say_pages)
                    again = " Choose it again to free it." if address in self.machine.objects else ""
                    self.say(f"Selected: {words}.{again}")
        self.changed()

    def goto(self, position: int) -> None:
        """Go to a point of the time line."""
        self.story.goto(position)
        self.say(facts.standing(self.story, self.say_pages))

    # -- What is shown ----------------------------------------------------------------------------------------------

    def slabs(self) -> list[Slab]:
        """The slabs of the cache; none where the cache is not there."""
        return [] if self.cache not in self.machine.caches else slabs.slabs_of(self.machine, self.cache)

    def draw(self) -> None:
        if self.allocator == "SLUB":
            self._drawing = True  # new options choose the first of them, and tell
            names = tuple(dict.fromkeys([*self.machine.caches, self.cache]))
            if self.cache_choice.options != names:
                self.cache_choice.options = names
            self.cache_choice.value = self.cache
            self._drawing = False
            self.steps.show(self.story.position, len(self.story.operations))
        super().draw()

    def other_allocator(self) -> str:
        """What to say about a kernel without SLUB; empty: it has it."""
        if self.allocator == "SLUB":
            return ""
        return (
            f"This view shows SLUB, and the kernel of {self.machine.name} was built with {self.allocator}: "
            f"{INSTEAD[self.allocator]}. To see SLUB, start a machine on a kernel without that build option."
        )

    def _cache_words(self) -> str:
        s = self.machine.caches[self.cache]
        each = f"{count(s.oo_objects, 'object')} in {count(1 << s.oo_order, 'page')}"
        return f"cache {self.cache}: objects of {s.object_size:,} bytes, {s.size:,} with padding; a slab has {each}"

    def headline(self) -> str:
        """The cache in a line."""
        if self.cache not in self.machine.caches:
            return f"There is no cache {self.cache} at this point: go elsewhere in the time line, or choose another."
        words = self._cache_words()
        return words[0].upper() + words[1:] + "."

    def summary(self, found: list[Slab]) -> str:
        """All slabs of the cache in a line."""
        objects = sum(len(slab.things) for slab in found)
        free = sum(slab.free for slab in found)
        return f"{count(len(found), 'slab')}: {count(objects, 'object')}, {free:,} of them free."

    def picture(self) -> dict[str, Any]:
        if self.allocator != "SLUB":
            return {"other": self.other_allocator()}
        found = self.slabs()
        return {
            "other": "",
            "headline": self.headline(),
            "summary": self.summary(found),
            "slabs": [self._slab_picture(slab) for slab in found[:MOST_SLABS]],
            "more": self.more(found),
            "key": slabs.KEY,
            "selected": self.selected,
            "where": facts.where(self.story),
            "operation": facts.last(self.story, self.say_pages),
            "events": self.story.words(offsets=self.say_pages.offsets)[-LAST_EVENTS:],
        }

    def _slab_picture(self, slab: Slab) -> dict[str, Any]:
        machine, say = self.machine, self.say_pages
        return {
            "title": slabs.title(machine, slab, say),
            "look": f"c{blocks.memory_class(machine, slab.pfn)}",
            "rest": max(0, len(slab.things) - MOST_OBJECTS),
            "things": [
                [
                    *(thing.address, slabs.LOOKS[thing.state], thing.mark, thing.state == slabs.YOURS),
                    slabs.describe(machine, slab, thing, say),
                ]
                for thing in slab.things[:MOST_OBJECTS]
            ],
        }

    def more(self, found: list[Slab]) -> str:
        """How many slabs are not drawn."""
        return f"And {count(len(found) - MOST_SLABS, 'more slab')}." if len(found) > MOST_SLABS else ""

    def lines(self) -> list[str]:
        if self.allocator != "SLUB":
            return [self.other_allocator()]
        found = self.slabs()
        lines = [self.headline(), self.summary(found)]
        for slab in found:
            lines.append(slabs.title(self.machine, slab, self.say_pages))
            lines += [f"    {line}" for line in _slab_lines(slab)]
        return lines + self.last_lines()

    def last_lines(self) -> list[str]:
        """Where in the time line the machine is, and what the last operation did."""
        words = self.story.words(offsets=self.say_pages.offsets)[-LAST_EVENTS:]
        return [facts.standing(self.story, self.say_pages), *(f"  {line}" for line in words)]


def _slab_lines(slab: Slab) -> list[str]:
    """The objects of a slab: a letter each, and the free ones in their turn."""
    free = slabs.handed_out(slab)
    marks = "".join("." if thing.turn else thing.mark for thing in slab.things)
    lines = [f"# yours, * before, . free: {marks[:MOST_OBJECTS]}" + ("..." if len(marks) > MOST_OBJECTS else "")]
    if free:
        lines.append(f"handed out next: {listed([thing.number for thing in free[:IN_TEXT]], len(free))}")
    return lines
