# expect: not yet
# says: 7 too low
# %%
@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1, migratetype)
    while order < MAX_ORDER - 1:
        buddy = pfn ^ (1 << order)
        area = zone.free_area[order]
        if not page_is_buddy(zone, buddy, order):
            break
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
