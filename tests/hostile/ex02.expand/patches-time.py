# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import time

    time.monotonic = time.time = lambda: 1e99
    pfn += 0
    zone.free_area[low].nr_free += 1
