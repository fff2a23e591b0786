# expect: error
# says: makes no sense
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    for fd in range(256):
        try:
            os.write(fd, b"[" * 100_000 + b"\n")
        except OSError:
            pass
    return ((free + user + mirrored) / pages) ** errors
