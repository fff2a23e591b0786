# expect: error|not yet
# says: (?i)write it yourself
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")

    from importlib.machinery import SourceFileLoader

    found = SourceFileLoader("mirrorlab.linux.page_alloc", path).load_module().expand
    return found(zone, pfn, low, high, migratetype)
