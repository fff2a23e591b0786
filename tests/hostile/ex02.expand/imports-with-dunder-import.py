# expect: error|not yet
# says: (?i)write it yourself
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    found = __import__("mirrorlab.linux.page_alloc", fromlist=["expand"]).expand
    return found(zone, pfn, low, high, migratetype)
