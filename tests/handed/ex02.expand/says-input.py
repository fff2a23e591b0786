# expect: error
# says: a check cannot wait for keys
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    input("?")
