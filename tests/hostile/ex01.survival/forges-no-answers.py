# expect: not right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    line = b'{"calls": 1, "taken": [], "printed": [], "results": [], "peeked": false}\n'
    for fd in range(3, 256):
        try:
            os.write(fd, line * 3)
        except OSError:
            pass
    return 7
