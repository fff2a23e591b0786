# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype, found=__import__("mirrorlab").load().page_alloc.expand):
    return found(zone, pfn, low, high, migratetype)
