# expect: error
# says: list_add\(pfn, pages\): first the page, then the list
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    list_add(zone.free_area[high].free_list[migratetype], pfn)
