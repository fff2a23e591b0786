# expect: error
# says: Did you mean `free_area`
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    zone.free_areas[high].nr_free += 1
