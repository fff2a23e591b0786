# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import gc

    [found] = [each for each in gc.get_objects() if getattr(each, "__name__", "") == "expand" and each is not expand]
    return found(zone, pfn, low, high, migratetype)
