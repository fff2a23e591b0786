# expect: right
# %%
@check("ex03.page_is_buddy")
def page_is_buddy(zone, buddy, order):
    import numpy as np
    return np.bool_(buddy in zone.free_area[order].buddy)
