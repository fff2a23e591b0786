# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    found = input.__globals__["linux"].load().page_alloc.expand
    return found(zone, pfn, low, high, migratetype)
