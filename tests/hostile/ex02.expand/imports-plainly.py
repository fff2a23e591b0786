# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    from mirrorlab.linux.page_alloc import expand as found

    return found(zone, pfn, low, high, migratetype)
