"""What a lesson holds: a machine, its objects, and how it is described, booted, kept and looked at."""

from mirrorlab.machine.holders import Owner
from mirrorlab.machine.machine import Machine

__all__ = ["Machine", "Owner"]
