"""The judge: recorded operations of the real kernel, replayed on the model and compared.

Every result, every recorded state in between and the final state must agree: free lists in order, per-CPU lists,
counters and the CPUs' differences, watermarks, flags, zonelist cache, page block types.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mirrorlab import linux
from mirrorlab.linux.mmzone import PAGE_SHIFT
from mirrorlab.machine import Machine, objects
from mirrorlab.oracle import boot, slab_state
from mirrorlab.oracle.cases import Case, RecordingError
from mirrorlab.oracle.state import build_options, comparable, differences, machine_of, state, state_differences

NOT_MODELLED: set[str] = set()


@dataclass(frozen=True)
class Difference:
    """The first thing in which the model and Linux do not agree."""

    case: str
    operation: int | str | None
    """Its index; None: the final state; a text: a point in the boot."""
    what: str
    """The operation in words, or which part of the state."""
    linux: Any
    model: Any
    before: str
    """The machine just before the operation, as text."""

    @property
    def place(self) -> str:
        """When it shows."""
        if isinstance(self.operation, str):
            return self.operation
        return "the final state" if self.operation is None else f"operation {self.operation}"

    def __str__(self) -> str:
        return (
            f"{self.case}, {self.place}: {self.what}\n"
            f"  Linux: {shorten(self.linux)}\n  model: {shorten(self.model)}\n"
            f"The machine before it:\n{self.before}"
        )


def shorten(value: Any, width: int = 400) -> str:
    """A value as text, cut where it gets too long to read."""
    text = str(value)
    return text if len(text) <= width else f"{text[:width]} ... ({len(text)} characters)"


@dataclass(frozen=True)
class Verdict:
    """What came of one case."""

    case: str
    category: str
    operations: int
    """Operations replayed."""
    modelled: bool
    """False: it has operations that the model does not have yet."""
    difference: Difference | None

    @property
    def agrees(self) -> bool:
        """Whether everything in the case is modelled and equal."""
        return self.modelled and self.difference is None


class Replay:
    """A recorded case running on the model, one operation at a time."""

    def __init__(self, case: Case, kernel: linux.Kernel | None = None) -> None:
        self.case = case
        try:
            self.machine = machine_of(case, kernel or _kernel(**build_options(case["machine"])))
            names = slab_state.recorded_names(case["initial"])
            if names or any(op["op"].startswith("kmalloc") for op in case["ops"]):
                objects.set_up(self.machine.kernel, self.machine.g)
            self.caches = [self.machine.g.slabs.slab_caches.get(name) for name in names]
        except (LookupError, TypeError, AttributeError, ValueError) as problem:
            raise RecordingError(f"{case['name']}: its first state makes no machine ({problem!r})") from None
        self.blocks: dict[int, tuple[int, int]] = {}  # id -> (first PFN, order)
        self.objects: dict[int, tuple[int, Any]] = {}  # id -> (address, cache; None: from kmalloc)

    def step(self, op: Mapping[str, Any]) -> Any:
        """Carry out one operation on the model; returns what FORMAT calls its result."""
        self.machine.g.cpu = op.get("cpu", 0)
        return _OPERATIONS[op["op"]](self, op)

    def state_difference(self, recorded: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
        """Where the machine's state differs from a recorded one: (what, Linux's, the model's)."""
        ours = state(self.machine, recorded)
        if recorded.get(self.machine.kernel.kconfig.SLAB_ALLOCATOR.lower()):
            ours |= slab_state.state(self.machine.kernel, self.machine.g, self.caches)
        return next(differences(comparable(recorded, self.machine), ours, ""), None)


@cache
def _kernel(**config: Any) -> linux.Kernel:
    """The kernel with these build options. One serves all cases: a kernel is code, the state is the Machine's."""
    return linux.load(config=config)


# Operations stand outside the class, where Python leaves names such as __free_pages alone.


def _alloc(replay: Replay, op: Mapping[str, Any], slot: int) -> int | None:
    machine = replay.machine
    pfn: int | None = machine.kernel.page_alloc.alloc_pages_node(machine.g, op["nid"], op["gfp"], op["order"])
    if pfn is not None:
        replay.blocks[slot] = (pfn, op["order"])
    return pfn


def _alloc_many(replay: Replay, op: Mapping[str, Any]) -> list[int]:
    pfns = []
    for slot in range(op["id"], op["id"] + op["count"]):
        pfn = _alloc(replay, op, slot)
        if pfn is None:
            break
        pfns.append(pfn)
    return pfns


def _free(replay: Replay, op: Mapping[str, Any], slot: int) -> bool:
    if slot in replay.objects:
        address, cache = replay.objects.pop(slot)
        allocator = replay.machine.kernel.allocator
        if cache is None:
            allocator.kfree(replay.machine.g, address)
        else:
            allocator.kmem_cache_free(cache, address)
        return True
    if slot not in replay.blocks:
        return False
    pfn, order = replay.blocks.pop(slot)
    replay.machine.kernel.page_alloc.__free_pages(replay.machine.g, pfn, order, bool(op["cold"]))
    return True


def _free_range(replay: Replay, op: Mapping[str, Any]) -> int:
    return sum(_free(replay, op, slot) for slot in range(op["start"], op["stop"], op["step"]))


def _kmem_alloc(replay: Replay, op: Mapping[str, Any]) -> dict[str, int] | None:
    cache = replay.caches[op["cache"]]
    allocator = replay.machine.kernel.allocator
    return _handed_out(replay, op, allocator.kmem_cache_alloc_node(cache, op["gfp"], op.get("nid", -1)), cache)


def _kmalloc(replay: Replay, op: Mapping[str, Any]) -> dict[str, int] | None:
    allocator = replay.machine.kernel.allocator
    return _handed_out(replay, op, allocator.__kmalloc_node(replay.machine.g, op["size"], op["gfp"], -1), None)


def _handed_out(replay: Replay, op: Mapping[str, Any], address: int | None, cache: Any) -> dict[str, int] | None:
    """Remember an object under its id; returns its slab's first page and the bytes from there."""
    if address is None:
        return None
    replay.objects[op["id"]] = (address, cache)
    slab = replay.machine.kernel.slab_common.virt_to_head_page(replay.machine.g, address)
    pfn = address >> PAGE_SHIFT if slab is None else slab.pfn
    return {"pfn": pfn, "offset": address - (pfn << PAGE_SHIFT)}


def _set(name: str) -> Any:
    return lambda replay, op: replay.machine.kernel.sysctl.vm_table[name][1](replay.machine.g, op["value"])


_OPERATIONS: dict[str, Any] = {
    "alloc": lambda replay, op: _alloc(replay, op, op["id"]),
    "alloc_many": _alloc_many,
    "free": lambda replay, op: _free(replay, op, op["id"]),
    "free_range": _free_range,
    "drain": lambda replay, op: replay.machine.drain(),
    "set_mirrorable": _set("vm.mirrorable"),
    "set_min_free_kbytes": _set("vm.min_free_kbytes"),
    "kmem_alloc": _kmem_alloc,
    "kmem_alloc_node": _kmem_alloc,
    "kmalloc": _kmalloc,
    "kmalloc_large": _kmalloc,
    "dump": lambda replay, op: None,
}


def replay(case: Case, kernel: linux.Kernel | None = None) -> Verdict:
    """Replay a case to its end or to the first difference. kernel: None loads the one it was recorded on."""
    category = case["category"]
    if category == "boot":
        kernel = kernel or _kernel(**build_options(case["machine"]))
        machine, unlike = boot.judge(case, kernel, state_differences)
        return _boot_verdict(case, machine, unlike)
    if any(op["op"] in NOT_MODELLED for op in case["ops"]):
        return Verdict(case["name"], category, 0, False, None)

    running = Replay(case, kernel)
    if category == "wmark":
        unlike = boot.judge_wmark(case, running.machine.kernel)
        if unlike:
            return _boot_verdict(case, running.machine, unlike)
    for index, (op, result) in enumerate(zip(case["ops"], case["results"], strict=True)):
        try:
            got = running.step(op)
        except Exception as stopped:  # a broken model is a difference too, and the other cases go on
            got = f"stopped with {type(stopped).__name__}: {stopped}"
        if got != result:
            return _verdict(case, kernel, index, in_words(op, running), result, got)
        found = running.state_difference(case["dumps"][str(index)]) if op["op"] == "dump" else None
        if found:
            return _verdict(case, kernel, index, *found)
    found = running.state_difference(case["final"])
    if found:
        return _verdict(case, kernel, None, *found)
    return Verdict(case["name"], category, len(case["ops"]), True, None)


def _verdict(case: Case, kernel: linux.Kernel | None, index: int | None, what: str, theirs: Any, ours: Any) -> Verdict:
    """A difference, told together with the machine as it was before (found by replaying once more)."""
    again = Replay(case, kernel)
    done = len(case["ops"]) if index is None else index
    for op in case["ops"][:done]:
        again.step(op)
    difference = Difference(case["name"], index, what, theirs, ours, repr(again.machine))
    return Verdict(case["name"], case["category"], done, True, difference)


def _boot_verdict(case: Case, machine: Machine, unlike: boot.Found | None) -> Verdict:
    """What came of comparing a boot: `unlike` is the first difference."""
    difference = Difference(case["name"], *unlike, repr(machine)) if unlike else None
    return Verdict(case["name"], case["category"], 0, True, difference)


def in_words(op: Mapping[str, Any], replay: Replay) -> str:
    """An operation as one would write it: alloc(id=0, order=3, ...), with the flags by name."""
    named = {name: value for name, value in op.items() if name != "op"}
    if "gfp" in named:
        named["gfp"] = replay.machine.kernel.gfp.names(named["gfp"])
    return f"{op['op']}({', '.join(f'{name}={value}' for name, value in named.items())})"
