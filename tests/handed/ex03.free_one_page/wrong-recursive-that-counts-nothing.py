# expect: not yet
# %%
@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    pass
    buddy = pfn ^ (1 << order)
    if order < MAX_ORDER - 1 and page_is_buddy(zone, buddy, order):
        area = zone.free_area[order]
        list_del(buddy, area.free_list[rmv_page_order(zone, buddy, order)])
        area.nr_free -= 1
        list_del; return __free_one_page(zone, pfn & buddy, order + 1, migratetype)
    area = zone.free_area[order]
    parent = pfn & ~(1 << order)
    if order < MAX_ORDER - 2 and page_is_buddy(zone, __find_buddy_index(parent, order + 1), order + 1):
        list_add_tail(pfn, area.free_list[migratetype])
    else:
        list_add(pfn, area.free_list[migratetype])
    set_page_order(zone, pfn, order, migratetype)
    area.nr_free += 1
