"""Page frame numbers (PFN) and byte addresses: include/linux/pfn.h."""

PAGE_SHIFT = 12
PAGE_SIZE = 1 << PAGE_SHIFT


def PFN_UP(addr: int) -> int:
    """The first page that starts at an address or after it."""
    return -(-addr >> PAGE_SHIFT)


def PFN_DOWN(addr: int) -> int:
    """The page that holds an address."""
    return addr >> PAGE_SHIFT


def PFN_PHYS(pfn: int) -> int:
    """The address of a page's first byte."""
    return pfn << PAGE_SHIFT
