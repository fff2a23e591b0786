"""The kernel's lists: what stands where, head first."""

import pytest

from mirrorlab import linux

kernel = linux.load()
lists = kernel.list


def a_list(*pfns):
    """A list holding these pages, the first at its head."""
    head = lists.ListHead()
    for pfn in pfns:
        lists.list_add_tail(pfn, head)
    return head


def shown(head):
    return list(lists.list_for_each_entry(head))


def test_a_new_list_is_empty():
    assert lists.list_empty(a_list())
    assert not lists.list_empty(a_list(1))


def test_list_add_puts_a_page_at_the_head():
    head = a_list(1, 2)
    lists.list_add(3, head)
    assert shown(head) == [3, 1, 2]


def test_list_add_tail_puts_a_page_at_the_tail():
    head = a_list(1, 2)
    lists.list_add_tail(3, head)
    assert shown(head) == [1, 2, 3]


def test_the_first_and_the_last_entry_are_seen_without_being_taken():
    head = a_list(1, 2, 3)
    assert (lists.list_first_entry(head), lists.list_last_entry(head)) == (1, 3)
    assert shown(head) == [1, 2, 3]


def test_an_empty_list_has_no_first_entry():
    with pytest.raises(kernel.bug.KernelBug, match=r"this list is empty: ask list_empty\(\) first"):
        lists.list_first_entry(a_list())


def test_list_del_takes_a_page_out_of_the_middle():
    head = a_list(1, 2, 3)
    lists.list_del(2, head)
    assert shown(head) == [1, 3]


def test_list_del_of_a_page_that_is_not_there_is_a_kernel_bug():
    head = a_list(1, 2)
    with pytest.raises(kernel.bug.KernelBug, match="page 0x7 is not on this list of 2 entries"):
        lists.list_del(7, head)
    assert shown(head) == [1, 2]


def test_pages_are_popped_at_both_ends():
    head = a_list(1, 2, 3)
    assert lists.list_pop(head) == 1
    assert lists.list_pop_tail(head) == 3
    assert shown(head) == [2]


def test_list_del_of_what_is_no_page_is_a_kernel_bug_that_shows_it():
    with pytest.raises(kernel.bug.KernelBug, match="None is not on this list of 2 entries"):
        lists.list_del(None, a_list(1, 2))
