"""mirrorlab: the page allocator of Linux 4.1 with mirrored memory, and a course about it."""

import os
import sys
from importlib import import_module

TYPE_CHECKING = False  # as typing has it; to import that takes longer than all else here

# As a command, the package waits with its imports until they are asked for: Ctrl-C must find somebody who answers.
if TYPE_CHECKING or os.path.basename(getattr(sys, "argv", [""])[0]) not in ("-m", "mirrorlab"):
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

_PLACES = {
    "machine": ("Machine", "Owner"),
    "machine.boot": ("Stage", "boot", "stages"),
    "machine.firmware": ("BadDescription", "presets"),
    "machine.objects": ("Object", "compare_allocators"),
    "linux": ("Kernel", "load"),
    "story.recording": ("Recording",),
}


def __getattr__(name: str) -> object:
    """A public name that the command asks for: then all are imported."""
    if name not in __all__:
        raise AttributeError(f"module 'mirrorlab' has no attribute {name!r}")
    here = globals()
    here["recordings"] = import_module("mirrorlab.oracle.cases")
    for place, names in _PLACES.items():
        module = import_module(f"mirrorlab.{place}")
        here.update({each: getattr(module, each) for each in names})
    return here[name]
