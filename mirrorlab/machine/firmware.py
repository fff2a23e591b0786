"""Machine descriptions: small TOML files that say what the firmware tells the kernel.

All of a description is checked before anything boots. A mistake raises BadDescription with one sentence that names the
entry. The format is shown in docs/machines.md; the packaged ones are in the folder presets.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from pathlib import Path
from typing import Any

from mirrorlab.machine import files

FOLDER = Path(__file__).parent / "presets"
SUFFIX = ".toml"

EFI_MEMORY_MORE_RELIABLE = 0x10000  # the attribute bit of mirrored memory
PAGE_SIZE = 4096
MAX_ADDRESS = 1 << 46
MAX_RANGES = 128  # memory or reserved: what memblock's lists hold without growing
NR_CPUS = 8192
MAX_NUMNODES = 64  # and as many mirrored ranges
NODE_MIN_SIZE = 4 << 20
LONGEST = 1 << 18  # bytes of a file
DEEP_KEY = re.compile(rb"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){50}")
LONGEST_NAME = 100  # characters of a name that are compared with those of the presets
EXAMPLE = "'mirrorlab presets toy-64m' prints a description to start from"

# type -> whether the kernel may use it
TYPES = {
    "efi": {
        **dict.fromkeys(("ConventionalMemory", "LoaderCode", "LoaderData"), True),
        **dict.fromkeys(("BootServicesCode", "BootServicesData"), True),
        **dict.fromkeys(("ReservedMemoryType", "RuntimeServicesCode", "RuntimeServicesData"), False),
        **dict.fromkeys(("UnusableMemory", "ACPIReclaimMemory", "ACPIMemoryNVS", "MemoryMappedIO"), False),
    },
    "e820": {"usable": True, "reserved": False},
}
UNITS = {"": 1, "B": 1, "KIB": 1 << 10, "MIB": 1 << 20, "GIB": 1 << 30, "TIB": 1 << 40}

KEYS = {"summary", "map", "memory", "reserved", "cpus", "distances", "pageblock_order", "kernel", "cmdline", "config"}
KEYS |= {"early"}
RANGE_KEYS = {"start", "size", "end"}
MEMORY_KEYS = RANGE_KEYS | {"type", "attribute", "node"}
RESERVED_KEYS = RANGE_KEYS | {"what"}
EARLY_KEYS = {"order", "gfp", "who"}
KERNEL_KEYS = {"start", "code", "rwdata", "rodata", "init", "bss"}


class BadDescription(ValueError):
    """A machine description cannot be booted: the message names the entry and what is wrong with it."""


@dataclass(frozen=True)
class Memory:
    """An entry of the memory map. Addresses and sizes are bytes."""

    start: int
    size: int
    node: int
    usable: bool
    mirrored: bool

    @property
    def end(self) -> int:
        """The first address after the range."""
        return self.start + self.size


@dataclass(frozen=True)
class Early:
    """An allocation that the kernel makes while it boots."""

    order: int
    gfp: str
    who: str


@dataclass(frozen=True)
class Description:
    """A machine, checked: what boot() needs."""

    name: str
    summary: str
    memory: tuple[Memory, ...]
    """Ascending."""
    reserved: tuple[tuple[int, int], ...] = ()
    """(first byte, bytes)."""
    cpus: tuple[int, ...] = (0,)
    """The node of each CPU."""
    distances: tuple[tuple[int, ...], ...] = ()
    kernel: Mapping[str, int] = field(default_factory=dict)
    """Bytes of each section, and where the image starts."""
    cmdline: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    """Build options of linux/kconfig.py."""
    early: tuple[Early, ...] = ()

    @property
    def nodes(self) -> tuple[int, ...]:
        """The nodes that have usable memory."""
        return tuple(sorted({entry.node for entry in self.memory if entry.usable}))


def presets() -> tuple[str, ...]:
    """The names of the packaged descriptions, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*" + SUFFIX)))


def load(source: str | Path | Mapping[str, Any]) -> Description:
    """Read and check a description: the name of a preset, the path of a TOML file, or its content as a dict.

    Raises BadDescription.
    """
    if isinstance(source, Mapping):
        return _checked("this machine", source)
    import tomllib  # here: it takes longer to import than most machines to boot

    path = path_of(source)
    name = files.name(path.name)
    try:
        content = files.read(path, LONGEST)
        if DEEP_KEY.search(content):  # the reader of TOML takes minutes for it
            raise RecursionError
        data = tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
    except files.Unreadable as problem:
        raise BadDescription(f"{name}: it {problem}, so it is no machine description (a TOML file)") from None
    except RecursionError:
        raise BadDescription(f"{name}: not a machine description (nested too deeply)") from None
    except ValueError as problem:
        what = files.kind(content, path)
        reason = files.conflict(content) or str(problem).split(";")[0]  # the rest speaks to programmers
        other = f" but {what}: {EXAMPLE}" if what else f" ({reason})"
        raise BadDescription(f"{name}: not a TOML file{other}") from None
    if not content.strip():
        raise BadDescription(f"{name} is an empty file: {EXAMPLE}")
    if data and not data.keys() & KEYS:
        raise BadDescription(f"{name} is a TOML file, but no machine description (no [[memory]]): {EXAMPLE}")
    return _checked(files.name(path.stem), data)


def path_of(source: str | Path) -> Path:
    """The file of a preset, or the path itself. Raises BadDescription when there is no such file."""
    there = presets()
    if str(source) in there:
        return FOLDER / f"{source}{SUFFIX}"
    if files.missing(source):
        near = "".join(f"; the nearest name is {it}" for it in get_close_matches(str(source)[:LONGEST_NAME], there, 1))
        known = f"name a preset ({', '.join(there)}) or give a TOML file's path"
        raise BadDescription(f"{files.name(source)}: no such machine; {known}{near}")
    return Path(source)


def _checked(name: str, data: Mapping[str, Any]) -> Description:
    """The description in a TOML file's content."""
    _known(data, KEYS, name)
    memory = _memory(data, name)
    cpus = tuple(_whole(node, f"{name}: cpus") for node in _list(data, "cpus", name, [0]))
    reserved = [_range(entry, where) for where, entry in _entries(data, "reserved", name, RESERVED_KEYS)]
    if len(reserved) >= MAX_RANGES:
        raise BadDescription(f"{name}: {len(reserved)} reserved ranges are too many: memblock holds {MAX_RANGES}")
    description = Description(
        name,
        _text(data, "summary", name),
        memory,
        tuple(reserved),
        cpus,
        _distances(data, name),
        _kernel(data, name),
        _text(data, "cmdline", name),
        _config(data, name),
        tuple(_early(data, name)),
    )
    _check_nodes(description)
    return description


# -- Memory ---------------------------------------------------------------------------------------------------------


def _memory(data: Mapping[str, Any], name: str) -> tuple[Memory, ...]:
    kinds = TYPES.get(_text(data, "map", name) or "efi")
    if kinds is None:
        raise BadDescription(f"{name}: map is {data['map']!r}: write 'efi' or 'e820'")
    places = []
    for where, entry in _entries(data, "memory", name, MEMORY_KEYS):
        places.append((_memory_entry(entry, where, kinds), where))
    memory = [entry for entry, _ in sorted(places, key=lambda place: place[0].start)]
    if not any(entry.usable for entry in memory):
        raise BadDescription(f"{name}: there is no memory at all; add a [[memory]] entry that the kernel may use")
    for (low, first), (high, second) in pairwise(sorted(places, key=lambda place: place[0].start)):
        if high.start < low.end:
            raise BadDescription(f"{second} overlaps {first.removeprefix(name + ': ')}: cut one of them")
    if len(memory) > MAX_RANGES:
        raise BadDescription(f"{name}: {len(memory)} ranges of memory are too many: memblock holds {MAX_RANGES}")
    mirrored = [where for entry, where in places if entry.mirrored]
    if len(mirrored) > MAX_NUMNODES:
        number = MAX_NUMNODES + 1
        raise BadDescription(
            f"{mirrored[MAX_NUMNODES]} is mirrored range number {number}: the kernel's table holds {MAX_NUMNODES}"
        )
    return tuple(memory)


def _memory_entry(entry: Mapping[str, Any], where: str, kinds: Mapping[str, bool]) -> Memory:
    start, size = _range(entry, where)
    kind = _text(entry, "type", where) or next(iter(kinds))
    if kind not in kinds:
        raise BadDescription(f"{where} is of the unknown type {kind!r}: there are {', '.join(kinds)}")
    attribute = _whole(entry.get("attribute", 0), f"{where}: attribute")
    mirrored = attribute & EFI_MEMORY_MORE_RELIABLE != 0
    if attribute and "usable" in kinds:
        raise BadDescription(f'{where} has an attribute: only an EFI map has them; say map = "efi"')
    if mirrored and not kinds[kind]:
        raise BadDescription(f"{where} is mirrored, but the kernel may not use it: {kind} is not memory")
    node = _whole(entry.get("node", 0), f"{where}: node")
    if node >= MAX_NUMNODES:
        raise BadDescription(f"{where} is on node {node}: the kernel knows nodes 0 to {MAX_NUMNODES - 1}")
    return Memory(start, size, node, kinds[kind], mirrored)


def _range(entry: Mapping[str, Any], where: str) -> tuple[int, int]:
    """The range of an entry, as (first byte, bytes)."""
    if "start" not in entry or ("size" in entry) == ("end" in entry):
        raise BadDescription(f"{where} needs a start, and either a size or an end")
    start = size_of(entry["start"], f"{where}: start")
    last = "end" if "end" in entry else "size"
    end = size_of(entry[last], f"{where}: {last}") + (start if last == "size" else 0)
    if end < start:
        raise BadDescription(f"{where} is reversed: it ends at {end:#x}, before its start {start:#x}")
    if end == start:
        raise BadDescription(f"{where} is empty: give it a size of at least one page, 4 KiB")
    for edge, value in (("start", start), ("end", end)):
        if value % PAGE_SIZE:
            raise BadDescription(f"{where} is not aligned: its {edge} {value:#x} is not a multiple of 4 KiB")
    if end > MAX_ADDRESS:
        raise BadDescription(f"{where} ends at {end:#x}: x86_64 has memory below 64 TiB only")
    return start, end - start


def size_of(value: Any, what: str) -> int:
    """Bytes: a number, or a text such as "4 GiB", "0x100400000" or "4 GiB + 8 MiB"."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    total = 0
    for term in value.split("+") if isinstance(value, str) else [""]:
        match = re.fullmatch(r"\s*(0x[0-9a-fA-F]{1,30}|[0-9]{1,30})\s*([A-Za-z]*)\s*", term)
        if match is None or match[2].upper() not in UNITS:
            raise BadDescription(f"{what} is {value!r}: write bytes, or a text such as '4 GiB' or '4 GiB + 8 MiB'")
        total += int(match[1], 0 if match[1].startswith("0x") else 10) * UNITS[match[2].upper()]
    return total


# -- The rest of a description --------------------------------------------------------------------------------------


def _check_nodes(description: Description) -> None:
    """Refuse a node without memory, or with too little of it."""
    name, nodes = description.name, description.nodes
    named = {node: f"cpus: CPU {cpu}" for cpu, node in reversed(list(enumerate(description.cpus)))}
    named |= {entry.node: f"memory at {entry.start:#x}" for entry in description.memory}
    for node, where in sorted(named.items()):
        if node not in nodes:
            raise BadDescription(f"{name}: {where} is on node {node}, which has no memory that the kernel may use")
    if not description.cpus:
        raise BadDescription(f"{name}: cpus is empty: name the node of at least one CPU, as in cpus = [0]")
    if len(description.cpus) > NR_CPUS:
        raise BadDescription(
            f"{name}: {len(description.cpus)} CPUs are too many: Linux on x86_64 has at most {NR_CPUS}"
        )
    for node in nodes if len(nodes) > 1 else ():
        size = sum(entry.size for entry in description.memory if entry.node == node and entry.usable)
        if size < NODE_MIN_SIZE:
            raise BadDescription(f"{name}: node {node} has only {size >> 10} KiB: Linux leaves out nodes below 4 MiB")
    width = max(nodes) + 1
    if description.distances and [len(row) for row in description.distances] != [width] * width:
        raise BadDescription(f"{name}: distances must have {width} rows of {width} numbers, a row for each node")


def _distances(data: Mapping[str, Any], name: str) -> tuple[tuple[int, ...], ...]:
    rows = _list(data, "distances", name, [])
    if not all(isinstance(row, list) for row in rows):
        raise BadDescription(f"{name}: distances is {rows!r}: write a list of numbers for each node")
    return tuple(tuple(_whole(number, f"{name}: distances") for number in row) for row in rows)


def _kernel(data: Mapping[str, Any], name: str) -> dict[str, int]:
    kernel = data.get("kernel", {})
    _known(kernel, KERNEL_KEYS, f"{name}: [kernel]")
    sizes = {key: size_of(value, f"{name}: [kernel] {key}") for key, value in kernel.items()}
    if sizes.get("start", 0) % PAGE_SIZE:
        raise BadDescription(f"{name}: [kernel] start {sizes['start']:#x} is not aligned: use a multiple of 4 KiB")
    return sizes


def _config(data: Mapping[str, Any], name: str) -> dict[str, Any]:
    config = data.get("config", {})
    if not isinstance(config, Mapping):
        raise BadDescription(f"{name}: config is {config!r}: write a table, [config]")
    config = dict(config)
    if "pageblock_order" in data:
        order = data["pageblock_order"]
        if order not in (9, 10):
            raise BadDescription(f"{name}: pageblock_order is {order!r}: write 9 or 10")
        config["HUGETLB_PAGE"] = order == 9
    return config


def _early(data: Mapping[str, Any], name: str) -> Iterator[Early]:
    for where, entry in _entries(data, "early", name, EARLY_KEYS):
        order = _whole(entry.get("order", 0), f"{where}: order")
        yield Early(order, _text(entry, "gfp", where) or "GFP_KERNEL", _text(entry, "who", where) or "early boot")


def _entries(data: Mapping[str, Any], key: str, name: str, keys: set[str]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The entries of an array of tables, each with how to name it in a message. keys: what they may have."""
    for number, entry in enumerate(_list(data, key, name, []), 1):
        where = f"{name}: {key} entry {number}"
        if not isinstance(entry, Mapping):
            raise BadDescription(f"{where} is {entry!r}: write a table, [[{key}]]")
        if entry.get("start") is not None:
            where += f" ({entry['start']})"
        _known(entry, keys, where)
        yield where, entry


def _known(data: Any, keys: set[str], where: str) -> None:
    if not isinstance(data, Mapping):
        raise BadDescription(f"{where} is {data!r}: write a table")
    for key in data:
        if key not in keys:
            raise BadDescription(f"{where} has the unknown key {key!r}: there are {', '.join(sorted(keys))}")


def _list(data: Mapping[str, Any], key: str, name: str, default: list[Any]) -> list[Any]:
    value = data.get(key, default)
    if not isinstance(value, list):
        raise BadDescription(f"{name}: {key} is {value!r}: write a list")
    return value


def _whole(value: Any, what: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise BadDescription(f"{what} is {value!r}: write a whole number from 0 on")
    return value


def _text(data: Mapping[str, Any], key: str, where: str) -> str:
    value = data.get(key, "")
    if not isinstance(value, str):
        raise BadDescription(f"{where}: {key} is {value!r}: write a text in quotes")
    return value
