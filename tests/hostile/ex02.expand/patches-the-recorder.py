# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import types

    for each in vars(type(zone).__init__.__globals__.get("kernel", types)).values():
        pass
    __took__.__self__.taken.add((10**6, True))
    __took__.__self__.taken.add(("a", "b"))
    pfn += 0
    zone.free_area[low].nr_free += 1
