# expect: error
# says: list_del: page 0 is not on the Movable list of order 0. It is on the Movable list of order 6\.
# %%
@check("ex02.rmqueue_smallest")
def __rmqueue_smallest(zone, order, migratetype):
    for current_order in range(order, MAX_ORDER):
        area = zone.free_area[current_order]
        if not list_empty(area.free_list[migratetype]):
            pfn = list_first_entry(area.free_list[migratetype])
            list_del(pfn, zone.free_area[order].free_list[migratetype])
            return pfn
    return None
