# expect: error|not yet
# says: yield
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    while high > low:
        high -= 1
        yield pfn + (1 << high)
