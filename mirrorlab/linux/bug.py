"""What the kernel says when it finds itself broken: include/asm-generic/bug.h."""


class KernelBug(AssertionError):
    """An invariant of the allocator does not hold: the message names who noticed, what, and the numbers."""
