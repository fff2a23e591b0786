"""Toys as most tests want them: one Normal zone that starts at 4 GiB, and pages counted from there."""

import importlib
import inspect
from collections import OrderedDict
from dataclasses import fields, is_dataclass

from mirrorlab import linux
from mirrorlab.machine import Machine
from mirrorlab.machine.toy import toy

START = 0x100000  # the first PFN: 4 GiB, from where on the RFC looks at mirrored ranges
UNMOVABLE, RECLAIMABLE, MOVABLE, MIRROR, RESERVE = range(5)
MOVABLE_GFP = "GFP_HIGHUSER_MOVABLE"


def machine(
    pages=16, *, mirrored=(), cpus=1, high=0, batch=1, threshold=0, min_free_kbytes=0, kernel=None, **config
) -> Machine:
    """A toy with one zone, see toy().

    mirrored: ranges as (first page, pages), counted from START.
    threshold: how far a CPU's counters may differ; as it is, the zone's counters are exact.
    kernel, config: a loaded kernel, or its build options; MAX=4 is short for blocks of orders 0 to 3.
    """
    if "MAX" in config:
        config["FORCE_MAX_ZONEORDER"] = config.pop("MAX")
    ranges = [(START + page, count) for page, count in mirrored]
    kernel = kernel or linux.load(config=config)
    m = toy(pages, first=START, mirrored=ranges, stock=(high, batch), cpus=cpus, kernel=kernel)
    if min_free_kbytes:
        m.g.min_free_kbytes = min_free_kbytes
        kernel.mm_init.setup_per_zone_wmarks(m.g)
    for pset in zone_of(m).pageset:
        pset.stat_threshold = threshold
    return m


def zone_of(m: Machine):
    """The zone of a toy."""
    return m.zones[0]


def free_blocks(m: Machine) -> list[tuple[int, int, int]]:
    """The free blocks with PFNs counted from START, each list head first."""
    return [(pfn - START, order, migratetype) for pfn, order, migratetype in m.free_blocks()]


def take(m: Machine, order=0, gfp=MOVABLE_GFP, **more):
    """Allocate a block; its first page counted from START, or None."""
    pfn = m.alloc_pages(order, gfp, **more)
    return None if pfn is None else pfn - START


def give(m: Machine, *pages, **more) -> None:
    """Free the blocks that start at these pages, counted from START, in this order."""
    for page in pages:
        m.free_pages(START + page, **more)


def cpu_list(m: Machine, migratetype=MOVABLE, cpu=0) -> list[int]:
    """One of a CPU's lists, counted from START, head first."""
    return [pfn - START for pfn in reversed(zone_of(m).pageset[cpu].lists[migratetype])]


def counter(m: Machine, name: str) -> int:
    """The true value of a counter over all zones: the CPUs' differences included, negative when it is."""
    item = m.kernel.mmzone.ZONE_STAT_ITEMS.index(name)
    return sum(z.vm_stat[item] + sum(pset.vm_stat_diff[item] for pset in z.pageset) for z in m.zones)


def everything(m: Machine):
    """All of a machine's state as plain values that can be compared."""
    return m.name, m.owners, _plain(m.g)


def _plain(value):
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value) if field.name != "g"}
    if isinstance(value, OrderedDict):
        return list(value)  # their order is state
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if isinstance(value, bytearray):
        return bytes(value)  # not the machine's own, which changes
    return set(value) if isinstance(value, set) else value


def altered(function, old, new, config=None):
    """A kernel in which one function reads differently: `old`, which stands in its source once, replaced by `new`."""
    home = importlib.import_module(linux.load().module_of(function).__name__)
    source = inspect.getsource(getattr(home, function))
    assert source.count(old) == 1, f"{function}() no longer reads {old!r} in one place: adapt this row"
    names = dict(vars(home))
    exec(source.replace(old, new), names)
    return linux.load(replace={function: names[function]}, config=config)
