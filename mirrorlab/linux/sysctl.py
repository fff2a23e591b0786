"""The settings under /proc/sys/vm that the model has: kernel/sysctl.c and their handlers in mm/page_alloc.c."""

from collections.abc import Callable

from . import kconfig, mm_init
from .mmzone import Globals


def mirrorable_handler(g: Globals, value: int) -> None:
    """vm.mirrorable (the RFC's patch 08): non-zero means mirrored memory for every request. Any int is accepted."""
    g.sysctl_mirrorable = value
    if g.trace is not None:
        g.trace.append(("sysctl", "vm.mirrorable", value))


def min_free_kbytes_handler(g: Globals, value: int) -> None:
    """vm.min_free_kbytes: how much memory stays free for requests that cannot wait; recomputes the watermarks."""
    g.min_free_kbytes = value
    g.user_min_free_kbytes = value
    if g.trace is not None:
        g.trace.append(("sysctl", "vm.min_free_kbytes", value))
    mm_init.setup_per_zone_wmarks(g)


# name -> (the field of Globals it shows, what a write does, smallest value, largest value)
vm_table: dict[str, tuple[str, Callable[[Globals, int], None], int, int]] = {
    "vm.min_free_kbytes": ("min_free_kbytes", min_free_kbytes_handler, 0, 2**31 - 1),
}
if kconfig.MEMORY_MIRROR:
    vm_table["vm.mirrorable"] = ("sysctl_mirrorable", mirrorable_handler, -(2**31), 2**31 - 1)


def proc_dointvec(g: Globals, name: str) -> str:
    """A setting's file under /proc/sys."""
    return f"{getattr(g, vm_table[name][0])}\n"
