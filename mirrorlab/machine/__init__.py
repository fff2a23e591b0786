"""What a lesson holds: a machine, its objects, and how it is described, booted, kept and looked at."""

from mirrorlab.machine.machine import Machine, Owner

__all__ = ["Machine", "Owner"]
