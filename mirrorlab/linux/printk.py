"""The kernel's log, which `dmesg` shows: kernel/printk/printk.c."""

from .mmzone import Globals


def printk(g: Globals, text: str) -> None:
    """Add a line to the log."""
    # Kernel: each line also has a level and a time.
    g.log.append(text)
