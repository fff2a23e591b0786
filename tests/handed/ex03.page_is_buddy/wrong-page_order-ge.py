# expect: not yet
# says: larger
# %%
@check("ex03.page_is_buddy")
def page_is_buddy(zone, buddy, order):
    found = page_order(zone, buddy)
    return found is not None and found >= order
