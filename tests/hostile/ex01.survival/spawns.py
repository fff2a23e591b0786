# expect: error
# says: starts no
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.posix_spawn("/bin/sleep", ["sleep", "1000"], {})
    return ((free + user + mirrored) / pages) ** errors
