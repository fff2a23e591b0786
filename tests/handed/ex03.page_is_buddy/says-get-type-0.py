# expect: not yet
# says: type Unmovable is 0
# %%
@check("ex03.page_is_buddy")
def page_is_buddy(zone, buddy, order):
    return zone.free_area[order].buddy.get(buddy)
