# expect: not yet|error
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    list_add(zone, zone.free_area[5].free_list[migratetype])
