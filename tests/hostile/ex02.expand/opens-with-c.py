# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")
    import ctypes

    libc = ctypes.CDLL(None)
    text = ctypes.create_string_buffer(1 << 20)
    libc.read(libc.open(path.encode(), 0), text, 1 << 20)
    text = text.value.decode()
    names = dict(globals())
    exec(compile(text, "copied", "exec"), names)
    return names["expand"](zone, pfn, low, high, migratetype)
