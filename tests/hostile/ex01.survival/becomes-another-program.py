# expect: error
# says: starts no
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.execv("/bin/sleep", ["sleep", "1000"])
