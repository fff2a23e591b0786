# expect: error
# says: rmv_page_order: page 0 is not noted as a free block of order 0. It is noted as one of order 6
# %%
@check("ex02.rmqueue_smallest")
def __rmqueue_smallest(zone, order, migratetype):
    for current_order in range(order, MAX_ORDER):
        area = zone.free_area[current_order]
        if not list_empty(area.free_list[migratetype]):
            pfn = list_first_entry(area.free_list[migratetype])
            list_del(pfn, area.free_list[migratetype])
            rmv_page_order(zone, pfn, order)
            return pfn
    return None
