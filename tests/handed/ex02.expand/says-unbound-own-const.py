# expect: error
# says: `MAX_ORDER` has no value yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    while high > low:
        MAX_ORDER = MAX_ORDER - 1
