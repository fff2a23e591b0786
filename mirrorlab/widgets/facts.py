"""What views say about a machine, in words and as rows of tables: pure functions of its state."""

from typing import Any

from mirrorlab.machine import Machine
from mirrorlab.story.events import Words
from mirrorlab.story.recording import Recording
from mirrorlab.words import count

Zone = Any  # one of machine.zones


def node_to_show(machine: Machine, node: int | None) -> int:
    """The node a view begins with; None: the first. Raises ValueError for one that is not there."""
    nodes = machine.g.node_data
    node = min(nodes) if node is None else node
    if node not in nodes:
        raise ValueError(f"node is {node!r}: this machine has {', '.join(f'node {each}' for each in nodes)}")
    return node


def small_free_page(zone: Zone) -> int:
    """A free page of a zone: in the smallest free block, the first in its list; without any, the zone's first page."""
    for area in zone.free_area:
        for pages in area.free_list:
            if pages:
                pfn: int = next(reversed(pages))
                return pfn
    start: int = zone.zone_start_pfn
    return start


def where(story: Recording) -> str:
    """Where in its time line a machine is."""
    return f"After {story.position:,} of {count(len(story.operations), 'operation')}."


def last(story: Recording, say: Words) -> str:
    """The operation that led there; empty at the start."""
    return story.operations[story.position - 1].words(say) if story.position else ""


def standing(story: Recording, say: Words) -> str:
    """Both in one line."""
    return " ".join(filter(None, (where(story), last(story, say))))


def settings(machine: Machine) -> str:
    """The settings under /proc/sys."""
    return ", ".join(f"{name} = {machine.sysctl(name)}" for name in sorted(machine.kernel.sysctl.vm_table))
