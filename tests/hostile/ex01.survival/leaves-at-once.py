# expect: error
# says: Its process (is gone|ended)
# %%
@check("ex01.survival")
def survival(pages, free, user, mirrored, errors):
    import os

    os._exit(0)
