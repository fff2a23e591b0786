# expect: error
# says: process was ended by SIGABRT
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.abort()
