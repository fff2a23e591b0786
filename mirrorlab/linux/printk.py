"""The kernel's log, which `dmesg` shows: kernel/printk/printk.c."""

from .mmzone import Globals


def printk(g: Globals, text: str) -> None:
    """Add a line to the log."""
    # Kernel: gives each line a level and a time too; the model has neither.
    g.log.append(text)
