# expect: error|not yet
# slow: yes
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")
    import sqlite3

    text = sqlite3.connect(f"file:{path}?mode=ro", uri=True).execute("select 1").fetchone()
    names = dict(globals())
    exec(compile(text, "copied", "exec"), names)
    return names["expand"](zone, pfn, low, high, migratetype)
