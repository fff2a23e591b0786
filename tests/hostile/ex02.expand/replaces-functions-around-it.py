# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    globals().update(page_is_buddy=lambda *_: True, list_del=print, MAX_ORDER=1)
    set_page_order.__globals__.update(page_is_buddy=lambda *_: True, MAX_ORDER=1)
    while high > low:
        high -= 1
        half = pfn + (1 << high)
        list_add(half, zone.free_area[high].free_list[migratetype])
        set_page_order(zone, half, high, migratetype)
        zone.free_area[high].nr_free += 1
