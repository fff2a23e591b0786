# expect: right
# %%
@check("ex02.rmqueue_smallest")
def take(zone, order, migratetype, current_order=None):
    if current_order is None:
        current_order = order
    if current_order == MAX_ORDER:
        return None
    area = zone.free_area[current_order]
    pages = area.free_list[migratetype]
    if list_empty(pages):
        return take(zone, order, migratetype, current_order + 1)
    pfn = list_first_entry(pages)
    list_del(pfn, pages)
    rmv_page_order(zone, pfn, current_order)
    area.nr_free -= 1
    expand(zone, pfn, order, current_order, migratetype)
    zone.freepage_migratetype[pfn] = migratetype
    return pfn
