"""mirrorlab: the page allocator of Linux 4.1 with mirrored memory, and a course about it."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    "linux": ("Kernel", "load"),
    "machine": ("Machine", "Owner"),
    "machine.boot": ("Stage", "boot", "stages"),
    "machine.firmware": ("BadDescription", "presets"),
    "machine.objects": ("Object", "compare_allocators"),
    "story.recording": ("Recording",),
}


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first used: until then the command can answer Ctrl-C with a sentence."""
    if name == "recordings":
        value: Any = import_module("mirrorlab.oracle.cases")
    else:
        place = next((place for place, names in _PLACES.items() if name in names), None)
        if place is None:
            raise AttributeError(f"module 'mirrorlab' has no attribute {name!r}")
        value = getattr(import_module(f"mirrorlab.{place}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
