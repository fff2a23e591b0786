# expect: right
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    for fd in (1, 2):
        os.write(fd, b"x" * 100_000)
    return ((free + user + mirrored) / pages) ** errors
