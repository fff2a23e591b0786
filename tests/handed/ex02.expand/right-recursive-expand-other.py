# expect: right
# %%
@check("ex02.expand")
def my_expand(zone, pfn, low, high, migratetype):
    if high > low:
        high -= 1
        half = pfn + (1 << high)
        list_add(half, zone.free_area[high].free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        zone.free_area[high].nr_free += 1
        my_expand(zone, pfn, low, high, migratetype)
