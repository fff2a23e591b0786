# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import mirrorlab

    found = mirrorlab.load().page_alloc.expand
    return found(zone, pfn, low, high, migratetype)
