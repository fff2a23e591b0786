# expect: right
# in place: yes
# slow: yes
# %%
@check("ex03.page_is_buddy")
def page_is_buddy(zone, buddy, order):
    import numpy

    return numpy.bool_(buddy in zone.free_area[order].buddy)
