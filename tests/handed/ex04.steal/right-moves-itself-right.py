# expect: right
# %%
@check("ex04.steal")
def steal_suitable_fallback(zone, pfn, start_type):
    current_order = page_order(zone, pfn)
    if current_order >= pageblock_order:
        change_pageblock_range(zone.g, pfn, current_order, start_type)
        return

    first = pfn & ~511
    pages = 0
    page = first
    if first + 511 < zone.zone_start_pfn + zone.spanned_pages:
      page = max(first, zone.zone_start_pfn)
      while page < first + 512:
        order = page_order(zone, page)
        if order is None:
            page += 1
            continue
        old = rmv_page_order(zone, page, order)
        list_del(page, zone.free_area[order].free_list[old])
        list_add(page, zone.free_area[order].free_list[start_type])
        set_page_order(zone, page, order, start_type)
        pages += 1 << order
        page += 1 << order

    if pages >= 256 or zone.g.page_group_by_mobility_disabled:
        set_pageblock_migratetype(zone.g, pfn, start_type)
