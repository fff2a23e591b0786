"""mirrorlab: the page allocator of Linux 4.1 with mirrored memory, and a course about it."""

from mirrorlab import recordings
from mirrorlab.linux import Kernel, load
from mirrorlab.machine import Machine, Owner
from mirrorlab.trace import Recording

__all__ = ["Kernel", "Machine", "Owner", "Recording", "load", "recordings"]
