# expect: error
# says: does not come to an end on the memory your function left|did not come to an end
# seconds: 4
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    class Trace(list):
        def append(self, event):
            import time

            time.sleep(1e6)

    zone.g.trace = Trace()
    while high > low:
        high -= 1
        half = pfn + (1 << high)
        list_add(half, zone.free_area[high].free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        zone.free_area[high].nr_free += 1
