# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import gc

    found, seen = [list_add], set()
    for each in found:
        if id(each) not in seen:
            seen.add(id(each))
            found += gc.get_referents(each)
    [found] = {each for each in found if getattr(each, "__name__", "") == "expand" and each is not expand}
    return found(zone, pfn, low, high, migratetype)
