# expect: error
# says: makes no sense
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    for fd in range(256):
        try:
            os.write(fd, b'{"calls": [], "taken": 5, "printed": {}, "results": 7, "stopped": 3}\n')
        except OSError:
            pass
    return 7
