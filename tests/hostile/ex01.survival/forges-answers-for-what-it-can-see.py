# expect: not right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    known = (7 + 2) / 10
    line = (
        '{"calls": 1, "taken": [], "printed": [], "results": [{"result": {"is": %s}, "printed": []}], "peeked": false}'
    )
    for fd in range(3, 256):
        try:
            os.write(fd, (line % known + "\n").encode() * 3)
        except OSError:
            pass
    return known
