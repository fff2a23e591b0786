# expect: error
# says: list_del: page 9 is not on the Movable list of order 0. It is on the Unmovable list of order 0
# %%
@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    vmstat.__mod_zone_freepage_state(zone, 1 << order, migratetype)
    while order < MAX_ORDER - 1:
        buddy = pfn ^ (1 << order)
        if not page_is_buddy(zone, buddy, order):
            break
        area = zone.free_area[order]
        list_del(buddy, area.free_list[migratetype])
        rmv_page_order(zone, buddy, order)
        area.nr_free -= 1
        pfn &= buddy
        order += 1
    area = zone.free_area[order]
    list_add(pfn, area.free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    area.nr_free += 1
