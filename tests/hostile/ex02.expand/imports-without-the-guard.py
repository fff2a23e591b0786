# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import sys

    del sys.meta_path[:-1]
    sys.meta_path.reverse()
    from mirrorlab.linux.page_alloc import expand as found

    return found(zone, pfn, low, high, migratetype)
