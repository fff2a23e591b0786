# expect: error
# says: not written yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    if high == low:
        return
    raise NotImplementedError
