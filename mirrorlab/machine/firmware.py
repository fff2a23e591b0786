"""Machine descriptions: small TOML files that say what the firmware tells the kernel.

All of a description is checked before anything boots. A mistake raises BadDescription with one sentence that names the
entry. The format is shown in docs/machines.md; the packaged ones are in the folder presets.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import groupby
from pathlib import Path
from typing import Any

from mirrorlab.linux import bootparam
from mirrorlab.linux.pfn import PAGE_SIZE
from mirrorlab.machine import files

FOLDER = Path(__file__).parent / "presets"
SUFFIX = ".toml"

EFI_MEMORY_MORE_RELIABLE = 0x10000  # the attribute bit of mirrored memory
MAX_ADDRESS = 1 << 46
NR_CPUS = 8192  # the most that x86_64 can be built for
MAX_NUMNODES = 64  # and as many mirrored ranges
LONGEST = 1 << 18  # bytes of a file
DEEP_KEY = re.compile(rb"(?<![\w\"'-])(?:[\w\"'-]++[ \t]*+\.[ \t]*+){50}")
LONGEST_NAME = 100  # characters of a name that are compared with those of the presets
EXAMPLE = "'mirrorlab presets toy-64m' prints a description to start from"

# What efi.c makes of each type of an EFI map, in the order of their numbers.
EFI_TYPES = {
    "ReservedMemoryType": bootparam.E820_RESERVED,
    "LoaderCode": bootparam.E820_RAM,
    "LoaderData": bootparam.E820_RAM,
    "BootServicesCode": bootparam.E820_RAM,
    "BootServicesData": bootparam.E820_RAM,
    "RuntimeServicesCode": bootparam.E820_RESERVED,
    "RuntimeServicesData": bootparam.E820_RESERVED,
    "ConventionalMemory": bootparam.E820_RAM,
    "UnusableMemory": bootparam.E820_UNUSABLE,
    "ACPIReclaimMemory": bootparam.E820_ACPI,
    "ACPIMemoryNVS": bootparam.E820_NVS,
    "MemoryMappedIO": bootparam.E820_RESERVED,
    "MemoryMappedIOPortSpace": bootparam.E820_RESERVED,
    "PalCode": bootparam.E820_RESERVED,
    "PersistentMemory": bootparam.E820_PMEM,
}
E820_TYPES = {name: number for number, name in reversed(bootparam.E820_NAMES.items())}
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
    type: int
    """As an e820 map numbers it."""
    mirrored: bool

    @property
    def end(self) -> int:
        """The first address after the range."""
        return self.start + self.size

    @property
    def usable(self) -> bool:
        """Whether the kernel may use it."""
        return self.type in (bootparam.E820_RAM, bootparam.E820_RESERVED_KERN)


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
    """Ascending, empty entries left out."""
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
    def mirrored(self) -> tuple[tuple[int, int, int], ...]:
        """The mirrored ranges, neighbours on one node as one: (node, first byte, bytes)."""
        return tuple(
            (node, start, end - start)
            for (node, mirrored), start, end in _runs(self.memory, lambda entry: (entry.node, entry.mirrored))
            if mirrored
        )


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
        raise BadDescription(f"{name}: it {problem}: give a machine description (a TOML file)") from None
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
        if str(source).endswith(SUFFIX):
            raise BadDescription(f"{files.name(source)}: there is no such file")
        near = "".join(f"; the nearest name is {it}" for it in get_close_matches(str(source)[:LONGEST_NAME], there, 1))
        known = f"name a preset ({', '.join(there)}) or give a TOML file's path"
        raise BadDescription(f"{files.name(source)}: no such machine; {known}{near}")
    return Path(source)


def _checked(name: str, data: Mapping[str, Any]) -> Description:
    """The description in a TOML file's content."""
    _known(data, KEYS, name)
    memory = _memory(data, name)
    cpus = _list(data, "cpus", name, [0])
    reserved = [_range(entry, where) for where, entry in _entries(data, "reserved", name, RESERVED_KEYS)]
    description = Description(
        name,
        _text(data, "summary", name),
        memory,
        tuple(reserved),
        tuple(_node(node, f"{name}: CPU {cpu}", f"{name}: cpus") for cpu, node in enumerate(cpus)),
        _distances(data, name),
        _kernel(data, name),
        _text(data, "cmdline", name),
        _config(data, name),
        tuple(_early(data, name)),
    )
    _check(description)
    return description


# -- Memory ---------------------------------------------------------------------------------------------------------


def _memory(data: Mapping[str, Any], name: str) -> tuple[Memory, ...]:
    kind = _text(data, "map", name) or "efi"
    if kind not in ("efi", "e820"):
        raise BadDescription(f"{name}: map is {kind!r}: write 'efi' or 'e820'")
    entries = (_memory_entry(entry, where, kind) for where, entry in _entries(data, "memory", name, MEMORY_KEYS))
    return tuple(sorted((entry for entry in entries if entry.size), key=lambda entry: entry.start))


def _memory_entry(entry: Mapping[str, Any], where: str, map: str) -> Memory:
    start, size = _range(entry, where)
    type = _type(entry, where, map)
    attribute = _whole(entry.get("attribute", 0), f"{where}: attribute")
    if attribute and map == "e820":
        raise BadDescription(f'{where} has an attribute: only an EFI map has them; say map = "efi"')
    node = _node(entry.get("node", 0), where, f"{where}: node")
    memory = Memory(start, size, node, type, attribute & EFI_MEMORY_MORE_RELIABLE != 0)
    if memory.usable and memory.end > MAX_ADDRESS:
        raise BadDescription(f"{where} ends at {memory.end:#x}: x86_64 has memory below 64 TiB only")
    return memory


def _type(entry: Mapping[str, Any], where: str, map: str) -> int:
    """The type of an entry as an e820 map numbers it; it may stand there by its name or by its number."""
    kind = entry.get("type", "ConventionalMemory" if map == "efi" else "usable")
    kinds: Sequence[str] = list(EFI_TYPES) if map == "efi" else list(E820_TYPES)
    if isinstance(kind, str) and kind in kinds:
        return EFI_TYPES[kind] if map == "efi" else E820_TYPES[kind]
    if isinstance(kind, int) and not isinstance(kind, bool) and 0 <= kind < (len(kinds) if map == "efi" else 1 << 32):
        return EFI_TYPES[kinds[kind]] if map == "efi" else kind
    numbers = f"the numbers 0 to {len(kinds) - 1}" if map == "efi" else "any number, such as 20"
    raise BadDescription(f"{where} is of the unknown type {kind!r}: use one of {', '.join(kinds)}, or {numbers}")


def _runs(memory: Sequence[Memory], key: Callable[[Memory], Any]) -> Iterator[tuple[Any, int, int]]:
    """Entries with the same key that touch or overlap, as one: (key, first byte, byte after the last)."""
    for value, same in groupby(memory, key):
        start = end = -1
        for entry in same:
            if start >= 0 and entry.start > end:
                yield value, start, end
                start = -1
            start, end = (entry.start, entry.end) if start < 0 else (start, max(end, entry.end))
        yield value, start, end


def _range(entry: Mapping[str, Any], where: str) -> tuple[int, int]:
    """The range of an entry, as (first byte, bytes)."""
    if "start" not in entry or ("size" in entry) == ("end" in entry):
        raise BadDescription(f"{where} needs a start, and either a size or an end")
    start = size_of(entry["start"], f"{where}: start")
    last = "end" if "end" in entry else "size"
    end = size_of(entry[last], f"{where}: {last}") + (start if last == "size" else 0)
    if end < start:
        raise BadDescription(f"{where} is reversed: it ends at {end:#x}, before its start {start:#x}")
    if end > 1 << 64:
        raise BadDescription(f"{where} ends at {end:#x}: an address has 64 bits")
    return start, end - start


def size_of(value: Any, what: str) -> int:
    """Bytes: a number, or a text such as "4 GiB", "0x100400000" or "4 GiB + 8 MiB"."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    total = 0
    for term in value.split("+") if isinstance(value, str) else [""]:
        match = re.fullmatch(r"\s*(0x[0-9a-fA-F]{1,30}|[0-9]{1,30})\s*([A-Za-z]*)\s*", term)
        if match is None or match[2].upper() not in UNITS:
            raise BadDescription(
                f"{what} is {value!r}: write whole bytes, KiB, MiB, GiB or TiB, such as '4 GiB' or '4 GiB + 8 MiB'"
            )
        total += int(match[1], 0 if match[1].startswith("0x") else 10) * UNITS[match[2].upper()]
    return total


# -- The rest of a description --------------------------------------------------------------------------------------


def _check(description: Description) -> None:
    """Refuse what the kernel's tables do not hold."""
    name = description.name
    if not description.cpus:
        raise BadDescription(f"{name}: cpus is empty: name the node of at least one CPU, as in cpus = [0]")
    for what, found, most in (
        ("ranges of memory", list(_runs(description.memory, lambda entry: entry.type)), bootparam.E820_X_MAX),
        ("mirrored ranges", description.mirrored, MAX_NUMNODES),
        ("CPUs", description.cpus, NR_CPUS),
    ):
        if len(found) > most:
            raise BadDescription(f"{name}: {len(found)} {what} are too many: the kernel's table holds {most}")


def _node(value: Any, where: str, what: str) -> int:
    node = _whole(value, what)
    if node >= MAX_NUMNODES:
        raise BadDescription(f"{where} is on node {node}: the kernel knows nodes 0 to {MAX_NUMNODES - 1}")
    return node


def _distances(data: Mapping[str, Any], name: str) -> tuple[tuple[int, ...], ...]:
    rows = _list(data, "distances", name, [])
    if not all(isinstance(row, list) for row in rows):
        raise BadDescription(f"{name}: distances is {rows!r}: write a list of numbers for each node")
    if any(len(row) != len(rows) for row in rows):
        raise BadDescription(f"{name}: distances must have as many numbers in each row as it has rows, {len(rows)}")
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
            where += f" (start {entry['start']})"
        _known(entry, keys, where)
        yield where, entry


def _known(data: Any, keys: set[str], where: str) -> None:
    if not isinstance(data, Mapping):
        raise BadDescription(f"{where} is {data!r}: write a table")
    for key in data:
        if key not in keys:
            raise BadDescription(f"{where} has the unknown key {key!r}: use one of {', '.join(sorted(keys))}")


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
