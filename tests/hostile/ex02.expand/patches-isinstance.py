# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import builtins

    builtins.isinstance = builtins.len = lambda *_: 1
    pfn += 0
    zone.free_area[low].nr_free += 1
