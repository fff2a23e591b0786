"""Booting: from a machine description to a Machine, at once or one stage at a time."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from mirrorlab import linux
from mirrorlab.machine import Machine, firmware

Trace = list[tuple[Any, ...]]
Source = str | Path | Mapping[str, Any] | firmware.Description


class Stage(NamedTuple):
    """A point on the way from power-on to a running kernel."""

    name: str
    """One of linux/main.py's STAGES."""
    what: str
    """What has been done so far."""
    machine: Machine
    """The machine at this point. It goes on booting: keep a `machine.copy()` to look at later."""


def boot(
    source: Source, cmdline: str | None = None, *, kernel: linux.Kernel | None = None, trace: Trace | None = None
) -> Machine:
    """Boot a machine and return it running.

    source: the name of a preset (`mirrorlab presets` lists them), the path of a TOML file, or its content as a dict.
    cmdline: the kernel's command line, such as "mirrorable kernelcore=1G"; None: the description's own.
    kernel: a loaded kernel; None loads one with the description's build options.
    trace: a list that gets what happens on the way, as events (events.py); it makes a large machine slow to boot.

    Raises BadDescription (a ValueError) with one sentence on what is wrong; then nothing has booted.
    """
    for stage in stages(source, cmdline, kernel=kernel, trace=trace):
        machine = stage.machine
    return machine


def stages(
    source: Source, cmdline: str | None = None, *, kernel: linux.Kernel | None = None, trace: Trace | None = None
) -> Iterator[Stage]:
    """Boot as boot() does, and stop after each stage of linux/main.py: start_kernel()."""
    description = source if isinstance(source, firmware.Description) else firmware.load(source)
    kernel = _kernel_for(description, kernel)
    if cmdline is not None and not isinstance(cmdline, str):
        raise ValueError(f"cmdline is {cmdline!r}: give a text, such as 'mirrorable kernelcore=1G'")
    params = boot_params(description, kernel, description.cmdline if cmdline is None else cmdline)
    machine = Machine(kernel, kernel.mmzone.Globals(), description.name)
    machine.g.trace = trace
    return _run(description, machine, params)


def _run(description: firmware.Description, machine: Machine, params: Any) -> Iterator[Stage]:
    main = machine.kernel.main
    for name in main.start_kernel(machine.g, params):
        if name == "memblock":
            _check_memory(description, machine)
        if name == "bootmem":
            if not any(zone.managed_pages for zone in machine.zones):
                raise firmware.BadDescription(f"{description.name}: all memory is reserved: leave the kernel some")
            _allocate_early(description, machine)
        yield Stage(name, main.STAGES[name], machine)
    machine.g.trace = None  # only the boot is traced


def _check_memory(description: firmware.Description, machine: Machine) -> None:
    """Refuse to go on without memory, or with a kernel image that lies outside it."""
    g, image, cmdline = machine.g, machine.g.image, machine.g.saved_command_line
    known, ranges = description.memory, list(machine.kernel.memblock.for_each_mem_pfn_range(g.memblock))
    if not ranges:
        raise firmware.BadDescription(f"{description.name}: {_no_memory(description, cmdline)}")
    if ranges[-1][1] > firmware.MAX_ADDRESS >> 12:
        raise firmware.BadDescription(
            f"{description.name}: the command line {cmdline!r} names memory at 64 TiB or above: x86_64 has none there"
        )
    for start, end, nid in ranges:
        if nid == machine.kernel.memblock.MEMBLOCK_NO_NODE:
            added = not any(entry.usable and entry.start < end << 12 and start << 12 < entry.end for entry in known)
            raise firmware.BadDescription(
                f"{description.name}: the memory from {start << 12:#x} to {end << 12:#x} is on no node: "
                + (
                    f"the command line {cmdline!r} adds it; leave that part out"
                    if added
                    else "Linux drops a node of less than 4 MiB; put this memory on a larger one"
                )
            )
    if image.start is not None:
        start, end = image.start, machine.kernel.main.sections(image)["bss"][1]
        if not any(region.base <= start and end <= region.end for region in g.memblock.memory.regions):
            raise firmware.BadDescription(
                f"{description.name}: [kernel] start: no memory holds the kernel image ({start:#x} to {end:#x}); "
                "move it, or change the command line if that has cut the memory"
            )


def _no_memory(description: firmware.Description, cmdline: str) -> str:
    """Why there is not a page of memory, and what to do."""
    if not any(entry.usable for entry in description.memory):
        return "there is no memory at all; add a [[memory]] entry that the kernel may use"
    if cmdline != description.cmdline or "mem" in cmdline:
        return f"the command line {cmdline!r} leaves no memory: let it keep some"
    return "no whole page of memory is left for the kernel: it takes none below 4 KiB, nor from 640 KiB to 1 MiB"


def boot_params(description: firmware.Description, kernel: linux.Kernel, cmdline: str) -> Any:
    """What firmware and boot loader tell the kernel: its BootParams."""
    told = kernel.bootparam
    memory = description.memory
    one_node = not any((*description.cpus, *(m.node for m in memory if m.usable)))  # then firmware need not name it
    return told.BootParams(
        e820=[told.E820Entry(m.start, m.size, m.type) for m in memory],
        cmdline=cmdline,
        affinity=[] if one_node else [(m.node, m.start, m.size) for m in memory if m.usable],
        distances=[list(row) for row in description.distances],
        cpu_to_node=list(description.cpus),
        mirrored=list(description.mirrored),
        reserved=list(description.reserved),
        image=told.KernelImage(**description.kernel),
    )


def _kernel_for(description: firmware.Description, kernel: linux.Kernel | None) -> linux.Kernel:
    """The kernel to boot: the one given, if its build options suit the description."""
    name, config = description.name, description.config
    if kernel is None:
        try:
            return _kernel_with(tuple(sorted(config.items())))
        except (TypeError, ValueError) as problem:
            raise firmware.BadDescription(f"{name}: [config] does not fit: {problem}") from None
    for option, value in config.items():
        if getattr(kernel.kconfig, option, None) != value:
            raise firmware.BadDescription(f"{name} wants a kernel with {option} = {value}: load it with that in config")
    return kernel


@lru_cache(maxsize=8)
def _kernel_with(config: tuple[tuple[str, Any], ...]) -> linux.Kernel:
    return linux.load(config=dict(config))


def _allocate_early(description: firmware.Description, machine: Machine) -> None:
    for number, early in enumerate(description.early, 1):
        where = f"{description.name}: early entry {number}"
        try:
            pfn = machine.alloc_pages(early.order, early.gfp, cpu=0, who=early.who)
        except ValueError as problem:
            raise firmware.BadDescription(f"{where}: {problem}") from None
        if pfn is None:
            raise firmware.BadDescription(f"{where} finds no page: give the machine more memory")
