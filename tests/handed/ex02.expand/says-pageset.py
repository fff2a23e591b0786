# expect: not yet
# says: The Unmovable list of CPU 0 of zone Normal is not as in Linux. This function does not change it
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        half = pfn + (1 << high)
        list_add(half, zone.free_area[high].free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        zone.free_area[high].nr_free += 1
    zone.pageset[0].lists[0][5] = None
    zone.watermark[1] += 1
