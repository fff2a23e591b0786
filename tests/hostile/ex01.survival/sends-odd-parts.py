# expect: error
# says: makes no sense
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    for fd in range(256):
        try:
            os.write(fd, b'{"calls": 1, "taken": [["a"]], "printed": [7], "results": [{"stopped": {"lines": 5}}]}\n')
        except OSError:
            pass
    return 7
