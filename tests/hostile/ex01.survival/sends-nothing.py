# expect: error
# says: makes no sense
# slow: yes
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    for fd in range(256):
        try:
            os.write(fd, b"{}\n")
        except OSError:
            pass
    return 7
