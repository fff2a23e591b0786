# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import sys

    found = next(
        each.expand for each in list(sys.modules.values()) if hasattr(each, "expand") and "page_alloc" in each.__name__
    )
    return found(zone, pfn, low, high, migratetype)
