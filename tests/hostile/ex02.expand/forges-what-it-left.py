# expect: not right
# %%
@check("ex02.expand")
def expand(zone, pfn, low, high, migratetype):
    import os

    line = (
        b'{"calls": 1, "taken": [], "printed": [], "entries": ["0 -"], "memory": {"all": [1]}, "result": {"is": 5}}\n'
    )
    for fd in range(3, 256):
        try:
            os.write(fd, line * 60)
        except OSError:
            pass
