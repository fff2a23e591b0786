# expect: error
# says: makes no sense|did not come to an end|100,000 steps|process was ended
# seconds: 5
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    while True:
        for fd in range(256):
            try:
                os.write(fd, b"x" * 1_000_000)
            except OSError:
                pass
