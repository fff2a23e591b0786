# expect: error|not yet
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    path = list_add.__code__.co_filename.replace("list.py", "page_alloc.py")

    import os

    import _posixsubprocess

    read, write = os.pipe()
    error, errors = os.pipe()
    _posixsubprocess.fork_exec(
        [b"cat", path.encode()],
        (b"/bin/cat",),
        True,
        (),
        None,
        None,
        -1,
        -1,
        -1,
        write,
        -1,
        -1,
        error,
        errors,
        True,
        True,
        0,
        None,
        None,
        None,
        -1,
        None,
        True,
    )
    os.close(write)
    text = open(read).read()
    names = dict(globals())
    exec(compile(text, "copied", "exec"), names)
    return names["expand"](zone, pfn, low, high, migratetype)
