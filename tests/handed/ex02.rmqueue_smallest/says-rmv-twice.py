# expect: error
# says: rmv_page_order: page 0 is not noted
# %%
@check("ex02.rmqueue_smallest")
def __rmqueue_smallest(zone, order, migratetype):
    for current_order in range(order, MAX_ORDER):
        area = zone.free_area[current_order]
        if not list_empty(area.free_list[migratetype]):
            pfn = list_first_entry(area.free_list[migratetype])
            list_del(pfn, area.free_list[rmv_page_order(zone, pfn, current_order)])
            rmv_page_order(zone, pfn, current_order)
            return pfn
    return None
