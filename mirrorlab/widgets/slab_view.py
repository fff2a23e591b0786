"""SLUB: the slabs of a cache and their objects. Allocate and free them, and see which one comes next."""

from typing import Any

from mirrorlab.machine import Machine
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording
from mirrorlab.widgets import base, blocks, facts, palette, slab_svg, slabs
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
    shares = base.CARD
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
        if self.allocator != "SLUB":
            self.welcome = self.other_allocator()
            super().__init__()
            return
        names = list(machine.caches)
        if cache is not None and cache not in names:
            raise ValueError(f"there is no cache {cache!r}: this machine has {', '.join(names)}")
        self.cache = cache or self._newest()
        self.story = Recording.of(machine)
        super().__init__()
        self.follow(self.story.watchers, self.changed)

    def _newest(self) -> str:
        caches = self.machine.caches.items()
        used = [name for name, cache in caches if any(n.nr_slabs for n in cache.node.values())]
        return used[-1] if used else "kmalloc-64"

    # -- What can be done -------------------------------------------------------------------------------------------

    def create(self, name: str, size: int) -> None:
        """Make a cache of objects of so many bytes, and show it."""
        if not name.strip():
            raise ValueError("a cache needs a name: type one")
        self.machine.kmem_cache_create(name.strip(), size)
        self.do_cache(name.strip())
        self.say(f"Created cache {self.cache}. Press Allocate: it gets its first slab.")

    def do_cache(self, name: str) -> None:
        """Show another cache."""
        self.cache, self.selected = name, None
        self.changed()

    def allocate(self, objects: int = 1, cpu: int = 0) -> None:
        """Ask the cache for so many objects; the last is selected."""
        wanted = min(max(objects, 1), AT_ONCE)
        got = []
        for _ in range(wanted):
            one = self.machine.kmem_cache_alloc(self.cache, cpu=cpu)
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

    def free_selected(self, cpu: int = 0) -> None:
        """Give the selected object back."""
        if self.selected is None:
            self.say("Select an object in use first: click on it.")
        else:
            self.do_free(self.selected, cpu)

    def do_free(self, address: int, cpu: int) -> None:
        """Give an object back."""
        self.machine.kmem_cache_free(self.cache, address, cpu=cpu)
        self.say(f"Freed the object at {self.say_pages.object(address)}.")
        self.changed()

    def shrink(self) -> None:
        """Give the cache's empty slabs back."""
        self.machine.kmem_cache_shrink(self.cache)
        self.say(f"{self.cache} keeps no empty slab now.")

    do_create, do_allocate, do_free_selected, do_shrink = create, allocate, free_selected, shrink

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

    def do_goto(self, position: int) -> None:
        """The same, within its ends."""
        self.goto(min(max(position, 0), len(self.story.operations)))

    def do_step(self, by: int) -> None:
        """Go so many operations on."""
        self.do_goto(self.story.position + by)

    # -- What is shown ----------------------------------------------------------------------------------------------

    def slabs(self) -> list[Slab]:
        """The slabs of the cache; none where the cache is not there."""
        return [] if self.cache not in self.machine.caches else slabs.slabs_of(self.machine, self.cache)

    def other_allocator(self) -> str:
        """What to say about a kernel without SLUB; empty: it has it."""
        if self.allocator == "SLUB":
            return ""
        return (
            f"This view shows SLUB, and the kernel of {self.machine.name} was built with {self.allocator}: "
            f"{INSTEAD[self.allocator]}. To see SLUB, start a machine on a kernel without that build option."
        )

    def headline(self) -> str:
        """The cache in a line."""
        if self.cache not in self.machine.caches:
            return f"There is no cache {self.cache} at this point: go elsewhere in the time line, or choose another."
        s = self.machine.caches[self.cache]
        each = f"{count(s.oo_objects, 'object')} in {count(1 << s.oo_order, 'page')}"
        sizes = f"objects of {s.object_size:,} bytes, {s.size:,} with padding"
        return f"Cache {self.cache}: {sizes}; a slab has {each}."

    def summary(self, found: list[Slab]) -> str:
        """All slabs of the cache in a line."""
        objects = sum(len(slab.things) for slab in found)
        free = sum(slab.free for slab in found)
        return f"{count(len(found), 'slab')}: {count(objects, 'object')}, {free:,} of them free."

    def picture(self) -> dict[str, Any]:
        if self.allocator != "SLUB":
            return {"other": self.other_allocator()}
        found, machine = self.slabs(), self.machine
        return {
            "other": "",
            "caches": list(dict.fromkeys([*machine.caches, self.cache])),
            "cache": self.cache,
            "cpus": len(machine.g.cpu_to_node),
            "steps": [self.story.position, len(self.story.operations)],
            "headline": f"{self.headline()} {self.summary(found)}",
            "slabs": [self._slab_picture(slab) for slab in found[:MOST_SLABS]],
            "more": self.more(found),
            "key": slabs.KEY,
            "selected": self.selected,
            "operation": facts.last(self.story, self.say_pages),
            "events": self.story.words(offsets=self.say_pages.offsets)[-LAST_EVENTS:],
        }

    def _slab_picture(self, slab: Slab) -> dict[str, Any]:
        machine, say = self.machine, self.say_pages
        return {
            "kept": slab.kept,
            "where": slabs.where(machine, slab, say),
            "mirrored": blocks.memory_class(machine, slab.pfn) == palette.MIRRORED,
            "rest": max(0, len(slab.things) - MOST_OBJECTS),
            "things": [
                [thing.address, slabs.LOOKS[thing.state], thing.mark, slab.cuts(thing),
                 slabs.describe(machine, slab, thing, say)]
                for thing in slab.things[:MOST_OBJECTS]
            ],
        }  # fmt: skip

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
