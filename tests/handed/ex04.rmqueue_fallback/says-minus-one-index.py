# expect: not yet|error
# says: uses -1 as an index
# %%
@check("ex04.rmqueue_fallback")
def __rmqueue_fallback(zone, order, start_migratetype):
    for current_order in range(MAX_ORDER - 1, order - 1, -1):
        area = zone.free_area[current_order]
        fallback_mt = find_suitable_fallback(area, start_migratetype)
        pfn = list_first_entry(area.free_list[fallback_mt])
        if can_steal_fallback(zone.g, current_order, start_migratetype):
            steal_suitable_fallback(zone, pfn, start_migratetype)
        area.nr_free -= 1
        list_del(pfn, area.free_list[rmv_page_order(zone, pfn, current_order)])
        expand(zone, pfn, order, current_order, start_migratetype)
        zone.freepage_migratetype[pfn] = start_migratetype
        return pfn
    return None
