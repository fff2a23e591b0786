"""The recorded cases of the real patched kernel (Linux 4.1.3 with the twelve RFC patches), one file each.

A case is one JSON object, compressed: a machine, its state before, a list of operations, what each returned, and
the state after. Every number was read out of kernel memory; nothing was computed by a model.
"""

import gzip
import io
import json
import zlib
from collections.abc import Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

from mirrorlab.machine import files

FOLDER = Path(__file__).with_name("recordings")
SUFFIX = ".json.gz"

Case = Mapping[str, Any]

# operation -> the fields it must have, besides "op"
OPERATIONS: dict[str, set[str]] = {
    "alloc": {"id", "order", "gfp", "nid", "cpu"},
    "alloc_many": {"id", "count", "order", "gfp", "nid", "cpu"},
    "free": {"id", "cold", "cpu"},
    "free_range": {"start", "stop", "step", "cold", "cpu"},
    "drain": {"cpu"},
    "set_mirrorable": {"value"},
    "set_min_free_kbytes": {"value"},
    "kmem_alloc": {"id", "cache", "gfp", "cpu"},
    "kmem_alloc_node": {"id", "cache", "gfp", "nid", "cpu"},
    "kmalloc": {"id", "size", "gfp", "cpu"},
    "kmalloc_large": {"id", "size", "gfp", "cpu"},
    "dump": set(),
}
STATE = {"sysctl_mirrorable", "min_free_kbytes", "zlc_full", "zones"}
STATE_ZONE = {
    *("node", "idx", "watermark", "flags", "nr_migrate_reserve_block", "vm_stat", "cpus", "free_area", "pageblocks"),
}
MACHINE = {"boot", "machine_name", "kernel_build", "cmdline", "globals", "mirror_info", "cpus", "nodes"} | {
    *("zonelists", "zones"),
}
MACHINE_ZONE = {"node", "idx", "name", "start_pfn", "spanned", "present", "managed", "lowmem_reserve", "pages_rle"}
MACHINE_GLOBALS = {
    *("max_order", "pageblock_order", "migrate_pcptypes", "page_group_by_mobility_disabled", "rt_task"),
    *("gfp_allowed_mask", "nr_online_nodes", "nr_online_cpus", "user_min_free_kbytes", "fair_depleted_bit"),
}


class RecordingError(ValueError):
    """A file is not a recorded case: the message names the file and what is wrong."""


class Unlike(ValueError):
    """A recorded state is not about this machine, or contradicts itself. Arguments: what, in the recording, here."""


def same(what: str, recorded: Any, here: Any) -> None:
    """Raises Unlike when two values that cannot be brought into a machine are not the same."""
    if recorded != here:
        raise Unlike(what, recorded, here)


@cache
def names() -> tuple[str, ...]:
    """The names of the cases in this package, sorted."""
    return tuple(sorted(path.name.removesuffix(SUFFIX) for path in FOLDER.glob("*" + SUFFIX)))


def load(name: str | Path) -> Case:
    """Read a recorded case: the name of one in this package, or the path of a file.

    Raises RecordingError when there is no such case, or the file is damaged or something else.
    """
    path = FOLDER / f"{name}{SUFFIX}" if str(name) in names() else Path(name)
    if files.missing(path):
        near = get_close_matches(str(name), names(), 1)
        there = (
            f"did you mean {near[0]}?"
            if near
            else f"give a file's path, or one of {len(names())} names such as {names()[0]}"
        )
        raise RecordingError(f"{files.name(name)}: no such case; {there}")
    return check(read(path), files.name(path))


def read(path: Path) -> Any:
    """The JSON value in a file, compressed or not. Raises RecordingError when it cannot be read."""
    name = files.name(path)
    try:
        data = files.read(path)
        if data[:2] == b"\x1f\x8b":
            data = _unpacked(data)
        return json.loads(data)
    except files.Unreadable as problem:
        raise RecordingError(f"{name}: it {problem}, so it is no recorded case") from None
    except EOFError:
        raise RecordingError(f"{name}: the file is cut short") from None
    except (gzip.BadGzipFile, zlib.error) as problem:
        raise RecordingError(f"{name}: the file is damaged ({problem})") from None
    except RecursionError:
        raise RecordingError(f"{name}: not a recorded case (nested too deeply)") from None
    except ValueError:
        raise RecordingError(f"{name}: not a recorded case ({_what_else(data, path)})") from None


def _unpacked(data: bytes) -> bytes:
    """What is compressed in `data`. Raises Unreadable when that is far more than any recording."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        unpacked = file.read(files.MOST + 1)
    if len(unpacked) > files.MOST:
        raise files.Unreadable(f"unpacks to more than {files.size(files.MOST)}")
    return unpacked


def _what_else(data: bytes, path: Path) -> str:
    """What a file is that holds no JSON."""
    if path.suffix == ".toml":
        return "a machine description: boot it with 'mirrorlab boot'"
    kind = files.kind(data, path)
    return f"no JSON, but {kind}" if kind and kind != "JSON" else files.conflict(data) or "no JSON"


def check(case: Any, path: str) -> Case:
    """The same value, once it is known to have the shape of a case. Raises RecordingError otherwise."""
    try:
        _need(case, {"name", "category", "machine"}, "the case")
        if not (isinstance(case["name"], str) and isinstance(case["category"], str)):
            raise ValueError("name and category are not both texts")
        machine = case["machine"]
        _need(machine, MACHINE, "machine")
        _need(machine["globals"], MACHINE_GLOBALS, "machine.globals")
        for zone in machine["zones"]:
            _need(zone, MACHINE_ZONE, "a zone of machine")
        if case["category"] == "boot":
            _check_boot(case)
        else:
            _check_operations(case)
    except (TypeError, AttributeError, KeyError, ValueError) as problem:
        raise RecordingError(f"{path}: not a recorded case ({problem})") from None
    return case


def _check_boot(case: Any) -> None:
    _need(case, {"memblock", "mirror_info", "before", "buddy"}, "the case")
    memblock = case["memblock"]
    _need(memblock, {"memory", "reserved", "allocated_arrays"}, "memblock")
    _need(memblock["allocated_arrays"], {"memory", "reserved"}, "memblock.allocated_arrays")
    for region in [*memblock["memory"], *memblock["reserved"]]:
        _need(region, {"base", "size", "nid", "flags"}, "a region of memblock")
    for entry in case["mirror_info"]:
        _need(entry, {"node", "start", "size"}, "an entry of mirror_info")
    for where in ("before", "buddy"):
        _check_state(case[where], where, len(case["machine"]["zones"]))


def _check_operations(case: Any) -> None:
    _need(case, {"initial", "ops", "results", "dumps", "final"}, "the case")
    ops, results = case["ops"], case["results"]
    initial = case["initial"]
    caches = initial.get("slub") or initial.get("slab") or initial.get("slob", {}).get("caches", [])
    if len(ops) != len(results):
        raise ValueError(f"{len(ops)} operations but {len(results)} results")
    for index, op in enumerate(ops):
        _need(op, {"op"}, f"operation {index}")
        if op["op"] not in OPERATIONS:
            raise ValueError(f"operation {index} is of the unknown kind {op['op']!r}")
        _need(op, OPERATIONS[op["op"]], f"operation {index} ({op['op']})")
        _check_fields(case["machine"], op, f"operation {index} ({op['op']})")
        if "cache" in op and not 0 <= op["cache"] < len(caches):
            raise ValueError(f"operation {index} asks cache {op['cache']}, and the initial state has {len(caches)}")
        if op["op"] == "dump" and str(index) not in case["dumps"]:
            raise ValueError(f"operation {index} is a dump without a recorded state")
    for where, state in [("initial", case["initial"]), ("final", case["final"]), *case["dumps"].items()]:
        _check_state(state, where, len(case["machine"]["zones"]))


def _check_fields(machine: Any, op: Any, what: str) -> None:
    for field, value in op.items():
        if field != "op" and not isinstance(value, int):
            raise ValueError(f"{what}: {field} is not a number: {value!r}")
    if not 0 <= op.get("cpu", 0) < len(machine["cpus"]):
        raise ValueError(f"{what}: the machine has no CPU {op['cpu']}")
    if op.get("nid", -1) not in [-1, *machine["nodes"]]:
        raise ValueError(f"{what}: the machine has no node {op['nid']}")
    if op.get("order", 0) < 0:
        raise ValueError(f"{what}: order {op['order']}")


def _check_state(state: Any, where: str, zones: int) -> None:
    _need(state, STATE, f"state {where}")
    here = len(state["zones"])
    if here != zones:
        raise ValueError(f"state {where} has {here} zones, the machine {zones}")
    for zone in state["zones"]:
        _need(zone, STATE_ZONE, f"a zone of state {where}")
        for cpu in zone["cpus"]:
            pages = sum(map(len, cpu["lists"].values()))
            if cpu["count"] != pages or cpu["batch"] < 1 or cpu["high"] < 0:  # with these, Linux would never end
                raise ValueError(
                    f"state {where}: CPU {cpu['cpu']} holds {pages} pages and counts {cpu['count']}, "
                    f"high {cpu['high']}, batch {cpu['batch']}"
                )


def _need(value: Any, keys: set[str], what: str) -> None:
    if not isinstance(value, dict):
        raise ValueError(f"{what} is not a JSON object")
    missing = keys - value.keys()
    if missing:
        raise ValueError(f"{what} lacks {', '.join(sorted(missing))}")
