# expect: right
# %%
@check("ex02.rmqueue_smallest")
def __rmqueue_smallest(zone, order, migratetype):
    import numpy as np
    for current_order in range(order, MAX_ORDER):
        area = zone.free_area[current_order]
        pages = area.free_list[migratetype]
        if list_empty(pages):
            continue
        pfn = list_first_entry(pages)
        list_del(pfn, pages)
        rmv_page_order(zone, pfn, current_order)
        area.nr_free -= 1
        expand(zone, pfn, order, current_order, migratetype)
        zone.freepage_migratetype[pfn] = migratetype
        return np.int64(pfn)
