"""A machine's memory on its way between the processes: all of it, also what a function has left wrong."""

from typing import Any

from mirrorlab.linux import Kernel
from mirrorlab.linux.mmzone import Globals
from mirrorlab.machine.snapshot import Snapshot, from_json, to_json

Json = Any


def dump(g: Globals) -> Json:
    """A memory as JSON."""
    return {"all": to_json(Snapshot(g)), "buddy": [[list(area.buddy.items()) for area in areas] for areas in _areas(g)]}


def load(value: Json, kernel: Kernel) -> Globals:
    """The memory that was dumped, made of a kernel's classes. Raises ValueError when it is something else."""
    try:
        g: Globals
        (g,) = from_json(value["all"], kernel)
        for areas, noted in zip(_areas(g), value["buddy"], strict=True):
            for area, pairs in zip(areas, noted, strict=True):
                area.buddy.clear()
                area.buddy.update(pairs)
    except (LookupError, TypeError, AttributeError, RecursionError) as problem:
        raise ValueError(f"this is no memory of a machine: {problem!r}") from None
    return g


def _areas(g: Globals) -> list[list[Any]]:
    return [zone.free_area for node in g.node_data.values() for zone in node.node_zones]
