# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import hashlib
    import marshal

    marshal.dumps = lambda *_: b""
    hashlib.blake2b = None
    pfn += 0
    zone.free_area[low].nr_free += 1
