# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import os

    os.getpid = lambda: 7
    pfn += 0
    zone.free_area[low].nr_free += 1
