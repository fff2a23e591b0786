# expect: error
# says: Its process is gone .SIGABRT
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os.abort()
