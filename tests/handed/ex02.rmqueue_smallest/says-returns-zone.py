# expect: not yet|error
# says: Linux returns 0, yours an object of type FreeArea
# %%
@check("ex02.rmqueue_smallest")
def __rmqueue_smallest(zone, order, migratetype):
    return zone.free_area[order]
