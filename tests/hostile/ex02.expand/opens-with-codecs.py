# expect: error|not yet
# says: (?i)write it yourself
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")
    import codecs

    text = codecs.open(path, encoding="utf-8").read()
    names = dict(globals())
    exec(compile(text, "copied", "exec"), names)
    return names["expand"](zone, pfn, low, high, migratetype)
