# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")
    import runpy

    found = runpy.run_path(path)["expand"]
    return found(zone, pfn, low, high, migratetype)
