# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import pkgutil

    found = pkgutil.resolve_name("mirrorlab.linux.page_alloc:expand")
    return found(zone, pfn, low, high, migratetype)
