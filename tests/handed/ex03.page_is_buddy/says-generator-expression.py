# expect: not yet
# says: a generator
# %%
@check("ex03.page_is_buddy")
def page_is_buddy(zone, buddy, order):
    return (page == buddy for page in zone.free_area[order].buddy)
