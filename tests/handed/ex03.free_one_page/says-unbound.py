# expect: error
# says: `area` has no value yet
# %%
@check("ex03.free_one_page")
def __free_one_page(zone, pfn, order, migratetype):
    if page_is_buddy(zone, pfn, order):
        area = zone.free_area[order]
    area.nr_free += 1
