"""mirrorlab: the page allocator of Linux 4.1 with mirrored memory, and a course about it."""

from mirrorlab import recordings
from mirrorlab.firmware import BadDescription, presets
from mirrorlab.linux import Kernel, load
from mirrorlab.machine import Machine, Owner
from mirrorlab.power_on import Stage, boot, stages
from mirrorlab.trace import Recording

__all__ = [
    "BadDescription",
    "Kernel",
    "Machine",
    "Owner",
    "Recording",
    "Stage",
    "boot",
    "load",
    "presets",
    "recordings",
    "stages",
]
