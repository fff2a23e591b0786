"""A machine that lessons hold: one loaded kernel, its memory, and who owns which block. The only place with state."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from mirrorlab import linux
from mirrorlab.linux.mmzone import Globals, Zone
from mirrorlab.machine import holders
from mirrorlab.machine.holders import Owner
from mirrorlab.machine.objects import Object, ObjectCalls
from mirrorlab.machine.snapshot import Snapshot, copied
from mirrorlab.words import MARKS, count, joined, table, type_names


class Machine(ObjectCalls):
    """A computer's memory under one kernel: allocate, free, and look.

    Mistakes (a double free, an unknown flag, a CPU that is not there) raise ValueError with a sentence that says
    what to do, and change nothing. A request that finds no page is no mistake: it returns None, as in the kernel.
    """

    OPERATIONS = (
        *("alloc_pages", "alloc_pages_node", "free_pages", "drain", "sysctl", "kmalloc", "kfree", "kmem_cache_create"),
        *("kmem_cache_alloc", "kmem_cache_free", "kmem_cache_shrink", "kmem_cache_destroy"),
    )
    """The methods that change the state; all its other methods only look, or bring a state back."""

    def __init__(self, kernel: linux.Kernel, g: Globals, name: str = "machine") -> None:
        """Most people want `Machine.from_recording` instead. `g` must come from the same kernel."""
        self.kernel = kernel
        self.g = g
        self.name = name
        self._alloc = kernel.page_alloc.alloc_pages_node
        self._free: Callable[..., None] = vars(kernel.page_alloc)["__free_pages"]
        self._max_order: int = kernel.mmzone.MAX_ORDER
        self._owners: dict[int, tuple[str, int, int]] = {}  # first PFN -> (who, order, gfp)
        self._masks: dict[int | str, int] = {}  # gfp arguments found good before
        self._objects: dict[int, Object] = {}  # by address
        self.recording: Any = None
        """The trace.Recording that notes down what is done with this machine, if there is one."""
        self.errors: Any = None
        """The errors.Errors that have hit its memory, if a lesson tracks them."""

    from_recording: ClassVar[Callable[..., "Machine"]]
    """`Machine.from_recording(case)` is machine_of() of oracle/state.py, which knows what recordings look like."""

    # -- Allocating and freeing ---------------------------------------------------------------------------------

    def alloc_pages(
        self,
        order: int = 0,
        gfp: int | str = "GFP_KERNEL",
        *,
        nid: int | None = None,
        cpu: int | None = None,
        who: str = "",
    ) -> int | None:
        """Allocate a block of 2**order pages and return its first PFN, or None when no block is free for it.

        gfp: flags as a number or a text such as "GFP_KERNEL|__GFP_MIRROR".
        nid: the NUMA node to prefer; None: the node of the CPU.
        cpu: the CPU that makes the request; None: the one that ran last (0 at first).
        who: your note about the owner.

        Source: alloc_pages_node() of include/linux/gfp.h. After a None, `oom_report` says how memory stood if
        the request could have slept: Linux would have reclaimed memory there.
        """
        mask = self._masks.get(gfp)
        if mask is None or nid is not None:
            mask = self._checked_request(gfp, nid)
        if not isinstance(order, int) or not 0 <= order < self._max_order:
            largest = self._max_order - 1
            raise ValueError(
                f"there is no order {order!r}: give a whole number from 0 to {largest}; a block has 2**order pages"
            )
        if cpu is not None:
            self._run_on(cpu)
        g = self.g
        g.oom_report = None
        pfn: int | None = self._alloc(g, -1 if nid is None else nid, mask, order)
        if pfn is not None:
            self._owners[pfn] = (who, order, mask)
        return pfn

    def alloc_pages_node(self, nid: int, gfp_mask: int, order: int, *, cpu: int) -> int | None:
        """The kernel's own request, without a check: recorded cases also ask for orders that alloc_pages() refuses."""
        self._run_on(cpu)
        pfn: int | None = self._alloc(self.g, nid, gfp_mask, order)
        return pfn

    def free_pages(self, pfn: int, order: int | None = None, *, cold: bool = False, cpu: int | None = None) -> None:
        """Free a block that this machine allocated.

        order: checked against the order it was allocated with; None: that order.
        cold: a single page goes to the tail of the CPU's list instead of its head.

        Source: __free_pages() and free_hot_cold_page() of mm/page_alloc.c.
        """
        owner = self._owners.get(pfn) if isinstance(pfn, int) else None
        if owner is None:
            raise ValueError(self._not_owned(pfn))
        if order is not None and order != owner[1]:
            raise ValueError(f"block {pfn} was allocated with order {owner[1]}, not {order}: free it with that order")
        if cpu is not None:
            self._run_on(cpu)
        del self._owners[pfn]
        self._free(self.g, pfn, owner[1], cold)

    def drain(self, cpu: int | None = None) -> None:
        """Give every page in one CPU's lists back to the free areas. Source: drain_pages() of mm/page_alloc.c."""
        self._run_on(cpu)
        self.kernel.page_alloc.drain_pages(self.g)

    def sysctl(self, name: str, value: int | None = None, *, cpu: int | None = None) -> int:
        """Read a setting under /proc/sys, or set it when `value` is given; returns the value it has then.

        cpu: the CPU that sets it, whose counters take up the change; None: the one that ran last.

        There are `vm.mirrorable` (the RFC's patch 08) and `vm.min_free_kbytes` (kB).
        """
        table = self.kernel.sysctl.vm_table
        if name not in table:
            raise ValueError(f"there is no setting {name!r}: this kernel has {joined(sorted(table))}")
        field, handler, smallest, largest = table[name]
        if value is not None:
            if not isinstance(value, int) or not smallest <= value <= largest:
                raise ValueError(f"{name} takes a whole number from {smallest} to {largest}, not {value!r}")
            self._run_on(cpu)
            handler(self.g, int(value))
        return int(getattr(self.g, field))

    # -- Looking ------------------------------------------------------------------------------------------------

    @property
    def owners(self) -> dict[int, Owner]:
        """Every allocated block, by its first PFN."""
        return {pfn: Owner(*owner) for pfn, owner in self._owners.items()}

    @property
    def oom_report(self) -> Any:
        """An OomReport with the zones' figures, if the last request found no page and could have slept."""
        return self.g.oom_report

    @property
    def zones(self) -> list[Zone]:
        """The zones that have pages, node by node."""
        return list(self.kernel.mmzone.for_each_zone(self.g))

    def zone(self, name: str, node: int = 0) -> Zone:
        """One zone by its name, for example "Normal"."""
        for zone in self.zones:
            if zone.name == name and zone.node == node:
                return zone
        there = ", ".join(f"{zone.name} (node {zone.node})" for zone in self.zones)
        raise ValueError(f"there is no zone {name!r} on node {node}: this machine has {there}")

    def free_blocks(self, zone: str | None = None, node: int = 0) -> list[tuple[int, int, int]]:
        """The free blocks as (first PFN, order, migratetype): by order and type, each list head first.

        zone: only this zone of `node`; None: all zones of all nodes. Pages in per-CPU lists are not among them.
        """
        zones = self.zones if zone is None else [self.zone(zone, node)]
        return [
            (pfn, order, migratetype)
            for each in zones
            for order, area in enumerate(each.free_area)
            for migratetype, pages in enumerate(area.free_list)
            for pfn in reversed(pages)
        ]

    def proc(self, name: str) -> str:
        """A text that Linux would print, such as "buddyinfo", "node0/meminfo", "sys/vm/mirrorable", or "dmesg".

        Source: fs/proc, mm/vmstat.c, drivers/base/node.c. A path below /proc or /sys may be given whole.
        """
        files: dict[str, Callable[[], str]] = self.kernel.root.proc_files(self.g)
        short = str(name).removeprefix("/proc/").removeprefix("/sys/devices/system/node/")
        if short not in files:
            raise ValueError(f"there is no text {name!r}: this machine has {', '.join(sorted(files))}")
        return files[short]()

    # -- Coming back --------------------------------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """All that can change, as it is now: what `restore` comes back to."""
        return Snapshot(self.g, self._owners, self._objects)

    def restore(self, snapshot: Snapshot) -> None:
        """Come back to a state of this machine. Raises ValueError for the snapshot of another machine."""
        if snapshot.roots[0] is not self.g:
            raise ValueError("this snapshot was taken of another machine: restore it there")
        snapshot.restore()

    def copy(self) -> "Machine":
        """Another machine in the same state, on the same kernel; what happens to one does not touch the other."""
        g, owners, objects = copied(self.g, self._owners, self._objects)
        twin = Machine(self.kernel, g, self.name)
        twin._owners, twin._objects = owners, objects
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> "Machine":
        return self.copy()

    # -- Text ---------------------------------------------------------------------------------------------------

    def headline(self) -> str:
        """The machine in one line."""
        nodes, cpus = count(len(self.g.node_data), "node"), count(len(self.g.cpu_to_node), "CPU")
        return f"{self.name}: {nodes}, {cpus}, {count(sum(zone.managed_pages for zone in self.zones), 'page')} of 4 KiB"

    def __repr__(self) -> str:
        """The machine as text: of each zone the lists that hold something, a dot for zero."""
        mirrorable = self.g.sysctl_mirrorable
        lines = [self.headline() + (f"; vm.mirrorable = {mirrorable}" if mirrorable else "")]
        for zone in self.zones:
            rows = table(_zone_rows(self, zone), "<>", indent=2)
            lines += [_zone_title(self, zone), *(rows if len(rows) > 1 else ["  no free block"])]
            lines += [f"  {note}" for note in _cpu_notes(self, zone)]
        return "\n".join(lines)

    # -- Finding mistakes ---------------------------------------------------------------------------------------

    def _checked_request(self, gfp: int | str, nid: int | None) -> int:
        """The mask of a request, once its arguments are known to be good."""
        mask = self._masks.get(gfp)
        if mask is None:
            mask = self._masks[gfp] = _checked_mask(self.kernel.gfp, gfp)
        if nid is not None and nid not in self.g.node_data:
            raise ValueError(f"there is no node {nid}: this machine has {_all_of('node', self.g.node_data)}")
        return mask

    def _run_on(self, cpu: int | None) -> None:
        """Let a CPU run what comes next; None: the one that ran last."""
        if cpu is None:
            return
        if not isinstance(cpu, int) or not 0 <= cpu < len(self.g.cpu_to_node):
            there = _all_of("CPU", range(len(self.g.cpu_to_node)))
            raise ValueError(f"there is no CPU {cpu}: this machine has {there}")
        self.g.cpu = cpu

    def _not_owned(self, pfn: int) -> str:
        """Why a block cannot be freed."""
        mmzone, page_alloc = self.kernel.mmzone, self.kernel.page_alloc
        zone = mmzone.page_zone(self.g, pfn) if isinstance(pfn, int) else None
        if zone is None:
            return f"there is no page {pfn} in this machine: free a block that alloc_pages() returned"
        if self._holds_objects(pfn):
            return f"page {pfn} holds objects: free those with kfree() or kmem_cache_free()"
        for order in range(mmzone.MAX_ORDER):
            first = pfn & -(1 << order)
            if first in self._owners and self._owners[first][1] >= order:
                return f"page {pfn} lies inside the block {first} of order {self._owners[first][1]}: free that block"
            if page_alloc.page_is_buddy(zone, first, order):
                return f"page {pfn} is free already, in the free block {first} of order {order}"
        if any(pfn in pages for pset in zone.pageset for pages in pset.lists):
            return f"page {pfn} is free already, in a per-CPU list"
        if mmzone.PageReserved(self.g, pfn):
            return f"page {pfn} was reserved at boot and was never given to the allocator: it cannot be freed"
        return f"page {pfn} was in use before this machine's story began: only what alloc_pages() returned can be freed"


# Outside the class, where Python leaves names that begin with two underscores alone.


def _checked_mask(flags: Any, gfp: int | str) -> int:
    """The mask that a gfp argument stands for, once it makes sense. flags: the kernel's gfp.py."""
    mask = flags.parse(gfp) if isinstance(gfp, str) else gfp
    known = flags.__GFP_BITS_MASK
    if not isinstance(mask, int) or mask & ~known:
        what = f"unknown GFP bits {mask & ~known:#x}" if isinstance(mask, int) else f"gfp is {mask!r}"
        raise ValueError(f"{what}: give names such as 'GFP_KERNEL', or a number within {known:#x}")
    if mask & flags.GFP_ZONEMASK in flags.GFP_ZONE_BAD:
        raise ValueError(f"{flags.names(mask)} names two zones: keep one of DMA, DMA32 and HIGHMEM")
    if mask & flags.GFP_MOVABLE_MASK == flags.GFP_MOVABLE_MASK:
        raise ValueError(f"{flags.names(mask)} is both movable and reclaimable: keep one of the two flags")
    return mask


# -- Text -------------------------------------------------------------------------------------------------------


def _zone_title(machine: Machine, zone: Zone) -> str:
    free = machine.kernel.vmstat.zone_page_state_snapshot(zone, machine.kernel.mmzone.NR_FREE_PAGES)
    mirrored = holders.mirrored_in(machine, zone).pages()
    marks = " ".join(f"{name} {mark}" for name, mark in zip(MARKS, zone.watermark, strict=True) if mark)
    parts = [
        f"Node {zone.node}, zone {zone.name}: {free:,} of {count(zone.managed_pages, 'page')} free",
        *([f"{mirrored:,} mirrored"] if mirrored else []),
        *([f"watermarks {marks}"] if marks else []),
    ]
    return "; ".join(parts)


def _zone_rows(machine: Machine, zone: Zone) -> list[list[object]]:
    """The free blocks of a zone as a table: a header, and a row for each migratetype that has any."""
    counts = {name: [len(area.free_list[kind]) for area in zone.free_area]
              for kind, name in enumerate(type_names(machine.kernel))}  # fmt: skip
    rows = [[name, *(number or "." for number in row)] for name, row in counts.items() if any(row)]
    return [["free blocks of order", *range(len(zone.free_area))], *rows]


def _cpu_notes(machine: Machine, zone: Zone) -> Iterator[str]:
    """What each CPU holds of a zone."""
    for cpu, pset in enumerate(zone.pageset):
        if pset.count:
            named = zip(type_names(machine.kernel), pset.lists, strict=False)
            lists = ", ".join(f"{len(pages)} {name}" for name, pages in named if pages)
            yield f"CPU {cpu} holds {count(pset.count, 'page')}: {lists} (high {pset.high}, batch {pset.batch})"


def _all_of(noun: str, numbers: Iterable[int]) -> str:
    numbers = list(numbers)
    return f"{noun}s {joined(numbers)}" if len(numbers) > 1 else f"only {noun} {numbers[0]}"
