"""Which texts there are under /proc and /sys: fs/proc/root.c, and wherever Linux registers them."""

from collections.abc import Callable
from functools import partial

from . import kconfig, meminfo, node, show_mem, sysctl, vmstat
from .mmzone import Globals


def proc_files(g: Globals) -> dict[str, Callable[[], str]]:
    """Name -> what prints the text. Names are those under /proc; nodes' files are those under .../system/node."""
    files: dict[str, Callable[[], str]] = {
        "buddyinfo": partial(vmstat.frag_show, g),
        "cmdline": lambda: g.saved_command_line + "\n",
        "dmesg": lambda: "".join(line + "\n" for line in g.log),
        "meminfo": partial(meminfo.meminfo_proc_show, g),
        "pagetypeinfo": partial(vmstat.pagetypeinfo_show, g),
        "show_free_areas": partial(show_mem.show_free_areas, g),
        "vmstat": partial(vmstat.vmstat_show, g),
        "zoneinfo": partial(vmstat.zoneinfo_show, g),
    }
    for nid in g.node_data if kconfig.NUMA else ():
        files[f"node{nid}/meminfo"] = partial(node.node_read_meminfo, g, nid)
        files[f"node{nid}/numastat"] = partial(node.node_read_numastat, g, nid)
        files[f"node{nid}/vmstat"] = partial(node.node_read_vmstat, g, nid)
    for name in sysctl.vm_table:
        files["sys/" + name.replace(".", "/")] = partial(sysctl.proc_dointvec, g, name)
    return files
