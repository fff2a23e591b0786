"""Answers that learners might give, written as in a notebook's cell: they lean on names of the kernel."""
# ruff: noqa: F821, F841, SIM105

import itertools

HELPER = 1


def free_one_page(zone, pfn, order, migratetype):
    """The right one."""
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    while order < MAX_ORDER - 1:
        buddy = __find_buddy_index(pfn, order)
        if not page_is_buddy(zone, buddy, order):
            break
        area = zone.free_area[order]
        list_del(buddy, area.free_list[rmv_page_order(zone, buddy, order)])
        area.nr_free -= 1
        pfn &= buddy
        order += 1
    area = zone.free_area[order]
    parent = pfn & ~(1 << order)
    if order < MAX_ORDER - 2 and page_is_buddy(zone, __find_buddy_index(parent, order + 1), order + 1):
        list_add_tail(pfn, area.free_list[migratetype])
    else:
        list_add(pfn, area.free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    area.nr_free += 1


def find_buddy(page_idx, order):
    return page_idx ^ (1 << order)


def stub(page_idx, order):
    raise NotImplementedError


def returns_nothing(page_idx, order):
    page_idx ^ (1 << order)


def divides_by_zero(page_idx, order):
    half = 0
    return page_idx // half


def leans_on_the_file(page_idx, order):
    return page_idx ^ (HELPER << order)


def too_few_arguments(page_idx):
    return page_idx


def never_ends(page_idx, order):
    while True:
        order += 1


def never_ends_and_catches(page_idx, order):
    while True:
        try:
            list_empty(None)
        except BaseException:
            pass


def calls_itself_and_catches(page_idx, order):
    def again():
        try:
            return again()
        except BaseException:
            return again()

    return again()


def lambda_that_is_called_without_end(page_idx, order):
    return sum(map(lambda one: one, iter(int, 1)))


def slow_but_finite(page_idx, order):
    for _ in range(60_000):
        pass
    return page_idx ^ (1 << order)


def endless_for(page_idx, order):
    for number in itertools_count():
        order += number


def endless_comprehension(page_idx, order):
    return [number for number in iter(int, 1)]


def calls_itself(page_idx, order):
    return __find_buddy_index(page_idx, order)


def exits(page_idx, order):
    raise SystemExit


def prints(page_idx, order):
    print("looking at", page_idx)
    return page_idx + (1 << order)


def wrong_from_the_third_call_on(page_idx, order, calls=[]):  # noqa: B006
    calls.append(page_idx)
    return page_idx ^ (1 << order) if len(calls) < 3 else page_idx


def wrong_above_4_gib(page_idx, order):
    return page_idx ^ (1 << order) if page_idx < 0x100000 else 0


def loses_the_block(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)


def never_merges(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    list_add(pfn, zone.free_area[order].free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    zone.free_area[order].nr_free += 1


def forgets_nr_free(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        half = pfn + (1 << high)
        list_add(half, zone.free_area[high].free_list[migratetype])
        set_page_order(zone, half, high, migratetype)


def vandal(page_idx, order):
    """Breaks all of the model that it can reach by name, then gives a wrong answer."""
    import mirrorlab.linux.page_alloc as original

    original.__dict__["__find_buddy_index"] = lambda page_idx, order: 0
    fallbacks.clear()
    global list_add, MAX_ORDER
    list_add = list_del = MAX_ORDER = None
    mmzone.MAX_ORDER = 3
    return 0


def vandal_of_classes(zone, buddy, order):
    """Breaks a class of the kernel that its machine comes from, then gives the right answer."""
    type(zone).vm_stat = property(lambda zone: [0] * 40)
    return buddy in zone.free_area[order].buddy


def page_is_buddy(zone, buddy, order):
    return buddy in zone.free_area[order].buddy


def keyword_only(page_idx, order, *, one=1):
    return page_idx ^ (one << order)


def with_annotations(page_idx: "Pfn", order: int = 0) -> int:
    return page_idx ^ (1 << order)


def around(one):
    def closure(page_idx, order):
        return page_idx ^ (one << order)

    return closure


itertools_count = itertools.count
