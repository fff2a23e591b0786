# expect: not yet
# says: type Unmovable is 0
# %%
@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    while order < MAX_ORDER - 1:
        buddy = pfn ^ (1 << order)
        area = zone.free_area[order]
        if not area.buddy.get(buddy):
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
