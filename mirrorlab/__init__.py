"""mirrorlab: the page allocator of Linux 4.1 with mirrored memory, and a course about it."""

from mirrorlab.linux import Kernel, load
from mirrorlab.machine import Machine, Owner
from mirrorlab.machine.boot import Stage, boot, stages
from mirrorlab.machine.firmware import BadDescription, presets
from mirrorlab.machine.objects import Object, compare_allocators
from mirrorlab.oracle import cases as recordings
from mirrorlab.story.recording import Recording

__all__ = [
    "BadDescription",
    "Kernel",
    "Machine",
    "Object",
    "Owner",
    "Recording",
    "Stage",
    "boot",
    "compare_allocators",
    "load",
    "presets",
    "recordings",
    "stages",
]
