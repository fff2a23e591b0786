"""The judge: recorded operations of the real kernel, replayed on the model and compared.

Every result, every recorded state in between and the final state must agree: free lists in order, per-CPU lists,
counters and the CPUs' differences, watermarks, flags, zonelist cache, page block types.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from mirrorlab import linux
from mirrorlab.linux.mmzone import PAGE_SHIFT
from mirrorlab.machine import Machine, objects
from mirrorlab.machine.objects import Object
from mirrorlab.oracle import boot, slab_state
from mirrorlab.oracle.cases import Case, RecordingError
from mirrorlab.oracle.state import build_options, differences_from, machine_of
from mirrorlab.words import shorten


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


@dataclass(frozen=True)
class Verdict:
    """The result of comparing one case."""

    case: str
    category: str
    operations: int
    """Operations replayed."""
    difference: Difference | None

    @property
    def agrees(self) -> bool:
        """Whether everything in the case is equal."""
        return self.difference is None


class Replay:
    """A recorded case running on the model, one operation at a time.

    All of it is done with the methods of `machine`, so that a Recording of the machine notes it down.
    """

    machine: Machine

    def __init__(self, case: Case, kernel: linux.Kernel | None = None) -> None:
        self.case = case
        try:
            self.machine = machine_of(case, kernel or _kernel(**build_options(case["machine"])))
            self.caches = slab_state.recorded_names(case["initial"])
            if self.caches or any(op["op"].startswith("kmalloc") for op in case["ops"]):
                objects.set_up(self.machine.kernel, self.machine.g)
        except (LookupError, TypeError, AttributeError, ValueError) as problem:
            raise RecordingError(f"{case['name']}: its first state makes no machine ({problem!r})") from None
        self.blocks: dict[int, int] = {}  # id -> first PFN
        self.objects: dict[int, tuple[Any, ...]] = {}  # id -> what frees the object: a method, and its arguments

    def step(self, op: Mapping[str, Any]) -> Any:
        """Carry out one operation on the model; returns its result, in the form in which recordings have it."""
        return _OPERATIONS[op["op"]](self, op)

    def state_difference(self, recorded: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
        """Where the machine's state differs from a recorded one: (what, Linux's, the model's)."""
        return next(differences_from(recorded, self.machine), None)


@cache
def _kernel(**config: Any) -> linux.Kernel:
    """The kernel with these build options. One serves all cases: a kernel is code, the state is the Machine's."""
    return linux.load(config=config)


def _alloc(replay: Replay, op: Mapping[str, Any], count: int) -> list[int]:
    """Up to `count` blocks, until there is none."""
    machine, order, gfp, cpu = replay.machine, op["order"], op["gfp"], op["cpu"]
    if order >= machine.kernel.mmzone.MAX_ORDER:  # alloc_pages() refuses it, the kernel answers
        pfn = machine.alloc_pages_node(op["nid"], gfp, order, cpu=cpu)
        return [] if pfn is None else [pfn]
    nid, pfns = _nid(op), []
    for slot in range(op["id"], op["id"] + count):
        pfn = machine.alloc_pages(order, gfp, nid=nid, cpu=cpu, who=f"id {slot}")
        if pfn is None:
            break
        replay.blocks[slot] = pfn
        pfns.append(pfn)
    return pfns


def _nid(op: Mapping[str, Any]) -> int | None:
    nid: int = op.get("nid", -1)
    return None if nid < 0 else nid


def _free(replay: Replay, op: Mapping[str, Any], slots: Iterable[int]) -> int:
    """Free what these ids hold; returns how many held something."""
    freed = 0
    for slot in slots:
        if slot in replay.blocks:
            replay.machine.free_pages(replay.blocks.pop(slot), cold=bool(op["cold"]), cpu=op["cpu"])
        elif slot in replay.objects:
            free, *arguments = replay.objects.pop(slot)
            free(*arguments, cpu=op["cpu"])
        else:
            continue
        freed += 1
    return freed


def _kmem_alloc(replay: Replay, op: Mapping[str, Any]) -> dict[str, int] | None:
    machine, cache = replay.machine, replay.caches[op["cache"]]
    thing = machine.kmem_cache_alloc(cache, op["gfp"], nid=_nid(op), cpu=op["cpu"], who=f"id {op['id']}")
    return _handed_out(replay, op, thing, machine.kmem_cache_free, cache)


def _kmalloc(replay: Replay, op: Mapping[str, Any]) -> dict[str, int] | None:
    thing = replay.machine.kmalloc(op["size"], op["gfp"], cpu=op["cpu"], who=f"id {op['id']}")
    return _handed_out(replay, op, thing, replay.machine.kfree)


def _handed_out(replay: Replay, op: Mapping[str, Any], thing: Object | None, *free: Any) -> dict[str, int] | None:
    """Remember an object under its id; returns its slab's first page and the bytes from there."""
    if thing is None:
        return None
    replay.objects[op["id"]] = (*free, thing)
    slab = replay.machine.kernel.slab_common.virt_to_head_page(replay.machine.g, thing.address)
    pfn = thing.pfn if slab is None else slab.pfn
    return {"pfn": pfn, "offset": thing.address - (pfn << PAGE_SHIFT)}


def _set(replay: Replay, op: Mapping[str, Any], name: str) -> None:
    replay.machine.sysctl(name, op["value"], cpu=op.get("cpu", 0))


_OPERATIONS: dict[str, Callable[[Replay, Mapping[str, Any]], Any]] = {
    "alloc": lambda replay, op: next(iter(_alloc(replay, op, 1)), None),
    "alloc_many": lambda replay, op: _alloc(replay, op, op["count"]),
    "free": lambda replay, op: _free(replay, op, [op["id"]]) == 1,
    "free_range": lambda replay, op: _free(replay, op, range(op["start"], op["stop"], op["step"])),
    "drain": lambda replay, op: replay.machine.drain(op["cpu"]),
    "set_mirrorable": lambda replay, op: _set(replay, op, "vm.mirrorable"),
    "set_min_free_kbytes": lambda replay, op: _set(replay, op, "vm.min_free_kbytes"),
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
        return _boot_verdict(case, *boot.judge(case, kernel or _kernel(**build_options(case["machine"]))))
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
    return Verdict(case["name"], category, len(case["ops"]), None)


def _verdict(case: Case, kernel: linux.Kernel | None, index: int | None, what: str, theirs: Any, ours: Any) -> Verdict:
    """A difference, told together with the machine as it was before (found by replaying once more)."""
    again = Replay(case, kernel)
    done = len(case["ops"]) if index is None else index
    for op in case["ops"][:done]:
        again.step(op)
    difference = Difference(case["name"], index, what, theirs, ours, repr(again.machine))
    return Verdict(case["name"], case["category"], done, difference)


def _boot_verdict(case: Case, machine: Machine, unlike: boot.Found | None) -> Verdict:
    """The verdict on a boot: `unlike` is the first difference."""
    difference = Difference(case["name"], *unlike, repr(machine)) if unlike else None
    return Verdict(case["name"], case["category"], 0, difference)


def in_words(op: Mapping[str, Any], replay: Replay) -> str:
    """An operation as one would write it: alloc(id=0, order=3, ...), with the flags by name."""
    named = {name: value for name, value in op.items() if name != "op"}
    if "gfp" in named:
        named["gfp"] = replay.machine.kernel.gfp.names(named["gfp"])
    return f"{op['op']}({', '.join(f'{name}={value}' for name, value in named.items())})"
