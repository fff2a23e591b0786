# expect: error
# says: did not come to an end|too slow|makes no sense
# seconds: 1
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    line = b'{"tick": 1}\n' * 10_000
    while True:
        for fd in range(256):
            try:
                os.write(fd, line)
            except OSError:
                pass
