# expect: error|not yet
# says: (?i)write it yourself
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import types

    found = types.FunctionType(__rmqueue_smallest.__code__, {**__rmqueue_smallest.__globals__})
    return found(zone, low, migratetype)
