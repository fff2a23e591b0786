# expect: error
# says: which order did you mean
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    while high >= low:
        high -= 1
        half = pfn + (1 << high)
        list_add(half, zone.free_area[high].free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        zone.free_area[high].nr_free += 1
