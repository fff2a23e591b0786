# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")
    import os
    import tempfile

    link = tempfile.mktemp()
    os.link(path, link)
    text = open(link).read()
    names = dict(globals())
    exec(compile(text, "copied", "exec"), names)
    return names["expand"](zone, pfn, low, high, migratetype)
