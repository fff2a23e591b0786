"""Doubly linked lists with the kernel's names: include/linux/list.h.

A list holds pages by their page frame number (PFN). Its *head* end is where `list_add` puts a page and where the
allocator takes one; its *tail* end is where `list_add_tail` puts a page that should stay longer.

Inside, a list is one OrderedDict kept tail first, so that both ends and any page in the middle cost the same.
"""

from collections import OrderedDict
from collections.abc import Iterator

from .bug import KernelBug

ListHead = OrderedDict[int, None]


def list_add(pfn: int, head: ListHead) -> None:
    """Put a page at the head of a list: it is the next to be taken."""
    head[pfn] = None


def list_add_tail(pfn: int, head: ListHead) -> None:
    """Put a page at the tail of a list: it is the last to be taken."""
    head[pfn] = None
    head.move_to_end(pfn, last=False)


def list_del(pfn: int, head: ListHead) -> None:
    """Take a page off a list, wherever in it the page is. Raises KernelBug when it is not there."""
    try:
        del head[pfn]
    except KeyError:
        page = f"page {pfn:#x}" if isinstance(pfn, int) else repr(pfn)  # a learner's call may pass anything
        raise KernelBug(f"list_del: {page} is not on this list of {len(head)} entries") from None


def list_empty(head: ListHead) -> bool:
    """Whether a list holds nothing."""
    return not head


def list_first_entry(head: ListHead) -> int:
    """The page at the head of a list. Raises KernelBug when the list is empty."""
    if not head:
        raise KernelBug("list_first_entry: this list is empty: ask list_empty() first")
    return next(reversed(head))


def list_last_entry(head: ListHead) -> int:
    """The page at the tail of a list that is not empty."""
    return next(iter(head))


def list_pop(head: ListHead) -> int:
    """Take the page at the head off a list that is not empty (list_first_entry and list_del in one)."""
    return head.popitem()[0]


def list_pop_tail(head: ListHead) -> int:
    """Take the page at the tail off a list that is not empty (list_last_entry and list_del in one)."""
    return head.popitem(last=False)[0]


def list_for_each_entry(head: ListHead) -> Iterator[int]:
    """All pages of a list, head first."""
    return reversed(head)
