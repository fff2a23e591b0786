"""Cases as data: small machines that fit into one's head with operations on them, and calls of plain functions."""

import json
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

from mirrorlab import linux
from mirrorlab.machine import Machine
from mirrorlab.machine.toy import toy

# Who asks, by one letter; each kind of request has the migratetype that the kernel prints with this letter.
KINDS = {
    "U": "GFP_KERNEL",  # Unmovable
    "E": "GFP_KERNEL|__GFP_RECLAIMABLE",
    "M": "GFP_HIGHUSER_MOVABLE",
    "O": "GFP_KERNEL|__GFP_MIRROR",
}

TYPES = {"U": "0", "E": "1", "M": "2"}  # the migratetypes of these, by number

PAGEBLOCK_ORDER = 9  # of Linux: what the cases are written for


class Op(NamedTuple):
    """One operation: allocate a block under a name (order given), or free the block of that name (order None).

    Or a call of one of the kernel's functions, which no request would make: block is "?" and its name, kind the
    arguments, such as "g,0,M" or "zone,8,3".
    """

    block: str
    order: int | None = None
    kind: str = "M"

    @property
    def is_call(self) -> bool:
        """Whether it calls a function of the kernel directly."""
        return self.block.startswith("?")

    def call(self, machine: Machine) -> None:
        """Make that call, in a machine."""
        parts: dict[str, Any] = {"g": machine.g, "zone": machine.zones[0]}
        home = getattr(machine.kernel, linux.home_of(self.block[1:]))
        vars(home)[self.block[1:]](*(parts.get(each) or int(each) for each in self._arguments()))

    def _arguments(self) -> list[str]:
        return [TYPES.get(each, each) for each in self.kind.split(",")]

    def __str__(self) -> str:
        if self.is_call:
            arguments = ", ".join("machine.g" if each == "g" else each for each in self._arguments())
            arguments = arguments.replace("zone", "machine.zones[0]")
            return f"machine.kernel.{linux.home_of(self.block[1:])}.{self.block[1:]}({arguments})"
        if self.order is None:
            return f"machine.free_pages({self.block})"
        return f'{self.block} = machine.alloc_pages({self.order}, "{KINDS[self.kind]}")'


def ops(script: str) -> tuple[Op, ...]:
    """Operations from a short text: `a2M` allocates order 2 as block a for M (see KINDS); `-a` frees it.

    `?can_steal_fallback(g,0,M)` calls that function.
    """
    found = []
    for word in script.split():
        if word[0] == "-":
            found.append(Op(word[1:]))
        elif word[0] == "?":
            function, _, arguments = word.rstrip(")").partition("(")
            found.append(Op(function, None, arguments))
        else:
            found.append(Op(word[0], int(word[1:-1]), word[-1]))
    return tuple(found)


@dataclass(frozen=True)
class Case:
    """A toy machine, and what is done with it. The fields after `ops` are the arguments of machine.toy.toy()."""

    name: str
    ops: tuple[Op, ...]
    pages: int = 64
    mirrored: tuple[tuple[int, int], ...] = ()
    grouping: bool = True
    first: int = 0
    marks: tuple[int, int, int] = (0, 0, 0)
    stock: tuple[int, int] = (0, 1)
    cpus: int = 1
    dma32: int = 0
    movable: int = 0
    node1: int = 0
    lowmem_reserve: int = 0
    hole: tuple[int, int] = (0, 0)

    def machine(self, kernel: linux.Kernel | None = None) -> Machine:
        """Its machine before the first operation."""
        return toy(self.pages, **self._special(), kernel=kernel)

    def _special(self) -> dict[str, Any]:
        """What sets its machine apart from other toys of so many pages."""
        after_pages = fields(self)[3:]
        return {each.name: value for each in after_pages if (value := getattr(self, each.name)) != each.default}

    def under(self, kernel: linux.Kernel) -> "Case":
        """The same case for a kernel whose page blocks have another size than Linux's, as under some altered rules.

        A machine of one zone, and of more than half a page block, keeps its number of page blocks. In it, orders above
        half of pageblock_order are counted down from the page block, the others from that half.
        """
        order = kernel.mmzone.pageblock_order
        less = PAGEBLOCK_ORDER - order
        if not less or self.pages <= 1 << (PAGEBLOCK_ORDER - 1) or self.dma32 or self.movable or self.node1:
            return self
        middle, middle_here = PAGEBLOCK_ORDER // 2, order // 2

        def scaled(each: Op) -> Op:
            if each.order is None:
                return each
            above = max(each.order - less, middle_here + 1)
            return each._replace(order=above if each.order > middle else max(each.order - middle + middle_here, 0))

        first, (least, low, high) = self.first, self.marks
        return replace(
            self,
            ops=tuple(map(scaled, self.ops)),
            pages=self.pages >> less,
            mirrored=tuple((first + (start - first >> less), count >> less) for start, count in self.mirrored),
            marks=(least >> less, low >> less, high >> less),
            hole=(first + (self.hole[0] - first >> less), self.hole[1] >> less) if self.hole[1] else self.hole,
        )

    def only(self, kept: Iterable[Op]) -> "Case":
        """The same machine with fewer operations."""
        return replace(self, ops=tuple(kept))

    def code(self) -> list[str]:
        """Lines of Python that do the same by hand."""
        special = self._special() | ({"mirrored": list(self.mirrored)} if self.mirrored else {})
        more = "".join(f", {name}={value}" for name, value in special.items())
        return [f"machine = toy({self.pages}{more})", *map(str, self.ops)]

    def to_json(self) -> dict[str, Any]:
        """The case as values of JSON, for from_json()."""
        return json.loads(json.dumps(vars(self)))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Case":
        """The case that to_json() wrote down."""
        ops = tuple(Op(*op) for op in value["ops"])
        return cls(**{name: _with_tuples(each) for name, each in value.items()} | {"ops": ops})


def case(name: str, script: str, **machine: object) -> Case:
    """A case from a short text, see ops()."""
    return Case(name, ops(script), **machine)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Call:
    """Arguments for a function that needs no machine."""

    name: str
    arguments: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        """The call as values of JSON, for from_json(). Its arguments must be such values."""
        return json.loads(json.dumps(vars(self)))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Call":
        """The call that to_json() wrote down."""
        return cls(**value)


def _with_tuples(value: Any) -> Any:
    return tuple(map(_with_tuples, value)) if isinstance(value, list) else value


def call(name: str, **arguments: Any) -> Call:
    """A call as a case."""
    return Call(name, arguments)


def on(machine: Machine) -> Callable[[Op], None]:
    """What carries out operations on a machine; a block that was not to be had cannot be freed, and is left out."""
    blocks: dict[str, int] = {}

    def step(op: Op) -> None:
        if op.is_call:
            op.call(machine)
            return
        if op.order is None:
            if op.block in blocks:
                machine.free_pages(blocks.pop(op.block))
            return
        pfn = machine.alloc_pages(min(op.order, machine.kernel.mmzone.MAX_ORDER - 1), KINDS[op.kind])
        if pfn is not None:
            blocks[op.block] = pfn

    return step


# Sizes of seeded machines, with a range that is mirrored on some: page blocks have 512 pages, largest blocks 1024.
SEEDED: tuple[tuple[int, tuple[tuple[int, int], ...]], ...] = (
    (64, ()),
    (200, ()),
    (1024, ()),
    (1536, ()),
    (3072, ((2048, 1024),)),
    (4096, ((512, 512), (3072, 600))),
)


def seeded(seed: int, weights: Mapping[str, int] | None = None) -> Case:
    """A case made by chance, the same for the same seed."""
    chance = random.Random(f"mirrorlab {seed}")
    pages, mirrored = SEEDED[seed % len(SEEDED)]
    weights = weights or {"U": 3, "E": 2, "M": 4, "O": 2 if mirrored else 0}
    largest = min(10, pages.bit_length() - 2)
    done: list[Op] = []
    alive: list[str] = []
    for number in range(chance.randint(40, 100)):
        if alive and chance.random() < 0.45:
            done.append(Op(alive.pop(chance.randrange(len(alive)))))
        else:
            order = min(largest, int(chance.expovariate(0.4)))
            kind = chance.choices(list(weights), list(weights.values()))[0]
            alive.append(f"b{number}")
            done.append(Op(alive[-1], order, kind))
    return Case(f"seed {seed}", tuple(done), pages, mirrored)
