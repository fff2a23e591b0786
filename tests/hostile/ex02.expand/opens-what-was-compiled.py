# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")

    import importlib.util
    import marshal

    code = marshal.loads(open(importlib.util.cache_from_source(path), "rb").read()[16:])
    names = dict(globals())
    exec(code, names)
    return names["expand"](zone, pfn, low, high, migratetype)
