"""A machine to measure on: one node, one CPU, one Normal zone above 4 GiB, all of it free."""

from mirrorlab import Kernel, Machine
from mirrorlab.machine import firmware
from mirrorlab.machine.holders import FOUR_GIB as FIRST_PFN
from mirrorlab.machine.toy import toy

PAGES_PER_MIB = 256


def one_zone(mib: int, kernel: Kernel | None = None) -> Machine:
    """A machine of `mib` MiB (a multiple of 4), its memory in blocks of order 10, with the kernel's own watermarks."""
    machine = toy(mib * PAGES_PER_MIB, first=FIRST_PFN, stock=(186, 31), kernel=kernel)
    machine.kernel.mm_init.init_per_zone_wmark_min(machine.g)
    machine.name = f"one zone of {mib} MiB"
    return machine


def one_node(gib: int) -> firmware.Description:
    """A machine to boot: one node and one CPU, 48 MiB of low memory and the rest above 4 GiB."""
    memory = [
        {"start": 0, "size": "640 KiB"},
        {"start": "1 MiB", "size": "47 MiB"},
        {"start": "4 GiB", "size": (gib << 30) - (48 << 20)},
    ]
    return firmware.load({"memory": memory, "reserved": [{"start": 0, "size": "64 KiB"}]})
