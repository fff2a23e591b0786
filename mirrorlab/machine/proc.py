"""The texts of /proc, parsed and printed again: what the model printed, and what a real Linux 4.1 did.

`parse(name, text)` gives plain data, `render(name, data)` the text again, byte by byte. Names are those of
`Machine.proc`; a node's file may be called node0/meminfo or node0_meminfo.
"""

import re
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from mirrorlab.linux import meminfo, node, vmstat
from mirrorlab.linux.vmstat import PageTypeInfo, ZoneInfo


class BuddyLine(NamedTuple):
    """A line of /proc/buddyinfo."""

    node: int
    zone: str
    nr_free: list[int]
    """Free blocks by order."""


PAGESET = ("cpu", "count", "high", "batch", "vm stats threshold")


class Resource(NamedTuple):
    """A line of /proc/iomem."""

    depth: int
    start: int
    end: int
    """The last address, not the one after it."""
    name: str


def parse(name: str, text: str) -> Any:
    """The data in a text. Raises ValueError, naming the line, when the text is not of that kind."""
    return _kind(name)[0](text)


def render(name: str, data: Any) -> str:
    """The text that the data came from."""
    return _kind(name)[1](data)


def plain(data: Any) -> Any:
    """Parsed data as JSON knows it."""
    if isinstance(data, tuple) and hasattr(data, "_asdict"):
        return data._asdict()
    return [plain(item) for item in data] if isinstance(data, list | tuple) else data


def _matches(pattern: str, text: str, what: str) -> list[re.Match[str]]:
    return [_match(pattern, line, what) for line in text.splitlines()]


def _match(pattern: str, line: str, what: str) -> re.Match[str]:
    match = re.fullmatch(pattern, line)
    if match is None:
        raise ValueError(f"this is not a line of {what}: {line!r}")
    return match


def _numbers(text: str) -> list[int]:
    return [int(word) for word in text.split()]


def _parse_buddyinfo(text: str) -> list[BuddyLine]:
    lines = _matches(r"Node (\d+), zone +(\w+) ([\d ]+)", text, "buddyinfo")
    return [BuddyLine(int(line[1]), line[2], _numbers(line[3])) for line in lines]


def _parse_pagetypeinfo(text: str) -> list[PageTypeInfo]:
    infos: list[PageTypeInfo] = []
    for line in text.splitlines():
        if line.startswith("Page block order:"):
            infos.append(PageTypeInfo(int(line.split()[-1]), 0, (), [], []))
            continue
        if not infos:
            raise ValueError(f"pagetypeinfo starts with the page block order, not with {line!r}")
        info = infos[-1]
        free = re.fullmatch(r"Node +(\d+), zone +(\w+), type +(\w+) ([\d ]+)", line)
        blocks = re.fullmatch(r"Node (\d+), zone +(\w+) ([\d ]+)", line)
        if free:
            info.free.append((int(free[1]), free[2], free[3], _numbers(free[4])))
        elif blocks:
            info.blocks.append((int(blocks[1]), blocks[2], _numbers(blocks[3])))
        elif line.startswith("Pages per block:"):
            infos[-1] = info._replace(pages_per_block=int(line.split()[-1]))
        elif line.startswith("Number of blocks type"):
            infos[-1] = info._replace(types=tuple(line.split()[4:]))
        else:
            _match(r"|Free pages count per migrate type at order[\d ]+", line, "pagetypeinfo")
    return infos


def _parse_zoneinfo(text: str) -> list[ZoneInfo]:
    infos: list[ZoneInfo] = []
    for line in text.splitlines():
        head = re.fullmatch(r"Node (\d+), zone +(\w+)", line)
        if head:
            infos.append(ZoneInfo(int(head[1]), head[2], {}, {}, [], [], 0, 0, 0))
        elif not infos:
            raise ValueError(f"zoneinfo starts with a node and a zone, not with {line!r}")
        else:
            infos[-1] = _zoneinfo_line(infos[-1], line)
    return infos


def _zoneinfo_line(info: ZoneInfo, line: str) -> ZoneInfo:
    """The zone's figures with those of one more line."""
    if line == "  pagesets":
        return info
    if "protection:" in line:
        return info._replace(protection=[int(word) for word in re.findall(r"\d+", line)])
    match = _match(r"( +)(?:(\w[\w ]*\w): *|(?:pages )?(\w+) +)(\d+)", line, "zoneinfo")
    indent, key, name, value = len(match[1]), match[2], match[3], int(match[4])
    if name:
        (info.pages if indent in (2, 8) else info.counters)[name] = value
    elif key == "all_unreclaimable":
        return info._replace(all_unreclaimable=value)
    elif key == "start_pfn":
        return info._replace(start_pfn=value)
    elif key == "inactive_ratio":
        return info._replace(inactive_ratio=value)
    elif key == "cpu":
        info.pagesets.append((value, 0, 0, 0, 0))
    elif key in PAGESET and info.pagesets:
        pageset = list(info.pagesets.pop())
        pageset[PAGESET.index(key)] = value
        info.pagesets.append((pageset[0], pageset[1], pageset[2], pageset[3], pageset[4]))
    else:
        raise ValueError(f"this is not a line of zoneinfo: {line!r}")
    return info


def _named_by(pattern: str, what: str) -> Callable[[str], dict[str, int]]:
    """Parse lines that each have a name and a number."""
    return lambda text: {line[1]: int(line[2]) for line in _matches(pattern, text, what)}


def _parse_node_meminfo(text: str) -> tuple[int, dict[str, int]]:
    lines = _matches(r"Node (\d+) ([\w()]+): +(\d+)(?: kB)?", text, "node meminfo")
    return int(lines[0][1]) if lines else 0, {line[2]: int(line[3]) for line in lines}


def _parse_iomem(text: str) -> list[Resource]:
    lines = _matches(r"( *)([0-9a-f]+)-([0-9a-f]+) : (.*)", text, "iomem")
    return [Resource(len(line[1]) // 2, int(line[2], 16), int(line[3], 16), line[4]) for line in lines]


def _parse_lines(text: str) -> list[str]:
    """The lines of a text that has no other shape, such as the boot log."""
    return text.split("\n")[:-1] if text.endswith("\n") else text.split("\n")


def _each(as_text: Callable[[Any], str]) -> Callable[[Iterable[Any]], str]:
    """Print one thing after the other."""
    return lambda things: "".join(map(as_text, things))


def _counters(values: dict[str, int]) -> str:
    return "".join(f"{name} {value}\n" for name, value in values.items())


def _resource(line: Resource) -> str:
    return f"{'  ' * line.depth}{line.start:08x}-{line.end:08x} : {line.name}\n"


_parse_counters = _named_by(r"(\w+) (\d+)", "counters")
_lines = _each("{}\n".format)

KINDS: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    "buddyinfo": (_parse_buddyinfo, _each(lambda line: vmstat.frag_show_print(*line))),
    "pagetypeinfo": (_parse_pagetypeinfo, _each(vmstat.pagetypeinfo_print)),
    "zoneinfo": (_parse_zoneinfo, _each(vmstat.zoneinfo_show_print)),
    "meminfo": (_named_by(r"([\w()]+): +(\d+)(?: kB)?", "meminfo"), meminfo.meminfo_print),
    "vmstat": (_parse_counters, _counters),
    "iomem": (_parse_iomem, _each(_resource)),
    "dmesg": (_parse_lines, _lines),
    "cmdline": (_parse_lines, _lines),
    "show_free_areas": (_parse_lines, _lines),
    "node/meminfo": (_parse_node_meminfo, lambda data: node.node_meminfo_print(*data)),
    "node/vmstat": (_parse_counters, _counters),
    "node/numastat": (_parse_counters, _counters),
    "sys": (int, lambda value: f"{value}\n"),
}


def _kind(name: str) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    kind = name.removeprefix("/proc/").removeprefix("/sys/devices/system/node/")
    kind = re.sub(r"^node\d+[/_]", "node/", kind)
    kind = "sys" if re.match(r"sys[/_]", kind) else kind
    if kind not in KINDS:
        raise ValueError(f"there is no text {name!r} here: there are {', '.join(KINDS)}")
    return KINDS[kind]
